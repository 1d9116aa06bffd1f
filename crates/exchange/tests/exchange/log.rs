use symbolon_exchange::{DocumentError, cosign, log_origin, read_checkpoint, sign_checkpoint};
use symbolon_ledger::{MAX_NOTE_LEN, TreeHash};
use symbolon_policy::{BureauCode, SigningKey};
use time::macros::datetime;

use crate::fixture::{receipt_of, signing_key};

fn code(text: &str) -> BureauCode {
    text.parse().unwrap()
}

#[test]
fn a_checkpoint_arrives_as_it_was_signed_also_with_cosignatures() {
    let (own, other) = (signing_key(), signing_key());
    let mut signed = sign_checkpoint(&code("DEU"), 7, TreeHash([9; 32]), &own);
    let read = read_checkpoint(&signed.to_bytes(), &code("DEU"), &own.verifying_key()).unwrap();
    assert_eq!(read, signed);
    assert_eq!((read.checkpoint().size, read.checkpoint().root), (7, TreeHash([9; 32])));
    assert_eq!(read.checkpoint().origin.as_str(), "symbolon-v1/DEU");

    let at = datetime!(2026-03-04 05:06:07 UTC);
    cosign(&mut signed, &code("FRA"), at, &other);
    let read = read_checkpoint(&signed.to_bytes(), &code("DEU"), &own.verifying_key()).unwrap();
    let time = read.verify_cosignature(&log_origin(&code("FRA")), &other.verifying_key().0);
    assert_eq!(i64::try_from(time.unwrap()).unwrap(), at.unix_timestamp());
}

#[test]
fn a_checkpoint_of_another_bureau_or_key_is_refused() {
    let (own, other) = (signing_key(), signing_key());
    let note = sign_checkpoint(&code("DEU"), 7, TreeHash([9; 32]), &own).to_bytes();
    let read = |bureau: &str, key: &SigningKey| {
        read_checkpoint(&note, &code(bureau), &key.verifying_key()).map(|_| ())
    };
    assert_eq!(read("DEU", &own), Ok(()));
    assert_eq!(read("DEU", &other), Err(DocumentError::Signature));
    assert!(matches!(
        read("FRA", &own),
        Err(DocumentError::Malformed { document: "checkpoint", field: "origin" })
    ));
}

#[test]
fn what_is_no_checkpoint_or_too_long_is_refused() {
    let key = signing_key().verifying_key();
    for note in [Vec::new(), b"symbolon-v1/DEU\n7\n".to_vec(), vec![0xff; 100]] {
        let read = read_checkpoint(&note, &code("DEU"), &key);
        assert!(matches!(read, Err(DocumentError::Malformed { .. })), "{read:?}");
    }
    let long = vec![b'x'; MAX_NOTE_LEN + 1];
    assert_eq!(read_checkpoint(&long, &code("DEU"), &key), Err(DocumentError::TooLong));
}

#[test]
fn a_receipt_proves_its_entry_and_no_other() {
    let key = signing_key();
    let (public, owner) = (key.verifying_key(), code("DEU"));
    let receipt = receipt_of(&key);
    let logged = receipt.logged(&owner, &public).unwrap();
    assert_eq!(logged.checkpoint().size, 80);

    let mut changed = [(); 5].map(|()| receipt.clone());
    changed[0].entry_index = 76;
    changed[1].leaf_hash[0] ^= 1;
    changed[2].checkpoint = sign_checkpoint(&owner, 81, TreeHash([9; 32]), &key).to_bytes();
    changed[3].checkpoint =
        sign_checkpoint(&owner, 80, logged.checkpoint().root, &signing_key()).to_bytes();
    changed[4].checkpoint.clear();
    for (number, receipt) in changed.iter().enumerate() {
        assert!(receipt.logged(&owner, &public).is_err(), "change {number}");
    }
    assert!(receipt.logged(&code("FRA"), &public).is_err());
}

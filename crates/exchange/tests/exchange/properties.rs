use std::sync::LazyLock;

use proptest::{collection::vec, option, prelude::*};
use prost::Message as _;
use symbolon_exchange::{CheckHeader, Manifest, Receipt, Received, chunks_of, sign};
use symbolon_policy::{Label, SigningKey};
use symbolon_proto::v1::{self, SignedDocument};
use tonic::{Code, Status};

use crate::fixture::{header, manifest, receipt, signing_key};

static KEY: LazyLock<SigningKey> = LazyLock::new(signing_key);

/// The encodings of one sound document of each kind.
static SOUND: LazyLock<[Vec<u8>; 3]> = LazyLock::new(|| {
    [header().sign(&KEY), manifest().sign(&KEY), receipt().sign(&KEY)].map(|d| d.document)
});

/// Reads `bytes`, signed by the right key under the right label, as each kind of document.
fn read_as_everything(bytes: &[u8]) {
    let public = KEY.verifying_key();
    let signed = |label| sign(&KEY, label, bytes.to_vec());
    let header = signed(Label::CheckHeader);
    let _ = CheckHeader::claimed_agreement(&header);
    if let Ok((header, _)) = CheckHeader::verify(&header, &public) {
        let _ = (header.chunks(), header.element_count());
        // What was read can be signed and read again.
        assert_eq!(CheckHeader::verify(&header.sign(&KEY), &public).unwrap().0, header);
    }
    if let Ok((manifest, _)) = Manifest::verify(&signed(Label::Manifest), &public) {
        let kind = manifest.scope.identifier_type;
        let _ = manifest.canaries.membership_hashes(&manifest.public_key, kind);
        assert_eq!(Manifest::verify(&manifest.sign(&KEY), &public).unwrap().0, manifest);
    }
    if let Ok(receipt) = Receipt::verify(&signed(Label::Receipt), &public) {
        assert_eq!(Receipt::verify(&receipt.sign(&KEY), &public).unwrap(), receipt);
    }
}

proptest! {
    #[test]
    fn unsigned_bytes_never_verify_and_never_panic(
        document in vec(any::<u8>(), 0..200),
        key in option::of(vec(any::<u8>(), 0..40)),
        signature in vec(any::<u8>(), 0..70),
    ) {
        let public_key = key.unwrap_or_else(|| KEY.verifying_key().0.to_vec());
        let signed = SignedDocument { document, public_key, signature };
        prop_assert!(CheckHeader::verify(&signed, &KEY.verifying_key()).is_err());
        prop_assert!(Manifest::verify(&signed, &KEY.verifying_key()).is_err());
        prop_assert!(Receipt::verify(&signed, &KEY.verifying_key()).is_err());
        let _ = CheckHeader::claimed_agreement(&signed);
    }

    #[test]
    fn signed_nonsense_never_panics(bytes in vec(any::<u8>(), 0..200)) {
        read_as_everything(&bytes);
    }

    #[test]
    fn sound_documents_with_bytes_changed_and_signed_again_never_panic(
        which in 0_usize..3,
        edits in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = SOUND[which].clone();
        for (place, byte) in edits {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        read_as_everything(&bytes);
    }

    #[test]
    fn headers_with_any_numbers_in_them_never_panic(
        scopes in vec((0_usize..40, any::<u32>(), 0_usize..100), 0..6),
        urgency in any::<i32>(),
        seconds in any::<i64>(),
        nanos in any::<i32>(),
    ) {
        let mut message = v1::CheckHeader::decode(SOUND[0].as_slice()).unwrap();
        message.scopes = scopes
            .into_iter()
            .map(|(id, element_count, hashes)| v1::ScopeQuery {
                scope_id: vec![1; id],
                element_count,
                chunk_hashes: vec![2; hashes],
            })
            .collect();
        message.context.as_mut().unwrap().urgency = urgency;
        message.issued_at = Some(prost_types::Timestamp { seconds, nanos });
        read_as_everything(&message.encode_to_vec());
    }

    #[test]
    fn chunks_hold_exactly_the_elements_asked(counts in vec(0_u32..100_000, 0..8)) {
        let chunks = chunks_of(counts.iter().copied());
        for (scope, count) in (0..).zip(&counts) {
            let held: usize =
                chunks.iter().filter(|c| c.scope == scope).map(|c| c.elements).sum();
            prop_assert_eq!(held, usize::try_from(*count).unwrap());
        }
        prop_assert!(chunks.iter().all(|chunk| chunk.elements > 0));
        prop_assert!(chunks.is_sorted_by_key(|chunk| (chunk.scope, chunk.chunk)));
    }

    #[test]
    fn a_status_of_any_content_is_read_without_panic_and_shows_no_control_characters(
        code in 0_i32..20,
        message in any::<String>(),
        details in vec(any::<u8>(), 0..100),
    ) {
        let status = Status::with_details(Code::from(code), message, details.into());
        let received = Received::read(&status);
        prop_assert!(received.sentence.chars().count() <= 512);
        prop_assert!(!received.sentence.chars().any(char::is_control));
    }
}

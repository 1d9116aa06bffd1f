//! Signed and cosigned checkpoints, against notes that another implementation made, and against
//! whatever else somebody could show instead.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use symbolon_ledger::{
    Checkpoint, MAX_NOTE_LEN, MAX_SIGNATURES, NoteError, Origin, SignatureError, SignedCheckpoint,
    TreeHash,
};

/// Made from C2SP `signed-note` and `tlog-cosignature` with Python's `hashlib` and `cryptography`,
/// under the keys of tests 1 and 2 of RFC 8032, section 7.1.
const COSIGNED: &str = "symbolon-v1/FRA\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\n\
    — symbolon-v1/FRA GFjVbcfItopWejbS80Ub2kEl7HzL3K1R8dovoGUCPhfEhKbw77LJfN//rkAnoPtCLFfk/bJil0L3UO\
    wCmsNKPjdudww=\n\
    — symbolon-v1/DEU VYedhAAAAABkGFDLvOB8vlHwFuJY4MT9Rs7t2zuvR+bVPHKB5WujOtQdHSnvvJp/y6gzqy5dUM0rKO\
    Cs4WEuL4nJos4NBV9HyUYWDQ==\n";
const COSIGNED_AT: u64 = 1_679_315_147;

struct Signer {
    name: Origin,
    pair: Ed25519KeyPair,
}

impl Signer {
    fn new(code: &str, seed: &[u8; 32]) -> Self {
        Self {
            name: Origin::of_log("symbolon-v1", code),
            pair: Ed25519KeyPair::from_seed_unchecked(seed).unwrap(),
        }
    }

    fn fra() -> Self {
        Self::rfc8032("FRA", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    }

    fn deu() -> Self {
        Self::rfc8032("DEU", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    }

    fn rfc8032(code: &str, seed: &str) -> Self {
        Self::new(code, &hex::decode(seed).unwrap().try_into().unwrap())
    }

    fn key(&self) -> [u8; 32] {
        self.pair.public_key().as_ref().try_into().unwrap()
    }

    fn raw(&self, message: &[u8]) -> [u8; 64] {
        self.pair.sign(message).as_ref().try_into().unwrap()
    }

    fn sign(&self, size: u64) -> SignedCheckpoint {
        let root = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328";
        let root = TreeHash(hex::decode(root).unwrap().try_into().unwrap());
        let checkpoint = Checkpoint { origin: self.name.clone(), size, root };
        SignedCheckpoint::sign(checkpoint, &self.name, &self.key(), |text| self.raw(text))
    }

    fn cosign(&self, signed: &mut SignedCheckpoint, seconds: u64) {
        signed.cosign(&self.name, &self.key(), seconds, |message| self.raw(message));
    }

    fn signed(&self, signed: &SignedCheckpoint) -> Result<(), SignatureError> {
        signed.verify(&self.name, &self.key())
    }

    fn cosigned(&self, signed: &SignedCheckpoint) -> Result<u64, SignatureError> {
        signed.verify_cosignature(&self.name, &self.key())
    }
}

fn text(signed: &SignedCheckpoint) -> String {
    String::from_utf8(signed.to_bytes()).unwrap()
}

fn lines(signed: &SignedCheckpoint) -> usize {
    text(signed).lines().filter(|line| line.starts_with('—')).count()
}

#[test]
fn signing_and_cosigning_give_the_note_of_another_implementation() {
    let mut signed = Signer::fra().sign(8);
    Signer::deu().cosign(&mut signed, COSIGNED_AT);
    assert_eq!(text(&signed), COSIGNED);
}

#[test]
fn the_note_of_another_implementation_is_read_and_verified() {
    let signed = SignedCheckpoint::parse(COSIGNED.as_bytes()).unwrap();
    assert_eq!(signed.checkpoint().origin.as_str(), "symbolon-v1/FRA");
    assert_eq!(signed.checkpoint().size, 8);
    assert_eq!(Signer::fra().signed(&signed), Ok(()));
    assert_eq!(Signer::deu().cosigned(&signed), Ok(COSIGNED_AT));
    assert_eq!(text(&signed), COSIGNED);
}

#[test]
fn the_example_of_the_specification_is_read_and_written_back_byte_for_byte() {
    let note = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\
                \n— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7\
                u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
                — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dl\
                rDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
    let signed = SignedCheckpoint::parse(note.as_bytes()).unwrap();
    assert_eq!(signed.checkpoint().size, 20_852_163);
    assert_eq!(text(&signed), note);
    assert_eq!(Signer::fra().signed(&signed), Err(SignatureError::Missing));
}

#[test]
fn a_signature_is_no_cosignature_and_a_cosignature_no_signature() {
    let fra = Signer::fra();
    let mut signed = fra.sign(8);
    assert_eq!(fra.cosigned(&signed), Err(SignatureError::Missing));
    let deu = Signer::deu();
    deu.cosign(&mut signed, COSIGNED_AT);
    assert_eq!(deu.signed(&signed), Err(SignatureError::Missing));
    // One key may do both.
    fra.cosign(&mut signed, 1);
    assert_eq!((fra.signed(&signed), fra.cosigned(&signed)), (Ok(()), Ok(1)));
}

#[test]
fn a_signature_holds_for_its_name_and_key_only() {
    let (fra, deu) = (Signer::fra(), Signer::deu());
    let signed = fra.sign(8);
    assert_eq!(signed.verify(&deu.name, &fra.key()), Err(SignatureError::Missing));
    assert_eq!(signed.verify(&fra.name, &deu.key()), Err(SignatureError::Missing));
    let by_another =
        SignedCheckpoint::sign(signed.checkpoint().clone(), &fra.name, &fra.key(), |text| {
            deu.raw(text)
        });
    assert_eq!(fra.signed(&by_another), Err(SignatureError::Invalid));
}

#[test]
fn a_changed_checkpoint_or_time_is_not_signed() {
    let fra = Signer::fra();
    for (from, to) in [("\n8\n", "\n9\n"), ("XcnaeacG", "XcnaeacH")] {
        let other = SignedCheckpoint::parse(COSIGNED.replace(from, to).as_bytes()).unwrap();
        assert_eq!(fra.signed(&other), Err(SignatureError::Invalid));
        assert_eq!(Signer::deu().cosigned(&other), Err(SignatureError::Invalid));
    }
    let other = COSIGNED.replace("VYedhAAAAABkGFDL", "VYedhAAAAABkGFDM");
    let other = SignedCheckpoint::parse(other.as_bytes()).unwrap();
    assert_eq!(Signer::deu().cosigned(&other), Err(SignatureError::Invalid));
    assert_eq!(fra.signed(&other), Ok(()));
}

#[test]
fn another_logs_checkpoint_cannot_bear_this_logs_name_unsigned() {
    let other = COSIGNED.replacen("symbolon-v1/FRA", "symbolon-v1/ITA", 1);
    let other = SignedCheckpoint::parse(other.as_bytes()).unwrap();
    assert_eq!(other.checkpoint().origin.as_str(), "symbolon-v1/ITA");
    assert_eq!(Signer::fra().signed(&other), Err(SignatureError::Invalid));
}

#[test]
fn a_later_cosignature_takes_the_place_of_the_earlier_one_of_its_key() {
    let (fra, deu, ita) = (Signer::fra(), Signer::deu(), Signer::new("ITA", &[3; 32]));
    let mut signed = fra.sign(8);
    deu.cosign(&mut signed, 1);
    ita.cosign(&mut signed, 2);
    deu.cosign(&mut signed, 3);
    assert_eq!(lines(&signed), 3);
    assert_eq!(deu.cosigned(&signed), Ok(3));
    assert_eq!(ita.cosigned(&signed), Ok(2));
    assert_eq!(SignedCheckpoint::parse(&signed.to_bytes()), Ok(signed));
}

#[test]
fn a_cosignature_is_taken_over_if_it_holds_and_is_of_the_same_checkpoint() {
    let (fra, deu, ita) = (Signer::fra(), Signer::deu(), Signer::new("ITA", &[3; 32]));
    let (mut ours, mut theirs) = (fra.sign(8), fra.sign(8));
    deu.cosign(&mut ours, 1);
    ita.cosign(&mut theirs, 2);
    ours.take_cosignature(&theirs, &ita.name, &ita.key()).unwrap();
    assert_eq!((deu.cosigned(&ours), ita.cosigned(&ours)), (Ok(1), Ok(2)));
    assert_eq!(fra.signed(&ours), Ok(()));
    // It is no copy, and a later one takes its place.
    ita.cosign(&mut theirs, 5);
    ours.take_cosignature(&theirs, &ita.name, &ita.key()).unwrap();
    assert_eq!((lines(&ours), ita.cosigned(&ours)), (3, Ok(5)));

    let before = ours.clone();
    // Not there, of another checkpoint, made by another key.
    let missing = ours.take_cosignature(&theirs, &deu.name, &deu.key());
    assert_eq!(missing, Err(SignatureError::Missing));
    let mut other = fra.sign(9);
    ita.cosign(&mut other, 7);
    let other = ours.take_cosignature(&other, &ita.name, &ita.key());
    assert_eq!(other, Err(SignatureError::Missing));
    let mut forged = fra.sign(8);
    forged.cosign(&ita.name, &ita.key(), 9, |message| deu.raw(message));
    let forged = ours.take_cosignature(&forged, &ita.name, &ita.key());
    assert_eq!(forged, Err(SignatureError::Invalid));
    assert_eq!(ours, before);
}

#[test]
fn the_time_of_a_cosignature_stays_below_two_to_the_63() {
    let (fra, deu) = (Signer::fra(), Signer::deu());
    let mut signed = fra.sign(8);
    deu.cosign(&mut signed, u64::MAX);
    assert_eq!(deu.cosigned(&signed), Ok(u64::MAX >> 1));
    // What another implementation would make of it is refused, though the key signed it.
    let time = u64::MAX;
    let message = format!(
        "cosignature/v1\ntime {time}\n{}",
        text(&signed).split_once("\n\n").unwrap().0.to_owned() + "\n"
    );
    let line = text(&signed).lines().last().unwrap().rsplit_once(' ').unwrap().1.to_owned();
    let key_id = &decode(&line)[..4];
    let forged = [key_id, &time.to_be_bytes(), &deu.raw(message.as_bytes())].concat();
    let note = text(&signed).replace(&line, &encode(&forged));
    let signed = SignedCheckpoint::parse(note.as_bytes()).unwrap();
    assert_eq!(deu.cosigned(&signed), Err(SignatureError::Invalid));
}

#[test]
fn a_cosignature_that_is_cut_short_or_too_long_does_not_hold() {
    let line = COSIGNED.lines().last().unwrap().rsplit_once(' ').unwrap().1;
    let bytes = decode(line);
    for len in [5, 11, 12, 75] {
        let note = COSIGNED.replace(line, &encode(&bytes[..len]));
        let signed = SignedCheckpoint::parse(note.as_bytes()).unwrap();
        assert_eq!(Signer::deu().cosigned(&signed), Err(SignatureError::Invalid), "{len}");
    }
    let note = COSIGNED.replace(line, &encode(&[bytes, vec![0]].concat()));
    let signed = SignedCheckpoint::parse(note.as_bytes()).unwrap();
    assert_eq!(Signer::deu().cosigned(&signed), Err(SignatureError::Invalid));
}

/// A note that bears as many signatures as it may, all made up.
fn full(name: &str) -> SignedCheckpoint {
    let mut note = text(&Signer::fra().sign(8));
    for n in 1..MAX_SIGNATURES {
        let name = name.replace('#', &n.to_string());
        let id = u32::try_from(n).unwrap().to_be_bytes();
        note.push_str(&format!("— {name} {}\n", encode(&[id.as_slice(), &[0; 72]].concat())));
    }
    SignedCheckpoint::parse(note.as_bytes()).unwrap()
}

#[test]
fn a_note_full_of_made_up_signatures_makes_room_for_a_cosignature() {
    let (fra, deu) = (Signer::fra(), Signer::deu());
    let mut signed = full("symbolon-v1/#");
    assert_eq!(lines(&signed), MAX_SIGNATURES);
    deu.cosign(&mut signed, 1);
    assert_eq!(lines(&signed), MAX_SIGNATURES);
    assert_eq!((fra.signed(&signed), deu.cosigned(&signed)), (Ok(()), Ok(1)));
    assert_eq!(SignedCheckpoint::parse(&signed.to_bytes()), Ok(signed));
}

#[test]
fn a_note_as_long_as_may_be_makes_room_for_a_cosignature() {
    let (fra, deu) = (Signer::fra(), Signer::deu());
    let note = text(&fra.sign(8));
    let line = |bytes: usize| format!("— other {}\n", encode(&vec![1; bytes]));
    let most = (5..MAX_NOTE_LEN).rfind(|len| note.len() + line(*len).len() <= MAX_NOTE_LEN);
    let note = note + &line(most.unwrap());
    let mut signed = SignedCheckpoint::parse(note.as_bytes()).unwrap();
    deu.cosign(&mut signed, 1);
    assert_eq!((fra.signed(&signed), deu.cosigned(&signed)), (Ok(()), Ok(1)));
    assert_eq!(lines(&signed), 2);
}

#[test]
fn a_signature_under_the_logs_own_name_never_gives_way() {
    let (fra, deu) = (Signer::fra(), Signer::deu());
    let before = full("symbolon-v1/FRA");
    let mut signed = before.clone();
    deu.cosign(&mut signed, 1);
    assert_eq!(signed, before);
    assert_eq!(fra.signed(&signed), Ok(()));
    assert_eq!(deu.cosigned(&signed), Err(SignatureError::Missing));
}

#[test]
fn a_note_that_is_no_checkpoint_of_three_lines_is_refused() {
    let with = |from: &str, to: &str| {
        SignedCheckpoint::parse(COSIGNED.replacen(from, to, 1).as_bytes()).map(|_| ())
    };
    assert_eq!(with("symbolon-v1/FRA\n", "symbolon v1/FRA\n"), Err(NoteError::Origin));
    assert_eq!(with("symbolon-v1/FRA\n", "\n"), Err(NoteError::Origin));
    assert_eq!(with("\n8\n", "\n08\n"), Err(NoteError::Size));
    assert_eq!(with("\n8\n", "\n"), Err(NoteError::Form));
    assert_eq!(with("RgQyg=\n", "RgQyg=\nmore\n"), Err(NoteError::Extension));
    assert_eq!(with("RgQyg=\n", "RgQyh=\n"), Err(NoteError::Root));
    assert_eq!(with("\n8\n", "\n8\r\n"), Err(NoteError::NotText));
    let again = format!("{COSIGNED}{}\n", COSIGNED.lines().last().unwrap());
    assert_eq!(SignedCheckpoint::parse(again.as_bytes()), Err(NoteError::Repeated));
    for end in ["\n", " ", "x", "\n\n"] {
        let note = format!("{COSIGNED}{end}");
        assert!(SignedCheckpoint::parse(note.as_bytes()).is_err(), "{end:?}");
    }
    for len in 0..COSIGNED.len() {
        let cut = &COSIGNED.as_bytes()[..len];
        // Without its last line it is a note with one signature.
        let is_shorter_note = cut.ends_with(b"\n") && cut.windows(2).any(|two| two == b"\n\n");
        let is_whole = is_shorter_note && !cut.ends_with(b"\n\n");
        assert_eq!(SignedCheckpoint::parse(cut).is_ok(), is_whole, "{len}");
    }
}

proptest! {
    #[test]
    fn a_note_of_which_a_byte_was_changed_is_refused_or_no_longer_says_the_same(
        at in 0..COSIGNED.len(),
        byte in any::<u8>(),
    ) {
        let mut note = COSIGNED.as_bytes().to_vec();
        prop_assume!(note[at] != byte);
        note[at] = byte;
        if let Ok(signed) = SignedCheckpoint::parse(&note) {
            let both = (Signer::fra().signed(&signed), Signer::deu().cosigned(&signed));
            prop_assert_ne!(both, (Ok(()), Ok(COSIGNED_AT)));
            prop_assert_eq!(signed.to_bytes(), note);
        }
    }

    #[test]
    fn whatever_is_read_is_written_back_byte_for_byte(
        origin in "[ -~é\u{2003}]{0,12}",
        size in any::<u64>(),
        root in any::<[u8; 32]>(),
        names in proptest::collection::vec("[a-c+ /]{0,3}", 0..4),
        signature in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        let mut note = format!("{origin}\n{size}\n{}\n\n", encode(&root));
        for name in names {
            note.push_str(&format!("— {name} {}\n", encode(&signature)));
        }
        if let Ok(signed) = SignedCheckpoint::parse(note.as_bytes()) {
            prop_assert_eq!(text(&signed), note);
        }
    }
}

fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn decode(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

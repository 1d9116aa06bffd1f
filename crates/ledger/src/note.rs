//! Signed notes (C2SP `signed-note`): a text, an empty line, and lines of signatures of it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::signature::{ED25519, UnparsedPublicKey};
use thiserror::Error;

use crate::{commitment::sha256, origin::Origin};

/// Longest note that is read, with all its signatures, in bytes.
pub const MAX_NOTE_LEN: usize = 16 << 10;

/// Most signatures of a note that is read.
pub const MAX_SIGNATURES: usize = 100;

/// Length of an Ed25519 public key in bytes (RFC 8032).
pub const PUBLIC_KEY_LEN: usize = 32;

/// Length of an Ed25519 signature in bytes (RFC 8032).
pub const SIGNATURE_LEN: usize = 64;

const KEY_ID_LEN: usize = 4;
const BEFORE_NAME: &str = "\u{2014} ";

/// Splits a note in its text, with the line end, and its signatures.
pub(crate) fn parse(note: &[u8]) -> Result<(&str, Vec<NoteSignature>), NoteError> {
    if note.len() > MAX_NOTE_LEN {
        return Err(NoteError::TooLong);
    }
    let note = str::from_utf8(note).map_err(|_| NoteError::NotText)?;
    if note.contains(|c: char| c.is_control() && c != '\n') {
        return Err(NoteError::NotText);
    }
    let (above, lines) = note.rsplit_once("\n\n").ok_or(NoteError::Form)?;
    let text = note.get(..=above.len()).ok_or(NoteError::Form)?;
    let mut signatures: Vec<NoteSignature> = Vec::new();
    for line in lines.strip_suffix('\n').ok_or(NoteError::Form)?.split('\n') {
        let signature = NoteSignature::parse(line).ok_or(NoteError::Signature)?;
        if signatures.iter().any(|other| other.is_of_same_key(&signature)) {
            return Err(NoteError::Repeated);
        }
        if signatures.len() == MAX_SIGNATURES {
            return Err(NoteError::TooManySignatures);
        }
        signatures.push(signature);
    }
    Ok((text, signatures))
}

/// The note of that text, which ends with a line end, and those signatures.
pub(crate) fn write(text: &str, signatures: &[NoteSignature]) -> String {
    let mut note = format!("{text}\n");
    for signature in signatures {
        note.push_str(&signature.to_line());
    }
    note
}

/// What a signature is, as far as it shows in the id of its key.
#[derive(Clone, Copy)]
pub(crate) enum SignatureType {
    /// Ed25519 over the text.
    Ed25519 = 0x01,
    /// Ed25519 over a time and a checkpoint (C2SP `tlog-cosignature`).
    Cosignature = 0x04,
}

/// A line of a note: who signed, with which key, and what is to be held against that key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct NoteSignature {
    pub(crate) name: Origin,
    key_id: [u8; KEY_ID_LEN],
    pub(crate) bytes: Vec<u8>,
}

impl NoteSignature {
    pub(crate) fn new(
        name: &Origin,
        kind: SignatureType,
        key: &[u8; PUBLIC_KEY_LEN],
        bytes: Vec<u8>,
    ) -> Self {
        Self { name: name.clone(), key_id: key_id(name, kind, key), bytes }
    }

    /// The signature that bears the name and id of a key.
    pub(crate) fn find<'a>(
        all: &'a [Self],
        name: &Origin,
        kind: SignatureType,
        key: &[u8; PUBLIC_KEY_LEN],
    ) -> Option<&'a Self> {
        let key_id = key_id(name, kind, key);
        all.iter().find(|one| one.name == *name && one.key_id == key_id)
    }

    /// Whether no reader could tell the keys of both apart.
    pub(crate) fn is_of_same_key(&self, other: &Self) -> bool {
        self.name == other.name && self.key_id == other.key_id
    }

    fn parse(line: &str) -> Option<Self> {
        let (name, signature) = line.strip_prefix(BEFORE_NAME)?.split_once(' ')?;
        // This engine takes only what it would write: with padding, and without stray bits.
        let bytes = STANDARD.decode(signature).ok()?;
        let (key_id, bytes) = bytes.split_first_chunk::<KEY_ID_LEN>()?;
        if bytes.is_empty() {
            return None;
        }
        Some(Self { name: name.parse().ok()?, key_id: *key_id, bytes: bytes.to_vec() })
    }

    fn to_line(&self) -> String {
        let signature = STANDARD.encode([self.key_id.as_slice(), &self.bytes].concat());
        format!("{BEFORE_NAME}{} {signature}\n", self.name)
    }
}

fn key_id(name: &Origin, kind: SignatureType, key: &[u8; PUBLIC_KEY_LEN]) -> [u8; KEY_ID_LEN] {
    let hash = sha256(&[name.as_str().as_bytes(), b"\n", &[kind as u8], key]);
    let [a, b, c, d, ..] = hash;
    [a, b, c, d]
}

/// Whether `signature` is an Ed25519 signature of `key` over `message` (RFC 8032).
pub(crate) fn verify(
    key: &[u8; PUBLIC_KEY_LEN],
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    UnparsedPublicKey::new(&ED25519, key)
        .verify(message, signature)
        .map_err(|_| SignatureError::Invalid)
}

/// Why bytes are no checkpoint with signatures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum NoteError {
    /// Longer than [`MAX_NOTE_LEN`].
    #[error("the note is longer than {MAX_NOTE_LEN} bytes")]
    TooLong,
    /// No UTF-8, or with control characters.
    #[error("the note is not UTF-8, or holds control characters other than line ends")]
    NotText,
    /// Not a text of at least three lines, an empty line, and signatures.
    #[error(
        "the note is not origin, size, root, an empty line and signatures, each with a line end"
    )]
    Form,
    /// A line of a signature is not dash, name, and base64 of key id and signature.
    #[error("a signature of the note is not a dash, a name, and key id and signature in base64")]
    Signature,
    /// Two signatures bear the same name and key id.
    #[error("the note bears two signatures of one key")]
    Repeated,
    /// More than [`MAX_SIGNATURES`].
    #[error("the note bears more than {MAX_SIGNATURES} signatures")]
    TooManySignatures,
    /// The first line is no [`Origin`].
    #[error("the origin of the checkpoint is empty, too long, or holds what it must not")]
    Origin,
    /// The second line is no size.
    #[error("the size of the checkpoint is not a decimal number below 2^63 without leading zeros")]
    Size,
    /// The third line is no hash.
    #[error("the root of the checkpoint is not 32 bytes in base64")]
    Root,
    /// There are further lines.
    #[error("the checkpoint has extension lines, which no log of this protocol has")]
    Extension,
}

/// Why a note does not bear the signature that was looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// No signature names that key.
    #[error("the note bears no signature of that name and key")]
    Missing,
    /// One names the key, but the key did not make it.
    #[error("the note's signature does not hold under the key that it names")]
    Invalid,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A verifier key as the specification writes it.
    fn read_key(text: &str) -> (Origin, String, [u8; PUBLIC_KEY_LEN]) {
        let mut parts = text.splitn(3, '+');
        let mut next = || parts.next().unwrap();
        let (name, key_id) = (next().parse().unwrap(), next().to_owned());
        let bytes = STANDARD.decode(next()).unwrap();
        assert_eq!(bytes[0], SignatureType::Ed25519 as u8);
        (name, key_id, bytes[1..].try_into().unwrap())
    }

    /// The example of C2SP `signed-note`, that of Go's package `sumdb/note`, and a checkpoint of Go's
    /// checksum database.
    const EXAMPLES: [(&str, &str); 3] = [
        (
            "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            "This is an example message.\n\n— example.com/foo \
             Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72Ine\
             yaQM=\n",
        ),
        (
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "If you think cryptography is the answer to your problem,\n\
             then you don't know what your problem is.\n\n— PeterNeumann \
             x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBw\
             JnAM=\n",
        ),
        (
            "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
            "go.sum database tree\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
             — sum.golang.org \
             Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTO\
             AYQ8=\n",
        ),
    ];

    #[test]
    fn the_examples_of_specification_and_reference_implementation_verify() {
        for (key, note) in EXAMPLES {
            let (name, id, key) = read_key(key);
            assert_eq!(hex::encode(key_id(&name, SignatureType::Ed25519, &key)), id);
            let (text, signatures) = parse(note.as_bytes()).unwrap();
            let found = NoteSignature::find(&signatures, &name, SignatureType::Ed25519, &key);
            let found = found.unwrap();
            assert_eq!(verify(&key, text.as_bytes(), &found.bytes), Ok(()));
            assert_eq!(
                verify(&key, text.trim_end().as_bytes(), &found.bytes),
                Err(SignatureError::Invalid)
            );
            assert_eq!(write(text, &signatures), note);
        }
    }

    #[test]
    fn the_id_of_a_cosigners_key_is_that_of_a_witness_that_is_in_use() {
        // remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2
        let key = STANDARD.decode("BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2").unwrap();
        assert_eq!(key[0], SignatureType::Cosignature as u8);
        let name = "remora.n621.de".parse().unwrap();
        let id = key_id(&name, SignatureType::Cosignature, &key[1..].try_into().unwrap());
        assert_eq!(hex::encode(id), "da77ade7");
    }

    #[test]
    fn a_text_may_have_empty_lines_and_ends_before_the_last_one() {
        let quasimodo = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è \
                         subito sera.\n\n— quasimodo.example/salvatore \
                         NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ih\
                         AQwaqP3ZekRwNtIc=\n";
        let (text, signatures) = parse(quasimodo.as_bytes()).unwrap();
        assert!(text.starts_with("Ognuno") && text.ends_with("\n\ned è subito sera.\n"));
        assert_eq!(signatures.len(), 1);
    }

    #[test]
    fn the_same_key_has_another_id_for_another_name_or_type_of_signature() {
        let (foo, bar): (Origin, Origin) = ("foo".parse().unwrap(), "bar".parse().unwrap());
        let id = key_id(&foo, SignatureType::Ed25519, &[7; 32]);
        assert_ne!(id, key_id(&foo, SignatureType::Cosignature, &[7; 32]));
        assert_ne!(id, key_id(&bar, SignatureType::Ed25519, &[7; 32]));
        assert_ne!(id, key_id(&foo, SignatureType::Ed25519, &[8; 32]));
    }

    #[test]
    fn what_is_not_exactly_a_note_is_refused() {
        let line = "— a AAAAAAA=\n";
        assert!(parse(format!("text\n\n{line}").as_bytes()).is_ok());
        let cases: [(&[u8], NoteError); 22] = [
            (b"", NoteError::Form),
            (b"text\n", NoteError::Form),
            (b"text\n\n", NoteError::Form),
            ("text\n— a AAAAAAA=\n".as_bytes(), NoteError::Form),
            ("\n— a AAAAAAA=\n".as_bytes(), NoteError::Form),
            ("text\n\n— a AAAAAAA=".as_bytes(), NoteError::Form),
            ("text\n\n— a AAAAAAA=\n\n".as_bytes(), NoteError::Form),
            ("text\n\n— a AAAAAAA=\ntrailing\n".as_bytes(), NoteError::Signature),
            ("text\n\n— a AAAAAAA= \n".as_bytes(), NoteError::Signature),
            ("text\n\n— a  AAAAAAA=\n".as_bytes(), NoteError::Signature),
            ("text\n\n—  AAAAAAA=\n".as_bytes(), NoteError::Signature),
            ("text\n\n—a AAAAAAA=\n".as_bytes(), NoteError::Signature),
            (b"text\n\n- a AAAAAAA=\n", NoteError::Signature),
            ("text\n\n— a+b AAAAAAA=\n".as_bytes(), NoteError::Signature),
            ("text\n\n— a AAAAAAA\n".as_bytes(), NoteError::Signature),
            // Stray bits, and a key id without signature.
            ("text\n\n— a AAAAAAB=\n".as_bytes(), NoteError::Signature),
            ("text\n\n— a AAAAAA==\n".as_bytes(), NoteError::Signature),
            ("text\n\n— a AAAAAAA=\n— a AAAAAAE=\n".as_bytes(), NoteError::Repeated),
            ("te\rxt\n\n— a AAAAAAA=\n".as_bytes(), NoteError::NotText),
            ("te\txt\n\n— a AAAAAAA=\n".as_bytes(), NoteError::NotText),
            ("te\0xt\n\n— a AAAAAAA=\n".as_bytes(), NoteError::NotText),
            (b"te\xffxt\n\n", NoteError::NotText),
        ];
        for (note, error) in cases {
            assert_eq!(parse(note), Err(error), "{:?}", String::from_utf8_lossy(note));
        }
    }

    #[test]
    fn keys_that_share_only_a_name_or_only_an_id_may_both_sign() {
        let note = "text\n\n— a AAAAAAA=\n— b AAAAAAA=\n— a AAAAAQA=\n";
        assert_eq!(parse(note.as_bytes()).unwrap().1.len(), 3);
    }

    #[test]
    fn length_and_number_of_signatures_are_bounded() {
        let note = |count: usize, text: &str| {
            let lines: String = (0..count).map(|n| format!("— n{n} AAAAAAA=\n")).collect();
            format!("{text}\n\n{lines}").into_bytes()
        };
        assert_eq!(parse(&note(MAX_SIGNATURES, "text")).unwrap().1.len(), MAX_SIGNATURES);
        assert_eq!(parse(&note(MAX_SIGNATURES + 1, "text")), Err(NoteError::TooManySignatures));
        let longest = "x".repeat(MAX_NOTE_LEN - note(1, "").len());
        assert!(parse(&note(1, &longest)).is_ok());
        assert_eq!(parse(&note(1, &format!("{longest}x"))), Err(NoteError::TooLong));
    }
}

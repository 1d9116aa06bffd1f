use crate::{
    checkpoint::Checkpoint,
    note::{
        self, MAX_NOTE_LEN, MAX_SIGNATURES, NoteError, NoteSignature, PUBLIC_KEY_LEN,
        SIGNATURE_LEN, SignatureError, SignatureType,
    },
    origin::Origin,
};

const TIME_LEN: usize = 8;
/// C2SP `tlog-cosignature` bounds times by it.
const MAX_TIME: u64 = u64::MAX >> 1;

/// A checkpoint with the signatures under it: that of the log, and cosignatures of those who follow
/// the log (C2SP `signed-note`, `tlog-checkpoint`, `tlog-cosignature`).
///
/// What was read is not believed yet: [`SignedCheckpoint::verify`] says whether the log signed it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    signatures: Vec<NoteSignature>,
}

impl SignedCheckpoint {
    /// Reads a note: at most [`MAX_NOTE_LEN`] bytes and [`MAX_SIGNATURES`] signatures, of any names
    /// and keys. Whatever is read, [`SignedCheckpoint::to_bytes`] gives back byte for byte.
    ///
    /// # Errors
    /// When it is anything but a checkpoint of three lines with signatures, each of another key.
    pub fn parse(note: &[u8]) -> Result<Self, NoteError> {
        let (text, signatures) = note::parse(note)?;
        Ok(Self { checkpoint: Checkpoint::from_text(text)?, signatures })
    }

    /// Signs a checkpoint under the name of a key, which for a log is its origin.
    ///
    /// `signer` is given the text of the note and returns the Ed25519 signature of `key`'s private half
    /// over it (RFC 8032).
    pub fn sign(
        checkpoint: Checkpoint,
        name: &Origin,
        key: &[u8; PUBLIC_KEY_LEN],
        signer: impl FnOnce(&[u8]) -> [u8; SIGNATURE_LEN],
    ) -> Self {
        let bytes = signer(checkpoint.to_text().as_bytes()).to_vec();
        let signature = NoteSignature::new(name, SignatureType::Ed25519, key, bytes);
        Self { checkpoint, signatures: vec![signature] }
    }

    /// The checkpoint, whoever signed it.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Holds if `key` signed the checkpoint under that name (C2SP `signed-note`, signature type 0x01).
    /// Signatures of other keys do not matter.
    ///
    /// # Errors
    /// When there is no signature of that name and key, or `key` did not make it.
    pub fn verify(&self, name: &Origin, key: &[u8; PUBLIC_KEY_LEN]) -> Result<(), SignatureError> {
        let found = self.find(name, SignatureType::Ed25519, key)?;
        note::verify(key, self.checkpoint.to_text().as_bytes(), &found.bytes)
    }

    /// Adds a cosigner's word that at that time, in seconds since 1970, this is the largest checkpoint
    /// that it has seen of the log, and continues all before (C2SP `tlog-cosignature`, signature type
    /// 0x04). It stands in place of an earlier one of the same key.
    ///
    /// `signer` is given the message of the cosignature and returns the Ed25519 signature of `key`'s
    /// private half over it (RFC 8032).
    ///
    /// The note stays one that can be read: if it is full, the last signatures of others than the log
    /// and this key give way; if all are the log's, nothing is added.
    pub fn cosign(
        &mut self,
        name: &Origin,
        key: &[u8; PUBLIC_KEY_LEN],
        seconds: u64,
        signer: impl FnOnce(&[u8]) -> [u8; SIGNATURE_LEN],
    ) {
        let time = seconds.min(MAX_TIME);
        let signature = signer(self.cosigned_message(time).as_bytes());
        let bytes = [time.to_be_bytes().as_slice(), &signature].concat();
        self.add(NoteSignature::new(name, SignatureType::Cosignature, key, bytes));
    }

    /// Takes over the cosignature that `other`, a note of the same checkpoint, bears of that name and
    /// key; where it stands, and what gives way to it, is as in [`SignedCheckpoint::cosign`].
    ///
    /// # Errors
    /// When `other` is of another checkpoint, bears no cosignature of that name and key, or `key` did
    /// not make it.
    pub fn take_cosignature(
        &mut self,
        other: &Self,
        name: &Origin,
        key: &[u8; PUBLIC_KEY_LEN],
    ) -> Result<(), SignatureError> {
        if other.checkpoint != self.checkpoint {
            return Err(SignatureError::Missing);
        }
        other.verify_cosignature(name, key)?;
        self.add(other.find(name, SignatureType::Cosignature, key)?.clone());
        Ok(())
    }

    fn add(&mut self, ours: NoteSignature) {
        let mut signatures = self.signatures.clone();
        signatures.retain(|other| !other.is_of_same_key(&ours));
        signatures.push(ours);
        while !self.fits(&signatures) {
            let others = signatures.split_last().map_or(&[][..], |(_, others)| others);
            let last = others.iter().rposition(|one| one.name != self.checkpoint.origin);
            // Without the log's signature the note would no longer be evidence of anything.
            let Some(last) = last else { return };
            signatures.remove(last);
        }
        self.signatures = signatures;
    }

    /// The time, in seconds since 1970, at which `key` cosigned under that name (C2SP
    /// `tlog-cosignature`, signature type 0x04). Signatures of other keys do not matter.
    ///
    /// # Errors
    /// When there is no cosignature of that name and key, or `key` did not make it.
    pub fn verify_cosignature(
        &self,
        name: &Origin,
        key: &[u8; PUBLIC_KEY_LEN],
    ) -> Result<u64, SignatureError> {
        let found = self.find(name, SignatureType::Cosignature, key)?;
        let (time, signature) =
            found.bytes.split_first_chunk::<TIME_LEN>().ok_or(SignatureError::Invalid)?;
        let time = u64::from_be_bytes(*time);
        if time > MAX_TIME {
            return Err(SignatureError::Invalid);
        }
        note::verify(key, self.cosigned_message(time).as_bytes(), signature)?;
        Ok(time)
    }

    /// The signed note, UTF-8: the checkpoint, an empty line, and the signatures in their order.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.note(&self.signatures).into_bytes()
    }

    fn find(
        &self,
        name: &Origin,
        kind: SignatureType,
        key: &[u8; PUBLIC_KEY_LEN],
    ) -> Result<&NoteSignature, SignatureError> {
        NoteSignature::find(&self.signatures, name, kind, key).ok_or(SignatureError::Missing)
    }

    fn cosigned_message(&self, time: u64) -> String {
        format!("cosignature/v1\ntime {time}\n{}", self.checkpoint.to_text())
    }

    fn fits(&self, signatures: &[NoteSignature]) -> bool {
        signatures.len() <= MAX_SIGNATURES && self.note(signatures).len() <= MAX_NOTE_LEN
    }

    fn note(&self, signatures: &[NoteSignature]) -> String {
        note::write(&self.checkpoint.to_text(), signatures)
    }
}

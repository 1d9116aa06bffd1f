//! Checkpoints of bureaus' logs as both ends sign and read them.

use symbolon_ledger::{Checkpoint, MAX_NOTE_LEN, Origin, SignedCheckpoint, TreeHash};
use symbolon_policy::{BureauCode, SigningKey, VerifyingKey};
use time::OffsetDateTime;

use crate::signed::DocumentError;

/// Most checkpoints that are shown at once.
pub const MAX_CHECKPOINTS: usize = 256;

/// Most bytes of checkpoints that are shown at once, so that they fit into a message.
pub const MAX_CHECKPOINT_BYTES: usize = 1 << 20;

/// Name of a bureau's log, which is also the name of the key that signs its checkpoints:
/// `symbolon-v1/` and the bureau's code.
pub fn log_origin(bureau: &BureauCode) -> Origin {
    Origin::of_log("symbolon-v1", bureau.as_str())
}

/// Signs a checkpoint of this bureau's log with its log key.
pub fn sign_checkpoint(
    bureau: &BureauCode,
    size: u64,
    root: TreeHash,
    key: &SigningKey,
) -> SignedCheckpoint {
    let origin = log_origin(bureau);
    let checkpoint = Checkpoint { origin: origin.clone(), size, root };
    SignedCheckpoint::sign(checkpoint, &origin, &key.verifying_key().0, |message| {
        key.sign_note(message).0
    })
}

/// Adds this bureau's word that it has seen a checkpoint of another's log and that it continues those
/// that it saw before (C2SP `tlog-cosignature`).
pub fn cosign(
    checkpoint: &mut SignedCheckpoint,
    bureau: &BureauCode,
    at: OffsetDateTime,
    key: &SigningKey,
) {
    let seconds = u64::try_from(at.unix_timestamp()).unwrap_or(0);
    checkpoint.cosign(&log_origin(bureau), &key.verifying_key().0, seconds, |message| {
        key.sign_note(message).0
    });
}

/// A checkpoint of `bureau`'s log, if `key` signed it.
///
/// # Errors
/// When it is too long, no checkpoint, of another log, or not signed by `key`.
pub fn read_checkpoint(
    note: &[u8],
    bureau: &BureauCode,
    key: &VerifyingKey,
) -> Result<SignedCheckpoint, DocumentError> {
    if note.len() > MAX_NOTE_LEN {
        return Err(DocumentError::TooLong);
    }
    let malformed = DocumentError::Malformed { document: "checkpoint", field: "form" };
    let signed = SignedCheckpoint::parse(note).map_err(|_| malformed)?;
    let origin = log_origin(bureau);
    if signed.checkpoint().origin != origin {
        return Err(DocumentError::Malformed { document: "checkpoint", field: "origin" });
    }
    signed.verify(&origin, &key.0).map_err(|_| DocumentError::Signature)?;
    Ok(signed)
}

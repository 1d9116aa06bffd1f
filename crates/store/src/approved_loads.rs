//! Loads that state approvals of records: another person stands behind that very file.

use std::io::{self, Read};

use ring::digest::{Context, Digest, SHA256};
use symbolon_policy::Actor;

use crate::{ActKind, Store, StoreError};

/// Identifies what two people load: SHA-256 over `Symbolon-v1-Load`, a zero byte, the dataset, a zero
/// byte, and the SHA-256 of the mapping (of nothing where there is none) and of the file.
///
/// # Errors
/// When one of them cannot be read.
pub fn load_subject(
    dataset: &str,
    mapping: &[u8],
    file: &mut impl Read,
) -> Result<[u8; 32], io::Error> {
    let mut context = Context::new(&SHA256);
    context.update(b"Symbolon-v1-Load\0");
    context.update(dataset.as_bytes());
    context.update(b"\0");
    context.update(of_whole(&mut &*mapping)?.as_ref());
    context.update(of_whole(file)?.as_ref());
    let mut subject = [0; 32];
    subject.copy_from_slice(context.finish().as_ref());
    Ok(subject)
}

fn of_whole(reader: &mut impl Read) -> Result<Digest, io::Error> {
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = reader.read(&mut buffer)?;
        let Some(some) = buffer.get(..read).filter(|some| !some.is_empty()) else {
            return Ok(context.finish());
        };
        context.update(some);
    }
}

impl Store {
    /// Whether somebody other than `by` has approved that load.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_load_approved(
        &self,
        subject: &[u8; 32],
        by: &Actor,
    ) -> Result<bool, StoreError> {
        let act = self.act(ActKind::LoadRecords, subject).await?;
        let approved = act.and_then(|act| act.approved);
        Ok(approved.is_some_and(|(person, _)| person != by.id))
    }
}

//! Loads that state approvals of records: another person stands behind that very file.

use std::io::{self, Read};

use ring::digest::{Context, SHA256, digest};
use symbolon_policy::Actor;

use crate::{ActKind, Store, StoreError};

/// A file that is hashed as it is read: what was approved is what was loaded, whatever lies at its path
/// before or after.
pub struct HashedFile<R> {
    file: R,
    context: Context,
}

impl<R: Read> HashedFile<R> {
    /// Nothing of it is read yet.
    pub fn new(file: R) -> Self {
        Self { file, context: Context::new(&SHA256) }
    }

    /// Identifies what two people load: SHA-256 over `Symbolon-v1-Load`, a zero byte, the dataset, a zero
    /// byte, and the SHA-256 of the mapping (of nothing where there is none) and of what was read of the
    /// file so far.
    pub fn load_subject(&self, dataset: &str, mapping: &[u8]) -> [u8; 32] {
        let mut context = Context::new(&SHA256);
        context.update(b"Symbolon-v1-Load\0");
        context.update(dataset.as_bytes());
        context.update(b"\0");
        context.update(digest(&SHA256, mapping).as_ref());
        context.update(self.context.clone().finish().as_ref());
        let mut subject = [0; 32];
        subject.copy_from_slice(context.finish().as_ref());
        subject
    }
}

impl<R: Read> Read for HashedFile<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.context.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
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

//! Loads that state approvals of records: another person stands behind that very file, each time that it
//! is loaded.

use std::io::{self, Read};

use ring::digest::{Context, SHA256, digest};
use sqlx::SqliteConnection;
use symbolon_policy::Actor;

use crate::{ActKind, StoreError};

/// What becomes of a dataset's records in a load.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LoadMode {
    /// The file's are added.
    Add,
    /// The file's take the place of all that were there.
    Replace,
    /// The file's are added or removed, as each row says.
    Changes,
}

impl LoadMode {
    fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Replace => "replace",
            Self::Changes => "changes",
        }
    }
}

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

    /// Identifies what two people load: SHA-256 over `Symbolon-v1-Load`, the dataset and the mode (`add`,
    /// `replace` or `changes`), a zero byte behind each, and the SHA-256 of the mapping (of nothing where
    /// there is none) and of what was read of the file so far.
    pub fn load_subject(&self, dataset: &str, mapping: &[u8], mode: LoadMode) -> [u8; 32] {
        let mut context = Context::new(&SHA256);
        for part in ["Symbolon-v1-Load", dataset, mode.as_str()] {
            context.update(part.as_bytes());
            context.update(b"\0");
        }
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

/// Uses up, for a load in the same transaction, what somebody other than `by` has approved of it.
pub(crate) async fn use_up_in(
    connection: &mut SqliteConnection,
    subject: &[u8; 32],
    by: Option<&Actor>,
) -> Result<(), StoreError> {
    // Whoever approved it may be who loads it, if nobody says who that is.
    let Some(by) = by else { return Err(StoreError::LoadNotApproved) };
    let used =
        sqlx::query("DELETE FROM acts WHERE kind = $1 AND subject = $2 AND approved_by <> $3")
            .bind(ActKind::LoadRecords.as_str())
            .bind(subject.as_slice())
            .bind(&by.id)
            .execute(connection)
            .await?
            .rows_affected();
    if used == 0 { Err(StoreError::LoadNotApproved) } else { Ok(()) }
}

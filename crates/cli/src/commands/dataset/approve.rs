//! A file that says of records that people have approved entering them is loaded once another person
//! has approved that very file.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use clap::Args;
use serde::Serialize;
use symbolon_policy::{Actor, rules::Role};
use symbolon_store::{ActError, ActKind, DataFolder, HashedFile, Store};
use time::OffsetDateTime;

use crate::{CliError, acting::Acting, commands::DONE, output::Output};

/// Approve a file that an administrator wants to load, and that says of records that people have
/// approved entering them. It can be loaded from then on, as it is and with that mapping.
#[derive(Debug, Args)]
pub(in crate::commands) struct Approve {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// The mapping file with which it is loaded, if any.
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Id of the dataset.
    dataset: String,
    /// The CSV file.
    file: PathBuf,
}

#[derive(Serialize)]
struct Approved {
    dataset: String,
    proposed_by: String,
}

impl Approve {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let store = Store::open(DataFolder::open(&self.data)?).await?;
        let by = self.acting.authorise(store.folder(), &store, &[Role::Approver]).await?;
        let subject = subject_of(&self.dataset, self.mapping.as_deref(), &self.file)?;
        let now = OffsetDateTime::now_utc();
        let act = store.approve_act(ActKind::LoadRecords, &subject, &by, now).await;
        let act = act.map_err(|error| match error {
            ActError::NotProposed => CliError::new(
                "not_proposed",
                "nobody has tried to load this very file into this dataset, with this mapping; an \
                 administrator does so first",
            ),
            other => CliError::new("act", other.to_string()),
        })?;
        store.close().await;
        let approved = Approved { dataset: self.dataset, proposed_by: act.proposed_by };
        output.result(&approved, || {
            format!(
                "Approved. {} can load it now: symbolon dataset import {} {}",
                approved.proposed_by,
                approved.dataset,
                self.file.display()
            )
        });
        Ok(DONE)
    }
}

/// Whether another person has approved what was read, which has this subject; else it is proposed, and the
/// load refused.
pub(super) async fn must_be_approved(
    store: &Store,
    dataset: &str,
    subject: &[u8; 32],
    file: &Path,
    by: &Actor,
) -> Result<(), CliError> {
    if store.is_load_approved(subject, by).await? {
        return Ok(());
    }
    let proposed = store.propose_act(ActKind::LoadRecords, subject, by, OffsetDateTime::now_utc());
    proposed.await.map_err(|error| CliError::new("act", error.to_string()))?;
    Err(CliError::new(
        "load_not_approved",
        format!(
            "this file says of records that people have approved entering them, so another person \
             stands behind it; nothing was changed. Load it again after: symbolon dataset approve \
             {dataset} {} --as APPROVER",
            file.display()
        ),
    ))
}

fn subject_of(dataset: &str, mapping: Option<&Path>, file: &Path) -> Result<[u8; 32], CliError> {
    let mapping = mapping_bytes(mapping)?;
    let unreadable = |error| CliError::file("read", file, error);
    let mut hashed = HashedFile::new(File::open(file).map_err(unreadable)?);
    io::copy(&mut hashed, &mut io::sink()).map_err(unreadable)?;
    Ok(hashed.load_subject(dataset, &mapping))
}

/// The mapping file as it is; nothing where there is none.
pub(super) fn mapping_bytes(path: Option<&Path>) -> Result<Vec<u8>, CliError> {
    path.map_or(Ok(Vec::new()), |path| {
        fs::read(path).map_err(|error| CliError::file("read", path, error))
    })
}

//! A file that says of records that people have approved entering them is loaded after another person
//! has approved that very file, and once for each approval.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use clap::Args;
use serde::Serialize;
use symbolon_policy::{Actor, rules::Role};
use symbolon_store::{ActError, ActKind, DataFolder, HashedFile, Store};
use time::OffsetDateTime;

use super::mode::Mode;
use crate::{CliError, acting::Acting, commands::DONE, output::Output, typed::Typed};

/// Approve a file that an administrator wants to load, and that says of records that people have
/// approved entering them. It can be loaded once then, as it is, with that mapping and in that mode.
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
    #[command(flatten)]
    mode: Mode,
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
        let load = Load {
            data: &self.data,
            dataset: &self.dataset,
            mapping: self.mapping.as_deref(),
            mode: self.mode,
            file: &self.file,
        };
        let subject = load.read_subject()?;
        let now = OffsetDateTime::now_utc();
        let act = store.approve_act(ActKind::LoadRecords, &subject, &by, now).await;
        let act = act.map_err(|error| match error {
            ActError::NotProposed => CliError::new(
                "not_proposed",
                "nobody has tried to load this very file into this dataset, with this mapping and in this \
                 mode (--replace, --changes, or neither), since it was loaded last; an administrator does \
                 so first",
            ),
            other => CliError::new("act", other.to_string()),
        })?;
        store.close().await;
        let approved = Approved { dataset: self.dataset.clone(), proposed_by: act.proposed_by };
        output.result(&approved, || {
            let import = load.typed("dataset import", "ADMINISTRATOR");
            format!("Approved. {} can load it now, once: {import}", approved.proposed_by)
        });
        Ok(DONE)
    }
}

/// A load, as two people stand behind it.
pub(super) struct Load<'a> {
    pub(super) data: &'a Path,
    pub(super) dataset: &'a str,
    pub(super) mapping: Option<&'a Path>,
    pub(super) mode: Mode,
    pub(super) file: &'a Path,
}

impl Load<'_> {
    /// What identifies it, once its file was read whole.
    pub(super) fn subject<R: Read>(&self, file: &HashedFile<R>, mapping: &[u8]) -> [u8; 32] {
        file.load_subject(self.dataset, mapping, self.mode.of_load())
    }

    fn read_subject(&self) -> Result<[u8; 32], CliError> {
        let mapping = mapping_bytes(self.mapping)?;
        let unreadable = |error| CliError::file("read", self.file, error);
        let mut hashed = HashedFile::new(File::open(self.file).map_err(unreadable)?);
        io::copy(&mut hashed, &mut io::sink()).map_err(unreadable)?;
        Ok(self.subject(&hashed, &mapping))
    }

    /// The command that does this to it.
    fn typed(&self, words: &str, person: &str) -> Typed {
        let file = self.file.display().to_string();
        let typed = Typed::command(words).at(self.data).by(person).with(self.dataset).with(&file);
        let typed = self.mode.flag().into_iter().fold(typed, Typed::with);
        let mapping = self.mapping.map(|mapping| mapping.display().to_string());
        mapping.iter().fold(typed, |typed, mapping| typed.with("--mapping").with(mapping))
    }

    /// Proposes it, for another person to approve, and says so; or why it cannot be proposed.
    pub(super) async fn propose(&self, store: &Store, subject: &[u8; 32], by: &Actor) -> CliError {
        let now = OffsetDateTime::now_utc();
        if let Err(error) = store.propose_act(ActKind::LoadRecords, subject, by, now).await {
            return CliError::new("act", error.to_string());
        }
        let approve = self.typed("dataset approve", "APPROVER");
        CliError::new(
            "load_not_approved",
            format!(
                "this file says of records that people have approved entering them, so another person \
                 stands behind each load of it; nothing was changed. Load it again after: {approve}"
            ),
        )
    }
}

/// The mapping file as it is; nothing where there is none.
pub(super) fn mapping_bytes(path: Option<&Path>) -> Result<Vec<u8>, CliError> {
    path.map_or(Ok(Vec::new()), |path| {
        fs::read(path).map_err(|error| CliError::file("read", path, error))
    })
}

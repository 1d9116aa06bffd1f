use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use clap::Args;
use symbolon_store::{DataFolder, write_public};

use super::Done;
use crate::{CliError, commands::DONE, legal::LegalDesk, output::Output};

#[derive(Debug, Args)]
pub(in crate::commands) struct Export {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    /// The id, or the first digits of the hash, of an agreement that this bureau knows.
    agreement: String,
    /// Where to write it; standard output unless given.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Export {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let desk = LegalDesk::open(DataFolder::open(&self.data)?).await?;
        let text = desk.find(&self.agreement).await?;
        desk.store.close().await;
        let Some(path) = self.output else {
            io::stdout()
                .write_all(text.document.as_bytes())
                .map_err(|e| CliError::new("output", e.to_string()))?;
            return Ok(DONE);
        };
        write_public(&path, text.document.as_bytes())?;
        let done = Done { agreement: text.id.to_string(), hash: text.hash.to_string() };
        output.result(&done, || format!("Wrote {} to {}.", done.agreement, path.display()));
        Ok(DONE)
    }
}

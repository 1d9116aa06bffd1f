use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use clap::Args;
use serde::Serialize;

use super::{super::DONE, open};
use crate::{CliError, moment::moment, output::Output, typed::Typed};

#[derive(Debug, Args)]
pub(in crate::commands) struct List {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
}

#[derive(Serialize)]
struct DatasetLine {
    dataset: String,
    title: String,
    updated_at: String,
    revision: u64,
    types: Vec<TypeLine>,
}

#[derive(Serialize)]
struct TypeLine {
    identifier_type: String,
    identifiers: u64,
}

impl List {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let store = open(&self.data).await?;
        let mut lines = Vec::new();
        for dataset in store.datasets().await? {
            let types = store
                .dataset_counts(&dataset.id)
                .await?
                .into_iter()
                .map(|count| TypeLine {
                    identifier_type: count.identifier_type,
                    identifiers: count.identifiers,
                })
                .collect();
            lines.push(DatasetLine {
                dataset: dataset.id,
                title: dataset.title,
                updated_at: moment(dataset.updated_at),
                revision: dataset.revision,
                types,
            });
        }
        store.close().await;
        output.result(&lines, || list_text(&lines, &self.data));
        Ok(DONE)
    }
}

fn list_text(lines: &[DatasetLine], data: &Path) -> String {
    if lines.is_empty() {
        let create = Typed::command("dataset create").at(data).by("ADMINISTRATOR");
        return format!("There is no dataset yet: {create} ID --title TITLE");
    }
    let mut text = String::new();
    for line in lines {
        let _ = writeln!(
            text,
            "{}  {}  (loaded {}, revision {})",
            line.dataset, line.title, line.updated_at, line.revision
        );
        for one in &line.types {
            let _ = writeln!(text, "    {:<18} {:>10}", one.identifier_type, one.identifiers);
        }
    }
    text
}

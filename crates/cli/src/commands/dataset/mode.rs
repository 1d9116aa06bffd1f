use clap::Args;
use symbolon_store::LoadMode;

/// How a file is loaded; without either, what it holds is added.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Mode {
    /// Make the dataset hold exactly what the file holds: what is not in the file goes.
    #[arg(long)]
    pub(super) replace: bool,
    /// The file says in a column `change` what each row does: add, or remove. Records that it does
    /// not name stay. A row that removes holds the identifier as well, and takes out its record of that
    /// record_id; without one, all records on the identifier.
    #[arg(long, conflicts_with = "replace")]
    pub(super) changes: bool,
}

impl Mode {
    pub(super) fn of_load(self) -> LoadMode {
        match self {
            Self { replace: true, .. } => LoadMode::Replace,
            Self { changes: true, .. } => LoadMode::Changes,
            _ => LoadMode::Add,
        }
    }

    /// As it stands in a command, where it says anything.
    pub(super) fn flag(self) -> Option<&'static str> {
        match self.of_load() {
            LoadMode::Add => None,
            LoadMode::Replace => Some("--replace"),
            LoadMode::Changes => Some("--changes"),
        }
    }
}

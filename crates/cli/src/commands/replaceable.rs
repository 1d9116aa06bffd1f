use std::{
    fs,
    path::{Path, PathBuf},
};

use symbolon_store::DataFolder;

use crate::CliError;

/// A folder with bureaus that are made anew each time.
pub(super) struct Replaceable {
    /// The command that makes it.
    pub(super) name: &'static str,
    /// Folders of its bureaus whose nodes run.
    pub(super) bureaus: &'static [&'static str],
}

impl Replaceable {
    /// An empty folder; one that the same command left is emptied, nothing else is.
    pub(super) fn empty(&self, dir: &Path) -> Result<PathBuf, CliError> {
        let name = self.name;
        let root = std::path::absolute(dir).map_err(|e| CliError::file("find", dir, e))?;
        // What a later run may replace.
        let mark = root.join(format!(".symbolon-{name}"));
        let is_empty = fs::read_dir(&root).map_or(true, |mut entries| entries.next().is_none());
        if !is_empty && !mark.is_file() {
            return Err(CliError::new(
                "not_empty",
                format!(
                    "{} holds something other than an earlier {name}; name another folder with --dir",
                    root.display()
                ),
            ));
        }
        for bureau in self.bureaus {
            // Held by the node of one that still runs.
            let running =
                DataFolder::open(&root.join(bureau)).is_ok_and(|folder| folder.lock().is_err());
            if running {
                return Err(CliError::new(
                    format!("{name}_runs"),
                    format!(
                        "a {name} is running in {}; stop it with Ctrl-C, or give this one another \
                         folder with --dir",
                        root.display()
                    ),
                ));
            }
        }
        if !is_empty {
            fs::remove_dir_all(&root).map_err(|e| CliError::file("empty", &root, e))?;
        }
        fs::create_dir_all(&root).map_err(|e| CliError::file("make", &root, e))?;
        fs::write(&mark, format!("made by `symbolon {name}`, which may replace this folder\n"))
            .map_err(|e| CliError::file("write", &mark, e))?;
        Ok(root)
    }
}

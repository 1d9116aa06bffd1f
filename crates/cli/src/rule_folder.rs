//! Rules as files in a folder.

use std::{fs, path::Path};

use symbolon_policy::rules::{MAX_FILES, MAX_TABLES_BYTES, RulePack, TABLES_FILE};
use symbolon_store::write_public;

use crate::CliError;

/// What `rules starter` writes beside the rules: every row, and none of them in force.
const TABLES: &str = include_str!("rule_folder/tables.toml");

/// Files of a folder of rules, each with its name, as they are. What is no text is refused, and so is a
/// folder in it: no rule is to be overlooked.
///
/// # Errors
/// When a file cannot be read, is no text, or is too large to be a rule.
pub fn read_rules(folder: &Path) -> Result<Vec<(String, String)>, CliError> {
    let mut files = Vec::new();
    let entries = fs::read_dir(folder).map_err(|error| CliError::file("read", folder, error))?;
    for entry in entries {
        let path = entry.map_err(|error| CliError::file("read", folder, error))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let facts = fs::metadata(&path).map_err(|error| CliError::file("read", &path, error))?;
        let problem = if facts.is_dir() {
            Some("it is a folder; move it away, or what lies in it into the folder of rules")
        } else if facts.len() > MAX_TABLES_BYTES as u64 {
            Some("it is too large to be a file of rules or tables; move it away")
        } else if files.len() > MAX_FILES {
            Some("there are too many files; split the rules, or take out what is not needed")
        } else {
            None
        };
        if let Some(problem) = problem {
            return Err(CliError::new("rules", format!("{}: {problem}", path.display())));
        }
        let text =
            fs::read_to_string(&path).map_err(|error| CliError::file("read", &path, error))?;
        files.push((name, text));
    }
    files.sort_unstable();
    Ok(files)
}

/// Writes the starter pack into a new folder, with a file of tables in which nothing is entered yet.
/// Returns how many files.
///
/// # Errors
/// When the folder is there already, or cannot be written.
pub fn write_starter(folder: &Path) -> Result<usize, CliError> {
    fs::create_dir(folder).map_err(|error| CliError::file("make", folder, error))?;
    let files = RulePack::starter_files();
    for (name, text) in files.iter().copied().chain([(TABLES_FILE, TABLES)]) {
        write_public(&folder.join(name), text.as_bytes())?;
    }
    Ok(files.len().saturating_add(1))
}

#[cfg(test)]
mod tests {
    use symbolon_policy::rules::{LegalTables, RuleSet};

    use super::*;

    #[test]
    fn the_tables_to_begin_with_enter_nothing_and_show_every_row() {
        let starter = RuleSet::starter().unwrap();
        let files = RulePack::starter_files().iter().copied().chain([(TABLES_FILE, TABLES)]);
        assert_eq!(RuleSet::load(files).unwrap().hash, starter.hash);
        // With the marks of comments taken off, each row is read.
        let rows: String = TABLES
            .lines()
            .filter_map(|line| line.strip_prefix("#: "))
            .map(|line| format!("{line}\n"))
            .collect();
        let tables = LegalTables::from_toml(&rows).unwrap();
        let document = serde_json::to_value(&tables).unwrap();
        for of in ["partners", "datasets"] {
            for row in document[of].as_object().unwrap().values() {
                for field in row.as_object().unwrap().keys() {
                    assert!(rows.contains(&format!("\n{field} = ")), "{of}: {field}");
                }
            }
        }
        assert!(!tables.offences.is_empty());
    }
}

use std::path::{Path, PathBuf};

use symbolon_policy::rules::{RuleSet, RulesHash, TABLES_FILE};
use symbolon_store::{DataFolder, Store};

use crate::{CliError, rule_folder::read_rules};

/// Rules that a person has named.
pub(super) struct Named {
    pub(super) set: RuleSet,
    /// Whether tables came with them.
    pub(super) tables: bool,
}

/// Whether `name` means rules that are kept in a data folder.
pub(super) fn is_kept(name: &str) -> bool {
    name == "current" || RulesHash::from_hexadecimal(name).is_some()
}

/// Loads what `name` means: `starter`, `current`, the hash of rules that were proposed here once, or a
/// folder.
pub(super) async fn named(name: &str, data: Option<&PathBuf>) -> Result<Named, CliError> {
    if name == "starter" {
        return Ok(Named { set: RuleSet::starter()?, tables: false });
    }
    let hash = RulesHash::from_hexadecimal(name);
    if hash.is_none() && name != "current" {
        return load(read_rules(Path::new(name))?);
    }
    let data = data.ok_or_else(|| {
        CliError::new("rules", format!("{name} is kept in a data folder; name it with --data"))
    })?;
    let store = Store::open(DataFolder::open(data)?).await?;
    let hash = match hash {
        Some(hash) => Some(hash),
        None => store.adoptions().await?.pop().map(|adoption| adoption.rules),
    };
    let Some(hash) = hash else {
        store.close().await;
        return Ok(Named { set: RuleSet::starter()?, tables: false });
    };
    let files = store.rule_files(&hash).await?;
    store.close().await;
    let known = RuleSet::starter()?;
    if files.is_empty() && known.hash == hash {
        return Ok(Named { set: known, tables: false });
    }
    if files.is_empty() {
        return Err(CliError::new("rules", format!("no rules with the hash {hash} are kept here")));
    }
    let named = load(files)?;
    if named.set.hash != hash {
        let sentence = format!(
            "what is kept as {hash} hashes to {}: the database was changed; adopt sound rules",
            named.set.hash
        );
        return Err(CliError::new("rules_damaged", sentence));
    }
    Ok(named)
}

fn load(files: Vec<(String, String)>) -> Result<Named, CliError> {
    let tables = files.iter().any(|(name, _)| name == TABLES_FILE);
    Ok(Named { set: RuleSet::load(files)?, tables })
}

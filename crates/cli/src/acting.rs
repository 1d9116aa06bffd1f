//! Who acts at the keyboard of a bureau.

use clap::Args;
use symbolon_policy::{Actor, rules::Role};
use symbolon_store::{DataFolder, Store};

use crate::CliError;

/// Who does it.
#[derive(Debug, Args)]
pub(crate) struct Acting {
    /// Who does this: a name.
    #[arg(long = "as", value_name = "PERSON", env = "SYMBOLON_AS")]
    person: Option<String>,
}

impl Acting {
    pub(crate) async fn authorise(
        &self,
        _folder: &DataFolder,
        _store: &Store,
        allowed: &[Role],
    ) -> Result<Actor, CliError> {
        let Some(person) = &self.person else {
            return Err(CliError::new("person_missing", "say who with --as PERSON"));
        };
        Ok(Actor { id: person.clone(), roles: allowed.iter().copied().collect() })
    }
}

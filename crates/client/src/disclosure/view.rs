use symbolon_exchange::{DisclosureDecision, DisclosureRequest};
use symbolon_policy::{
    BureauCode, CheckId, RequestId,
    disclosure::{DisclosureState, PauseReason},
};
use symbolon_store::{DisclosureSide, Store, StoredDisclosure};
use time::OffsetDateTime;

use super::{DAMAGED, DisclosureFailure, RequestFile, find};

/// A request of this bureau as its people see it. Holds an identifier and personal data.
pub struct DisclosureView {
    /// Identity of the request.
    pub id: RequestId,
    /// Whose record it is.
    pub owner: BureauCode,
    /// The agreement.
    pub agreement: String,
    /// The dataset; empty once it was erased.
    pub dataset: String,
    /// The check.
    pub check: CheckId,
    /// Where it stands, as far as this bureau knows.
    pub state: DisclosureState,
    /// When it was made.
    pub made_at: OffsetDateTime,
    /// Until when the owner decides, if its clock runs.
    pub due_at: Option<OffsetDateTime>,
    /// Why the owner's clock stands still.
    pub pauses: Vec<PauseReason>,
    /// What was asked for, unless it was erased.
    pub request: Option<DisclosureRequest>,
    /// Who asked.
    pub by: Option<String>,
    /// The owner's decision, signed and verified when it came.
    pub decision: Option<DisclosureDecision>,
    /// Why the owner's node did not even take it: reason and sentence.
    pub not_taken: Option<(String, String)>,
    /// When what is kept must be gone.
    pub erase_at: Option<OffsetDateTime>,
}

/// This bureau's requests, the oldest first; all, or those that are open.
///
/// # Errors
/// When the database fails.
pub async fn own_disclosures(
    store: &Store,
    all: bool,
) -> Result<Vec<DisclosureView>, DisclosureFailure> {
    let stored = store.disclosures(DisclosureSide::Requester, !all).await?;
    stored.iter().map(view).collect()
}

/// One of this bureau's requests.
///
/// # Errors
/// When there is none, or the database fails.
pub async fn own_disclosure(
    store: &Store,
    id: &RequestId,
) -> Result<DisclosureView, DisclosureFailure> {
    view(&find(store, id).await?)
}

fn view(stored: &StoredDisclosure) -> Result<DisclosureView, DisclosureFailure> {
    let file = stored.file.as_ref().map(|_| RequestFile::read(stored)).transpose()?;
    let request = file
        .as_ref()
        .map(|file| DisclosureRequest::parse(&file.request.document).map_err(|_| DAMAGED))
        .transpose()?;
    let decision = file
        .as_ref()
        .and_then(|file| file.decision.as_ref())
        .map(|signed| DisclosureDecision::parse(&signed.document).map_err(|_| DAMAGED))
        .transpose()?;
    Ok(DisclosureView {
        id: stored.request,
        owner: stored.partner.clone(),
        agreement: stored.agreement.to_string(),
        dataset: file.as_ref().map(|file| file.dataset.clone()).unwrap_or_default(),
        check: stored.check,
        state: stored.state,
        made_at: stored.received_at,
        due_at: file
            .as_ref()
            .and_then(|file| OffsetDateTime::from_unix_timestamp(file.due_at?).ok()),
        pauses: file.as_ref().map(|file| file.pauses.clone()).unwrap_or_default(),
        request,
        by: file.as_ref().map(|file| file.by.clone()),
        decision,
        not_taken: file.and_then(|file| file.not_taken),
        erase_at: stored.erase_at,
    })
}

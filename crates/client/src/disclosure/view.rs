use symbolon_exchange::{DisclosureDecision, DisclosureRequest};
use symbolon_policy::{
    Actor, BureauCode, CheckId, RequestId,
    disclosure::{DisclosureState, PauseReason, RefusalGround},
    rules::Role,
};
use symbolon_store::{DisclosureEvent, DisclosureSide, Store, StoredDisclosure};
use time::OffsetDateTime;

use super::{
    DAMAGED, DisclosureFailure, RequestFile, find,
    need_to_know::{Sight, not_theirs, note_listing},
};

/// How a request of this bureau stands, and not what it is about: neither the identifier nor anything of
/// the case or the record.
pub struct DisclosureStatus {
    /// Identity of the request.
    pub id: RequestId,
    /// Whose record it is.
    pub owner: BureauCode,
    /// The dataset; empty once it was erased.
    pub dataset: String,
    /// The check.
    pub check: CheckId,
    /// Who asked for the record.
    pub by: Option<String>,
    /// Where it stands, as far as this bureau knows.
    pub state: DisclosureState,
    /// When it was made.
    pub made_at: OffsetDateTime,
    /// When its owner's node first said that it has it, by this node's clock; `None` where it has not
    /// said so yet.
    pub taken_at: Option<OffsetDateTime>,
    /// Until when the owner decides, if its clock runs.
    pub due_at: Option<OffsetDateTime>,
    /// Why the owner's clock stands still.
    pub pauses: Vec<PauseReason>,
    /// Why the owner refused it.
    pub ground: Option<RefusalGround>,
    /// Why the owner's node did not even take it, as a code.
    pub not_taken: Option<String>,
}

/// A request of this bureau as who follows it up sees it. Holds an identifier and personal data.
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
    /// When its owner's node first said that it has it, by this node's clock; `None` where it has not
    /// said so yet.
    pub taken_at: Option<OffsetDateTime>,
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

/// How this bureau's requests stand, the oldest first; all, or those that are open. Officers and analysts see
/// those about their own checks; approvers and inspectors see whose requests there are, and that they
/// looked is noted.
///
/// # Errors
/// When the person has no role for it, or the database fails.
pub async fn own_disclosures(
    store: &Store,
    all: bool,
    by: &Actor,
    now: OffsetDateTime,
) -> Result<Vec<DisclosureStatus>, DisclosureFailure> {
    let sight = Sight::of(store, by, &[Role::Approver, Role::Inspector]).await?;
    if matches!(sight, Sight::All) {
        note_listing(store, by, now).await?;
    }
    let mut standing = Vec::new();
    for stored in store.disclosures(DisclosureSide::Requester, !all).await? {
        if sight.shows(&stored)? {
            standing.push(status(view(&stored)?));
        }
    }
    Ok(standing)
}

/// One of this bureau's requests, whole: for who follows its check up, and for inspectors. That it was
/// shown, and to whom, is noted.
///
/// # Errors
/// When the person has no role for it, it is a colleague's, there is none, or the database fails.
pub async fn own_disclosure(
    store: &Store,
    id: &RequestId,
    by: &Actor,
    now: OffsetDateTime,
) -> Result<DisclosureView, DisclosureFailure> {
    let sight = Sight::of(store, by, &[Role::Inspector]).await?;
    let stored = find(store, id).await?;
    if !sight.shows(&stored)? {
        return Err(not_theirs(store, by, now).await?);
    }
    let view = view(&stored)?;
    // Before it is shown, so that nothing is seen that is not noted.
    let event = DisclosureEvent::Shown { request: view.id, by: by.clone() };
    store.add_disclosure_event(&event, now).await?;
    Ok(view)
}

fn status(view: DisclosureView) -> DisclosureStatus {
    DisclosureStatus {
        ground: view.decision.and_then(|decision| Some(decision.outcome.err()?.ground)),
        id: view.id,
        owner: view.owner,
        dataset: view.dataset,
        check: view.check,
        by: view.by,
        state: view.state,
        made_at: view.made_at,
        taken_at: view.taken_at,
        due_at: view.due_at,
        pauses: view.pauses,
        not_taken: view.not_taken.map(|(reason, _)| reason),
    }
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
        taken_at: file
            .as_ref()
            .and_then(|file| OffsetDateTime::from_unix_timestamp(file.taken_at?).ok()),
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

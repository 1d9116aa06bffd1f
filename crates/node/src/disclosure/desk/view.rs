//! What the owner's people see of partners' requests.

use symbolon_exchange::{DisclosureDecision, DisclosureRequest};
use symbolon_policy::{
    Actor, BureauCode, RecordDetails, RequestId,
    disclosure::{DisclosureState, PauseReason},
    rules::{Role, Ruling, Urgency},
};
use symbolon_store::{DisclosureEvent, DisclosureSide, StoreError, StoredDisclosure};
use time::OffsetDateTime;

use super::{Desk, DeskError, only, subject_of};
use crate::disclosure::{CaseFile, NamedRequest, ReleaseTerms};

/// Who has to do with what partners ask for.
const DECIDING: [Role; 3] = [Role::Legal, Role::Approver, Role::Inspector];

/// How a request stands, and not what it is about: neither the identifier nor anything of the case or the
/// record, and no person.
pub struct CaseStatus {
    /// Identity of the request.
    pub id: RequestId,
    /// SHA-256 of its signed document: no two requests have the same.
    pub document: [u8; 32],
    /// Who asks.
    pub requester: BureauCode,
    /// Under which agreement.
    pub agreement: String,
    /// The dataset of the record, once the hit is recognised.
    pub dataset: Option<String>,
    /// Where it stands.
    pub state: DisclosureState,
    /// How soon it matters, if it was not erased.
    pub urgency: Option<Urgency>,
    /// When it came in.
    pub received_at: OffsetDateTime,
    /// Until when a decision is due, while the clock runs.
    pub due_at: Option<OffsetDateTime>,
    /// Why the clock stands still.
    pub pauses: Vec<PauseReason>,
    /// Whether the rules permitted it when it was recognised.
    pub rules_permit: Option<bool>,
    /// Whether a proposal waits for another person.
    pub is_proposed: bool,
}

/// A request as its owner's people see it. Holds an identifier and personal data.
pub struct CaseView {
    /// The request, if it was not erased.
    pub request: Option<DisclosureRequest>,
    /// Identity of the request.
    pub id: RequestId,
    /// SHA-256 of its signed document: no two requests have the same.
    pub document: [u8; 32],
    /// Who asks.
    pub requester: BureauCode,
    /// Under which agreement.
    pub agreement: String,
    /// Where it stands.
    pub state: DisclosureState,
    /// When it came in.
    pub received_at: OffsetDateTime,
    /// Until when a decision is due, while the clock runs.
    pub due_at: Option<OffsetDateTime>,
    /// Why the clock stands still.
    pub pauses: Vec<(PauseReason, String)>,
    /// The dataset of the record, once the hit is recognised.
    pub dataset: Option<String>,
    /// What the rules said when it was recognised.
    pub ruling: Option<Ruling>,
    /// Records on the identifier, while it is open.
    pub records: Vec<(String, RecordDetails)>,
    /// What was proposed, by whom, and the subject of the act that another person approves.
    pub proposal: Option<(ReleaseTerms, String, [u8; 32])>,
    /// The decision.
    pub decision: Option<DisclosureDecision>,
    /// Which step or rule found a reason to refuse.
    pub found: String,
}

impl Desk<'_> {
    /// How partners' requests stand, the oldest first; all, or those that are open.
    ///
    /// # Errors
    /// When the person has no role for it, or the database fails.
    pub async fn list(
        &self,
        all: bool,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Vec<CaseStatus>, DeskError> {
        only(by, &DECIDING)?;
        let stored = self.store.disclosures(DisclosureSide::Owner, !all).await?;
        stored.iter().map(|one| Ok(status(view(one, now)?))).collect()
    }

    /// One request, with the records behind it while somebody can decide. That it was shown, and to
    /// whom, is noted.
    ///
    /// # Errors
    /// When the person has no role for it, there is none, or the database fails.
    pub async fn show(
        &self,
        named: &NamedRequest,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<CaseView, DeskError> {
        only(by, &DECIDING)?;
        let stored = self.find(named).await?;
        let mut view = view(&stored, now)?;
        if let (Some(request), Some(dataset), true) =
            (&view.request, &view.dataset, stored.state.is_open())
            && let Some(agreement) = self.agreement_of(request)
        {
            let behind = self.behind(agreement, dataset);
            view.records = behind.records(&request.element.identifier, now).await?;
        }
        // Before it is shown, so that nothing is seen that is not noted.
        let event = DisclosureEvent::Shown { request: view.id, by: by.clone() };
        self.store.add_disclosure_event(&event, now).await?;
        Ok(view)
    }
}

fn view(stored: &StoredDisclosure, now: OffsetDateTime) -> Result<CaseView, DeskError> {
    let file = stored.file.as_ref().map(|_| CaseFile::read(stored)).transpose()?;
    let course = file.as_ref().map(|file| &file.course);
    let proposal = file.as_ref().and_then(|file| file.proposal.as_ref());
    let proposal = proposal
        .map(|one| {
            Ok::<_, StoreError>((one.terms.clone(), one.by.clone(), subject_of(stored, one)?))
        })
        .transpose()?;
    Ok(CaseView {
        request: file.as_ref().map(CaseFile::request).transpose()?,
        id: stored.request,
        document: stored.hash,
        requester: stored.partner.clone(),
        agreement: stored.agreement.to_string(),
        state: stored.state,
        received_at: stored.received_at,
        due_at: course.and_then(|course| course.due_at(now)),
        pauses: course
            .map(|course| course.pauses().iter().map(|(r, n)| (*r, n.clone())).collect())
            .unwrap_or_default(),
        dataset: file.as_ref().and_then(|file| file.dataset.clone()),
        ruling: file.as_ref().and_then(|file| Some(file.ruled.as_ref()?.ruling.clone())),
        records: Vec::new(),
        proposal,
        decision: file.as_ref().map(CaseFile::decision).transpose()?.flatten(),
        found: file.map(|file| file.found).unwrap_or_default(),
    })
}

fn status(view: CaseView) -> CaseStatus {
    CaseStatus {
        id: view.id,
        document: view.document,
        requester: view.requester,
        agreement: view.agreement,
        dataset: view.dataset,
        state: view.state,
        urgency: view.request.map(|request| request.urgency),
        received_at: view.received_at,
        due_at: view.due_at,
        pauses: view.pauses.into_iter().map(|(reason, _)| reason).collect(),
        rules_permit: view.ruling.map(|ruling| ruling.permitted),
        is_proposed: view.proposal.is_some() && view.state.is_open(),
    }
}

#[cfg(test)]
mod tests {
    use symbolon_client::Rules;
    use symbolon_store::Store;

    use super::*;
    use crate::fixture::{found, person};

    #[tokio::test]
    async fn who_has_nothing_to_decide_sees_nothing_of_partners_requests() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(found(root.path())).await.unwrap();
        let (rules, _) = Rules::in_force(&store).await.unwrap();
        let us = "OWN".parse().unwrap();
        let desk = Desk { us: &us, store: &store, rules: &rules, agreements: &[] };
        let id = RequestId([7; 16]);
        let named = NamedRequest { id, partner: None, agreement: None, document: None };
        let now = OffsetDateTime::now_utc();
        for role in Role::ALL {
            let by = person(&[*role]).actor;
            let (listed, shown) =
                (desk.list(true, &by, now).await, desk.show(&named, &by, now).await);
            if DECIDING.contains(role) {
                assert!(listed.is_ok_and(|all| all.is_empty()), "{role:?}");
                assert!(matches!(shown, Err(DeskError::Unknown)), "{role:?}");
            } else {
                assert!(matches!(listed, Err(DeskError::Role { .. })), "{role:?}");
                assert!(matches!(shown, Err(DeskError::Role { .. })), "{role:?}");
            }
        }
    }
}

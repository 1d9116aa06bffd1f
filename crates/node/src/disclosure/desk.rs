mod clock;
mod error;
mod release;

use symbolon_client::Rules;
use symbolon_exchange::{DisclosureDecision, DisclosureRequest, DocumentHash};
use symbolon_policy::{
    Actor, Agreement, BureauCode, RecordDetails, RequestId,
    disclosure::{DisclosureState, PauseReason},
    rules::{Role, Ruling},
};
use symbolon_store::{DisclosureSide, Store, StoreError, StoredDisclosure};
use time::OffsetDateTime;

pub use self::{error::DeskError, release::Proposed};
use super::{
    CaseFile, NamedRequest, ReleaseTerms,
    case::{DAMAGED, Proposal},
    records::Behind,
};

/// Where the owner's people decide on partners' requests for records.
pub struct Desk<'a> {
    /// This bureau.
    pub us: &'a BureauCode,
    /// Where requests lie.
    pub store: &'a Store,
    /// The rules in force.
    pub rules: &'a Rules,
    /// The agreements in place.
    pub agreements: &'a [Agreement],
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
    /// Partners' requests, the oldest first; all, or those that are open.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(&self, all: bool, now: OffsetDateTime) -> Result<Vec<CaseView>, DeskError> {
        let mut views = Vec::new();
        for stored in self.store.disclosures(DisclosureSide::Owner, !all).await? {
            views.push(self.view(&stored, now).await?);
        }
        Ok(views)
    }

    /// One request, with the records behind it while somebody can decide.
    ///
    /// # Errors
    /// When there is none, or the database fails.
    pub async fn show(
        &self,
        named: &NamedRequest,
        now: OffsetDateTime,
    ) -> Result<CaseView, DeskError> {
        let stored = self.find(named).await?;
        let mut view = self.view(&stored, now).await?;
        if let (Some(request), Some(dataset), true) =
            (&view.request, &view.dataset, stored.state.is_open())
            && let Some(agreement) = self.agreement_of(request)
        {
            let behind = self.behind(agreement, dataset);
            view.records = behind.records(&request.element.identifier, now).await?;
        }
        Ok(view)
    }

    fn behind<'b>(&'b self, agreement: &'b Agreement, dataset: &'b str) -> Behind<'b> {
        Behind { store: self.store, us: self.us, rules: self.rules, agreement, dataset }
    }

    fn agreement_of(&self, request: &DisclosureRequest) -> Option<&Agreement> {
        self.agreements.iter().find(|one| one.hash() == request.agreement_hash)
    }

    async fn find(&self, named: &NamedRequest) -> Result<StoredDisclosure, DeskError> {
        let mut found = self.store.disclosures_of_id(DisclosureSide::Owner, &named.id).await?;
        found.retain(|one| named.fits(one));
        // Also one that is closed counts: which of them is open is for the partners to bring about.
        if found.len() > 1 {
            let of = |one: &StoredDisclosure| {
                let document = hex::encode(one.hash);
                format!("{} under {}, document {document}", one.partner, one.agreement)
            };
            return Err(DeskError::WhichRequest { requests: found.iter().map(of).collect() });
        }
        found.pop().ok_or(DeskError::Unknown)
    }

    async fn view(
        &self,
        stored: &StoredDisclosure,
        now: OffsetDateTime,
    ) -> Result<CaseView, DeskError> {
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

    fn changed(&self, done: bool) -> Result<(), DeskError> {
        if done { Ok(()) } else { Err(DeskError::Changed) }
    }
}

/// What two people agree on: the request, and exactly what would be released on it.
fn subject_of(stored: &StoredDisclosure, proposal: &Proposal) -> Result<[u8; 32], StoreError> {
    let terms = serde_json::to_vec(proposal).map_err(|_| DAMAGED)?;
    let parts = [b"Symbolon-v1-Release\0".as_slice(), &stored.hash, &terms];
    Ok(DocumentHash::of(&parts.concat()).0)
}

fn only(by: &Actor, roles: &[Role]) -> Result<(), DeskError> {
    if by.holds_any(roles) {
        return Ok(());
    }
    let roles: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
    Err(DeskError::Role { role: roles.join(" or ") })
}

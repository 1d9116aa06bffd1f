use symbolon_client::{Rules, SignedFile};
use symbolon_exchange::{
    DisclosureDecision, DisclosureRequest, DocumentError, DocumentHash, ReleasedRecord,
    is_evaluation,
};
use symbolon_policy::{
    Actor, Agreement, BureauCode, OpenRequests, RecordDetails, RequestId,
    disclosure::{DisclosureState, Finding, NotNow, PauseReason, RefusalGround, fields_of},
    rules::{HandlingCode, LoggedDecision, Role, Ruling},
};
use symbolon_store::{
    ActError, DisclosureEvent, DisclosureSide, Measure, ReleaseGuard, Side, Store, StoreError,
    StoredDisclosure,
};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::{
    CaseFile, NamedRequest, ReleaseTerms,
    case::{DAMAGED, Proposal},
    examine::{released_before, ruled},
    facts::{Deciders, Deciding, category},
    records::Behind,
    refusing::{Refusing, refuse, sentence},
};
use crate::disclosure_standing::{AgreementStanding, standing_of};

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

/// What came of a proposal.
pub enum Proposed {
    /// The rules ask for one person: the record is released.
    Released(ReleasedRecord),
    /// They ask for two: another person approves the act with this subject.
    NeedsApproval([u8; 32]),
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

    /// A lawyer proposes to release on these terms. Where the rules ask for one person, that is the
    /// release; where they ask for two, another approves it.
    ///
    /// # Errors
    /// When the person has no role for it, the terms break a bound, or the rules forbid it.
    pub async fn propose(
        &self,
        named: &NamedRequest,
        mut terms: ReleaseTerms,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<Proposed, DeskError> {
        only(by, &[Role::Legal])?;
        let mut opened = self.open(named, now).await?;
        if terms.evaluation.is_empty() {
            let (_, details) = opened.record(&terms)?;
            terms.evaluation.clone_from(&details.attributes.evaluation);
        }
        self.hold_in_bounds(&opened, &terms)?;
        let alone = self.decide(&opened, &terms, &[&by.id], now).await?;
        let proposal = Proposal { terms, by: by.id.clone() };
        if alone.ruling.permitted {
            let released = self.release(opened, &proposal, by, None, alone, now).await?;
            return Ok(Proposed::Released(released));
        }
        // Whether a second person would change anything; who that is, is not known yet.
        let with_another = self.decide(&opened, &proposal.terms, &[&by.id, ""], now).await?;
        if !with_another.ruling.permitted {
            return Err(DeskError::Forbidden { why: with_another.ruling.explanation() });
        }
        let subject = subject_of(&opened.stored, &proposal)?;
        opened.file.proposal = Some(proposal);
        opened.file.keep_decision(with_another.logged, now);
        opened.file.put_into(&mut opened.stored)?;
        let event = ruled(&opened.stored, self.rules, &with_another.ruling);
        self.changed(self.store.change_disclosure(&opened.stored, &[event], now).await?)?;
        self.store.propose_release(&opened.stored.request, &subject, by, now).await?;
        Ok(Proposed::NeedsApproval(subject))
    }

    /// A second person approves what was proposed, and it is released, if the rules still permit it.
    /// With `subject`, only the proposal that has this one.
    ///
    /// # Errors
    /// When the person has no role for it or has proposed it, nothing is proposed, something else is,
    /// or the rules forbid it.
    pub async fn approve(
        &self,
        named: &NamedRequest,
        subject: Option<&[u8; 32]>,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<ReleasedRecord, DeskError> {
        only(by, &[Role::Approver])?;
        let opened = self.open(named, now).await?;
        let proposal = opened.file.proposal.clone().ok_or(ActError::NotProposed)?;
        let proposed = subject_of(&opened.stored, &proposal)?;
        if subject.is_some_and(|subject| *subject != proposed) {
            return Err(DeskError::OtherProposal);
        }
        self.hold_in_bounds(&opened, &proposal.terms)?;
        let request = &opened.stored.request;
        let act = self.store.approve_release(request, &proposed, by, now).await?;
        let people = [act.proposed_by.as_str(), by.id.as_str()];
        let decided = self.decide(&opened, &proposal.terms, &people, now).await?;
        if !decided.ruling.permitted {
            return Err(DeskError::Forbidden { why: decided.ruling.explanation() });
        }
        self.release(opened, &proposal, by, Some(&by.id), decided, now).await
    }

    /// A lawyer refuses, for a ground of the closed list. `note` stays here.
    ///
    /// # Errors
    /// When the person has no role for it, the ground is none for people, or it is closed.
    pub async fn refuse(
        &self,
        named: &NamedRequest,
        ground: RefusalGround,
        note: &str,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<(), DeskError> {
        only(by, &[Role::Legal])?;
        if !RefusalGround::OF_PEOPLE.contains(&ground) {
            return Err(DeskError::NoGround);
        }
        let stored = self.find(named).await?;
        let file = CaseFile::read(&stored)?;
        if !stored.state.is_open() {
            return Err(NotNow { state: stored.state }.into());
        }
        let request = file.request()?;
        let sentence = sentence(ground).to_owned();
        let refusing = Refusing { ground, sentence, found: note.to_owned(), by: Some(by) };
        self.changed(refuse(self.store, stored, file, &request, refusing, now).await?)
    }

    /// A lawyer stops the clock for a reason.
    ///
    /// # Errors
    /// When the person has no role for it, or no clock runs.
    pub async fn pause(
        &self,
        named: &NamedRequest,
        reason: PauseReason,
        note: &str,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<(), DeskError> {
        only(by, &[Role::Legal])?;
        if reason == PauseReason::AgreementSuspended {
            return Err(DeskError::NotByHand);
        }
        let mut stored = self.find(named).await?;
        let mut file = CaseFile::read(&stored)?;
        file.course.pause(reason, note, now)?;
        file.put_into(&mut stored)?;
        let event =
            DisclosureEvent::Paused { request: stored.request, reason, by: Some(by.clone()) };
        self.changed(self.store.change_disclosure(&stored, &[event], now).await?)
    }

    /// A lawyer takes a reason away. Returns whether the clock runs again.
    ///
    /// # Errors
    /// When the person has no role for it, or the clock does not stand still for that reason.
    pub async fn resume(
        &self,
        named: &NamedRequest,
        reason: PauseReason,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<bool, DeskError> {
        only(by, &[Role::Legal])?;
        if reason == PauseReason::AgreementSuspended {
            return Err(DeskError::NotByHand);
        }
        let mut stored = self.find(named).await?;
        let mut file = CaseFile::read(&stored)?;
        let runs = file.course.resume(reason, now)?;
        file.put_into(&mut stored)?;
        let event =
            DisclosureEvent::Resumed { request: stored.request, reason, by: Some(by.clone()) };
        self.changed(self.store.change_disclosure(&stored, &[event], now).await?)?;
        Ok(runs)
    }

    /// Everything is looked at once more at the moment of release: agreement, record and rules.
    async fn release(
        &self,
        mut opened: Opened<'_>,
        proposal: &Proposal,
        by: &Actor,
        approved_by: Option<&str>,
        decided: Decided,
        now: OffsetDateTime,
    ) -> Result<ReleasedRecord, DeskError> {
        let terms = &proposal.terms;
        let (_, details) = opened.record(terms)?;
        let fields: std::collections::BTreeMap<_, _> = details
            .fields
            .iter()
            .filter(|(field, value)| terms.fields.contains(*field) && !value.is_empty())
            .map(|(field, value)| (*field, value.clone()))
            .collect();
        if fields.is_empty() {
            return Err(DeskError::NothingToRelease);
        }
        let attributes = &details.attributes;
        let of_dataset = self.rules.tables.dataset(&opened.dataset).subject_category;
        let keep_until = now
            .checked_add(Duration::days(terms.retention_days.into()))
            .ok_or(DeskError::Retention { most: opened.file.terms.retention_days })?;
        let record = ReleasedRecord {
            fields,
            subject_category: category(attributes, of_dataset),
            handling_code: terms.handling_code,
            restriction: terms.restriction.clone(),
            evaluation: terms.evaluation.clone(),
            keep_until,
            contested: attributes.contested,
            national_flag: attributes.national_flag,
            released_by: proposal.by.clone(),
            approved_by: approved_by.unwrap_or_default().to_owned(),
        };
        let decision = DisclosureDecision {
            request_hash: DocumentHash(opened.stored.hash),
            request: opened.stored.request,
            requester: opened.request.requester.clone(),
            owner: opened.request.owner.clone(),
            decided_at: now,
            outcome: Ok(record.clone()),
        };
        let signed = decision.sign(&self.store.keys().log).map_err(DeskError::Terms)?;
        let hash = DocumentHash::of(&signed.document);
        opened.file.course.release(now)?;
        opened.file.decision = Some(SignedFile::of(&signed.into()));
        opened.file.proposal = Some(proposal.clone());
        opened.file.keep_decision(decided.logged, now);
        opened.file.put_into(&mut opened.stored)?;
        let events = [
            ruled(&opened.stored, self.rules, &decided.ruling),
            DisclosureEvent::Released {
                request: opened.stored.request,
                decision: hash.to_string(),
                fields: record.fields.keys().map(|field| field.as_str().to_owned()).collect(),
                handling_code: record.handling_code.as_str().to_owned(),
                by: by.clone(),
                approved_by: approved_by.map(str::to_owned),
            },
        ];
        let guard = ReleaseGuard {
            agreement: &opened.request.agreement_hash,
            while_suspended: opened.file.terms.when_suspended == OpenRequests::Continue,
            released: decided.released,
        };
        let done = self.store.release_disclosure(&opened.stored, &events, &guard, now).await?;
        self.changed(done)?;
        let (list, purpose) = (&opened.dataset, &opened.request.purpose);
        let (requester, what) = (&opened.stored.partner, Measure::Disclosures);
        // It is released, also if the statistics lack it.
        let _ = self.store.count_one(Side::Answered, requester, list, purpose, what, now).await;
        Ok(record)
    }

    /// What the rules say when exactly these people decide.
    async fn decide(
        &self,
        opened: &Opened<'_>,
        terms: &ReleaseTerms,
        people: &[&str],
        now: OffsetDateTime,
    ) -> Result<Decided, DeskError> {
        let (_, details) = opened.record(terms)?;
        let before = released_before(self.store, &opened.stored, &opened.request).await?;
        let deciding = Deciding {
            rules: self.rules,
            agreement: opened.agreement,
            request: &opened.request,
            dataset: &opened.dataset,
            course: &opened.file.course,
            already_disclosed: before.this_element,
            now,
        };
        let deciders = Deciders { terms, approvals: people.len() as u64 };
        let logged = deciding.decide(&details.attributes, &deciders);
        Ok(Decided { ruling: logged.ruling.clone(), logged, released: before.of_check })
    }

    /// Bounds that no rule can widen.
    fn hold_in_bounds(&self, opened: &Opened<'_>, terms: &ReleaseTerms) -> Result<(), DeskError> {
        let (_, details) = opened.record(terms)?;
        let table = self.rules.tables.dataset(&opened.dataset);
        let kind = fields_of(category(&details.attributes, table.subject_category));
        let asked = &opened.request.fields;
        let outside =
            terms.fields.iter().find(|field| !kind.contains(*field) || !asked.contains(*field));
        if let Some(field) = outside {
            return Err(DeskError::Field { field: field.as_str() });
        }
        if terms.fields.is_empty() {
            return Err(DeskError::NothingToRelease);
        }
        let agreed = opened.file.terms.retention_days;
        let most = match u32::try_from(table.retention_limit_days) {
            Ok(limit) if limit > 0 => limit.min(agreed),
            _ => agreed,
        };
        if terms.retention_days == 0 || terms.retention_days > most {
            return Err(DeskError::Retention { most });
        }
        if !is_evaluation(&terms.evaluation) {
            return Err(DeskError::Evaluation);
        }
        let restricted = terms.handling_code == HandlingCode::H3;
        if restricted == terms.restriction.is_empty() || terms.handling_code == HandlingCode::None {
            return Err(DeskError::Handling);
        }
        let own = details.attributes.handling_code;
        if terms.handling_code < own && !terms.findings.contains_key(&Finding::HandlingPermission) {
            return Err(DeskError::LaxerHandling { own: own.as_str() });
        }
        Ok(())
    }

    /// A request that waits for a decision, under an agreement that lets it be decided.
    async fn open(
        &self,
        named: &NamedRequest,
        now: OffsetDateTime,
    ) -> Result<Opened<'_>, DeskError> {
        let stored = self.find(named).await?;
        let file = CaseFile::read(&stored)?;
        if !matches!(stored.state, DisclosureState::Waiting | DisclosureState::Paused) {
            return Err(NotNow { state: stored.state }.into());
        }
        let request = file.request()?;
        let agreement = self.agreement_of(&request).ok_or(DeskError::AgreementEnded)?;
        let standing = standing_of(self.store, Some(agreement), now).await?;
        let decided_all_the_same = standing == AgreementStanding::Suspended
            && file.terms.when_suspended == OpenRequests::Continue;
        if standing != AgreementStanding::InForce && !decided_all_the_same {
            return Err(DeskError::AgreementEnded);
        }
        let dataset = file.dataset.clone().ok_or(DAMAGED)?;
        let behind = self.behind(agreement, &dataset);
        let records = behind.records(&request.element.identifier, now).await?;
        Ok(Opened { stored, file, request, agreement, dataset, records })
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

/// What the rules say of a release.
struct Decided {
    ruling: Ruling,
    /// The same with its facts, for the file.
    logged: LoggedDecision,
    /// How many records were released on the same check before.
    released: u64,
}

/// A request about to be decided.
struct Opened<'a> {
    stored: StoredDisclosure,
    file: CaseFile,
    request: DisclosureRequest,
    agreement: &'a Agreement,
    dataset: String,
    records: Vec<(String, RecordDetails)>,
}

impl Opened<'_> {
    /// The record that is to be released.
    fn record(&self, terms: &ReleaseTerms) -> Result<&(String, RecordDetails), DeskError> {
        match (&terms.record, self.records.as_slice()) {
            (None, [only]) => Ok(only),
            (None, []) => Err(DeskError::NoRecord),
            (None, several) => Err(DeskError::WhichRecord {
                references: several.iter().map(|(one, _)| one.clone()).collect(),
            }),
            (Some(wanted), records) => {
                records.iter().find(|(reference, _)| reference == wanted).ok_or(DeskError::NoRecord)
            }
        }
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

/// Why the desk did not do it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DeskError {
    /// Four eyes.
    #[error(transparent)]
    Act(#[from] ActError),
    /// The agreement does not let it be decided now.
    #[error(
        "the agreement under which it was asked is suspended, over or replaced; nothing is released \
         under it"
    )]
    AgreementEnded,
    /// Somebody else was faster.
    #[error("somebody else has changed this request meanwhile; look at it again")]
    Changed,
    /// The evaluation is none, or neither the person nor the record says one.
    #[error(
        "a release has an evaluation, here or in the record: a letter for the source (A, B, C, X) and \
         a digit for the information (1 to 4), for instance A1"
    )]
    Evaluation,
    /// A field that cannot be released.
    #[error(
        "{field} was not asked for, or is no field of a record of this kind; only fields that were \
         asked for are released"
    )]
    Field {
        /// Which.
        field: &'static str,
    },
    /// The rules do not let it be released on these terms.
    #[error("{why}")]
    Forbidden {
        /// The sentences of the rules that forbid it.
        why: String,
    },
    /// The handling code and the restriction do not go together.
    #[error("a release has a handling code; H3, and only H3, has a restriction in words")]
    Handling,
    /// The record has a stricter handling code.
    #[error(
        "the record itself has the handling code {own}, and is released with that or a stricter one; \
         if its originator has permitted less, note it with --found handling_permission=NOTE"
    )]
    LaxerHandling {
        /// The record's own.
        own: &'static str,
    },
    /// A ground that people cannot give.
    #[error(
        "that is no ground for people to refuse; `symbolon disclosure refuse --help` lists them"
    )]
    NoGround,
    /// There is no such record any more.
    #[error(
        "there is no such record behind this hit, or not any more; refuse for record_withdrawn"
    )]
    NoRecord,
    /// What follows from the agreement follows by itself.
    #[error("a suspended agreement stops and starts clocks by itself")]
    NotByHand,
    /// It stands where that is not possible.
    #[error(transparent)]
    NotNow(#[from] NotNow),
    /// The record has none of the fields.
    #[error("the record has none of these fields; nothing would be released")]
    NothingToRelease,
    /// Another proposal than the one meant.
    #[error("what is proposed now is not what you mean to approve; look at it again")]
    OtherProposal,
    /// It may not be kept so long.
    #[error("the agreement and the dataset's table let a recipient keep it for 1 to {most} days")]
    Retention {
        /// Most days.
        most: u32,
    },
    /// The person has no role for it.
    #[error("this takes the role {role}")]
    Role {
        /// Which.
        role: String,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A text is too long.
    #[error("what would be released does not fit into a decision: {0}")]
    Terms(DocumentError),
    /// There is no such request.
    #[error("no partner has made a request of that id; `symbolon disclosure list` shows them")]
    Unknown,
    /// Several partners, or one under several agreements, have chosen this id.
    #[error(
        "several requests bear this id ({}); say which with --document, or with --partner and --agreement",
        requests.join("; ")
    )]
    WhichRequest {
        /// Partner, agreement and document of each.
        requests: Vec<String>,
    },
    /// The identifier stands in several.
    #[error("the identifier stands in several records ({}); name one with --record", references.join(", "))]
    WhichRecord {
        /// Which.
        references: Vec<String>,
    },
}

//! The requester's half of what follows a hit: a person asks for the record, the node carries the
//! request to the owner on schedule, and keeps the signed decision for as long as it may.

use std::{collections::BTreeSet, time::Duration};

use prost::Message as _;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};
use symbolon_exchange::{
    CHUNK_ELEMENTS, CheckHeader, DisclosureDecision, DisclosureRequest, DisclosureWithdrawal,
    DocumentError, DocumentHash, ElementOpening, HitConfirmation, MAX_LETTERS, exchange_padding,
};
use symbolon_identifiers::Identifier;
use symbolon_oprf::Blind;
use symbolon_policy::{
    Actor, Agreement, BureauCode, CheckId, Party, Reason, RequestId,
    disclosure::{DisclosureState, NotNow, PauseReason},
    rules::{DisclosedField, Role, SubjectCategory, Urgency},
};
use symbolon_proto::partner::v1::{
    DisclosureLetter, DisclosureStanding, ExchangeDisclosuresRequest,
};
use symbolon_store::{
    DisclosureAdded, DisclosureEvent, DisclosureSide, Measure, Side, Store, StoreError,
    StoredDisclosure,
};
use thiserror::Error;
use time::{Duration as Span, OffsetDateTime};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::{
    Compute, ElementEvidence, InspectionError, SignedFile, failure::Failure, open_check,
    requester::Requester,
};

const CALL_TIMEOUT: Duration = Duration::from_secs(20);
/// Most requests that this bureau makes of one partner on one day (UTC): what an owner takes.
const MOST_A_DAY: u32 = 200;

/// What a person wants to know about a hit, and why.
pub struct DisclosureWish {
    /// The check that hit.
    pub check: CheckId,
    /// Position of the element among all that the check asked, from 0.
    pub position: u64,
    /// Whose record; needed where the element was asked of several.
    pub bureau: Option<BureauCode>,
    /// Which of its lists; needed where the element was asked in several.
    pub dataset: Option<String>,
    /// Who confirmed the hit.
    pub confirmation: Option<HitConfirmation>,
    /// The facts of the case.
    pub facts: String,
    /// Class of offence; that of the check unless given.
    pub offence_class: Option<String>,
    /// Purpose; that of the check unless given.
    pub purpose: Option<String>,
    /// How soon it matters.
    pub urgency: Urgency,
    /// Whom or what the case concerns.
    pub subject_category: SubjectCategory,
    /// The fields wanted.
    pub fields: BTreeSet<DisclosedField>,
    /// The authority that would receive it.
    pub recipient_authority: String,
    /// Whether it is wanted as evidence in court.
    pub use_in_court: bool,
    /// To whom it would be passed on; empty if to nobody.
    pub onward_to: String,
    /// Assurances given.
    pub assurances: BTreeSet<String>,
    /// Why it is an emergency; empty if it is none.
    pub emergency_reasons: String,
}

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

/// Everything that is sealed of a request at the requester.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestFile {
    request: SignedFile,
    dataset: String,
    by: String,
    #[serde(default)]
    withdrawal: Option<SignedFile>,
    #[serde(default)]
    due_at: Option<i64>,
    #[serde(default)]
    pauses: Vec<PauseReason>,
    #[serde(default)]
    decision: Option<SignedFile>,
    #[serde(default)]
    not_taken: Option<(String, String)>,
}

/// Makes and signs a request; the node carries it to the owner at its next exchange.
///
/// # Errors
/// When the person has no role for it, the check or element is not known, no list or several fit, the
/// agreement has no terms for it, or a text is too long. Nothing is kept then.
pub async fn request_disclosure(
    store: &Store,
    compute: &Compute,
    us: &BureauCode,
    wish: DisclosureWish,
    by: &Actor,
    now: OffsetDateTime,
) -> Result<RequestId, DisclosureFailure> {
    only(by)?;
    let opened = open_check(store, compute, wish.check, Some(wish.position)).await?;
    let agreements = store.agreements().await?;
    let found = pick(&opened.parties, &agreements, &wish)?;
    let terms = found.agreement.terms();
    let conditions = terms.conditions.as_ref();
    if conditions.is_none_or(|conditions| conditions.disclosure.is_none()) {
        return Err(DisclosureFailure::NotAgreed { agreement: terms.id.to_string() });
    }
    let proof = &found.evidence.element;
    let place = usize::try_from(proof.chunk)
        .ok()
        .and_then(|chunk| chunk.checked_mul(CHUNK_ELEMENTS))
        .and_then(|first| first.checked_add(usize::try_from(proof.index).ok()?))
        .unwrap_or(usize::MAX);
    let claim = store
        .claim(&wish.check, &found.owner, &terms.id, proof.scope, place)
        .await?
        .ok_or(DisclosureFailure::NoClaim)?;
    let receipt = found.evidence.receipt.as_ref().ok_or(DisclosureFailure::NoClaim)?;
    let mut id = [0; 16];
    SystemRandom::new().fill(&mut id).map_err(|_| StoreError::Randomness)?;
    let request = DisclosureRequest {
        request: RequestId(id),
        check: wish.check,
        agreement: terms.id.clone(),
        agreement_hash: found.agreement.hash(),
        requester: us.clone(),
        owner: found.owner.clone(),
        element: opening(found.evidence)?,
        claim,
        receipt: receipt.to_document(),
        confirmation: wish.confirmation,
        facts: wish.facts,
        offence_class: wish.offence_class.unwrap_or(opened.offence_class),
        purpose: wish.purpose.unwrap_or(opened.purpose),
        urgency: wish.urgency,
        subject_category: wish.subject_category,
        fields: wish.fields,
        recipient_authority: wish.recipient_authority,
        use_in_court: wish.use_in_court,
        onward_to: wish.onward_to,
        assurances: wish.assurances,
        emergency_reasons: wish.emergency_reasons,
        issued_at: now,
    };
    let signed = request.sign(&store.keys().header)?;
    let hash = DocumentHash::of(&signed.document);
    let dataset = found.dataset.clone();
    let file = RequestFile {
        request: SignedFile::of(&signed.into()),
        dataset: found.dataset,
        by: by.id.clone(),
        withdrawal: None,
        due_at: None,
        pauses: Vec::new(),
        decision: None,
        not_taken: None,
    };
    let stored = StoredDisclosure {
        side: DisclosureSide::Requester,
        hash: hash.0,
        request: request.request,
        partner: request.owner.clone(),
        agreement: request.agreement.clone(),
        check: request.check,
        state: DisclosureState::Received,
        received_at: now,
        erase_at: None,
        file: Some(file.to_bytes()?),
        version: 0,
    };
    let event = DisclosureEvent::Requested {
        request: request.request,
        document: hash.to_string(),
        owner: request.owner.clone(),
        check: request.check,
        by: by.clone(),
    };
    match store.add_disclosure(&stored, MOST_A_DAY, &event).await? {
        DisclosureAdded::TooMany => Err(DisclosureFailure::TooMany),
        _ => {
            if request.confirmation.is_some() {
                let (owner, purpose) = (&request.owner, &request.purpose);
                let what = Measure::Confirmations;
                // The request is kept, also if the statistics lack it.
                let _ = store.count_one(Side::Asked, owner, &dataset, purpose, what, now).await;
            }
            Ok(request.request)
        }
    }
}

/// Takes a request back. The owner learns it at the next exchange.
///
/// # Errors
/// When the person has no role for it, there is none, or it is closed.
pub async fn withdraw_disclosure(
    store: &Store,
    id: &RequestId,
    by: &Actor,
    now: OffsetDateTime,
) -> Result<(), DisclosureFailure> {
    only(by)?;
    let mut stored = find(store, id).await?;
    if !stored.state.is_open() {
        return Err(NotNow { state: stored.state }.into());
    }
    let mut file = RequestFile::read(&stored)?;
    let withdrawal = DisclosureWithdrawal { request: DocumentHash(stored.hash), issued_at: now };
    let signed = withdrawal.sign(&store.keys().header);
    file.withdrawal = Some(SignedFile::of(&signed.into()));
    stored.file = Some(file.to_bytes()?);
    let event = DisclosureEvent::Withdrawn { request: stored.request, by: Some(by.clone()) };
    if store.change_disclosure(&stored, &[event], now).await? {
        Ok(())
    } else {
        Err(DisclosureFailure::Changed)
    }
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

/// What an exchange with one partner came to.
#[derive(Debug, Default)]
pub struct DisclosureReport {
    /// Requests that the owner has decided since the last exchange.
    pub decided: Vec<RequestId>,
    /// Why it did not come to an end, if so: it is tried again.
    pub trouble: Option<String>,
}

/// An exchange that is due, with one partner under one agreement.
pub struct DisclosureExchange {
    requester: Requester,
    agreement: Agreement,
    owner: Party,
    turn: usize,
}

impl Requester {
    /// The exchanges that are due: with every partner that owns lists under an agreement with terms
    /// for requests, whether there are requests or not. `turn` counts the looks, so that all requests
    /// have theirs where there are more than one exchange carries.
    pub fn disclosures_to_exchange(&self, turn: usize) -> Vec<DisclosureExchange> {
        let now = OffsetDateTime::now_utc();
        let mut due = Vec::new();
        for agreement in self.book.all().iter() {
            let terms = agreement.terms();
            let conditions = terms.conditions.as_ref();
            let agreed = conditions.is_some_and(|conditions| conditions.disclosure.is_some());
            if !agreed || agreement.in_force(now).is_err() {
                continue;
            }
            let owns = |party: &&Party| {
                party.code != self.us && terms.datasets.iter().any(|one| one.owner == party.code)
            };
            due.extend(terms.parties.iter().filter(owns).map(|owner| DisclosureExchange {
                requester: self.clone(),
                agreement: agreement.clone(),
                owner: owner.clone(),
                turn,
            }));
        }
        due
    }

    /// Closes open requests under agreements that this node has no more: nobody answers them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn close_orphaned_disclosures(&self) -> Result<(), StoreError> {
        let now = OffsetDateTime::now_utc();
        for mut stored in self.store.disclosures(DisclosureSide::Requester, true).await? {
            let request = RequestFile::read(&stored)?.request.document;
            let asked = DisclosureRequest::parse(&request).map_err(|_| DAMAGED)?.agreement_hash;
            // Another text under the same id has taken its place: nothing goes out under the old one.
            let agreement = self.book.find(&stored.agreement).filter(|one| one.hash() == asked);
            if agreement.is_some_and(|agreement| agreement.in_force(now).is_ok()) {
                continue;
            }
            stored.state = DisclosureState::Lapsed;
            let event = DisclosureEvent::Lapsed { request: stored.request };
            self.store.change_disclosure(&stored, &[event], now).await?;
        }
        Ok(())
    }
}

impl DisclosureExchange {
    /// The partner.
    pub fn owner(&self) -> &BureauCode {
        &self.owner.code
    }

    /// Sends what is open and takes in how it stands.
    pub async fn run(self) -> DisclosureReport {
        let mut report = DisclosureReport::default();
        let ended = timeout(CALL_TIMEOUT, self.exchange(&mut report)).await;
        report.trouble = match ended {
            Ok(Ok(())) => None,
            Ok(Err(failure)) => Some(failure.sentence),
            Err(_) => Some("the bureau took too long".to_owned()),
        };
        report
    }

    async fn exchange(&self, report: &mut DisclosureReport) -> Result<(), Failure> {
        let store = &self.requester.store;
        let id = &self.agreement.terms().id;
        let mut open = store.disclosures(DisclosureSide::Requester, true).await?;
        open.retain(|one| one.partner == self.owner.code && one.agreement == *id);
        if !open.is_empty() {
            let places = open.len().div_ceil(MAX_LETTERS);
            let first = self.turn.checked_rem(places).unwrap_or(0).saturating_mul(MAX_LETTERS);
            open.drain(..first.min(open.len()));
            open.truncate(MAX_LETTERS);
        }
        let mut letters = Vec::with_capacity(open.len());
        for one in &open {
            let file = RequestFile::read(one)?;
            letters.push(DisclosureLetter {
                request: Some(file.request.to_document()),
                withdrawal: file.withdrawal.as_ref().map(SignedFile::to_document),
            });
        }
        let mut message = ExchangeDisclosuresRequest {
            agreement_id: id.to_string(),
            letters,
            padding: Vec::new(),
        };
        message.padding = vec![0; exchange_padding(message.encoded_len())];
        let mut client = self.requester.partners.client(&self.owner)?;
        let answer = client.exchange_disclosures(message).await?.into_inner();
        if answer.standings.len() != open.len() {
            return Err(Failure::untrusted("the bureau answered other requests than were sent"));
        }
        for (stored, standing) in open.into_iter().zip(answer.standings) {
            let request = stored.request;
            if self.take_in(stored, standing).await? {
                report.decided.push(request);
            }
        }
        Ok(())
    }

    /// Keeps how a request stands. Returns whether it is closed now.
    async fn take_in(
        &self,
        mut stored: StoredDisclosure,
        standing: DisclosureStanding,
    ) -> Result<bool, Failure> {
        let now = OffsetDateTime::now_utc();
        let mut file = RequestFile::read(&stored)?;
        let before = (stored.state, file.due_at, file.pauses.clone());
        let mut decision_hash = String::new();
        if standing.state.is_empty() {
            let (reason, sentence) = plain(standing.reason, &standing.sentence);
            if !is_final(&reason) {
                return Ok(false);
            }
            file.not_taken = Some((reason, sentence));
            stored.state = DisclosureState::Refused;
        } else {
            let state = DisclosureState::named(&standing.state)
                .ok_or_else(|| Failure::untrusted("the bureau named a state that is none"))?;
            if let Some(signed) = standing.decision {
                let decision = DisclosureDecision::verify(&signed, &self.owner.keys.log)?;
                self.fits(&stored, state, &decision)?;
                if let Ok(record) = &decision.outcome {
                    stored.erase_at = Some(self.keep_until(record.keep_until, now));
                }
                decision_hash = DocumentHash::of(&signed.document).to_string();
                file.decision = Some(SignedFile::of(&signed.into()));
            } else if matches!(state, DisclosureState::Released | DisclosureState::Refused) {
                return Err(Failure::untrusted("the bureau decided without a signed decision"));
            }
            stored.state = state;
            file.due_at = standing.due_at.map(|at| at.seconds);
            file.pauses =
                standing.pauses.iter().filter_map(|code| PauseReason::named(code)).collect();
        }
        if (stored.state, file.due_at, file.pauses.clone()) == before {
            return Ok(false);
        }
        stored.file = Some(file.to_bytes()?);
        let closed = !stored.state.is_open();
        let settled = DisclosureEvent::Settled {
            request: stored.request,
            state: stored.state.as_str().to_owned(),
            decision: decision_hash,
        };
        let events = if closed { vec![settled] } else { Vec::new() };
        let done = self.requester.store.change_disclosure(&stored, &events, now).await?;
        if done
            && stored.state == DisclosureState::Released
            && let Ok(request) = DisclosureRequest::parse(&file.request.document)
        {
            let (store, what) = (&self.requester.store, Measure::Disclosures);
            let (owner, list, purpose) = (&stored.partner, &file.dataset, &request.purpose);
            // The record is here, also if the statistics lack it.
            let _ = store.count_one(Side::Asked, owner, list, purpose, what, now).await;
        }
        Ok(done && closed)
    }

    /// Until when a record is kept: as its owner says, and never longer than the agreement does.
    fn keep_until(&self, said: OffsetDateTime, now: OffsetDateTime) -> OffsetDateTime {
        let conditions = self.agreement.terms().conditions.as_ref();
        let terms = conditions.and_then(|conditions| conditions.disclosure.as_ref());
        // Without terms nothing was asked for.
        terms.map_or(now, |terms| shorter(said, terms.retention_days, now))
    }

    fn fits(
        &self,
        stored: &StoredDisclosure,
        state: DisclosureState,
        decision: &DisclosureDecision,
    ) -> Result<(), Failure> {
        let said = match &decision.outcome {
            Ok(_) => DisclosureState::Released,
            Err(_) => DisclosureState::Refused,
        };
        let holds = said == state
            && decision.request_hash.0 == stored.hash
            && decision.request == stored.request
            && decision.requester == self.requester.us
            && decision.owner == self.owner.code;
        if holds {
            Ok(())
        } else {
            Err(Failure::untrusted("the bureau signed a decision on another request"))
        }
    }
}

impl RequestFile {
    fn read(stored: &StoredDisclosure) -> Result<Self, StoreError> {
        serde_json::from_slice(stored.file.as_ref().ok_or(DAMAGED)?).map_err(|_| DAMAGED)
    }

    fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        serde_json::to_vec(self).map(Zeroizing::new).map_err(|_| DAMAGED)
    }
}

/// The list in which an element hit, with what opens it.
struct Picked<'a> {
    owner: BureauCode,
    agreement: &'a Agreement,
    dataset: String,
    evidence: &'a ElementEvidence,
}

fn pick<'a>(
    parties: &'a [crate::OpenedParty],
    agreements: &'a [Agreement],
    wish: &DisclosureWish,
) -> Result<Picked<'a>, DisclosureFailure> {
    let mut fitting = Vec::new();
    for party in parties {
        if wish.bureau.as_ref().is_some_and(|bureau| bureau != &party.owner) {
            continue;
        }
        for evidence in &party.evidence {
            let Some((agreement, dataset)) = asked_in(party, evidence, agreements) else {
                continue;
            };
            if wish.dataset.as_ref().is_some_and(|wanted| wanted != &dataset) {
                continue;
            }
            fitting.push(Picked { owner: party.owner.clone(), agreement, dataset, evidence });
        }
    }
    match fitting.len() {
        1 => fitting.pop().ok_or(DisclosureFailure::NoList),
        0 => Err(DisclosureFailure::NoList),
        _ => Err(DisclosureFailure::WhichList {
            lists: fitting.iter().map(|one| format!("{} of {}", one.dataset, one.owner)).collect(),
        }),
    }
}

/// The agreement and the dataset in which an element was asked, if the very text is still in place.
fn asked_in<'a>(
    party: &crate::OpenedParty,
    evidence: &ElementEvidence,
    agreements: &'a [Agreement],
) -> Option<(&'a Agreement, String)> {
    let agreement = agreements.iter().find(|one| one.terms().id == party.agreement)?;
    let us = CheckHeader::claimed_agreement(&evidence.header.to_document()).ok()?.1;
    let key = agreement.party(&us)?.keys.header;
    let (header, _) = CheckHeader::verify(&evidence.header.to_document(), &key).ok()?;
    if header.agreement_hash != agreement.hash() {
        return None;
    }
    let scope = header.scopes.get(usize::try_from(evidence.element.scope).ok()?)?.scope;
    let offered = agreement.scopes_of(&party.owner, header.issued_at);
    let dataset = offered.map(|(one, ..)| one).find(|one| one.id() == scope)?.dataset;
    Some((agreement, dataset))
}

fn opening(evidence: &ElementEvidence) -> Result<ElementOpening, DisclosureFailure> {
    let kind = evidence.identifier_type.parse().map_err(|_| DAMAGED)?;
    let blind = evidence.blind.as_slice().try_into().map_err(|_| DAMAGED)?;
    Ok(ElementOpening {
        proof: evidence.element.clone(),
        identifier: Identifier::from_canonical(kind, &evidence.canonical).map_err(|_| DAMAGED)?,
        blind: Blind::from_bytes(blind).map_err(|_| DAMAGED)?,
    })
}

async fn find(store: &Store, id: &RequestId) -> Result<StoredDisclosure, DisclosureFailure> {
    let mut found = store.disclosures_of_id(DisclosureSide::Requester, id).await?;
    found.pop().ok_or(DisclosureFailure::Unknown)
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

/// The earlier of what was said and so many days from now.
fn shorter(said: OffsetDateTime, days: u32, now: OffsetDateTime) -> OffsetDateTime {
    now.checked_add(Span::days(days.into())).map_or(said, |most| said.min(most))
}

fn only(by: &Actor) -> Result<(), DisclosureFailure> {
    if by.holds_any(&[Role::Officer, Role::Analyst]) {
        Ok(())
    } else {
        Err(DisclosureFailure::Role)
    }
}

/// Reason and sentence of a stranger, fit for a screen.
fn plain(reason: String, sentence: &str) -> (String, String) {
    let is_code = (1..=64).contains(&reason.len())
        && reason.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let reason = if is_code { reason } else { "unexpected".to_owned() };
    (reason, sentence.chars().filter(|c| !c.is_control()).take(512).collect())
}

/// Whether sending the same letter again can change nothing.
fn is_final(reason: &str) -> bool {
    ![Reason::TryAgain, Reason::Internal, Reason::LimitExceeded]
        .iter()
        .any(|passing| passing.as_str() == reason)
}

/// Why a request was not made or changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DisclosureFailure {
    /// Somebody else was faster.
    #[error("the request has changed meanwhile; look at it again")]
    Changed,
    /// A text is too long, or not as it must be.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The check cannot be opened.
    #[error(transparent)]
    Inspection(#[from] InspectionError),
    /// No claim was kept.
    #[error(
        "nothing was kept with which this could be asked: the bureau gave no receipt, or the \
         agreement had no terms for requests when the check was asked. Call the desk"
    )]
    NoClaim,
    /// The element was asked of nobody that fits.
    #[error(
        "this element was not asked of such a bureau or list, or under an agreement that is not in \
         place any more"
    )]
    NoList,
    /// The agreement has no terms for it.
    #[error(
        "agreement {agreement} does not say how records are asked for (disclosure_not_agreed); call \
         the owner's desk"
    )]
    NotAgreed {
        /// Which.
        agreement: String,
    },
    /// It stands where that is not possible.
    #[error(transparent)]
    NotNow(#[from] NotNow),
    /// The person has no role for it.
    #[error("this takes the role officer or analyst")]
    Role,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Too many on one day.
    #[error("no more than {MOST_A_DAY} requests are made of one bureau on one day")]
    TooMany,
    /// There is no such request.
    #[error("this bureau has made no request of that id; `symbolon disclosure status` shows them")]
    Unknown,
    /// It was asked in several lists.
    #[error("this element was asked in several lists ({}); name one with --bureau and --dataset", lists.join(", "))]
    WhichList {
        /// Which.
        lists: Vec<String>,
    },
}

const DAMAGED: StoreError = StoreError::Damaged { what: "request for a record" };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_never_kept_longer_than_the_agreement_says() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let day = |count| now + Span::days(count);
        for (said, kept) in [(1, 1), (30, 30), (31, 30), (10_000, 30), (-1, -1)] {
            assert_eq!(shorter(day(said), 30, now), day(kept));
        }
    }
}

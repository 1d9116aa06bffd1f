use std::time::Duration;

use prost::Message as _;
use symbolon_exchange::{
    DisclosureDecision, DisclosureRequest, DocumentHash, MAX_LETTERS, exchange_padding,
};
use symbolon_policy::{
    Agreement, BureauCode, Party, Reason, RequestId,
    disclosure::{DisclosureState, PauseReason},
};
use symbolon_proto::partner::v1::{
    DisclosureLetter, DisclosureStanding, ExchangeDisclosuresRequest,
};
use symbolon_store::{
    DisclosureEvent, DisclosureSide, Measure, Side, StoreError, StoredDisclosure,
};
use time::{Duration as Span, OffsetDateTime};
use tokio::time::timeout;

use super::{DAMAGED, RequestFile};
use crate::{
    FailureReason, SignedFile,
    failure::{Failure, is_for_a_partner_to_give},
    requester::Requester,
};

const CALL_TIMEOUT: Duration = Duration::from_secs(20);

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
        let before = (stored.state, file.taken_at, file.due_at, file.pauses.clone());
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
            file.taken_at.get_or_insert(now.unix_timestamp());
            file.due_at = standing.due_at.map(|at| at.seconds);
            file.pauses =
                standing.pauses.iter().filter_map(|code| PauseReason::named(code)).collect();
        }
        if (stored.state, file.taken_at, file.due_at, file.pauses.clone()) == before {
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

/// The earlier of what was said and so many days from now.
fn shorter(said: OffsetDateTime, days: u32, now: OffsetDateTime) -> OffsetDateTime {
    now.checked_add(Span::days(days.into())).map_or(said, |most| said.min(most))
}

/// Reason and sentence of a stranger, fit for a screen.
fn plain(reason: String, sentence: &str) -> (String, String) {
    let is_code = (1..=64).contains(&reason.len())
        && reason.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let reason = match is_code && is_for_a_partner_to_give(&reason) {
        true => reason,
        false => FailureReason::Unexpected.as_str().to_owned(),
    };
    (reason, sentence.chars().filter(|c| !c.is_control()).take(512).collect())
}

/// Whether sending the same letter again can change nothing.
fn is_final(reason: &str) -> bool {
    ![Reason::TryAgain, Reason::Internal, Reason::LimitExceeded]
        .iter()
        .any(|passing| passing.as_str() == reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_cannot_say_that_this_bureaus_own_node_failed() {
        let said = |reason: &str| plain(reason.to_owned(), "a\u{1b}b").0;
        assert_eq!(said("claim_expired"), "claim_expired");
        assert_eq!(said("moon_phase"), "moon_phase");
        for foreign in ["stopping", "damaged", "token_revoked", "epoch_over", "Not A Code"] {
            assert_eq!(said(foreign), "unexpected");
        }
    }

    #[test]
    fn a_record_is_never_kept_longer_than_the_agreement_says() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let day = |count| now + Span::days(count);
        for (said, kept) in [(1, 1), (30, 30), (31, 30), (10_000, 30), (-1, -1)] {
            assert_eq!(shorter(day(said), 30, now), day(kept));
        }
    }
}

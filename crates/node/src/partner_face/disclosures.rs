use prost::Message as _;
use symbolon_client::SignedFile;
use symbolon_exchange::{
    DisclosureRequest, DisclosureWithdrawal, DocumentError, DocumentHash, MAX_LETTERS,
    exchange_padding,
};
use symbolon_policy::{
    Agreement, DisclosureTerms, OpenRequests, Party, Reason, Refusal, RequestId,
    disclosure::{DisclosureCourse, DisclosureState, PauseReason},
};
use symbolon_proto::{
    partner::v1::{
        DisclosureLetter, DisclosureStanding, ExchangeDisclosuresRequest,
        ExchangeDisclosuresResponse,
    },
    v1::SignedDocument,
};
use symbolon_store::{
    DisclosureAdded, DisclosureEvent, DisclosureSide, StoreError, StoredDisclosure, StoredDocument,
};
use time::{Duration, OffsetDateTime};

use super::{PartnerFace, agreement_id, invalid};
use crate::{
    disclosure::CaseFile,
    disclosure_standing::{AgreementStanding, standing_of},
    logging::{ReasonCode, event},
    peer::Peer,
};

/// Most requests that one partner may make on one day (UTC); each is kept.
const MOST_A_DAY: u32 = 200;
/// How far ahead of ours a requester's clock may be.
const CLOCK_TOLERANCE: Duration = Duration::minutes(10);

impl PartnerFace {
    /// Takes in what is new, and says how everything that is named stands. What is new is examined
    /// later: neither this answer nor the time that it takes depends on whether it will be recognised.
    pub(super) async fn exchange_disclosures(
        &self,
        peer: &Peer,
        message: ExchangeDisclosuresRequest,
    ) -> Result<ExchangeDisclosuresResponse, Refusal> {
        let id = agreement_id(&message.agreement_id)?;
        let (agreement, party) = self.agreement_with(&id, peer)?;
        if message.letters.len() > MAX_LETTERS {
            return Err(invalid("an exchange carries at most 16 requests"));
        }
        let busy = || Refusal::new(Reason::TryAgain, "this bureau is busy with your other calls");
        let _place = self.checks.of_partner(&peer.actor.id).ok_or_else(busy)?;
        let mut standings = Vec::with_capacity(message.letters.len());
        for letter in message.letters {
            standings.push(self.letter(&agreement, &party, letter).await);
        }
        let mut answer = ExchangeDisclosuresResponse { standings, padding: Vec::new() };
        answer.padding = vec![0; exchange_padding(answer.encoded_len())];
        Ok(answer)
    }

    async fn letter(
        &self,
        agreement: &Agreement,
        party: &Party,
        letter: DisclosureLetter,
    ) -> DisclosureStanding {
        let now = OffsetDateTime::now_utc();
        match self.take(agreement, party, letter, now).await {
            Ok(standing) => standing,
            Err(refusal) => {
                event!(
                    info,
                    "a letter that asks for a record was not taken",
                    requester = party.code,
                    reason = ReasonCode(refusal.reason),
                );
                let event = DisclosureEvent::NotTaken {
                    requester: party.code.clone(),
                    reason: refusal.reason.as_str().to_owned(),
                };
                if let Err(error) = self.store.add_disclosure_event(&event, now).await {
                    event!(warn, "a refusal could not be noted", error = error);
                }
                self.metrics.checks_refused.get_or_create(&refusal.reason.into()).inc();
                DisclosureStanding {
                    reason: refusal.reason.as_str().to_owned(),
                    sentence: refusal.sentence,
                    ..DisclosureStanding::default()
                }
            }
        }
    }

    async fn take(
        &self,
        agreement: &Agreement,
        party: &Party,
        letter: DisclosureLetter,
        now: OffsetDateTime,
    ) -> Result<DisclosureStanding, Refusal> {
        let signed = letter.request.ok_or_else(|| invalid("a letter holds a request"))?;
        let (request, hash) =
            DisclosureRequest::verify(&signed, &party.keys.header).map_err(unreadable)?;
        let stored = self
            .store
            .disclosure(DisclosureSide::Owner, &hash.0)
            .await
            .map_err(internal)?
            .filter(|stored| stored.partner == party.code);
        let Some(stored) = stored else {
            return self.open(agreement, party, &signed, request, hash, now).await;
        };
        if stored.agreement != agreement.terms().id {
            return Err(Refusal::new(
                Reason::AgreementDiffers,
                "this request was made under another agreement than that of this call",
            ));
        }
        let stored = match letter.withdrawal {
            Some(withdrawal) if stored.state.is_open() => {
                self.withdraw(party, stored, &withdrawal, now).await?
            }
            _ => stored,
        };
        let asked_under = Some(agreement).filter(|one| one.hash() == request.agreement_hash);
        let stands = standing_of(&self.store, asked_under, now).await.map_err(internal)?;
        standing(&stored, stands, now).map_err(internal)
    }

    /// Keeps a request that was not known.
    async fn open(
        &self,
        agreement: &Agreement,
        party: &Party,
        signed: &SignedDocument,
        request: DisclosureRequest,
        hash: DocumentHash,
        now: OffsetDateTime,
    ) -> Result<DisclosureStanding, Refusal> {
        let terms = self.may_ask(agreement, party, &request, now).await?;
        let claim_until = now
            .checked_add(Duration::days(terms.claim_days.into()))
            .unwrap_or(agreement.terms().valid_until);
        let minutes = terms.deadline_minutes.minutes(request.urgency);
        let document: StoredDocument = signed.clone().into();
        let file = CaseFile {
            request: SignedFile::of(&document),
            terms,
            course: DisclosureCourse::received(now, minutes, claim_until),
            dataset: None,
            ruled: None,
            decisions: Vec::new(),
            proposal: None,
            decision: None,
            found: String::new(),
        };
        let mut stored = StoredDisclosure {
            side: DisclosureSide::Owner,
            hash: hash.0,
            request: request.request,
            partner: party.code.clone(),
            agreement: request.agreement.clone(),
            check: request.check,
            state: DisclosureState::Received,
            received_at: now,
            erase_at: None,
            file: None,
            version: 0,
        };
        file.put_into(&mut stored).map_err(internal)?;
        let event = DisclosureEvent::Received {
            request: request.request,
            document: hash.to_string(),
            requester: party.code.clone(),
            agreement: request.agreement.clone(),
            check: request.check,
        };
        match self.store.add_disclosure(&stored, MOST_A_DAY, &event).await.map_err(internal)? {
            DisclosureAdded::New | DisclosureAdded::Known => {
                event!(
                    info,
                    "a request for a record came in",
                    request = request.request,
                    requester = party.code,
                );
                standing(&stored, AgreementStanding::InForce, now).map_err(internal)
            }
            DisclosureAdded::IdReused => Err(Refusal::new(
                Reason::DisclosureIdReused,
                "another request was made under this id; choose a fresh id for a new request",
            )),
            DisclosureAdded::TooMany => Err(Refusal::new(
                Reason::LimitExceeded,
                format!("at most {MOST_A_DAY} requests for records are taken on one day"),
            )),
        }
    }

    /// What can be said of a request before anything of it is examined.
    async fn may_ask(
        &self,
        agreement: &Agreement,
        party: &Party,
        request: &DisclosureRequest,
        now: OffsetDateTime,
    ) -> Result<DisclosureTerms, Refusal> {
        if request.requester != party.code {
            return Err(Refusal::new(
                Reason::NotAParty,
                "the request names another requester than the certificate of this connection",
            ));
        }
        if request.owner != self.us {
            return Err(Refusal::new(
                Reason::OtherOwner,
                format!("this request is addressed to {}, not to {}", request.owner, self.us),
            ));
        }
        let terms = agreement.terms();
        if request.agreement != terms.id || request.agreement_hash != agreement.hash() {
            return Err(Refusal::new(
                Reason::AgreementDiffers,
                format!("the two bureaus hold different texts of agreement {}", terms.id),
            ));
        }
        agreement.in_force(now)?;
        if let Some(refusal) = self.store.withdrawn(agreement).await.map_err(internal)? {
            return Err(refusal);
        }
        if request.issued_at > now + CLOCK_TOLERANCE {
            return Err(Refusal::new(
                Reason::DisclosureInvalid,
                "the request's time is more than ten minutes ahead of this bureau's clock",
            ));
        }
        let conditions = terms.conditions.as_ref();
        conditions.and_then(|conditions| conditions.disclosure.clone()).ok_or_else(|| {
            Refusal::new(
                Reason::DisclosureNotAgreed,
                format!(
                    "agreement {} does not say how records are asked for; call this bureau's desk",
                    terms.id
                ),
            )
        })
    }

    async fn withdraw(
        &self,
        party: &Party,
        mut stored: StoredDisclosure,
        signed: &SignedDocument,
        now: OffsetDateTime,
    ) -> Result<StoredDisclosure, Refusal> {
        let withdrawal =
            DisclosureWithdrawal::verify(signed, &party.keys.header).map_err(unreadable)?;
        if withdrawal.request.0 != stored.hash {
            return Err(invalid("a withdrawal names another request than its letter"));
        }
        let mut file = CaseFile::read(&stored).map_err(internal)?;
        if file.course.withdraw(now).is_ok() {
            file.put_into(&mut stored).map_err(internal)?;
            let event = DisclosureEvent::Withdrawn { request: stored.request, by: None };
            let done = self.store.change_disclosure(&stored, &[event], now).await;
            if !done.map_err(internal)? {
                return Err(Refusal::new(Reason::TryAgain, "the request was changed meanwhile"));
            }
            note_withdrawal(stored.request);
        }
        Ok(stored)
    }
}

fn note_withdrawal(request: RequestId) {
    event!(info, "a partner has taken a request for a record back", request = request);
}

/// How a request stands, as its requester may know it. A record that was released is held back for as
/// long as the agreement would not let it be released: nothing leaves under one that is suspended or
/// over.
fn standing(
    stored: &StoredDisclosure,
    agreement: AgreementStanding,
    now: OffsetDateTime,
) -> Result<DisclosureStanding, StoreError> {
    let state = stored.state.as_str().to_owned();
    if stored.file.is_none() {
        return Ok(DisclosureStanding { state, ..DisclosureStanding::default() });
    }
    let file = CaseFile::read(stored)?;
    let goes_out = match agreement {
        AgreementStanding::InForce => true,
        AgreementStanding::Suspended => file.terms.when_suspended == OpenRequests::Continue,
        AgreementStanding::Over => false,
    };
    if stored.state == DisclosureState::Released && !goes_out {
        return Ok(held_back(agreement));
    }
    let course = &file.course;
    Ok(DisclosureStanding {
        state,
        due_at: course
            .due_at(now)
            .map(|at| prost_types::Timestamp { seconds: at.unix_timestamp(), nanos: 0 }),
        pauses: course.pauses().keys().map(|reason| reason.as_str().to_owned()).collect(),
        decision: file.decision.as_ref().map(SignedFile::to_document),
        reason: String::new(),
        sentence: String::new(),
    })
}

/// As if nobody had decided yet.
fn held_back(agreement: AgreementStanding) -> DisclosureStanding {
    let (state, pauses) = match agreement {
        AgreementStanding::Suspended => {
            let reason = PauseReason::AgreementSuspended.as_str().to_owned();
            (DisclosureState::Paused, vec![reason])
        }
        _ => (DisclosureState::Waiting, Vec::new()),
    };
    DisclosureStanding { state: state.as_str().to_owned(), pauses, ..DisclosureStanding::default() }
}

fn unreadable(error: DocumentError) -> Refusal {
    let reason = match error {
        DocumentError::OtherKey | DocumentError::Signature => Reason::HeaderSignature,
        _ => Reason::DisclosureInvalid,
    };
    Refusal::new(reason, error.to_string())
}

fn internal(error: StoreError) -> Refusal {
    event!(warn, "a request for a record could not be kept or read", error = error);
    Refusal::new(
        Reason::Internal,
        "this bureau's node could not keep the request; its desk knows more",
    )
}

use std::sync::Arc;

use symbolon_client::{AgreementBook, RuleBook, Rules};
use symbolon_exchange::DisclosureRequest;
use symbolon_policy::{
    Agreement, BureauCode, OpenRequests, RecordAttributes, RecordDetails,
    disclosure::{DisclosureState, PauseReason, RefusalGround},
    rules::{LoggedDecision, Ruling, SubjectCategory},
};
use symbolon_store::{
    DisclosureCount, DisclosureEvent, DisclosureSide, Measure, Side, Store, StoreError,
    StoredDisclosure,
};
use time::OffsetDateTime;

use super::{
    CaseFile, RuledFile,
    case::DAMAGED,
    facts::{Deciders, Deciding},
    overdue::overdue_requests,
    recognise::{Asking, recognise},
    records::Behind,
    refusing::{Refusing, one_line, refuse, sentence},
};
use crate::{
    disclosure_standing::{AgreementStanding, standing_of},
    escalation::{Escalated, Escalation},
    logging::{AlarmCode, GroundCode, event},
    metrics::{GroundLabel, Metrics, StateLabel},
};

/// Looks at partners' requests on schedule: what is new is recognised and put to the rules, clocks are
/// watched, and what becomes of requests under an agreement that no longer stands is carried out.
///
/// A request is never examined while its sender waits, so that the time which that takes tells it
/// nothing.
pub(crate) struct Examiner {
    pub(crate) us: BureauCode,
    pub(crate) store: Store,
    pub(crate) book: AgreementBook,
    pub(crate) rules: RuleBook,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) escalation: Escalation,
}

impl Examiner {
    /// One look at everything that is open.
    pub(crate) async fn look(&self, now: OffsetDateTime) -> Result<(), StoreError> {
        for stored in self.store.disclosures(DisclosureSide::Owner, true).await? {
            let request = stored.request;
            if let Err(error) = self.one(stored, now).await {
                // The others must not wait for this one.
                event!(
                    warn,
                    "a request for a record could not be examined",
                    request = request,
                    error = error,
                );
            }
        }
        let overdue = overdue_requests(&self.store, now).await?;
        self.metrics.disclosures_overdue.set(i64::try_from(overdue).unwrap_or(i64::MAX));
        let counts = self.store.disclosure_counts().await?;
        // What this bureau has asked for is not shown: the page may be read by people who may not know
        // what its checks hit.
        let ours = |one: &&DisclosureCount| one.side == DisclosureSide::Owner;
        for state in DisclosureState::ALL {
            let found = counts.iter().filter(ours).find(|one| one.state == *state);
            let count = found.map_or(0, |one| i64::try_from(one.count).unwrap_or(i64::MAX));
            let label = StateLabel { state: state.as_str() };
            self.metrics.disclosures.get_or_create(&label).set(count);
        }
        Ok(())
    }

    async fn one(&self, stored: StoredDisclosure, now: OffsetDateTime) -> Result<(), StoreError> {
        let file = CaseFile::read(&stored)?;
        let request = file.request()?;
        let agreement = self.book.find(&request.agreement);
        let agreement = agreement.filter(|one| one.hash() == request.agreement_hash);
        match standing_of(&self.store, agreement.as_ref(), now).await? {
            AgreementStanding::InForce => {}
            AgreementStanding::Suspended => {
                return self.not_in_force(stored, file, &request, true, now).await;
            }
            AgreementStanding::Over => {
                return self.not_in_force(stored, file, &request, false, now).await;
            }
        }
        let Some(agreement) = agreement else { return Err(DAMAGED) };
        if file.course.pauses().contains_key(&PauseReason::AgreementSuspended) {
            return self.resume(stored, file, now).await;
        }
        // Other rules than were promised decide nothing: it waits until those are in force.
        let rules = self.rules.current();
        let promised = rules.are_as_promised(&agreement, &self.us).is_ok();
        if promised && file.course.state() == DisclosureState::Received {
            return self.examine(stored, file, &request, &agreement, &rules, now).await;
        }
        self.watch(stored, file, now).await
    }

    /// Recognises the hit, asks the rules, and starts the clock.
    async fn examine(
        &self,
        mut stored: StoredDisclosure,
        mut file: CaseFile,
        request: &DisclosureRequest,
        agreement: &Agreement,
        rules: &Rules,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        if !request.is_complete() {
            // Before anything is looked up, so that it tells nothing of any check or record.
            let (ground, found) = (RefusalGround::Incomplete, "incomplete".to_owned());
            return self.refuse(stored, file, request, ground, None, found, now).await;
        }
        let asking = Asking {
            agreement,
            request,
            claim_days: file.terms.claim_days,
            received_at: stored.received_at,
        };
        let recognised = recognise(&self.store, &self.us, &rules.tables, &asking).await?;
        let scope = match recognised {
            Ok(scope) => scope,
            Err(not) => {
                let found = not.found.to_owned();
                return self.refuse(stored, file, request, not.ground, None, found, now).await;
            }
        };
        let behind =
            Behind { store: &self.store, us: &self.us, rules, agreement, dataset: &scope.dataset };
        let records = behind.records(&request.element.identifier, now).await?;
        if records.is_empty() {
            // The same as for what was never asked: whether something is kept out of this party's set
            // is not said.
            let (ground, found) = (RefusalGround::NotRecognised, "no_record".to_owned());
            return self.refuse(stored, file, request, ground, None, found, now).await;
        }
        let already = released_before(&self.store, &stored, request).await?.this_element;
        let deciding = Deciding {
            rules,
            agreement,
            request,
            dataset: &scope.dataset,
            course: &file.course,
            already_disclosed: already,
            now,
        };
        let terms = deciding.best_terms(file.terms.retention_days);
        let of_request = rule(&deciding, &terms, &neutral(request));
        if !of_request.ruling.permitted {
            // Whatever the record is, so the sentences tell nothing of it.
            let ground = match already {
                true => RefusalGround::AlreadyReleased,
                false => RefusalGround::ForbiddenByRule,
            };
            let why = Some(one_line(&of_request.ruling.explanation()));
            let found = rule_ids(&of_request.ruling);
            file.keep_decision(of_request, now);
            return self.refuse(stored, file, request, ground, why, found, now).await;
        }
        // What the rules say of the record is for people: a refusal at once would tell the requester
        // what kind of record it is.
        let of_record = worst(&deciding, &terms, &records);
        let ruling = of_record.ruling.clone();
        file.keep_decision(of_record, now);
        file.dataset = Some(scope.dataset.clone());
        file.course.conditions_met(now).map_err(|_| DAMAGED)?;
        let events = [
            DisclosureEvent::Recognised { request: stored.request, clock_started: true },
            ruled(&stored, rules, &ruling),
        ];
        file.ruled = Some(RuledFile { rules: rules.hash.to_string(), ruling });
        file.put_into(&mut stored)?;
        if self.store.change_disclosure(&stored, &events, now).await? {
            let (list, purpose) = (&scope.dataset, &request.purpose);
            let (requester, what) = (&stored.partner, Measure::Confirmations);
            self.store.count_one(Side::Answered, requester, list, purpose, what, now).await?;
            event!(
                info,
                "a partner asks for a record; people decide",
                request = stored.request,
                requester = stored.partner,
            );
        }
        Ok(())
    }

    /// Tells people when half of the time is gone, and when all of it is; ends what nobody decided.
    async fn watch(
        &self,
        mut stored: StoredDisclosure,
        mut file: CaseFile,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        if file.course.lapse(now) {
            file.put_into(&mut stored)?;
            let event = DisclosureEvent::Lapsed { request: stored.request };
            if self.store.change_disclosure(&stored, &[event], now).await? {
                event!(warn, "a request for a record has lapsed", request = stored.request);
            }
            return Ok(());
        }
        let Some(alarm) = file.course.tell_alarm(now) else { return Ok(()) };
        file.put_into(&mut stored)?;
        let event = DisclosureEvent::Alarmed { request: stored.request, alarm };
        if self.store.change_disclosure(&stored, &[event], now).await? {
            self.metrics.disclosure_alarms.get_or_create(&alarm.into()).inc();
            event!(
                warn,
                "time runs out for a decision on a record; `symbolon disclosure list` shows it",
                request = stored.request,
                requester = stored.partner,
                gone = AlarmCode(alarm),
            );
            let escalated = Escalated::new(
                &self.us,
                (stored.request, &stored.partner, &stored.agreement),
                (file.request()?.urgency, alarm),
                stored.received_at,
                file.course.due_at(now),
            );
            self.escalation.tell(alarm, escalated);
        }
        Ok(())
    }

    /// What the agreement says of open requests once it is suspended or over.
    async fn not_in_force(
        &self,
        mut stored: StoredDisclosure,
        mut file: CaseFile,
        request: &DisclosureRequest,
        suspended: bool,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        // Nothing is decided any more under one that is over, whatever it says.
        let said = if suspended { file.terms.when_suspended } else { OpenRequests::Refuse };
        let examined = file.course.state() != DisclosureState::Received;
        let paused = file.course.pauses().contains_key(&PauseReason::AgreementSuspended);
        match said {
            OpenRequests::Continue if examined => self.watch(stored, file, now).await,
            OpenRequests::Continue | OpenRequests::Pause => {
                if paused || !examined {
                    return Ok(());
                }
                let reason = PauseReason::AgreementSuspended;
                file.course.pause(reason, "", now).map_err(|_| DAMAGED)?;
                file.put_into(&mut stored)?;
                let event = DisclosureEvent::Paused { request: stored.request, reason, by: None };
                self.store.change_disclosure(&stored, &[event], now).await?;
                Ok(())
            }
            _ => {
                let found = "agreement_not_in_force".to_owned();
                let ground = RefusalGround::AgreementEnded;
                self.refuse(stored, file, request, ground, None, found, now).await
            }
        }
    }

    async fn resume(
        &self,
        mut stored: StoredDisclosure,
        mut file: CaseFile,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let reason = PauseReason::AgreementSuspended;
        file.course.resume(reason, now).map_err(|_| DAMAGED)?;
        file.put_into(&mut stored)?;
        let event = DisclosureEvent::Resumed { request: stored.request, reason, by: None };
        self.store.change_disclosure(&stored, &[event], now).await?;
        Ok(())
    }

    #[allow(clippy::too_many_arguments, reason = "each is one word of the refusal")]
    async fn refuse(
        &self,
        stored: StoredDisclosure,
        file: CaseFile,
        request: &DisclosureRequest,
        ground: RefusalGround,
        why: Option<String>,
        found: String,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let (id, partner) = (stored.request, stored.partner.clone());
        let sentence = why.unwrap_or_else(|| sentence(ground).to_owned());
        let refusing = Refusing { ground, sentence, found, by: None };
        if refuse(&self.store, stored, file, request, refusing, now).await? {
            self.metrics.disclosures_refused.get_or_create(&GroundLabel::from(ground)).inc();
            event!(
                info,
                "a request for a record was refused",
                request = id,
                requester = partner,
                ground = GroundCode(ground),
            );
        }
        Ok(())
    }
}

/// What was released on a check before.
pub(super) struct ReleasedBefore {
    /// Whether it was for the very same element.
    pub(super) this_element: bool,
    /// How many records, also of other elements.
    pub(super) of_check: u64,
}

/// What other requests on the same check have had released.
pub(super) async fn released_before(
    store: &Store,
    stored: &StoredDisclosure,
    request: &DisclosureRequest,
) -> Result<ReleasedBefore, StoreError> {
    let side = DisclosureSide::Owner;
    let others = store.disclosures_of_check(side, &stored.partner, &stored.check).await?;
    let released = others
        .iter()
        .filter(|other| other.hash != stored.hash && other.state == DisclosureState::Released);
    let mut before = ReleasedBefore { this_element: false, of_check: 0 };
    for other in released {
        before.of_check = before.of_check.saturating_add(1);
        if other.file.is_none() {
            continue;
        }
        let other = CaseFile::read(other)?.request()?;
        let (one, other) = (&request.element.proof, &other.element.proof);
        before.this_element |=
            (one.scope, one.chunk, one.index) == (other.scope, other.chunk, other.index);
    }
    Ok(before)
}

/// A record of which nothing is known but what the request says itself.
fn neutral(request: &DisclosureRequest) -> RecordAttributes {
    let subject_category = match request.subject_category {
        SubjectCategory::Unknown => SubjectCategory::Suspect,
        said => said,
    };
    RecordAttributes { subject_category, ..RecordAttributes::default() }
}

fn rule(
    deciding: &Deciding<'_>,
    terms: &super::ReleaseTerms,
    attributes: &RecordAttributes,
) -> LoggedDecision {
    deciding.decide(attributes, &Deciders { terms, approvals: 2 })
}

/// What the rules say of the records, each at its best: the first that they forbid, if there is one.
fn worst(
    deciding: &Deciding<'_>,
    terms: &super::ReleaseTerms,
    records: &[(String, RecordDetails)],
) -> LoggedDecision {
    let mut rulings: Vec<_> =
        records.iter().map(|(_, details)| rule(deciding, terms, &details.attributes)).collect();
    let forbidden =
        rulings.iter().position(|one: &LoggedDecision| !one.ruling.permitted).unwrap_or(0);
    if forbidden < rulings.len() {
        return rulings.swap_remove(forbidden);
    }
    rule(deciding, terms, &RecordAttributes::default())
}

pub(super) fn ruled(stored: &StoredDisclosure, rules: &Rules, ruling: &Ruling) -> DisclosureEvent {
    DisclosureEvent::Ruled {
        request: stored.request,
        permitted: ruling.permitted,
        rules: ruling.deciding.iter().map(|rule| rule.id.clone()).collect(),
        pack: rules.hash.to_string(),
    }
}

fn rule_ids(ruling: &Ruling) -> String {
    let ids: Vec<_> = ruling.deciding.iter().map(|rule| rule.id.as_str()).collect();
    ids.join(" ")
}

//! Two people, or one where rules ask for no more, release a record.

use symbolon_client::SignedFile;
use symbolon_exchange::{
    DisclosureDecision, DisclosureRequest, DocumentHash, ReleasedRecord, is_evaluation,
};
use symbolon_policy::{
    Actor, Agreement, OpenRequests, RecordDetails,
    disclosure::{DisclosureState, Finding, NotNow, fields_of},
    rules::{HandlingCode, LoggedDecision, Role, Ruling},
};
use symbolon_store::{ActError, DisclosureEvent, Measure, ReleaseGuard, Side, StoredDisclosure};
use time::{Duration, OffsetDateTime};

use super::{Desk, DeskError, only, subject_of};
use crate::{
    disclosure::{
        CaseFile, NamedRequest, ReleaseTerms,
        case::{DAMAGED, Proposal},
        examine::{released_before, ruled},
        facts::{Deciders, Deciding, category},
    },
    disclosure_standing::{AgreementStanding, standing_of},
};

/// What came of a proposal.
pub enum Proposed {
    /// The rules ask for one person: the record is released.
    Released(ReleasedRecord),
    /// They ask for two: another person approves the act with this subject.
    NeedsApproval([u8; 32]),
}

impl Desk<'_> {
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
            return Err(self.keep_forbidden(opened, with_another, now).await?);
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
            return Err(self.keep_forbidden(opened, decided, now).await?);
        }
        self.release(opened, &proposal, by, Some(&by.id), decided, now).await
    }

    /// The error that rules forbid the release, once it is kept what they decided on what facts: it can be
    /// explained as any other decision.
    async fn keep_forbidden(
        &self,
        mut opened: Opened<'_>,
        decided: Decided,
        now: OffsetDateTime,
    ) -> Result<DeskError, DeskError> {
        opened.file.keep_decision(decided.logged, now);
        opened.file.put_into(&mut opened.stored)?;
        let event = ruled(&opened.stored, self.rules, &decided.ruling);
        self.changed(self.store.change_disclosure(&opened.stored, &[event], now).await?)?;
        Ok(DeskError::Forbidden { why: decided.ruling.explanation() })
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
        let promised = self.rules.are_as_promised(agreement, self.us);
        promised.map_err(|refusal| DeskError::NotAsPromised { why: refusal.sentence })?;
        let dataset = file.dataset.clone().ok_or(DAMAGED)?;
        let behind = self.behind(agreement, &dataset);
        let records = behind.records(&request.element.identifier, now).await?;
        Ok(Opened { stored, file, request, agreement, dataset, records })
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

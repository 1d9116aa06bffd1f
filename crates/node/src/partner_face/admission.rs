use std::{collections::BTreeSet, sync::Arc};

use symbolon_client::{rule_refusal, urgency};
use symbolon_exchange::{CheckHeader, DocumentError, DocumentHash};
use symbolon_policy::{
    Agreement, BureauCode, Question, Reason, Refusal, ScopeId, ScopeShare, admit,
    rules::{IngressFacts, LoggedDecision},
};
use symbolon_proto::v1::SignedDocument;
use symbolon_store::{
    Admission, Admitted, LogRecord, Measure, NotAdmitted, Side, StoreError, Tally,
};
use time::{Duration, OffsetDateTime};

use super::{PartnerFace, logs::log_altered};
use crate::{
    logging::{FindingCode, ReasonCode, event},
    metrics::FindingLabel,
    peer::Peer,
    published::PublishedScope,
};

/// How far a requester's clock may be off ours before a new check is refused.
const CLOCK_TOLERANCE: Duration = Duration::minutes(10);

/// A check that may be evaluated, with the key and manifest of each of its scopes, in order.
pub(super) struct AdmittedCheck {
    pub(super) header: CheckHeader,
    pub(super) header_hash: DocumentHash,
    pub(super) requester: BureauCode,
    pub(super) agreement: Agreement,
    pub(super) scopes: Vec<Arc<PublishedScope>>,
    pub(super) admitted: Admitted,
    /// The datasets asked, each once.
    pub(super) datasets: Vec<String>,
}

impl PartnerFace {
    /// Everything that is decided before a single element is looked at: who asks, under which
    /// agreement, whether it and this bureau's rules allow this, and whether the quota suffices. Then
    /// the check is counted and logged.
    pub(super) async fn admit(
        &self,
        peer: &Peer,
        document: &SignedDocument,
    ) -> Result<AdmittedCheck, Refusal> {
        let (agreement_id, claimed) =
            CheckHeader::claimed_agreement(document).map_err(header_refusal)?;
        let (agreement, party) = self.agreement_with(&agreement_id, peer)?;
        if claimed != party.code {
            return Err(Refusal::new(
                Reason::NotAParty,
                "the header names another requester than the certificate of this connection",
            ));
        }
        let (header, header_hash) =
            CheckHeader::verify(document, &party.keys.header).map_err(header_refusal)?;
        let requester = party.code.clone();
        let mut decision = None;
        let decided = self
            .decide(&agreement, &header, header_hash, &requester, document, &mut decision)
            .await;
        match decided {
            Ok((scopes, admitted, datasets)) => {
                self.tell_warnings(&admitted);
                event!(
                    info,
                    "a partner's check was admitted",
                    check = header.check_id,
                    requester = requester,
                    agreement = agreement_id,
                    elements = header.element_count(),
                    repeated = admitted.repeated,
                );
                Ok(AdmittedCheck {
                    header,
                    header_hash,
                    requester,
                    agreement,
                    scopes,
                    admitted,
                    datasets,
                })
            }
            Err(refusal) => {
                self.count_refusal(&agreement, &header, &requester, &refusal).await;
                let reason = refusal.reason.as_str();
                let record = LogRecord::CheckRefused {
                    requester: requester.clone(),
                    check: header.check_id,
                    agreement: Some(agreement_id.clone()),
                    header: header_hash.to_string(),
                    reason: reason.to_owned(),
                    decision: decision.map(Box::new),
                };
                let now = OffsetDateTime::now_utc();
                match self.store.log_refusal(&requester, reason, &record, now).await {
                    Ok(true) => event!(
                        info,
                        "a partner's check was refused",
                        check = header.check_id,
                        requester = requester,
                        agreement = agreement_id,
                        reason = ReasonCode(refusal.reason),
                    ),
                    // Neither the log nor the journal grows with each: the hour has one entry.
                    Ok(false) => {
                        self.metrics.refusals_summed.inc();
                    }
                    Err(error) => event!(warn, "a refusal could not be logged", error = error),
                }
                Err(refusal)
            }
        }
    }

    /// Leaves in `decision` what the rules said, where it comes to that.
    async fn decide(
        &self,
        agreement: &Agreement,
        header: &CheckHeader,
        header_hash: DocumentHash,
        requester: &BureauCode,
        document: &SignedDocument,
        decision: &mut Option<LoggedDecision>,
    ) -> Result<(Vec<Arc<PublishedScope>>, Admitted, Vec<String>), Refusal> {
        if !self.own_log.is_sound() {
            return Err(log_altered());
        }
        if header.owner != self.us {
            return Err(Refusal::new(
                Reason::OtherOwner,
                format!("this check is addressed to {}, not to {}", header.owner, self.us),
            ));
        }
        let now = OffsetDateTime::now_utc();
        if (now - header.issued_at).abs() > CLOCK_TOLERANCE
            // A check that was admitted in time may be repeated later.
            && !self
                .store
                .was_admitted(requester, &header.check_id, &header_hash.0)
                .await
                .map_err(internal)?
        {
            return Err(Refusal::new(
                Reason::HeaderTime,
                "the header's time is more than ten minutes off this bureau's clock; set the \
                 clocks, and do not send old headers again",
            ));
        }
        let asked: Vec<(ScopeId, u64)> =
            header.scopes.iter().map(|scope| (scope.scope, u64::from(scope.elements))).collect();
        let question = Question {
            requester,
            owner: &header.owner,
            agreement_hash: header.agreement_hash,
            purpose: &header.purpose,
            scopes: &asked,
        };
        self.not_withdrawn(agreement).await?;
        let rules = self.rules.current();
        rules.are_as_promised(agreement, &self.us)?;
        let shares = admit(agreement, &question, now)?;
        let scopes = shares.iter().map(|share| self.ready(share)).collect::<Result<Vec<_>, _>>()?;
        let header_document = document.clone().into();
        let admission = Admission {
            requester,
            check: header.check_id,
            agreement: &agreement.terms().id,
            header: &header_document,
            header_hash: header_hash.0,
            shares: &shares,
            purpose: &header.purpose,
            urgency: urgency(header.urgency),
            at: now,
        };
        let facts = ingress_facts(agreement, header, &shares, now);
        let decide = |counts| {
            let decided = rules.decide_ingress(facts.clone(), counts);
            *decision = Some(decided.clone());
            decided
        };
        let admitted = self.store.admit_check(&admission, decide).await.map_err(not_admitted)?;
        let mut datasets: Vec<_> = shares.into_iter().map(|share| share.scope.dataset).collect();
        datasets.sort_unstable();
        datasets.dedup();
        Ok((scopes, admitted, datasets))
    }

    fn tell_warnings(&self, admitted: &Admitted) {
        for warning in &admitted.warnings {
            self.metrics.findings.get_or_create(&FindingLabel::from(warning.kind)).inc();
            match &warning.requester {
                Some(requester) => event!(
                    warn,
                    "most of what a partner may ask is used",
                    finding = FindingCode(warning.kind),
                    requester = requester,
                    agreement = warning.agreement,
                    identifier_type = warning.identifier_type,
                    used = warning.usage.used,
                    limit = warning.usage.limit,
                ),
                None => event!(
                    warn,
                    "most of what all parties may ask together is used",
                    finding = FindingCode(warning.kind),
                    agreement = warning.agreement,
                    identifier_type = warning.identifier_type,
                    used = warning.usage.used,
                    limit = warning.usage.limit,
                ),
            }
        }
    }

    /// Counts a refusal for the statistics, once for each dataset that it is about.
    async fn count_refusal(
        &self,
        agreement: &Agreement,
        header: &CheckHeader,
        requester: &BureauCode,
        refusal: &Refusal,
    ) {
        let now = OffsetDateTime::now_utc();
        let mut datasets: Vec<String> = agreement
            .scopes_of(&self.us, now)
            .filter(|(scope, ..)| header.scopes.iter().any(|asked| asked.scope == scope.id()))
            .map(|(scope, ..)| scope.dataset)
            .collect();
        datasets.dedup();
        if datasets.is_empty() {
            datasets.push(String::new());
        }
        // What is not agreed is text of the partner's own.
        let agreed = agreement.terms().purposes.iter().find(|agreed| **agreed == header.purpose);
        let purpose = agreed.cloned().unwrap_or_default();
        let tallies: Vec<_> = datasets
            .into_iter()
            .map(|dataset| Tally {
                side: Side::Answered,
                partner: requester.clone(),
                dataset,
                purpose: purpose.clone(),
                measure: Measure::Refused(refusal.reason.as_str().to_owned()),
                count: 1,
            })
            .collect();
        if let Err(error) = self.store.add_tallies(&tallies, now).await {
            event!(warn, "a refusal could not be counted", error = error);
        }
    }

    fn ready(&self, share: &ScopeShare) -> Result<Arc<PublishedScope>, Refusal> {
        self.published.find(&share.id).ok_or_else(|| {
            Refusal::new(Reason::SetNotReady, "the list is being prepared; try again shortly")
                .retry_at(OffsetDateTime::now_utc() + Duration::seconds(10))
        })
    }
}

/// All but what tables and counts say. Every header that was verified carries the three commitments.
fn ingress_facts(
    agreement: &Agreement,
    header: &CheckHeader,
    shares: &[ScopeShare],
    now: OffsetDateTime,
) -> IngressFacts {
    let terms = agreement.terms();
    let datasets: BTreeSet<_> = shares.iter().map(|share| share.scope.dataset.clone()).collect();
    let offered = agreement.scopes_of(&header.owner, now);
    let types_agreed = offered
        .filter(|(scope, ..)| datasets.contains(&scope.dataset))
        .map(|(scope, ..)| scope.identifier_type)
        .collect();
    let elements = shares.iter().map(|share| (share.scope.identifier_type, share.elements));
    IngressFacts {
        requester: header.requester.to_string(),
        agreement: terms.id.to_string(),
        datasets,
        purpose: header.purpose.clone(),
        purposes_agreed: terms.purposes.iter().cloned().collect(),
        offence_class: header.offence_class.clone(),
        offence_asked: terms.conditions.as_ref().is_some_and(|c| c.offence_class_required),
        urgency: urgency(header.urgency),
        elements: elements.collect(),
        types_agreed,
        commitments_present: true,
        hour_utc: now.hour().into(),
        standing_days: terms.standing_days.unwrap_or(0).into(),
        ..IngressFacts::default()
    }
}

fn header_refusal(error: DocumentError) -> Refusal {
    let reason = match error {
        DocumentError::OtherKey | DocumentError::Signature => Reason::HeaderSignature,
        _ => Reason::HeaderInvalid,
    };
    Refusal::new(reason, error.to_string())
}

fn not_admitted(error: NotAdmitted) -> Refusal {
    match error {
        NotAdmitted::OtherHeader => Refusal::new(
            Reason::CheckIdReused,
            "another check was asked under this id before; choose a fresh id for a new check",
        ),
        NotAdmitted::RepeatedTooOften => {
            Refusal::new(Reason::RepeatedTooOften, NotAdmitted::RepeatedTooOften.to_string())
        }
        NotAdmitted::Forbidden(decision) => rule_refusal(&decision.ruling),
        NotAdmitted::Quota { identifier_type, quota, left, renews_at } => Refusal::new(
            Reason::QuotaExhausted,
            format!(
                "{left} of {quota} elements a day are left for {identifier_type}; the quota renews \
                 at {renews_at}"
            ),
        )
        .retry_at(renews_at),
        NotAdmitted::Budget { identifier_type, budget, left, shared, renews_at } => {
            let whose = if shared { " that all parties have together" } else { "" };
            Refusal::new(
                Reason::BudgetExhausted,
                format!(
                    "{left} of the {budget} elements of the epoch{whose} are left for \
                     {identifier_type}; the budget renews at {renews_at}"
                ),
            )
            .retry_at(renews_at)
        }
        NotAdmitted::Store(error) => internal(error),
        _ => Refusal::new(Reason::Internal, "the check could not be recorded"),
    }
}

fn internal(error: StoreError) -> Refusal {
    event!(warn, "a check could not be recorded", error = error);
    Refusal::new(
        Reason::Internal,
        "this bureau's node could not record the check and so did not answer it; its desk knows \
         more",
    )
}

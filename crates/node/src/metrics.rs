use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router, extract::State, http::header::CONTENT_TYPE, response::IntoResponse, routing::get,
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};
use symbolon_policy::{
    Reason,
    disclosure::{Alarm, RefusalGround},
    watch::FindingKind,
};
use tokio::net::TcpListener;

/// A refusal's or failure's reason.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub(crate) struct ReasonLabel {
    reason: &'static str,
}

impl From<Reason> for ReasonLabel {
    fn from(reason: Reason) -> Self {
        Self { reason: reason.as_str() }
    }
}

/// Why a record was not released.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub(crate) struct GroundLabel {
    ground: &'static str,
}

impl From<RefusalGround> for GroundLabel {
    fn from(ground: RefusalGround) -> Self {
        Self { ground: ground.as_str() }
    }
}

/// How much of a request's time is gone.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub(crate) struct AlarmLabel {
    gone: &'static str,
}

impl From<Alarm> for AlarmLabel {
    fn from(alarm: Alarm) -> Self {
        Self { gone: alarm.as_str() }
    }
}

/// How a run of the bureau's own command ended.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub(crate) struct EscalationLabel {
    pub(crate) outcome: &'static str,
}

/// How a question to a source ended. Hits are not told apart from no hits: this page may be read by
/// people who may not know the outcomes of checks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub(crate) struct EndLabel {
    pub(crate) end: &'static str,
}

/// Where agreements, or requests for records, stand.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub(crate) struct StateLabel {
    pub(crate) state: &'static str,
}

/// What a person should look at.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub(crate) struct FindingLabel {
    kind: &'static str,
}

impl From<FindingKind> for FindingLabel {
    fn from(kind: FindingKind) -> Self {
        Self { kind: kind.as_str() }
    }
}

/// A quota or budget: whose, and of what.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub(crate) struct UsageLabel {
    /// Of this bureau's lists, or of those of the bureau named.
    pub(crate) side: &'static str,
    pub(crate) bureau: String,
    pub(crate) agreement: String,
    pub(crate) dataset: String,
    pub(crate) identifier_type: &'static str,
    /// "day" or "epoch".
    pub(crate) period: &'static str,
}

/// What a node counts. No label holds text from outside but names of signed agreements.
pub(crate) struct Metrics {
    registry: Registry,
    pub(crate) agreements: Family<StateLabel, Gauge>,
    pub(crate) agreements_not_as_promised: Gauge,
    pub(crate) agreement_exchange_failures: Counter,
    pub(crate) checks_answered: Counter,
    pub(crate) checks_refused: Family<ReasonLabel, Counter>,
    pub(crate) refusals_summed: Counter,
    pub(crate) elements_evaluated: Counter,
    pub(crate) answer_seconds: Histogram,
    pub(crate) checks_asked: Counter,
    pub(crate) bureau_refused: Family<ReasonLabel, Counter>,
    pub(crate) identifiers_asked: Counter,
    pub(crate) sources_asked: Family<EndLabel, Counter>,
    pub(crate) source_seconds: Histogram,
    pub(crate) standing_alerts: Gauge,
    pub(crate) handshakes_failed: Counter,
    pub(crate) sets_published: Counter,
    pub(crate) identifiers_evaluated: Counter,
    pub(crate) tags_reused: Counter,
    pub(crate) partner_sets_held: Gauge,
    pub(crate) sync_failures: Counter,
    pub(crate) disclosures: Family<StateLabel, Gauge>,
    pub(crate) disclosures_refused: Family<GroundLabel, Counter>,
    pub(crate) disclosure_alarms: Family<AlarmLabel, Counter>,
    pub(crate) disclosures_overdue: Gauge,
    pub(crate) escalations: Family<EscalationLabel, Counter>,
    pub(crate) disclosure_exchange_failures: Counter,
    pub(crate) log_checkpoint_size: Gauge,
    pub(crate) log_sound: Gauge,
    pub(crate) log_faults: Counter,
    pub(crate) log_follow_failures: Counter,
    pub(crate) log_unproven: Gauge,
    pub(crate) findings: Family<FindingLabel, Counter>,
    pub(crate) findings_open: Family<FindingLabel, Gauge>,
    pub(crate) quota_used_percent: Family<UsageLabel, Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        // 1 ms to about 8 minutes.
        let seconds = || Histogram::new(exponential_buckets(0.001, 2.0, 20));
        let mut registry = Registry::with_prefix("symbolon");
        let metrics = Self {
            agreements: Family::default(),
            agreements_not_as_promised: Gauge::default(),
            agreement_exchange_failures: Counter::default(),
            checks_answered: Counter::default(),
            checks_refused: Family::default(),
            refusals_summed: Counter::default(),
            elements_evaluated: Counter::default(),
            answer_seconds: seconds(),
            checks_asked: Counter::default(),
            bureau_refused: Family::default(),
            identifiers_asked: Counter::default(),
            sources_asked: Family::default(),
            source_seconds: seconds(),
            standing_alerts: Gauge::default(),
            handshakes_failed: Counter::default(),
            sets_published: Counter::default(),
            identifiers_evaluated: Counter::default(),
            tags_reused: Counter::default(),
            partner_sets_held: Gauge::default(),
            sync_failures: Counter::default(),
            disclosures: Family::default(),
            disclosures_refused: Family::default(),
            disclosure_alarms: Family::default(),
            disclosures_overdue: Gauge::default(),
            escalations: Family::default(),
            disclosure_exchange_failures: Counter::default(),
            log_checkpoint_size: Gauge::default(),
            log_sound: Gauge::default(),
            log_faults: Counter::default(),
            log_follow_failures: Counter::default(),
            log_unproven: Gauge::default(),
            findings: Family::default(),
            findings_open: Family::default(),
            quota_used_percent: Family::default(),
            registry: Registry::default(),
        };
        registry.register(
            "partner_disclosures",
            "Partners' requests for records, by where they stand",
            metrics.disclosures.clone(),
        );
        registry.register(
            "partner_disclosures_refused",
            "Partners' requests for records that the program refused, by ground",
            metrics.disclosures_refused.clone(),
        );
        registry.register(
            "partner_disclosure_alarms",
            "Partners' requests for which half of the time, or all of it, went by without a decision",
            metrics.disclosure_alarms.clone(),
        );
        registry.register(
            "partner_disclosures_overdue",
            "Partners' requests for records that are overdue now: people must decide",
            metrics.disclosures_overdue.clone(),
        );
        registry.register(
            "escalations",
            "Runs of the command that tells people of requests that are running late, by outcome",
            metrics.escalations.clone(),
        );
        registry.register(
            "disclosure_exchange_failures",
            "Exchanges of requests with partners that did not come to an end",
            metrics.disclosure_exchange_failures.clone(),
        );
        registry.register(
            "findings",
            "Patterns and warnings that a person should look at, by kind",
            metrics.findings.clone(),
        );
        registry.register(
            "findings_open",
            "Those of them that nobody has acknowledged",
            metrics.findings_open.clone(),
        );
        registry.register(
            "quota_used_percent",
            "How much of a quota or budget is used, in percent",
            metrics.quota_used_percent.clone(),
        );
        registry.register(
            "agreements",
            "Texts of agreements that this node knows, by state",
            metrics.agreements.clone(),
        );
        registry.register(
            "agreements_not_as_promised",
            "Agreements in which this bureau has promised another rule pack than is in force: nothing is \
             asked, answered or released under them",
            metrics.agreements_not_as_promised.clone(),
        );
        registry.register(
            "agreement_exchange_failures",
            "Failed attempts to show a text of an agreement, or a notice about it, to a party",
            metrics.agreement_exchange_failures.clone(),
        );
        registry.register(
            "log_checkpoint_size",
            "Entries of the own log that the newest scheduled checkpoint covers",
            metrics.log_checkpoint_size.clone(),
        );
        registry.register(
            "log_sound",
            "1 while the own log continues all that was signed of it, else 0: then nothing is answered",
            metrics.log_sound.clone(),
        );
        registry.register(
            "log_faults",
            "Contradictions found in logs, the own one among them: each needs a person at once",
            metrics.log_faults.clone(),
        );
        registry.register(
            "log_follow_failures",
            "Looks at partners' logs that did not come to an end",
            metrics.log_follow_failures.clone(),
        );
        registry.register(
            "log_unproven",
            "Checkpoints of partners' logs, of receipts for instance, that nobody has proven yet",
            metrics.log_unproven.clone(),
        );
        registry.register(
            "partner_checks_answered",
            "Checks of partners answered whole",
            metrics.checks_answered.clone(),
        );
        registry.register(
            "partner_checks_refused",
            "Checks of partners refused or broken off, by reason",
            metrics.checks_refused.clone(),
        );
        registry.register(
            "partner_refusals_summed",
            "Refused checks of partners that have no entry of their own in the log, but one for the hour",
            metrics.refusals_summed.clone(),
        );
        registry.register(
            "partner_elements_evaluated",
            "Blinded elements evaluated for partners",
            metrics.elements_evaluated.clone(),
        );
        registry.register_with_unit(
            "partner_answer",
            "Time from a partner's header to the receipt",
            Unit::Seconds,
            metrics.answer_seconds.clone(),
        );
        registry.register(
            "bureau_checks_asked",
            "Checks that this bureau's own people asked",
            metrics.checks_asked.clone(),
        );
        registry.register(
            "bureau_calls_refused",
            "Calls of this bureau's own people that were refused, by reason",
            metrics.bureau_refused.clone(),
        );
        registry.register(
            "bureau_identifiers_asked",
            "Identifiers in those checks",
            metrics.identifiers_asked.clone(),
        );
        registry.register(
            "bureau_sources_asked",
            "Lists asked in those checks, by how it ended",
            metrics.sources_asked.clone(),
        );
        registry.register_with_unit(
            "bureau_source",
            "Time from the beginning of a check to a list's answer",
            Unit::Seconds,
            metrics.source_seconds.clone(),
        );
        registry.register(
            "standing_alerts",
            "Standing checks with hits that nobody has been shown",
            metrics.standing_alerts.clone(),
        );
        registry.register(
            "handshakes_failed",
            "Connections refused before any request",
            metrics.handshakes_failed.clone(),
        );
        registry.register(
            "sets_published",
            "Versions of own tag sets published since the start",
            metrics.sets_published.clone(),
        );
        registry.register(
            "sets_identifiers_evaluated",
            "Own identifiers evaluated to publish sets",
            metrics.identifiers_evaluated.clone(),
        );
        registry.register(
            "sets_tags_reused",
            "Own identifiers whose tags were known from the version before",
            metrics.tags_reused.clone(),
        );
        registry.register(
            "partner_sets_held",
            "Partners' tag sets held here",
            metrics.partner_sets_held.clone(),
        );
        registry.register(
            "sync_failures",
            "Failed attempts to bring a partner's sets up to date",
            metrics.sync_failures.clone(),
        );
        Self { registry, ..metrics }
    }
}

impl Metrics {
    fn page(&self) -> String {
        let mut page = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut page, &self.registry);
        page
    }
}

/// Serves `/metrics` and `/healthz` until `stop` resolves.
pub(crate) async fn serve(
    listener: TcpListener,
    metrics: Arc<Metrics>,
    stop: impl Future<Output = ()> + Send + 'static,
) {
    let page = |State(metrics): State<Arc<Metrics>>| async move {
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        ([(CONTENT_TYPE, kind)], metrics.page()).into_response()
    };
    let router = Router::new()
        .route("/metrics", get(page))
        .route("/healthz", get(|| async { "ok\n" }))
        .with_state(metrics);
    let _ = axum::serve(listener, router).with_graceful_shutdown(stop).await;
}

/// Where the page is, for the log.
pub(crate) fn address(listener: &TcpListener) -> Option<SocketAddr> {
    listener.local_addr().ok()
}

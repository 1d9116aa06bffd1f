mod agreements;
mod erasing;
mod own;
mod partners;
mod rules;
mod troubles;
mod turns;

use std::{sync::Arc, time::Duration};

use symbolon_client::{AgreementBook, ContactBook, Requester, RuleBook};
use symbolon_policy::BureauCode;
use symbolon_store::{ExchangeMark, Store};
use tokio::sync::watch;

use crate::{
    disclosure::Examiner, metrics::Metrics, own_log::OwnLog, publish::Publisher,
    stopping::until_stopped, watch::OwnerWatch,
};

/// What a running node does by itself: reads agreements, publishes sets, fetches partners' sets.
pub(crate) struct Jobs {
    pub(crate) us: BureauCode,
    pub(crate) store: Store,
    pub(crate) book: AgreementBook,
    pub(crate) contacts: ContactBook,
    pub(crate) rules: RuleBook,
    pub(crate) publisher: Publisher,
    pub(crate) requester: Requester,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) every: Duration,
    pub(crate) own_log: OwnLog,
    pub(crate) checkpoint_every: Duration,
    pub(crate) retention: time::Duration,
    pub(crate) examiner: Examiner,
    pub(crate) disclosure_cadence_seconds: u64,
    pub(crate) disclosure_every: Duration,
    pub(crate) watch: OwnerWatch,
}

impl Jobs {
    /// Works until `stop` says so. What waits for partners runs beside what does not.
    pub(crate) async fn run(
        self,
        known: ExchangeMark,
        adoptions: u64,
        stop: watch::Receiver<bool>,
    ) {
        tokio::select! {
            () = self.keep_agreements(known) => {}
            () = self.exchange_agreements() => {}
            () = self.keep_rules(adoptions) => {}
            () = self.keep_own_sets() => {}
            () = self.follow_partners() => {}
            () = self.keep_standing() => {}
            () = self.keep_log() => {}
            () = self.erase_old() => {}
            () = self.examine_disclosures() => {}
            () = self.exchange_disclosures() => {}
            () = self.watch_partners() => {}
            () = until_stopped(stop) => {}
        }
    }
}

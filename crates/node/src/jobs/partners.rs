//! What is fetched from partners and exchanged with them, one beside the other: a slow one delays no other.

use std::sync::Arc;

use symbolon_client::SyncReport;
use time::OffsetDateTime;
use tokio::time::interval;

use super::{Jobs, troubles::Troubles};
use crate::{
    logging::{PartnerTrouble, event},
    metrics::Metrics,
};

impl Jobs {
    pub(super) async fn follow_partners(&self) {
        let troubles = Arc::<Troubles>::default();
        // By the clock alone: a look at once when agreements change would show every partner when this bureau
        // agrees on something with another.
        let mut turns = interval(self.every);
        loop {
            turns.tick().await;
            for partner in self.requester.partners_to_sync() {
                let (metrics, troubles) = (Arc::clone(&self.metrics), Arc::clone(&troubles));
                tokio::spawn(async move { note(&metrics, &troubles, &partner.run().await) });
            }
            if let Err(error) = self.requester.drop_ended_sets().await {
                event!(warn, "partners' ended sets could not be dropped", error = error);
            }
            let held = self.requester.sets().all().len();
            self.metrics.partner_sets_held.set(i64::try_from(held).unwrap_or(i64::MAX));
        }
    }

    /// Signs checkpoints on schedule, whatever was asked or found, and follows partners' logs.
    pub(super) async fn keep_log(&self) {
        let troubles = Arc::<Troubles>::default();
        let mut turns = interval(self.checkpoint_every);
        loop {
            turns.tick().await;
            self.own_log.keep(OffsetDateTime::now_utc()).await;
            for partner in self.requester.logs_to_follow() {
                let (metrics, troubles) = (Arc::clone(&self.metrics), Arc::clone(&troubles));
                let own_log = self.own_log.clone();
                tokio::spawn(async move {
                    let bureau = partner.bureau().to_string();
                    let report = partner.run().await;
                    own_log.tell(&report.faults);
                    own_log.count_unproven().await;
                    let Some(trouble) = report.trouble else { return troubles.forget(&bureau) };
                    metrics.log_follow_failures.inc();
                    if troubles.is_new(&bureau, &trouble) {
                        event!(
                            warn,
                            "a partner's log could not be followed",
                            trouble = PartnerTrouble(&trouble),
                        );
                    }
                });
            }
        }
    }

    /// Carries requests for records to partners, on schedule and whether there are any or not.
    pub(super) async fn exchange_disclosures(&self) {
        let troubles = Arc::<Troubles>::default();
        let mut turns = interval(self.disclosure_every);
        for turn in 0_usize.. {
            turns.tick().await;
            if let Err(error) = self.requester.close_orphaned_disclosures().await {
                event!(warn, "requests for records could not be looked at", error = error);
            }
            for exchange in self.requester.disclosures_to_exchange(turn) {
                let (metrics, troubles) = (Arc::clone(&self.metrics), Arc::clone(&troubles));
                tokio::spawn(async move {
                    let owner = exchange.owner().to_string();
                    let report = exchange.run().await;
                    for request in &report.decided {
                        event!(
                            info,
                            "a partner has closed a request; `symbolon disclosure status` shows it",
                            request = request,
                        );
                    }
                    let Some(trouble) = report.trouble else { return troubles.forget(&owner) };
                    metrics.disclosure_exchange_failures.inc();
                    if troubles.is_new(&owner, &trouble) {
                        event!(
                            warn,
                            "requests for records could not be exchanged with a partner",
                            trouble = PartnerTrouble(&trouble),
                        );
                    }
                });
            }
        }
    }
}

fn note(metrics: &Metrics, troubles: &Troubles, report: &SyncReport) {
    if report.installed > 0 {
        event!(info, "a partner's tag sets were brought up to date", sets = report.installed);
    }
    metrics.sync_failures.inc_by(report.failures.len() as u64);
    for (partner, sentence) in &report.failures {
        if troubles.is_new(partner, sentence) {
            event!(warn, "a partner's sets are not up to date", trouble = PartnerTrouble(sentence));
        }
    }
}

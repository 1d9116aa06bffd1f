//! Counts the results of a check for the statistics, beside the way to whoever asked.

use std::collections::BTreeMap;

use symbolon_identifiers::IdentifierType;
use symbolon_policy::{BureauCode, statistics::time_step};
use symbolon_store::{HitTally, Measure, Side, Store, Tally};
use time::OffsetDateTime;
use tokio::sync::mpsc;

use crate::SourceResult;

/// What is counted of a check.
pub(crate) struct Counting {
    pub(crate) store: Store,
    pub(crate) purpose: String,
    /// Different identifiers of each type.
    pub(crate) counts: Vec<(IdentifierType, u64)>,
    pub(crate) count_hits: bool,
    pub(crate) at: OffsetDateTime,
}

/// What the lists of one dataset came to, over all its types.
#[derive(Default)]
struct DatasetResult {
    elements: u64,
    answered: u64,
    hits: u64,
    /// Of the types that were not answered, the first reason.
    reason: Option<String>,
    milliseconds: u64,
}

impl Counting {
    /// A way to `to` for up to `most` results, on which they are counted. The counts are written when
    /// all results have been passed on, so that nobody waits for that.
    pub(crate) fn between(
        self,
        to: mpsc::Sender<SourceResult>,
        most: usize,
    ) -> mpsc::Sender<SourceResult> {
        let (sender, mut results) = mpsc::channel::<SourceResult>(most.max(1));
        tokio::spawn(async move {
            let mut datasets: BTreeMap<(BureauCode, String), DatasetResult> = BTreeMap::new();
            while let Some(result) = results.recv().await {
                let source = (result.source.bureau.clone(), result.source.dataset.clone());
                self.note(datasets.entry(source).or_default(), &result);
                // The caller may have gone away; what was asked is counted all the same.
                let _ = to.send(result).await;
            }
            drop(to);
            let (tallies, hits) = self.tallies(datasets);
            // A count that is lost says nothing wrong of anybody, and a check is not failed by it.
            let _ = self.store.add_results(&tallies, &hits, self.at).await;
        });
        sender
    }

    fn note(&self, dataset: &mut DatasetResult, result: &SourceResult) {
        let kind = result.source.kind;
        let elements = self.counts.iter().find(|(known, _)| *known == kind).map_or(0, |one| one.1);
        dataset.elements = dataset.elements.saturating_add(elements);
        let milliseconds = u64::try_from(result.elapsed.as_millis()).unwrap_or(u64::MAX);
        dataset.milliseconds = dataset.milliseconds.max(milliseconds);
        match &result.outcome {
            Ok(hits) => {
                let found = hits.iter().filter(|hit| **hit).count() as u64;
                dataset.answered = dataset.answered.saturating_add(elements);
                // Of equal identifiers each has its line, and all are one element.
                dataset.hits = dataset.hits.saturating_add(found.min(elements));
            }
            Err(failure) => {
                dataset.reason.get_or_insert_with(|| failure.reason.clone());
            }
        }
    }

    fn tallies(
        &self,
        datasets: BTreeMap<(BureauCode, String), DatasetResult>,
    ) -> (Vec<Tally>, Vec<HitTally>) {
        let (mut tallies, mut all_hits) = (Vec::new(), Vec::new());
        for ((partner, dataset), result) in datasets {
            let DatasetResult { elements, answered, hits, reason, milliseconds } = result;
            let mut add = |measure, count| {
                tallies.push(Tally {
                    side: Side::Asked,
                    partner: partner.clone(),
                    dataset: dataset.clone(),
                    purpose: self.purpose.clone(),
                    measure,
                    count,
                });
            };
            add(Measure::Elements, elements);
            match reason {
                Some(reason) => add(Measure::Refused(reason), 1),
                None => {
                    add(Measure::Answered, 1);
                    add(Measure::Time(time_step(milliseconds)), 1);
                }
            }
            if self.count_hits && answered > 0 {
                add(Measure::AnsweredElements, answered);
                all_hits.push(HitTally {
                    partner: partner.clone(),
                    dataset: dataset.clone(),
                    purpose: self.purpose.clone(),
                    standing: false,
                    hits,
                });
            }
        }
        (tallies, all_hits)
    }
}

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use symbolon_proto::bureau::v1::{CheckStarted, ItemRejected, Outcome, Source, SourceAnswers};

use super::{
    Answer, Answered, AnsweringSource, Asked, CheckReport, Coverage, Desk, Detail, ListTally,
    OneAnswer, Rejected, Released, Summary, Trouble, shown,
};
use crate::{CliError, moment::moment_of};

const NOBODY: (&str, &str) = (
    "nobody_asked",
    "Nobody was asked: no agreement with another bureau is in force here. That is no answer, and not no \
     hit; `symbolon coverage` shows whom can be asked.",
);
const NOTHING: (&str, &str) = ("nothing_asked", "Nothing was asked.");

/// A report in the making.
pub(super) struct Gathering<'a> {
    asked: ByReference<'a>,
    detail: Detail,
    report: CheckReport,
    counted: Counted,
}

#[derive(Default)]
struct Counted {
    lists: BTreeMap<(String, String), ListTally>,
    troubles: BTreeMap<(String, &'static str, String, String), u64>,
    answers: u64,
}

impl<'a> Gathering<'a> {
    pub(super) fn new(asked: &'a [Asked], detail: Detail) -> Self {
        Self {
            asked: ByReference::new(asked),
            detail,
            report: CheckReport {
                check_id: String::new(),
                elapsed_ms: 0.0,
                summary: Summary::default(),
                reason: None,
                sentence: None,
                rejected: Vec::new(),
                passed_over: None,
                warnings: Vec::new(),
                answers: Vec::new(),
                lists: Vec::new(),
                troubles: Vec::new(),
            },
            counted: Counted::default(),
        }
    }

    pub(super) fn begin(&mut self, started: &CheckStarted) {
        self.report.check_id = hex::encode(&started.check_id);
        self.report.summary.asked = started.accepted;
    }

    /// Hexadecimal; empty until the check has begun.
    pub(super) fn check_id(&self) -> &str {
        &self.report.check_id
    }

    pub(super) fn asked(&self) -> u64 {
        self.report.summary.asked
    }

    pub(super) fn answered(&self) -> u64 {
        self.counted.answers
    }

    pub(super) fn reject(&mut self, rejected: ItemRejected) {
        let rejected = Rejected {
            identifier: self.asked.find(rejected.r#ref).map(shown).unwrap_or_default(),
            reference: rejected.r#ref,
            reason: rejected.reason,
            sentence: rejected.sentence,
        };
        self.report.summary.rejected = self.report.summary.rejected.saturating_add(1);
        self.report.rejected.push(rejected);
    }

    pub(super) fn add(
        &mut self,
        message: &SourceAnswers,
        see: &mut impl FnMut(&Answered<'_>) -> Result<(), CliError>,
    ) -> Result<(), CliError> {
        let source = answering(message);
        let answers = message.answers.iter().filter_map(|answer| {
            Some(OneAnswer {
                asked: self.asked.find(answer.r#ref)?,
                outcome: outcome(answer.outcome()),
                reason: &answer.reason,
                sentence: &answer.sentence,
                label: answer.label.as_ref(),
            })
        });
        let answered = Answered { source: &source, answers: answers.collect() };
        see(&answered)?;
        self.counted.add(&answered, &mut self.report.summary);
        for one in &answered.answers {
            if self.detail == Detail::All || one.outcome == "hit" {
                let answer = answer(&source, one.asked, one.outcome, one.reason, one.sentence);
                let label = one.label.map(Released::from);
                self.report.answers.push(Answer { label, ..answer });
            }
        }
        Ok(())
    }

    pub(super) fn finish(self, elapsed: Option<prost_types::Duration>) -> CheckReport {
        let mut report = self.report;
        report.elapsed_ms = milliseconds(elapsed);
        report.answers.sort_by(|a, b| {
            (a.reference, &a.bureau, &a.dataset).cmp(&(b.reference, &b.bureau, &b.dataset))
        });
        report.lists = self.counted.lists.into_values().collect();
        if report.lists.is_empty() {
            let (reason, sentence) = if report.summary.asked > 0 { NOBODY } else { NOTHING };
            report.reason = Some(reason);
            report.sentence = Some(sentence);
        }
        report.troubles = self
            .counted
            .troubles
            .into_iter()
            .map(|((bureau_name, outcome, reason, sentence), count)| Trouble {
                bureau_name,
                outcome,
                reason,
                sentence,
                count,
            })
            .collect();
        report
    }
}

impl Counted {
    fn add(&mut self, Answered { source, answers }: &Answered<'_>, summary: &mut Summary) {
        let list = (source.bureau_name.clone(), source.dataset_title.clone());
        let tally = self.lists.entry(list).or_insert_with(|| ListTally {
            bureau_name: source.bureau_name.clone(),
            dataset_title: source.dataset_title.clone(),
            ..ListTally::default()
        });
        for OneAnswer { outcome, reason, sentence, .. } in answers {
            let (of_list, of_all) = match *outcome {
                "hit" => (&mut tally.hit, &mut summary.hit),
                "no_hit" => (&mut tally.no_hit, &mut summary.no_hit),
                "not_permitted" => (&mut tally.not_permitted, &mut summary.not_permitted),
                _ => (&mut tally.no_answer, &mut summary.no_answer),
            };
            *of_list = of_list.saturating_add(1);
            *of_all = of_all.saturating_add(1);
            if !reason.is_empty() {
                let trouble = (
                    source.bureau_name.clone(),
                    *outcome,
                    (*reason).to_owned(),
                    (*sentence).to_owned(),
                );
                let count = self.troubles.entry(trouble).or_default();
                *count = count.saturating_add(1);
            }
        }
        let count = answers.len() as u64;
        tally.asked = tally.asked.saturating_add(count);
        self.answers = self.answers.saturating_add(count);
        tally.slowest_ms = tally.slowest_ms.max(source.elapsed_ms);
        if let Some(coverage) = &source.coverage {
            tally.updated_at.clone_from(&coverage.updated_at);
        }
    }
}

/// What was asked, by the caller's numbers.
struct ByReference<'a>(Cow<'a, [Asked]>);

impl<'a> ByReference<'a> {
    /// Files are numbered by their lines, so that hardly ever anything is sorted.
    fn new(asked: &'a [Asked]) -> Self {
        if asked.is_sorted_by_key(|one| one.reference) {
            return Self(Cow::Borrowed(asked));
        }
        let mut sorted = asked.to_vec();
        sorted.sort_by_key(|one| one.reference);
        Self(Cow::Owned(sorted))
    }

    fn find(&self, reference: u64) -> Option<&Asked> {
        let place = self.0.binary_search_by_key(&reference, |one| one.reference).ok()?;
        self.0.get(place)
    }
}

fn answer(
    source: &AnsweringSource,
    asked: &Asked,
    outcome: &'static str,
    reason: &str,
    sentence: &str,
) -> Answer {
    Answer {
        reference: asked.reference,
        identifier: shown(asked),
        identifier_type: source.identifier_type.clone(),
        bureau: source.bureau.clone(),
        bureau_name: source.bureau_name.clone(),
        dataset: source.dataset.clone(),
        dataset_title: source.dataset_title.clone(),
        outcome,
        reason: reason.to_owned(),
        sentence: sentence.to_owned(),
        label: None,
        coverage: source.coverage.clone(),
        desk: source.desk.clone(),
        elapsed_ms: source.elapsed_ms,
    }
}

fn answering(message: &SourceAnswers) -> AnsweringSource {
    named(message.source.clone().unwrap_or_default(), milliseconds(message.elapsed))
}

/// A list as the node describes it.
pub(crate) fn named(source: Source, elapsed_ms: f64) -> AnsweringSource {
    let coverage = (source.set_version > 0).then(|| Coverage {
        version: source.set_version,
        updated_at: moment_of(source.updated_at).unwrap_or_default(),
    });
    AnsweringSource {
        coverage,
        desk: source.desk.map(|d| Desk { name: d.name, phone: d.phone, email: d.email }),
        bureau: source.bureau,
        bureau_name: source.bureau_name,
        dataset: source.dataset,
        dataset_title: source.dataset_title,
        identifier_type: source.identifier_type,
        elapsed_ms,
    }
}

pub(crate) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Hit => "hit",
        Outcome::NoHit => "no_hit",
        Outcome::NotPermitted => "not_permitted",
        // Whatever a newer node may say here, it is neither hit nor no hit to us.
        Outcome::NoAnswer | Outcome::Unspecified => "no_answer",
    }
}

pub(crate) fn milliseconds(duration: Option<prost_types::Duration>) -> f64 {
    duration
        .and_then(|duration| Duration::try_from(duration).ok())
        .map_or(0.0, |duration| (duration.as_secs_f64() * 1e6).round() / 1e3)
}

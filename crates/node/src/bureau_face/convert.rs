use std::{ops::Range, time::Duration};

use symbolon_client::{Failure, FailureKind, OpenedLabel, Source, SourceResult};
use symbolon_policy::Desk;
use symbolon_proto::bureau::v1::{self as wire, Answer, Outcome, ReleasedLabel, SourceAnswers};
use time::OffsetDateTime;

const ANSWERS_A_MESSAGE: usize = 4_096;
/// No epoch is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(366 * 86_400);

/// What a source has to say, cut into messages that stay under the limit; each is made when it is
/// sent.
pub(super) fn source_messages(result: &SourceResult) -> impl Iterator<Item = SourceAnswers> {
    let source = source(&result.source, result.coverage);
    let elapsed = prost_types::Duration::try_from(result.elapsed).ok();
    (0..result.references.len()).step_by(ANSWERS_A_MESSAGE).map(move |first| SourceAnswers {
        source: Some(source.clone()),
        answers: answers(result, first..first.saturating_add(ANSWERS_A_MESSAGE)),
        elapsed,
    })
}

fn answers(result: &SourceResult, range: Range<usize>) -> Vec<Answer> {
    let references = result.references.iter().skip(range.start).take(range.len());
    match &result.outcome {
        Ok(hits) => references
            .zip(hits.iter().enumerate().skip(range.start))
            .map(|(reference, (place, hit))| Answer {
                r#ref: *reference,
                outcome: if *hit { Outcome::Hit } else { Outcome::NoHit }.into(),
                reason: String::new(),
                sentence: String::new(),
                retry_after: None,
                label: result.labels.get(&place).map(released),
            })
            .collect(),
        Err(failure) => references
            .map(|reference| Answer {
                r#ref: *reference,
                outcome: outcome(failure.kind).into(),
                reason: failure.reason.clone(),
                sentence: failure.sentence.clone(),
                retry_after: retry_after(failure),
                label: None,
            })
            .collect(),
    }
}

/// How long waiting helps, if it is known; more than an epoch is said of what is over.
pub(super) fn retry_after(failure: &Failure) -> Option<prost_types::Duration> {
    let wait = failure.retry_after.filter(|wait| *wait <= LONGEST_WAIT)?;
    prost_types::Duration::try_from(wait).ok()
}

pub(super) fn released(label: &OpenedLabel) -> ReleasedLabel {
    match label {
        Ok(text) => {
            ReleasedLabel { text: text.clone(), reason: String::new(), sentence: String::new() }
        }
        Err(trouble) => ReleasedLabel {
            text: String::new(),
            reason: trouble.as_str().to_owned(),
            sentence: trouble.to_string(),
        },
    }
}

pub(super) fn source(source: &Source, coverage: Option<(u64, OffsetDateTime)>) -> wire::Source {
    wire::Source {
        bureau: source.bureau.to_string(),
        bureau_name: source.bureau_name.clone(),
        dataset: source.dataset.clone(),
        dataset_title: source.dataset_title.clone(),
        identifier_type: source.kind.name().to_owned(),
        set_version: coverage.map_or(0, |(version, _)| version),
        updated_at: coverage.map(|(_, at)| timestamp(at)),
        desk: source.desk.as_ref().map(desk),
    }
}

pub(super) fn end_name(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::NotPermitted => "not_permitted",
        FailureKind::NoAnswer => "no_answer",
    }
}

pub(super) fn outcome(kind: FailureKind) -> Outcome {
    match kind {
        FailureKind::NotPermitted => Outcome::NotPermitted,
        FailureKind::NoAnswer => Outcome::NoAnswer,
    }
}

fn desk(desk: &Desk) -> wire::Desk {
    wire::Desk { name: desk.name.clone(), phone: desk.phone.clone(), email: desk.email.clone() }
}

pub(super) fn timestamp(at: OffsetDateTime) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.unix_timestamp(), nanos: 0 }
}

//! What only the asking side can see in its own questions: values next to each other, the same
//! value again and again, an officer's own. The findings are facts for the rules of egress and lines
//! for the inspector; the watch itself refuses nothing, and knows nothing of hits.

mod serial;

use std::{collections::BTreeSet, sync::Arc};

use symbolon_identifiers::{IdentifierType, parse};
use symbolon_policy::{CheckId, watch::FindingKind};
use symbolon_store::{
    FindingDetails, MOST_WATCHED, OwnQuestion, OwnQuestions, Store, StoreError, WatchHash,
};
use time::OffsetDateTime;

use self::serial::{Serial, count_in_runs, in_runs};
use crate::{Compute, QuestionContext, Stopped, batch::Batch};

/// From how many neighbouring elements of one check on, or how many values asked before next to one
/// element, the inspector is told.
const TOLD_NEIGHBOURS: u64 = 4;
/// From how many repeats on the inspector is told.
const TOLD_REPEATS: u64 = 5;
/// The same of the same person is told again after so many days.
const QUIET_DAYS: u16 = 1;

/// What the watch sees in a question, for the rules of egress. None of it depends on an outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WatchFindings {
    /// How many elements lie next to others that the same person has asked: in runs within this
    /// question, or within 30 days. Lists of more than 1,000 elements are looked at by themselves
    /// only.
    pub neighbouring_elements: u64,
    /// How often this bureau has asked the one of the elements that it asked most often in 30 days,
    /// this time not counted. 0 for lists of more than 1,000 elements.
    pub repeats: u64,
    /// Whether an element is known to be an identifier of the asker, however many are asked.
    pub own_identifier: bool,
}

/// A question as the watch sees it.
pub(crate) struct Watched {
    pub(crate) findings: WatchFindings,
    /// How many values next to one of its elements the same person has asked, of the element with most
    /// of them: who asks one by one has one neighbouring element in each check.
    pub(crate) crowd: u64,
    /// What is kept of it with the record of the check; nothing of a long list.
    pub(crate) questions: Option<OwnQuestions>,
}

/// Why a question could not be looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WatchError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Looks at a question before anything of it is sent, and changes nothing.
pub(crate) async fn look(
    store: &Store,
    compute: &Compute,
    batches: &Arc<Vec<Batch>>,
    context: &QuestionContext,
    now: OffsetDateTime,
) -> Result<Watched, WatchError> {
    let elements: usize = batches.iter().map(Batch::count).sum();
    let (officer, agency) = (context.facts.officer.as_str(), context.agency.as_str());
    // Under these names the inspector may have entered the asker's identifiers.
    let people = [store.person_hash(&[officer]), store.person_hash(&[agency])];
    if elements > MOST_WATCHED {
        let own = store.own_identifiers(&people).await?;
        let (batches, store) = (Arc::clone(batches), store.clone());
        let names = [officer.to_owned(), agency.to_owned()];
        let work = move || {
            let [officer, agency] = &names;
            let neighbouring = count_in_runs(serials(&batches).flatten());
            let own_identifier =
                are_among(&batches, &store, &own) || is_named(&batches, officer, agency);
            (neighbouring, own_identifier)
        };
        let (neighbouring, own_identifier) = compute.run(work).await?;
        let neighbouring_elements = neighbouring as u64;
        let findings = WatchFindings { neighbouring_elements, repeats: 0, own_identifier };
        return Ok(Watched { findings, crowd: 0, questions: None });
    }
    let serials: Vec<_> = serials(batches).collect();
    let questions = OwnQuestions {
        // Not by the officer's name as well: who changes it at each question stays the same person.
        person: store.person_hash(&[agency]),
        elements: batches
            .iter()
            .flat_map(|batch| batch.inputs.at(0..batch.count()))
            .zip(&serials)
            .map(|(input, serial)| OwnQuestion {
                value: store.value_hash(input),
                near: serial
                    .as_ref()
                    .map(|serial| serial.neighbourhoods().map(|near| store.near_hash(&near))),
            })
            .collect(),
    };
    let history = store.own_history(&questions, &people, now).await?;
    let runs = in_runs(&serials).into_iter().zip(&history.neighbours);
    let neighbouring = runs.filter(|(in_run, asked)| *in_run || **asked > 0);
    let findings = WatchFindings {
        neighbouring_elements: neighbouring.count() as u64,
        repeats: history.repeats,
        own_identifier: history.own || is_named(batches, officer, agency),
    };
    let crowd = history.neighbours.iter().copied().max().unwrap_or(0);
    Ok(Watched { findings, crowd, questions: Some(questions) })
}

/// Puts what a person should look at on the inspector's list.
pub(crate) async fn tell(
    store: &Store,
    watched: &Watched,
    context: &QuestionContext,
    check: CheckId,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let WatchFindings { neighbouring_elements, repeats, own_identifier } = watched.findings;
    let neighbours = neighbouring_elements.max(watched.crowd);
    let seen = [
        (neighbours >= TOLD_NEIGHBOURS).then(|| {
            let sentence = format!(
                "{neighbours} values next to one another were asked by the same person, at once or \
                 one by one within 30 days"
            );
            (FindingKind::OwnNeighbours, sentence, neighbours, TOLD_NEIGHBOURS)
        }),
        (repeats >= TOLD_REPEATS).then(|| {
            let sentence =
                format!("an identifier was asked that had been asked {repeats} times in 30 days");
            (FindingKind::OwnRepeats, sentence, repeats, TOLD_REPEATS)
        }),
        own_identifier.then(|| {
            let sentence = "an identifier of the person who asks is among what was asked";
            (FindingKind::OwnIdentifier, sentence.to_owned(), 1, 0)
        }),
    ];
    for (kind, sentence, seen, usual) in seen.into_iter().flatten() {
        let details = FindingDetails {
            officer: Some(context.facts.officer.clone()),
            agency: Some(context.agency.clone()),
            check: Some(check),
            sentence,
            seen,
            usual,
            ..FindingDetails::default()
        };
        store.record_finding(kind, &details, QUIET_DAYS, now).await?;
    }
    Ok(())
}

/// Each different value of a question as a number in a series, as far as it is one.
fn serials(batches: &[Batch]) -> impl Iterator<Item = Option<Serial<'_>>> {
    batches
        .iter()
        .flat_map(|batch| batch.inputs.canonical().map(|value| Serial::of(batch.kind, value)))
}

/// Whether one of `own` is asked. Costs a hash for each element, and nothing where there are none.
fn are_among(batches: &[Batch], store: &Store, own: &BTreeSet<WatchHash>) -> bool {
    !own.is_empty()
        && batches
            .iter()
            .flat_map(|batch| batch.inputs.at(0..batch.count()))
            .any(|input| own.contains(&store.value_hash(input)))
}

/// Whether the asker's own name, as the check or the certificate has it, is an address or number that
/// is asked.
fn is_named(batches: &[Batch], officer: &str, agency: &str) -> bool {
    let last = agency.rsplit('/').next().unwrap_or_default();
    let of_kind = |kind: IdentifierType| batches.iter().find(|batch| batch.kind == kind);
    [IdentifierType::Email, IdentifierType::Phone].into_iter().filter_map(of_kind).any(|batch| {
        let names = [officer, last].map(|name| parse(batch.kind, name, None).ok());
        let is_a_name = |value: &[u8]| names.iter().flatten().any(|name| name.canonical() == value);
        batch.inputs.canonical().any(is_a_name)
    })
}

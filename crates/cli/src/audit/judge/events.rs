//! What happened to requests for records against the roots that the log has over it.

use std::collections::{BTreeMap, BTreeSet};

use symbolon_ledger::{Commitment, Frontier, LeafHash, SALT_LEN};
use symbolon_store::LogRecord;
use time::OffsetDateTime;

use super::{CLOCKS_DIFFER, count, erasures::Erasure};
use crate::audit::{
    folder::{EventLine, PeriodLine, RecordLine},
    held::is_of,
    leaves::Leaves,
    verdict::{EventsVerdict, Finding, FindingKind},
};

/// Periods of more events are not searched for two that changed places.
const MOST_SEARCHED: usize = 64;

/// A root over events, as an entry of the log has it.
pub(in crate::audit) struct Root {
    root: String,
    at: OffsetDateTime,
}

/// Holds exported events against the log entries that stand for them.
pub(super) fn hold_events(
    leaves: &Leaves,
    records: &[RecordLine],
    erasures: &[Erasure],
    periods: &[PeriodLine],
) -> (EventsVerdict, Vec<Finding>) {
    let roots = roots(leaves, records);
    let kept: BTreeSet<u64> = records.iter().map(|line| line.index).collect();
    let mut verdict = EventsVerdict::default();
    let mut findings = in_sequence(periods);
    findings.extend(hold_each(periods));
    findings.extend(hold_erased(periods, &roots, erasures));
    let mut shown = by_entry(periods);
    for period in periods {
        let erased = period.events.iter().filter(|event| event.record.is_none());
        verdict.erased = verdict.erased.saturating_add(erased.map(|_| 1).sum());
        verdict.events = verdict.events.saturating_add(count(&period.events));
        if period.entry.is_none() {
            verdict.pending = verdict.pending.saturating_add(count(&period.events));
        }
    }
    for (entry, root) in &roots {
        let events = shown.remove(entry).unwrap_or_default();
        verdict.periods = verdict.periods.saturating_add(1);
        findings.extend(hold_root(*entry, &root.root, &events));
    }
    for (entry, events) in shown {
        // What older programs erased had the root in it.
        if entry < leaves.len() && !kept.contains(&entry) {
            verdict.unproven = verdict.unproven.saturating_add(count(&events));
            continue;
        }
        let sentence = format!("{} events name entry {entry}, which stands for none", events.len());
        findings.push(Finding::at(FindingKind::EventsDiffer, entry, sentence));
    }
    (verdict, findings)
}

/// Holds events against those of another export of the same log.
pub(super) fn hold_other_events(
    ours: &[PeriodLine],
    theirs: &[PeriodLine],
    is_later: bool,
    holder: &str,
) -> Vec<Finding> {
    let all = |periods: &[PeriodLine]| -> BTreeMap<u64, (Option<u64>, String)> {
        let lines = periods.iter().flat_map(|period| {
            period.events.iter().map(|event| (event.index, (period.entry, event.leaf.clone())))
        });
        lines.collect()
    };
    let (ours, theirs) = (all(ours), all(theirs));
    let mut findings = Vec::new();
    for (index, (entry, leaf)) in theirs {
        let (kind, what) = match ours.get(&index) {
            Some((_, ours)) if *ours == leaf => continue,
            None if is_later => continue,
            here => match (ours.iter().find(|(_, (_, ours))| *ours == leaf), here) {
                (Some((place, _)), _) => {
                    (FindingKind::EventMoved, format!("it stands at {place} now"))
                }
                (None, Some(_)) => (FindingKind::EventChanged, "another stands there now".into()),
                (None, None) => (FindingKind::EventMissing, "it is not shown now".into()),
            },
        };
        let sentence = format!("event {index} is held by export ({holder}): {what}");
        findings.push(Finding::about_event(kind, index, entry, sentence));
    }
    findings
}

/// The roots that sound records have.
pub(in crate::audit) fn roots(leaves: &Leaves, records: &[RecordLine]) -> BTreeMap<u64, Root> {
    records
        .iter()
        .filter(|line| line.record.contains("disclosures"))
        .filter(|line| leaves.at(line.index).is_some_and(|leaf| is_of(line, &leaf.0)))
        .filter_map(|line| match serde_json::from_str(&line.record) {
            Ok(LogRecord::Disclosures { root }) => Some((line.index, Root { root, at: line.at })),
            _ => None,
        })
        .collect()
}

/// The events that each entry stands for, in the order of the export.
pub(in crate::audit) fn by_entry(periods: &[PeriodLine]) -> BTreeMap<u64, Vec<&EventLine>> {
    let mut shown: BTreeMap<u64, Vec<&EventLine>> = BTreeMap::new();
    for period in periods {
        if let Some(entry) = period.entry {
            shown.entry(entry).or_default().extend(&period.events);
        }
    }
    shown
}

/// Whether these are the events that an entry with that root stands for.
pub(in crate::audit) fn have_root(events: &[&EventLine], root: &Root) -> bool {
    let leaves: Option<Vec<_>> = events.iter().map(|event| leaf_of(event)).collect();
    leaves.is_some_and(|leaves| root_of(&leaves) == root.root)
}

/// Events are numbered from 0 without a gap, and periods rise.
fn in_sequence(periods: &[PeriodLine]) -> Vec<Finding> {
    let (mut findings, mut expected, mut before) = (Vec::new(), 0_u64, None);
    for period in periods {
        if let (Some(before), Some(entry)) = (before, period.entry)
            && entry <= before
        {
            let sentence = format!("events of entry {entry} stand after those of entry {before}");
            findings.push(Finding::at(FindingKind::EventsDiffer, entry, sentence));
        }
        before = period.entry.or(before);
        for event in &period.events {
            let index = event.index;
            if index > expected {
                let last = index.saturating_sub(1);
                let which = if last == expected {
                    format!("event {expected} is")
                } else {
                    format!("events {expected} to {last} are")
                };
                findings.push(Finding::about_event(
                    FindingKind::EventMissing,
                    expected,
                    period.entry,
                    format!("{which} missing, and not said to be erased: hashes of these stay"),
                ));
            } else if index < expected {
                let sentence = format!("event {index} stands after one of a higher number");
                let moved = FindingKind::EventMoved;
                findings.push(Finding::about_event(moved, index, period.entry, sentence));
            }
            expected = expected.max(index.saturating_add(1));
        }
    }
    findings
}

/// Holds each event against its salted hash, and the time beside it against the one that it says.
fn hold_each(periods: &[PeriodLine]) -> Vec<Finding> {
    let (mut findings, mut is_dated) = (Vec::new(), false);
    for period in periods {
        for event in &period.events {
            let index = event.index;
            let (Some(salt), Some(record)) = (&event.salt, &event.record) else { continue };
            if leaf_of(event) != salted(salt, record) {
                findings.push(Finding::about_event(
                    FindingKind::EventChanged,
                    index,
                    period.entry,
                    format!("event {index} is not what its salted hash stands for"),
                ));
                continue;
            }
            let said = LogRecord::time_in(record.as_bytes());
            // Events of older programs do not say it, and there are none after the first that does.
            let is_of_time = said.map_or(!is_dated, |said| said == event.at.unix_timestamp());
            is_dated |= said.is_some();
            if !is_of_time {
                let sentence = format!("event {index} is of another time than is said");
                let kind = FindingKind::EventTimeChanged;
                findings.push(Finding::about_event(kind, index, period.entry, sentence));
            }
        }
    }
    findings
}

/// What was erased has to be older than an erasure reached. Its time is the bureau's word, but it is not
/// of before the period that ended last before it.
fn hold_erased(
    periods: &[PeriodLine],
    roots: &BTreeMap<u64, Root>,
    erasures: &[Erasure],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for period in periods {
        let ended = match period.entry {
            Some(entry) => roots.range(..entry).next_back(),
            None => roots.iter().next_back(),
        };
        let since = ended.map(|(_, root)| root.at.saturating_sub(CLOCKS_DIFFER));
        for event in period.events.iter().filter(|event| event.record.is_none()) {
            let at = since.map_or(event.at, |since| since.max(event.at)).unix_timestamp();
            if erasures.iter().any(|one| one.before.unix_timestamp() > at) {
                continue;
            }
            findings.push(Finding::about_event(
                FindingKind::EventErasedUnsaid,
                event.index,
                period.entry,
                format!("event {} was erased without an entry that says so", event.index),
            ));
        }
    }
    findings
}

/// Holds the events of one period against the root that the log has of them.
fn hold_root(entry: u64, root: &str, events: &[&EventLine]) -> Vec<Finding> {
    let leaves: Option<Vec<_>> = events.iter().map(|event| leaf_of(event)).collect();
    let Some(mut leaves) = leaves else {
        let sentence = format!("an event of entry {entry} has no salted hash");
        return vec![Finding::at(FindingKind::EventsDiffer, entry, sentence)];
    };
    if root_of(&leaves) == root {
        return Vec::new();
    }
    if let Some((one, other)) = swapped(&mut leaves, root) {
        let name = |place: usize| events.get(place).map_or(0, |event| event.index);
        let (one, other) = (name(one), name(other));
        let sentence =
            format!("events {one} and {other} of entry {entry} stand in each other's place");
        let kind = FindingKind::EventMoved;
        return vec![Finding::about_event(kind, one, Some(entry), sentence)];
    }
    let which = match (events.first(), events.last()) {
        (Some(first), Some(last)) => format!(
            "events {} to {} are not those that entry {entry} stands for: one was changed, removed, \
             added or put in another order",
            first.index, last.index
        ),
        _ => format!("entry {entry} stands for events, and none are shown"),
    };
    let finding = Finding::at(FindingKind::EventsDiffer, entry, which);
    vec![Finding { event: events.first().map(|event| event.index), ..finding }]
}

/// The two places whose events, exchanged, give the root.
fn swapped(leaves: &mut [LeafHash], root: &str) -> Option<(usize, usize)> {
    if leaves.len() > MOST_SEARCHED {
        return None;
    }
    for one in 0..leaves.len() {
        for other in one.saturating_add(1)..leaves.len() {
            leaves.swap(one, other);
            let is_it = root_of(leaves) == root;
            leaves.swap(one, other);
            if is_it {
                return Some((one, other));
            }
        }
    }
    None
}

fn root_of(leaves: &[LeafHash]) -> String {
    let mut tree = Frontier::default();
    leaves.iter().for_each(|leaf| tree.append(leaf));
    hex::encode(tree.root().0)
}

pub(in crate::audit) fn leaf_of(event: &EventLine) -> Option<LeafHash> {
    let mut leaf = [0; 32];
    hex::decode_to_slice(&event.leaf, &mut leaf).ok()?;
    Some(LeafHash(leaf))
}

pub(in crate::audit) fn salted(salt: &str, record: &str) -> Option<LeafHash> {
    let mut bytes = [0; SALT_LEN];
    hex::decode_to_slice(salt, &mut bytes).ok()?;
    Some(Commitment::new(&bytes, record.as_bytes()).leaf_hash())
}

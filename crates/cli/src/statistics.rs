//! A bureau's statistics as a table in which nobody can be recognised.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use symbolon_policy::statistics::{SMALLEST_SHOWN, Sum, band, time_within, withheld};
use symbolon_store::{HitTally, Measure, Side, Tally};

/// What stands for "all" in a row of totals.
const ALL: &str = "all";

/// The statistics of a period.
#[derive(Serialize)]
pub(crate) struct Report {
    /// The first day, UTC.
    pub(crate) from: String,
    /// The last day.
    pub(crate) to: String,
    /// What this bureau asked; the last row is of all.
    pub(crate) asked: Vec<Row>,
    /// What partners asked of it; the last row is of all.
    pub(crate) answered: Vec<Row>,
}

/// A partner's list, for one purpose.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) side: &'static str,
    pub(crate) partner: String,
    pub(crate) dataset: String,
    pub(crate) purpose: String,
    pub(crate) checks: Cell,
    pub(crate) answered: Cell,
    pub(crate) refused: Cell,
    /// Of partners' questions, a band only.
    pub(crate) elements: Cell,
    /// This bureau knows only those of its own checks.
    pub(crate) hits: Option<Cell>,
    /// Of its standing checks, found since: each counts once.
    pub(crate) standing_hits: Option<Cell>,
    pub(crate) confirmations: Cell,
    pub(crate) disclosures: Cell,
    /// Refused or not answered, by reason.
    pub(crate) refusals: BTreeMap<String, Cell>,
    /// Half of the answers took at most so long, to within a fifth.
    pub(crate) median_ms: Option<u64>,
    /// Nineteen of twenty did.
    pub(crate) within_95_ms: Option<u64>,
}

/// A number, unless it is withheld.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Cell {
    /// The lowest that it can be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<u64>,
    /// The highest that it can be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<u64>,
    pub(crate) withheld: bool,
}

impl Cell {
    /// As a person reads it.
    pub(crate) fn shown(&self) -> String {
        match (self.from, self.to) {
            (Some(from), Some(to)) if from == to => from.to_string(),
            (Some(from), Some(to)) => format!("{from}-{to}"),
            _ => "*".to_owned(),
        }
    }
}

impl Row {
    /// All numbers with their names.
    pub(crate) fn cells(&self) -> Vec<(String, &Cell)> {
        let mut cells = vec![
            ("checks".to_owned(), &self.checks),
            ("answered".to_owned(), &self.answered),
            ("refused".to_owned(), &self.refused),
            ("elements".to_owned(), &self.elements),
            ("confirmations".to_owned(), &self.confirmations),
            ("disclosures".to_owned(), &self.disclosures),
        ];
        cells.extend(self.hits.as_ref().map(|hits| ("hits".to_owned(), hits)));
        let of_standing = self.standing_hits.as_ref();
        cells.extend(of_standing.map(|hits| ("standing_hits".to_owned(), hits)));
        let by_reason = |(reason, cell)| (format!("refused: {reason}"), cell);
        cells.extend(self.refusals.iter().map(by_reason));
        cells
    }
}

/// The numbers of a row before any is withheld.
#[derive(Clone, Default)]
struct Numbers {
    answered: u64,
    refused: BTreeMap<String, u64>,
    elements: u64,
    answered_elements: u64,
    hits: u64,
    standing_hits: u64,
    confirmations: u64,
    disclosures: u64,
    times: BTreeMap<u16, u64>,
}

/// Places of numbers within a row; refusals by reason come after.
#[derive(Clone, Copy)]
enum Column {
    Checks,
    Answered,
    Refused,
    Elements,
    AnsweredElements,
    OtherElements,
    Hits,
    NoHits,
    Confirmations,
    Disclosures,
    StandingHits,
}

const COLUMNS: usize = 11;

impl Report {
    /// The report on what was counted.
    pub(crate) fn new(from: String, to: String, tallies: &[Tally], hits: &[HitTally]) -> Self {
        Self {
            from,
            to,
            asked: rows(Side::Asked, tallies, hits),
            answered: rows(Side::Answered, tallies, &[]),
        }
    }
}

type Key = (String, String, String);

fn rows(side: Side, tallies: &[Tally], hits: &[HitTally]) -> Vec<Row> {
    let mut numbers: BTreeMap<Key, Numbers> = BTreeMap::new();
    for tally in tallies.iter().filter(|tally| tally.side == side) {
        let key = (tally.partner.to_string(), tally.dataset.clone(), tally.purpose.clone());
        numbers.entry(key).or_default().add(&tally.measure, tally.count);
    }
    for one in hits {
        let key = (one.partner.to_string(), one.dataset.clone(), one.purpose.clone());
        let row = numbers.entry(key).or_default();
        let to = if one.standing { &mut row.standing_hits } else { &mut row.hits };
        *to = to.saturating_add(one.hits);
    }
    if numbers.is_empty() {
        return Vec::new();
    }
    let reasons: BTreeSet<String> =
        numbers.values().flat_map(|row| row.refused.keys().cloned()).collect();
    let reasons: Vec<String> = reasons.into_iter().collect();
    let mut all = Numbers::default();
    for row in numbers.values() {
        all.add_all(row);
    }
    let mut listed: Vec<(Key, Numbers)> = numbers.into_iter().collect();
    listed.push(((ALL.to_owned(), String::new(), String::new()), all));

    let width = COLUMNS.saturating_add(reasons.len());
    let flat: Vec<u64> = listed.iter().flat_map(|(_, row)| row.flat(&reasons)).collect();
    let hidden = withheld(&flat, &of_few(&flat, width), &sums(listed.len(), width));
    let mut flat = flat.iter().zip(&hidden);
    let mut rows = Vec::new();
    for (key, numbers) in listed {
        let cells: Vec<(u64, bool)> =
            flat.by_ref().take(width).map(|(number, hidden)| (*number, *hidden)).collect();
        rows.push(row(side, key, &numbers, &cells, &reasons));
    }
    rows
}

/// All numbers of rows with few checks: what is known of these is about as few people.
fn of_few(flat: &[u64], width: usize) -> Vec<usize> {
    flat.chunks(width)
        .enumerate()
        .filter(|(_, row)| row.first().is_some_and(|checks| (1..SMALLEST_SHOWN).contains(checks)))
        .flat_map(|(number, row)| {
            let first = number.saturating_mul(width);
            first..first.saturating_add(row.len())
        })
        .collect()
}

/// What is the sum of what: within each row, and of each column in the row of totals.
fn sums(rows: usize, width: usize) -> Vec<Sum> {
    let place = |row: usize, column: usize| row.saturating_mul(width).saturating_add(column);
    let mut sums = Vec::new();
    for row in 0..rows {
        let of = |whole: Column, parts: &[usize]| Sum {
            whole: place(row, whole as usize),
            parts: parts.iter().map(|part| place(row, *part)).collect(),
        };
        let reasons: Vec<usize> = (COLUMNS..width).collect();
        sums.push(of(Column::Checks, &[Column::Answered as usize, Column::Refused as usize]));
        sums.push(of(Column::Refused, &reasons));
        sums.push(of(
            Column::Elements,
            &[Column::AnsweredElements as usize, Column::OtherElements as usize],
        ));
        sums.push(of(Column::AnsweredElements, &[Column::Hits as usize, Column::NoHits as usize]));
    }
    let total = rows.saturating_sub(1);
    sums.extend((0..width).map(|column| Sum {
        whole: place(total, column),
        parts: (0..total).map(|row| place(row, column)).collect(),
    }));
    sums
}

fn row(
    side: Side,
    (partner, dataset, purpose): Key,
    numbers: &Numbers,
    cells: &[(u64, bool)],
    reasons: &[String],
) -> Row {
    let at = |place: usize| cells.get(place).copied().unwrap_or((0, true));
    let cell = |column: Column| exact(at(column as usize));
    let elements = at(Column::Elements as usize);
    let times: Vec<(u16, u64)> =
        numbers.times.iter().map(|(step, count)| (*step, *count)).collect();
    let counted: u64 = times.iter().map(|(_, count)| count).sum();
    let time = |percent| {
        time_within(percent, &times)
            .filter(|_| counted >= SMALLEST_SHOWN && !cell(Column::Answered).withheld)
    };
    Row {
        side: side.as_str(),
        partner,
        dataset,
        purpose,
        checks: cell(Column::Checks),
        answered: cell(Column::Answered),
        refused: cell(Column::Refused),
        elements: match side {
            Side::Asked => exact(elements),
            Side::Answered => coarse(elements),
        },
        hits: (side == Side::Asked).then(|| cell(Column::Hits)),
        standing_hits: (side == Side::Asked).then(|| cell(Column::StandingHits)),
        confirmations: cell(Column::Confirmations),
        disclosures: cell(Column::Disclosures),
        refusals: reasons
            .iter()
            .enumerate()
            .map(|(number, reason)| (reason.clone(), at(COLUMNS.saturating_add(number))))
            .filter(|(_, (number, _))| *number > 0)
            .map(|(reason, one)| (reason, exact(one)))
            .collect(),
        median_ms: time(50),
        within_95_ms: time(95),
    }
}

fn exact((number, withheld): (u64, bool)) -> Cell {
    let shown = Some(number).filter(|_| !withheld);
    Cell { from: shown, to: shown, withheld }
}

fn coarse((number, withheld): (u64, bool)) -> Cell {
    let (from, to) = band(number);
    let shown = |number| Some(number).filter(|_| !withheld);
    Cell { from: shown(from), to: shown(to), withheld }
}

impl Numbers {
    fn add(&mut self, measure: &Measure, count: u64) {
        let to = match measure {
            Measure::Elements => &mut self.elements,
            Measure::AnsweredElements => &mut self.answered_elements,
            Measure::Answered => &mut self.answered,
            Measure::Refused(reason) => self.refused.entry(reason.clone()).or_default(),
            Measure::Time(step) => self.times.entry(*step).or_default(),
            Measure::Confirmations => &mut self.confirmations,
            Measure::Disclosures => &mut self.disclosures,
        };
        *to = to.saturating_add(count);
    }

    fn add_all(&mut self, other: &Self) {
        for (measure, count) in [
            (Measure::Elements, other.elements),
            (Measure::AnsweredElements, other.answered_elements),
            (Measure::Answered, other.answered),
            (Measure::Confirmations, other.confirmations),
            (Measure::Disclosures, other.disclosures),
        ] {
            self.add(&measure, count);
        }
        for (reason, count) in &other.refused {
            self.add(&Measure::Refused(reason.clone()), *count);
        }
        for (step, count) in &other.times {
            self.add(&Measure::Time(*step), *count);
        }
        self.hits = self.hits.saturating_add(other.hits);
        self.standing_hits = self.standing_hits.saturating_add(other.standing_hits);
    }

    /// All numbers, in the order of [`Column`], then refusals by reason.
    fn flat(&self, reasons: &[String]) -> Vec<u64> {
        let refused: u64 = self.refused.values().sum();
        let mut flat = vec![
            self.answered.saturating_add(refused),
            self.answered,
            refused,
            self.elements,
            self.answered_elements,
            self.elements.saturating_sub(self.answered_elements),
            self.hits,
            self.answered_elements.saturating_sub(self.hits),
            self.confirmations,
            self.disclosures,
            self.standing_hits,
        ];
        flat.extend(reasons.iter().map(|reason| self.refused.get(reason).copied().unwrap_or(0)));
        flat
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(side: Side, dataset: &str, measure: Measure, count: u64) -> Tally {
        Tally {
            side,
            partner: "DEU".parse().unwrap(),
            dataset: dataset.to_owned(),
            purpose: "border_check".to_owned(),
            measure,
            count,
        }
    }

    fn hits(dataset: &str, hits: u64) -> HitTally {
        HitTally {
            partner: "DEU".parse().unwrap(),
            dataset: dataset.to_owned(),
            purpose: "border_check".to_owned(),
            standing: false,
            hits,
        }
    }

    fn report(tallies: &[Tally], hits: &[HitTally]) -> Report {
        Report::new("2026-01-01".to_owned(), "2026-01-31".to_owned(), tallies, hits)
    }

    fn asked(dataset: &str, answered: u64, elements: u64) -> Vec<Tally> {
        vec![
            tally(Side::Asked, dataset, Measure::Answered, answered),
            tally(Side::Asked, dataset, Measure::Elements, elements),
            tally(Side::Asked, dataset, Measure::AnsweredElements, elements),
            tally(Side::Asked, dataset, Measure::Time(40), answered),
        ]
    }

    #[test]
    fn numbers_that_are_large_enough_are_shown_with_their_totals() {
        let tallies = [asked("a", 100, 1_000), asked("b", 50, 500)].concat();
        let report = report(&tallies, &[hits("a", 20), hits("b", 10)]);
        let shown: Vec<_> = report
            .asked
            .iter()
            .map(|row| (row.partner.as_str(), row.checks.from, row.hits.as_ref().unwrap().from))
            .collect();
        let expected = [
            ("DEU", Some(100), Some(20)),
            ("DEU", Some(50), Some(10)),
            ("all", Some(150), Some(30)),
        ];
        assert_eq!(shown, expected);
        assert!(report.asked[0].median_ms.is_some());
        assert!(report.answered.is_empty());
    }

    #[test]
    fn of_a_row_with_few_checks_nothing_is_shown_and_the_total_does_not_give_it_away() {
        let tallies = [asked("a", 3, 12), asked("b", 50, 500), asked("c", 90, 900)].concat();
        let report = report(&tallies, &[hits("a", 6), hits("b", 10), hits("c", 40)]);
        let few = &report.asked[0];
        for cell in [&few.checks, &few.answered, &few.elements, few.hits.as_ref().unwrap()] {
            assert!(cell.withheld, "{cell:?}");
            assert_eq!((cell.from, cell.shown().as_str()), (None, "*"));
        }
        assert_eq!((few.median_ms, few.within_95_ms), (None, None));
        // 143 - 90 is of two rows, of which neither is shown.
        let checks: Vec<_> = report.asked.iter().map(|row| row.checks.from).collect();
        assert_eq!(checks, [None, None, Some(90), Some(143)]);
    }

    #[test]
    fn few_hits_are_withheld_and_so_are_all_but_a_few() {
        let of = |found| {
            let tallies = [asked("a", 100, 1_000), asked("b", 50, 500)].concat();
            let report = report(&tallies, &[hits("a", found), hits("b", 50)]);
            report.asked[0].hits.as_ref().unwrap().clone()
        };
        assert!(of(3).withheld);
        // Three of a thousand were no hits.
        assert!(of(997).withheld);
        assert_eq!(of(0).shown(), "0");
        assert_eq!(of(40).shown(), "40");
    }

    #[test]
    fn hits_of_standing_checks_stand_beside_those_of_checks_and_few_are_withheld() {
        let of = |found| {
            let standing = HitTally { standing: true, ..hits("a", found) };
            let report = report(&asked("a", 100, 1_000), &[hits("a", 40), standing]);
            assert_eq!(report.asked[0].hits.as_ref().unwrap().shown(), "40");
            report.asked[0].standing_hits.as_ref().unwrap().shown()
        };
        assert_eq!((of(3).as_str(), of(30).as_str()), ("*", "30"));
    }

    #[test]
    fn a_rare_reason_does_not_follow_from_the_others() {
        let mut tallies = asked("a", 100, 1_000);
        for (reason, count) in [("quota_exhausted", 2), ("timeout", 30), ("unreachable", 9)] {
            tallies.push(tally(Side::Asked, "a", Measure::Refused(reason.to_owned()), count));
        }
        let report = report(&tallies, &[hits("a", 50)]);
        let row = &report.asked[0];
        assert!(row.refusals["quota_exhausted"].withheld);
        assert!(row.refusals["unreachable"].withheld);
        assert_eq!(row.refusals["timeout"].from, Some(30));
        assert_eq!(row.refused.from, Some(41));
    }

    #[test]
    fn elements_of_partners_are_shown_in_bands_and_their_hits_not_at_all() {
        let tallies = [
            tally(Side::Answered, "a", Measure::Answered, 20),
            tally(Side::Answered, "a", Measure::Elements, 12_345),
        ];
        let report = report(&tallies, &[]);
        let row = &report.answered[0];
        assert_eq!(row.elements.shown(), "10000-99999");
        assert!(row.hits.is_none());
        assert!(report.asked.is_empty());
    }
}

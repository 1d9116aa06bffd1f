//! Some identifiers of a load, with all that it does to them.

use zeroize::Zeroizing;

use super::{Change, Row};

/// What one load does to one record of an identifier; an empty reference means all its records.
#[derive(Clone, Copy)]
pub(crate) struct Step<'a> {
    pub(crate) reference: &'a [u8],
    pub(crate) change: Change,
    /// Rises from row to row of the load.
    pub(crate) row: u64,
}

/// All that a load does to some identifiers of one type, in byte order.
#[derive(Default)]
pub(crate) struct Batch {
    groups: Vec<Group>,
    steps: Vec<StoredStep>,
    bytes: Zeroizing<Vec<u8>>,
}

struct Group {
    canonical: Span,
    steps: Span,
}

#[derive(Clone, Copy)]
struct Span {
    from: usize,
    to: usize,
}

struct StoredStep {
    reference: Span,
    change: Change,
    row: u64,
}

impl Batch {
    pub(crate) fn len(&self) -> usize {
        self.groups.len()
    }

    /// Canonical bytes of each identifier, with what happens to its records in byte order of the
    /// references.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], impl Iterator<Item = Step<'_>>)> {
        self.groups.iter().map(|group| {
            let steps = self.steps.get(group.steps.from..group.steps.to).unwrap_or_default();
            let steps = steps.iter().map(|step| Step {
                reference: self.bytes(step.reference),
                change: step.change,
                row: step.row,
            });
            (self.bytes(group.canonical), steps)
        })
    }

    fn bytes(&self, span: Span) -> &[u8] {
        self.bytes.get(span.from..span.to).unwrap_or_default()
    }

    fn keep(&mut self, bytes: &[u8]) -> Span {
        let from = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        Span { from, to: self.bytes.len() }
    }

    pub(super) fn clear(&mut self) {
        self.groups.clear();
        self.steps.clear();
        self.bytes.clear();
    }

    /// Takes the next row; says whether it names another identifier than the one before.
    pub(super) fn push(&mut self, row: &Row<'_>) {
        let same =
            self.groups.last().is_some_and(|group| self.bytes(group.canonical) == row.canonical);
        if !same {
            let canonical = self.keep(row.canonical);
            let steps = Span { from: self.steps.len(), to: self.steps.len() };
            self.groups.push(Group { canonical, steps });
        }
        let repeated = same
            && self.steps.last().is_some_and(|step| self.bytes(step.reference) == row.reference);
        if repeated {
            // Of two rows on one record the later one counts.
            self.steps.pop();
        }
        let reference = self.keep(row.reference);
        self.steps.push(StoredStep { reference, change: row.change, row: row.number });
        if let Some(group) = self.groups.last_mut() {
            group.steps.to = self.steps.len();
        }
    }
    /// Whether `row` begins an identifier for which there is no place.
    pub(super) fn is_full(&self, row: &Row<'_>, most: usize) -> bool {
        self.groups.len() >= most
            && self.groups.last().is_some_and(|group| self.bytes(group.canonical) != row.canonical)
    }
}

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher as _, RandomState},
    ops::Range,
    sync::Arc,
};

use symbolon_identifiers::{Identifier, IdentifierType};
use zeroize::Zeroizing;

use crate::plan::Item;

/// Identifiers of one type, each once, with the numbers under which the caller knows them.
pub(crate) struct Batch {
    pub(crate) kind: IdentifierType,
    /// Their OPRF inputs.
    pub(crate) inputs: Arc<Inputs>,
    /// The caller's numbers of the items of this type.
    pub(crate) references: Arc<[u64]>,
    /// For each of these the place of its identifier among the inputs; equal items share one.
    places: Box<[u32]>,
}

/// OPRF inputs of one type end to end: a million of them are one allocation, which is wiped.
pub(crate) struct Inputs {
    bytes: Zeroizing<Vec<u8>>,
    /// Where each ends.
    ends: Vec<usize>,
    /// What precedes the canonical bytes in each.
    frame_len: usize,
}

impl Batch {
    /// `items` by type, in the order in which each identifier first comes.
    pub(crate) fn group(items: &[Item]) -> Vec<Self> {
        let mut by_kind: BTreeMap<IdentifierType, Vec<&Item>> = BTreeMap::new();
        for item in items {
            by_kind.entry(item.identifier.kind()).or_default().push(item);
        }
        by_kind.into_iter().map(|(kind, items)| Self::new(kind, &items)).collect()
    }

    fn new(kind: IdentifierType, items: &[&Item]) -> Self {
        let firsts = first_of_equals(items.iter().map(|item| &item.identifier));
        let mut different = Vec::with_capacity(items.len());
        let mut places = Vec::with_capacity(items.len());
        for (number, (item, first)) in items.iter().zip(firsts).enumerate() {
            let place = if first == number {
                different.push(&item.identifier);
                u32::try_from(different.len().saturating_sub(1)).unwrap_or(u32::MAX)
            } else {
                // What comes first has its place already.
                places.get(first).copied().unwrap_or(u32::MAX)
            };
            places.push(place);
        }
        let places = places.into();
        let references = items.iter().map(|item| item.reference).collect();
        Self { kind, inputs: Arc::new(Inputs::of(&different)), references, places }
    }

    /// How many different identifiers.
    pub(crate) fn count(&self) -> usize {
        self.inputs.count()
    }

    /// From one answer for each different identifier to one for each of the caller's numbers.
    pub(crate) fn for_caller(&self, answers: &[bool]) -> Vec<bool> {
        let answer = |place: &u32| {
            usize::try_from(*place).ok().and_then(|place| answers.get(place)).copied()
        };
        self.places.iter().map(|place| answer(place).unwrap_or(false)).collect()
    }

    /// The same for what only some have: by the place of the caller's number. `labels` is ascending.
    pub(crate) fn labels_for_caller<L: Clone>(&self, labels: &[(usize, L)]) -> BTreeMap<usize, L> {
        if labels.is_empty() {
            return BTreeMap::new();
        }
        let label = |place: &u32| {
            let place = usize::try_from(*place).ok()?;
            let found = labels.binary_search_by_key(&place, |(place, _)| *place).ok()?;
            labels.get(found).map(|(_, label)| label.clone())
        };
        let found = self.places.iter().enumerate();
        found.filter_map(|(number, place)| Some((number, label(place)?))).collect()
    }
}

/// For each identifier the number of the first one equal to it.
///
/// Sorts hashes instead of filling a table: a million identifiers lie all over the memory, and each
/// is visited in order, once. The hash has a random key, so that nobody can make many collide.
pub(crate) fn first_of_equals<'a>(
    identifiers: impl ExactSizeIterator<Item = &'a Identifier> + Clone,
) -> Vec<usize> {
    let state = RandomState::new();
    let mut hashes: Vec<(u64, usize)> = identifiers
        .clone()
        .enumerate()
        .map(|(number, identifier)| (state.hash_one(identifier), number))
        .collect();
    hashes.sort_unstable();
    let mut firsts: Vec<usize> = (0..hashes.len()).collect();
    let mut all: Option<Vec<&Identifier>> = None;
    for same in hashes.chunk_by(|one, other| one.0 == other.0).filter(|same| same.len() > 1) {
        let all = all.get_or_insert_with(|| identifiers.clone().collect());
        let mut known: HashMap<&Identifier, usize> = HashMap::new();
        for (_, number) in same {
            let Some(identifier) = all.get(*number) else { continue };
            let first = *known.entry(identifier).or_insert(*number);
            if let Some(to) = firsts.get_mut(*number) {
                *to = first;
            }
        }
    }
    firsts
}

impl Inputs {
    fn of(identifiers: &[&Identifier]) -> Self {
        let frame_len = identifiers.first().map_or(0, |identifier| {
            identifier.oprf_input().len().saturating_sub(identifier.canonical().len())
        });
        let len = |identifier: &&Identifier| identifier.canonical().len().saturating_add(frame_len);
        // Room for all from the start: a vector that grew would leave copies that nobody wipes.
        let mut bytes = Zeroizing::new(Vec::with_capacity(identifiers.iter().map(len).sum()));
        let mut ends = Vec::with_capacity(identifiers.len());
        for identifier in identifiers {
            bytes.extend_from_slice(&identifier.oprf_input());
            ends.push(bytes.len());
        }
        Self { bytes, ends, frame_len }
    }

    pub(crate) fn count(&self) -> usize {
        self.ends.len()
    }

    /// The inputs at these places, as far as there are such.
    pub(crate) fn at(&self, places: Range<usize>) -> Vec<&[u8]> {
        let mut start = match places.start.checked_sub(1) {
            None => 0,
            Some(before) => self.ends.get(before).copied().unwrap_or(self.bytes.len()),
        };
        let ends = self.ends.get(places.start..places.end.min(self.ends.len()));
        ends.unwrap_or_default()
            .iter()
            .map(|end| {
                let input = self.bytes.get(start..*end).unwrap_or_default();
                start = *end;
                input
            })
            .collect()
    }

    /// The canonical bytes, in order.
    pub(crate) fn canonical(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let from = start + self.frame_len;
            start = *end;
            self.bytes.get(from..*end).unwrap_or_default()
        })
    }
}

#[cfg(test)]
mod tests {
    use symbolon_identifiers::parse;

    use super::*;

    fn mail(reference: u64, value: &str) -> Item {
        let identifier = parse(IdentifierType::Email, value, None).unwrap();
        Item { reference, identifier }
    }

    #[test]
    fn equal_identifiers_are_one_input_and_each_number_has_its_answer() {
        let items = [mail(7, "a@x.example"), mail(5, "b@x.example"), mail(9, "A@x.example")];
        let batches = Batch::group(&items);
        let batch = &batches[0];
        assert_eq!((batches.len(), batch.count()), (1, 2));
        assert_eq!(*batch.references, [7, 5, 9]);
        assert_eq!(batch.for_caller(&[true, false]), [true, false, true]);
        let labels = batch.labels_for_caller(&[(0, "a")]);
        assert_eq!(labels, [(0, "a"), (2, "a")].into());
    }

    #[test]
    fn each_identifier_knows_the_first_of_its_equals() {
        let items: Vec<_> = (0..500).map(|i| mail(i, &format!("n{}@x.example", i % 7))).collect();
        let firsts = first_of_equals(items.iter().map(|item| &item.identifier));
        assert!(firsts.iter().enumerate().all(|(number, first)| *first == number % 7));
    }

    #[test]
    fn inputs_and_canonical_bytes_are_those_of_the_identifiers() {
        let items: Vec<_> = (0..5).map(|i| mail(i, &format!("number{i}@x.example"))).collect();
        let batch = &Batch::group(&items)[0];
        let expected: Vec<_> = items.iter().map(|item| item.identifier.oprf_input()).collect();
        for range in [0..5, 0..0, 1..3, 4..9, 5..6, 8..9] {
            let end = range.end.min(5);
            let expected: Vec<_> = expected[range.start.min(end)..end].to_vec();
            let inputs = batch.inputs.at(range);
            assert!(inputs.iter().copied().eq(expected.iter().map(|input| input.as_slice())));
        }
        let canonical = items.iter().map(|item| item.identifier.canonical());
        assert!(batch.inputs.canonical().eq(canonical));
    }
}

//! What facts consist of: how each kind of value is put to Cedar, and which other values lie near.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::RestrictedExpression as Expression;
use serde::{Deserialize, Serialize};
use symbolon_identifiers::IdentifierType;

use super::codes::Code;

/// A fact of a record of facts.
pub(super) trait Fact: Sized {
    /// Adds the attribute or attributes that rules see. `None` only by a mistake in this program.
    fn push(&self, name: &str, into: &mut Vec<(String, Expression)>) -> Option<()>;

    /// Other values at which a decision may turn.
    fn neighbours(&self, near: &Near) -> Vec<Self>;
}

/// The constants of some rules and their examples: decisions turn at them.
#[derive(Default, Debug)]
pub(super) struct Near {
    pub(super) numbers: BTreeSet<u64>,
    pub(super) words: BTreeSet<String>,
}

impl Near {
    fn numbers(&self) -> impl Iterator<Item = u64> {
        let around =
            self.numbers.iter().flat_map(|n| [n.saturating_sub(1), *n, n.saturating_add(1)]);
        around.chain([0, 1]).collect::<BTreeSet<_>>().into_iter()
    }
}

/// A single fact changed in a case.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Change {
    /// The fact.
    pub fact: String,
    /// Its changed value.
    pub value: serde_json::Value,
}

fn number(value: u64) -> Expression {
    // Cedar's numbers end at 2^63 - 1; no count comes near.
    Expression::new_long(i64::try_from(value).unwrap_or(i64::MAX))
}

impl Fact for bool {
    fn push(&self, name: &str, into: &mut Vec<(String, Expression)>) -> Option<()> {
        into.push((name.to_owned(), Expression::new_bool(*self)));
        Some(())
    }

    fn neighbours(&self, _: &Near) -> Vec<Self> {
        vec![!self]
    }
}

impl Fact for u64 {
    fn push(&self, name: &str, into: &mut Vec<(String, Expression)>) -> Option<()> {
        into.push((name.to_owned(), number(*self)));
        Some(())
    }

    fn neighbours(&self, near: &Near) -> Vec<Self> {
        near.numbers().filter(|n| n != self).collect()
    }
}

impl Fact for String {
    fn push(&self, name: &str, into: &mut Vec<(String, Expression)>) -> Option<()> {
        into.push((name.to_owned(), Expression::new_string(self.clone())));
        Some(())
    }

    fn neighbours(&self, near: &Near) -> Vec<Self> {
        let others = near.words.iter().filter(|word| *word != self).cloned();
        let empty = (!self.is_empty()).then(Self::new);
        others.chain(empty).collect::<BTreeSet<_>>().into_iter().collect()
    }
}

impl Fact for BTreeSet<String> {
    fn push(&self, name: &str, into: &mut Vec<(String, Expression)>) -> Option<()> {
        let items = self.iter().cloned().map(Expression::new_string);
        into.push((name.to_owned(), Expression::new_set(items)));
        Some(())
    }

    fn neighbours(&self, near: &Near) -> Vec<Self> {
        one_more_or_less(self, near.words.iter().cloned())
    }
}

impl<C: Code> Fact for BTreeSet<C> {
    fn push(&self, name: &str, into: &mut Vec<(String, Expression)>) -> Option<()> {
        let items: Vec<_> = self.iter().map(|code| expression(*code)).collect::<Option<_>>()?;
        into.push((name.to_owned(), Expression::new_set(items)));
        Some(())
    }

    fn neighbours(&self, _: &Near) -> Vec<Self> {
        one_more_or_less(self, C::all().iter().copied())
    }
}

/// The set with each candidate in turn put in or taken out, and the empty set.
fn one_more_or_less<T: Ord + Clone>(
    set: &BTreeSet<T>,
    candidates: impl Iterator<Item = T>,
) -> Vec<BTreeSet<T>> {
    let candidates: BTreeSet<T> = candidates.chain(set.iter().cloned()).collect();
    let mut sets = vec![BTreeSet::new()];
    for candidate in candidates {
        let mut other = set.clone();
        if !other.remove(&candidate) {
            other.insert(candidate);
        }
        sets.push(other);
    }
    sets
}

fn expression<C: Code>(code: C) -> Option<Expression> {
    code.uid().map(Expression::new_entity_uid)
}

macro_rules! code_is_a_fact {
    ($($type:ty),*) => {$(
        impl Fact for $type {
            fn push(&self, name: &str, into: &mut Vec<(String, Expression)>) -> Option<()> {
                into.push((name.to_owned(), expression(*self)?));
                Some(())
            }

            fn neighbours(&self, _: &Near) -> Vec<Self> {
                Self::all().iter().copied().filter(|code| code != self).collect()
            }
        }
    )*};
}

code_is_a_fact!(
    super::Adequacy,
    super::CheckMode,
    super::HandlingCode,
    super::RetentionClass,
    super::SubjectCategory,
    super::Urgency,
    IdentifierType
);

/// How many elements of each identifier type are asked.
///
/// Rules see three attributes: `elements`, with a number for every type; `elements_total`; and
/// `types`, the set of types asked.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, u64>", into = "BTreeMap<String, u64>")]
pub struct ElementCounts(
    // INVARIANT: no count is zero.
    BTreeMap<IdentifierType, u64>,
);

impl ElementCounts {
    /// Of one type only.
    pub fn of(kind: IdentifierType, elements: u64) -> Self {
        [(kind, elements)].into_iter().collect()
    }

    /// Of all types.
    pub fn total(&self) -> u64 {
        self.0.values().fold(0, |sum, count| sum.saturating_add(*count))
    }
}

impl FromIterator<(IdentifierType, u64)> for ElementCounts {
    /// Counts for one type that come several times are added.
    fn from_iter<I: IntoIterator<Item = (IdentifierType, u64)>>(counts: I) -> Self {
        let mut all = BTreeMap::new();
        for (kind, count) in counts {
            if count > 0 {
                let sum: &mut u64 = all.entry(kind).or_default();
                *sum = sum.saturating_add(count);
            }
        }
        Self(all)
    }
}

impl From<ElementCounts> for BTreeMap<String, u64> {
    fn from(counts: ElementCounts) -> Self {
        counts.0.into_iter().map(|(kind, count)| (kind.name().to_owned(), count)).collect()
    }
}

impl TryFrom<BTreeMap<String, u64>> for ElementCounts {
    type Error = String;

    fn try_from(counts: BTreeMap<String, u64>) -> Result<Self, String> {
        let one = |(name, count): (String, u64)| {
            // One spelling in documents; aliases are for people at a keyboard.
            let kind = IdentifierType::ALL.iter().find(|kind| kind.name() == name);
            kind.map(|kind| (*kind, count))
                .ok_or_else(|| format!("no identifier type is called {name:?}"))
        };
        counts.into_iter().map(one).collect()
    }
}

impl Fact for ElementCounts {
    fn push(&self, name: &str, into: &mut Vec<(String, Expression)>) -> Option<()> {
        let each = IdentifierType::ALL.iter().map(|kind| {
            (kind.name().to_owned(), number(self.0.get(kind).copied().unwrap_or_default()))
        });
        into.push((name.to_owned(), Expression::new_record(each).ok()?));
        into.push((format!("{name}_total"), number(self.total())));
        self.0.keys().copied().collect::<BTreeSet<_>>().push("types", into)
    }

    fn neighbours(&self, near: &Near) -> Vec<Self> {
        let kind = self.0.keys().next().copied().unwrap_or(IdentifierType::TravelDocument);
        let sizes = near.numbers().map(|count| Self::of(kind, count));
        let types = IdentifierType::ALL.iter().map(|kind| Self::of(*kind, 1));
        sizes.chain(types).filter(|other| other != self).collect()
    }
}

//! The facts of each point: all that a rule may look at. None of them is an identifier, so they can
//! be kept in the log and decided again.
//!
//! The default of each record is a plain lawful case; examples in rule files say how they differ
//! from it.

mod admission;
mod disclosure;
mod egress;
mod ingress;

use std::collections::BTreeSet;

use cedar_policy::RestrictedExpression;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Adequacy, LegalTables, Point,
    fact::{Change, Near},
};

pub use admission::AdmissionFacts;
pub use disclosure::DisclosureFacts;
pub use egress::EgressFacts;
pub use ingress::IngressFacts;

macro_rules! facts {
    (
        $(#[$doc:meta])*
        $name:ident {
            $($(#[$field_doc:meta])* $field:ident: $type:ty = $default:expr,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl $name {
            pub(in crate::rules) fn attributes(
                &self,
            ) -> Option<Vec<(String, cedar_policy::RestrictedExpression)>> {
                let mut attributes = Vec::with_capacity(64);
                $(crate::rules::fact::Fact::push(
                    &self.$field,
                    stringify!($field),
                    &mut attributes,
                )?;)*
                Some(attributes)
            }

            pub(super) fn neighbours(
                &self,
                near: &crate::rules::fact::Near,
                wanted: &dyn Fn(&str) -> bool,
            ) -> Vec<(&'static str, Self)> {
                let mut all = Vec::new();
                $(if wanted(stringify!($field)) {
                    let values = crate::rules::fact::Fact::neighbours(&self.$field, near);
                    all.extend(values.into_iter().map(|value| {
                        (stringify!($field), Self { $field: value, ..self.clone() })
                    }));
                })*
                all
            }
        }
    };
}
use facts;

/// The facts of one decision, as the log keeps them.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "point", content = "facts", rename_all = "snake_case", deny_unknown_fields)]
pub enum Facts {
    /// May my officer ask this?
    Egress(EgressFacts),
    /// Do I answer this?
    Ingress(IngressFacts),
    /// Do I release this record, to whom, which fields?
    Disclosure(DisclosureFacts),
    /// May this record enter an agreement's tag set?
    Admission(AdmissionFacts),
}

impl Facts {
    /// The plain lawful case of a point, from which examples say how they differ.
    pub fn plain(point: Point) -> Self {
        match point {
            Point::Egress => Self::Egress(EgressFacts::default()),
            Point::Ingress => Self::Ingress(IngressFacts::default()),
            Point::Disclosure => Self::Disclosure(DisclosureFacts::default()),
            Point::Admission => Self::Admission(AdmissionFacts::default()),
        }
    }

    /// The point at which these facts are decided.
    pub fn point(&self) -> Point {
        match self {
            Self::Egress(_) => Point::Egress,
            Self::Ingress(_) => Point::Ingress,
            Self::Disclosure(_) => Point::Disclosure,
            Self::Admission(_) => Point::Admission,
        }
    }

    /// The same facts where a bureau's tables are others. Those of an admission stay as they are: they
    /// are made anew of the record.
    #[must_use]
    pub fn under(mut self, tables: &LegalTables) -> Self {
        match &mut self {
            Self::Egress(facts) => tables.enter_egress(facts),
            Self::Ingress(facts) => tables.enter_ingress(facts),
            Self::Disclosure(facts) => tables.enter_disclosure(facts),
            Self::Admission(_) => {}
        }
        self
    }

    /// Elements of the check that is decided; 0 where no check is.
    pub fn elements_total(&self) -> u64 {
        match self {
            Self::Egress(facts) => facts.elements.total(),
            Self::Ingress(facts) => facts.elements.total(),
            Self::Disclosure(_) | Self::Admission(_) => 0,
        }
    }

    /// Whether data may go to the partner under a derogation in a single case only.
    pub fn is_under_derogation(&self) -> bool {
        let adequacy = match self {
            Self::Egress(facts) => facts.partner_adequacy,
            Self::Ingress(facts) => facts.partner_adequacy,
            Self::Disclosure(facts) => facts.partner_adequacy,
            Self::Admission(facts) => facts.parties_adequacy,
        };
        adequacy == Adequacy::Derogation
    }

    /// The plain case of `point` with `given` in place of what it has.
    pub(super) fn given(point: Point, given: &Map<String, Value>) -> Result<Self, String> {
        let mut fields = Self::plain(point).fields();
        for (fact, value) in given {
            match fields.get_mut(fact) {
                Some(plain) => *plain = value.clone(),
                None => return Err(format!("no fact of {point} is called {fact:?}")),
            }
        }
        let fields = Value::Object(fields);
        match point {
            Point::Egress => read(fields).map(Self::Egress),
            Point::Ingress => read(fields).map(Self::Ingress),
            Point::Disclosure => read(fields).map(Self::Disclosure),
            Point::Admission => read(fields).map(Self::Admission),
        }
    }

    fn fields(&self) -> Map<String, Value> {
        let value = match self {
            Self::Egress(facts) => serde_json::to_value(facts),
            Self::Ingress(facts) => serde_json::to_value(facts),
            Self::Disclosure(facts) => serde_json::to_value(facts),
            Self::Admission(facts) => serde_json::to_value(facts),
        };
        match value {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        }
    }

    pub(super) fn attributes(&self) -> Option<Vec<(String, RestrictedExpression)>> {
        match self {
            Self::Egress(facts) => facts.attributes(),
            Self::Ingress(facts) => facts.attributes(),
            Self::Disclosure(facts) => facts.attributes(),
            Self::Admission(facts) => facts.attributes(),
        }
    }

    /// The facts with one of them changed, in each way at which a decision may turn. Facts that are
    /// not `wanted` are left as they are.
    pub(super) fn neighbours(
        &self,
        near: &Near,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Vec<(&'static str, Self)> {
        match self {
            Self::Egress(facts) => changed(facts.neighbours(near, wanted)),
            Self::Ingress(facts) => changed(facts.neighbours(near, wanted)),
            Self::Disclosure(facts) => changed(facts.neighbours(near, wanted)),
            Self::Admission(facts) => changed(facts.neighbours(near, wanted)),
        }
    }

    pub(super) fn change(&self, fact: &str) -> Change {
        let value = self.fields().remove(fact).unwrap_or_default();
        Change { fact: fact.to_owned(), value }
    }

    /// All words in these facts: codes of bureaus, purposes, datasets.
    pub(super) fn words(&self) -> BTreeSet<String> {
        let mut words = BTreeSet::new();
        for value in self.fields().values() {
            match value {
                Value::String(word) => drop(words.insert(word.clone())),
                Value::Array(items) => {
                    words.extend(items.iter().filter_map(Value::as_str).map(str::to_owned));
                }
                _ => {}
            }
        }
        words
    }
}

fn read<F: for<'de> Deserialize<'de>>(fields: Value) -> Result<F, String> {
    serde_path_to_error::deserialize(fields).map_err(|error| error.to_string())
}

fn changed<F: Into<Facts>>(neighbours: Vec<(&'static str, F)>) -> Vec<(&'static str, Facts)> {
    neighbours.into_iter().map(|(fact, facts)| (fact, facts.into())).collect()
}

macro_rules! into_facts {
    ($($type:ident => $variant:ident),*) => {$(
        impl From<$type> for Facts {
            fn from(facts: $type) -> Self {
                Self::$variant(facts)
            }
        }
    )*};
}

into_facts!(
    EgressFacts => Egress,
    IngressFacts => Ingress,
    DisclosureFacts => Disclosure,
    AdmissionFacts => Admission
);

/// A set of identifier types, by their registered names.
mod type_names {
    use std::collections::BTreeSet;

    use serde::{Deserialize, Deserializer, Serializer};
    use symbolon_identifiers::IdentifierType;

    use crate::agreement::type_name;

    #[derive(Deserialize)]
    struct Named(#[serde(deserialize_with = "type_name::deserialize")] IdentifierType);

    pub(super) fn serialize<S: Serializer>(
        types: &BTreeSet<IdentifierType>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(types.iter().map(|kind| kind.name()))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeSet<IdentifierType>, D::Error> {
        let named = Vec::<Named>::deserialize(deserializer)?;
        Ok(named.into_iter().map(|Named(kind)| kind).collect())
    }
}

fn texts(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|text| (*text).to_owned()).collect()
}

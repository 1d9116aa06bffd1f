//! Record details as text, column by column: how a load writes them.

use std::collections::BTreeSet;

use thiserror::Error;
use time::{Date, Month};

use super::{RecordAttributes, RecordDetails};
use crate::{
    BureauCode,
    rules::{DisclosedField, HandlingCode, RetentionClass, SubjectCategory},
};

/// How long a field of a record may be; bytes of UTF-8.
pub const MAX_FIELD_BYTES: usize = 65_536;

/// More approvals than this are a slip of the pen.
const MAX_APPROVALS: u64 = 99;

/// A column of a load that says something of a record beside its identifiers: one of a closed list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DetailColumn(Column);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Column {
    Field(DisclosedField),
    Attribute(Attribute),
}

impl DetailColumn {
    /// All columns: first what may be released, then what rules look at.
    pub fn all() -> impl Iterator<Item = Self> {
        let fields = DisclosedField::ALL.iter().map(|field| Column::Field(*field));
        let attributes = Attribute::ALL.iter().map(|attribute| Column::Attribute(*attribute));
        fields.chain(attributes).map(Self)
    }

    /// Its name, which is that of the field or attribute.
    pub fn name(self) -> &'static str {
        match self.0 {
            Column::Field(field) => field.as_str(),
            Column::Attribute(attribute) => attribute.as_str(),
        }
    }

    /// Takes what a row says in this column into `details`. Says nothing where `text` is blank.
    ///
    /// # Errors
    /// When the column cannot hold this text.
    pub fn read(self, text: &str, details: &mut RecordDetails) -> Result<(), DetailError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        let read = match self.0 {
            Column::Field(field) => check_field(field, text)
                .map(|()| drop(details.fields.insert(field, text.to_owned()))),
            Column::Attribute(attribute) => attribute.read(text, &mut details.attributes),
        };
        read.map_err(|rule| DetailError { column: self.name(), rule })
    }
}

/// A text that a column of details cannot hold. Does not repeat it.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{}", rule.sentence())]
pub struct DetailError {
    /// The column.
    pub column: &'static str,
    rule: Rule,
}

impl DetailError {
    /// Which rule was broken: a stable code, for programs.
    pub fn reason(&self) -> &'static str {
        match self.rule {
            Rule::Flag => "not_a_flag",
            Rule::Code(_) => "unknown_code",
            Rule::Bureaus => "not_bureaus",
            Rule::Day | Rule::PartOfDay => "not_a_date",
            Rule::Approvals => "not_a_number",
            Rule::Evaluation => "not_an_evaluation",
            Rule::TooLong => "too_long",
            Rule::Control => "control_character",
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Rule {
    Flag,
    Code(Vec<&'static str>),
    Bureaus,
    Day,
    PartOfDay,
    Approvals,
    Evaluation,
    TooLong,
    Control,
}

impl Rule {
    fn sentence(&self) -> String {
        let sentence = match self {
            Self::Flag => "a flag says yes or no; leave it blank for no",
            Self::Code(known) => {
                return format!("there is no such code; known are {}", known.join(", "));
            }
            Self::Bureaus => {
                "bureaus are named by their codes, two or three capital letters, with | between \
                 them, for instance FRA|DEU"
            }
            Self::Day => "a day is written as year, month and day, for instance 2024-05-31",
            Self::PartOfDay => {
                "a date is written as year, month and day, for instance 1980-05-31; what is not \
                 known is left out: 1980-05 or 1980"
            }
            Self::Approvals => "the number of people who approved is a number from 0 to 99",
            Self::Evaluation => {
                "an evaluation is a letter for the source (A, B, C or X) and a digit for the \
                 information (1 to 4), for instance A1"
            }
            Self::TooLong => "this is longer than 65,536 bytes; shorten it",
            Self::Control => {
                "this holds a control character; only free_text may have line breaks and tabs"
            }
        };
        sentence.to_owned()
    }
}

macro_rules! attributes {
    ($($variant:ident = $field:ident by $read:ident,)*) => {
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        enum Attribute {
            $($variant,)*
        }

        impl Attribute {
            const ALL: &'static [Self] = &[$(Self::$variant),*];

            fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($field),)*
                }
            }

            fn read(self, text: &str, attributes: &mut RecordAttributes) -> Result<(), Rule> {
                match self {
                    $(Self::$variant => attributes.$field = $read(text)?,)*
                }
                Ok(())
            }
        }
    };
}

attributes! {
    SubjectCategory = subject_category by subject_category,
    Minor = minor by flag,
    StrictlyNecessary = strictly_necessary by flag,
    SpecialCategories = special_categories by flag,
    ProvenanceViolation = provenance_violation by flag,
    PoliticalMatter = political_matter by flag,
    PoliticalMatterReviewed = political_matter_reviewed by flag,
    ExcludedCountries = excluded_countries by bureaus,
    FearedCountries = feared_countries by bureaus,
    Refugee = refugee by flag,
    NationalFlag = national_flag by flag,
    NationalFlagReviewed = national_flag_reviewed by flag,
    Contested = contested by flag,
    ContestedMarked = contested_marked by flag,
    ErasedAtSource = erased_at_source by flag,
    RetentionClass = retention_class by retention_class,
    ExtensionAssessed = extension_assessed by flag,
    EnteredOn = entered_on by day,
    ExpiresOn = expires_on by day,
    FrozenSince = frozen_since by day,
    FreezeAuthorised = freeze_authorised by flag,
    Approvals = approvals by approvals,
    HandlingCode = handling_code by handling_code,
    Evaluation = evaluation by evaluation,
}

fn flag(text: &str) -> Result<bool, Rule> {
    match () {
        () if text.eq_ignore_ascii_case("yes") => Ok(true),
        () if text.eq_ignore_ascii_case("no") => Ok(false),
        () => Err(Rule::Flag),
    }
}

macro_rules! code {
    ($($name:ident: $type:ident),*) => {$(
        fn $name(text: &str) -> Result<$type, Rule> {
            let found = $type::ALL.iter().find(|code| code.as_str().eq_ignore_ascii_case(text));
            let known = || $type::ALL.iter().map(|code| code.as_str()).collect();
            found.copied().ok_or_else(|| Rule::Code(known()))
        }
    )*};
}

code!(subject_category: SubjectCategory, handling_code: HandlingCode, any_retention: RetentionClass);

fn retention_class(text: &str) -> Result<Option<RetentionClass>, Rule> {
    any_retention(text).map(Some)
}

fn bureaus(text: &str) -> Result<BTreeSet<BureauCode>, Rule> {
    let codes = text.split('|').map(|code| code.trim().parse().map_err(|_| Rule::Bureaus));
    codes.collect()
}

fn day(text: &str) -> Result<Option<Date>, Rule> {
    match parts_of_day(text).as_deref() {
        Some(&[year, month, day]) => calendar_day(year, month, day).map(Some).ok_or(Rule::Day),
        _ => Err(Rule::Day),
    }
}

fn approvals(text: &str) -> Result<u64, Rule> {
    text.parse().ok().filter(|count| *count <= MAX_APPROVALS).ok_or(Rule::Approvals)
}

fn evaluation(text: &str) -> Result<String, Rule> {
    let text = text.to_ascii_uppercase();
    match text.as_bytes() {
        [b'A' | b'B' | b'C' | b'X', b'1'..=b'4'] => Ok(text),
        _ => Err(Rule::Evaluation),
    }
}

fn check_field(field: DisclosedField, text: &str) -> Result<(), Rule> {
    if text.len() > MAX_FIELD_BYTES {
        return Err(Rule::TooLong);
    }
    let is_free = field == DisclosedField::FreeText;
    let is_allowed = |c: char| !c.is_control() || (is_free && matches!(c, '\n' | '\r' | '\t'));
    if !text.chars().all(is_allowed) {
        return Err(Rule::Control);
    }
    match field {
        DisclosedField::DateOfBirth | DisclosedField::AcquisitionDate => {
            let parts = parts_of_day(text).ok_or(Rule::PartOfDay)?;
            let is_sound = match *parts.as_slice() {
                [_] => true,
                [year, month] => calendar_day(year, month, 1).is_some(),
                [year, month, day] => calendar_day(year, month, day).is_some(),
                _ => false,
            };
            if is_sound { Ok(()) } else { Err(Rule::PartOfDay) }
        }
        _ => Ok(()),
    }
}

/// Year, month and day as numbers, as many as are there; each must have its full width.
fn parts_of_day(text: &str) -> Option<Vec<u16>> {
    let one = |(part, width): (&str, usize)| {
        let is_number = part.len() == width && part.bytes().all(|b| b.is_ascii_digit());
        if is_number { part.parse().ok() } else { None }
    };
    let parts = text.split('-');
    if parts.clone().count() > 3 {
        return None;
    }
    parts.zip([4, 2, 2]).map(one).collect()
}

fn calendar_day(year: u16, month: u16, day: u16) -> Option<Date> {
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(year.into(), month, u8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn column(name: &str) -> DetailColumn {
        DetailColumn::all().find(|column| column.name() == name).unwrap()
    }

    fn read(name: &str, text: &str) -> Result<RecordDetails, &'static str> {
        let mut details = RecordDetails::default();
        let read = column(name).read(text, &mut details);
        read.map(|()| details).map_err(|error| {
            assert_eq!(error.column, name);
            assert!(!error.to_string().contains(text), "{error}");
            error.reason()
        })
    }

    #[test]
    fn every_field_and_every_attribute_has_its_column() {
        let names: BTreeSet<_> = DetailColumn::all().map(DetailColumn::name).collect();
        assert_eq!(names.len(), DetailColumn::all().count());
        let Value::Object(attributes) = serde_json::to_value(RecordAttributes::default()).unwrap()
        else {
            panic!("attributes are an object");
        };
        let fields = DisclosedField::ALL.iter().map(|field| field.as_str());
        let expected: BTreeSet<_> = fields.chain(attributes.keys().map(String::as_str)).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn what_a_column_holds_is_read_and_a_blank_says_nothing() {
        assert!(read("minor", "  ").unwrap() == RecordDetails::default());
        assert!(read("minor", "Yes").unwrap().attributes.minor);
        assert!(!read("minor", "no").unwrap().attributes.minor);
        let excluded = read("excluded_countries", "XXB | XXA").unwrap().attributes;
        assert_eq!(
            excluded.excluded_countries,
            ["XXA", "XXB"].map(|code| code.parse().unwrap()).into()
        );
        let entered = read("entered_on", "2024-02-29").unwrap().attributes.entered_on;
        assert_eq!(entered, Date::from_calendar_date(2024, Month::February, 29).ok());
        assert_eq!(read("evaluation", "b2").unwrap().attributes.evaluation, "B2");
        assert_eq!(read("handling_code", "h1").unwrap().attributes.handling_code, HandlingCode::H1);
        let born = read("date_of_birth", "1980").unwrap().fields;
        assert_eq!(born.get(&DisclosedField::DateOfBirth).unwrap(), "1980");
        assert!(read("free_text", "two\nlines").is_ok());
    }

    #[test]
    fn what_a_column_cannot_hold_is_refused_with_its_rule() {
        for (name, text, reason) in [
            ("minor", "perhaps", "not_a_flag"),
            ("minor", "1", "not_a_flag"),
            ("subject_category", "culprit", "unknown_code"),
            ("retention_class", "for_ever", "unknown_code"),
            ("excluded_countries", "XXA|", "not_bureaus"),
            ("excluded_countries", "xxa", "not_bureaus"),
            ("entered_on", "2023-02-29", "not_a_date"),
            ("entered_on", "2023-02", "not_a_date"),
            ("entered_on", "31.05.2024", "not_a_date"),
            ("date_of_birth", "1980-13", "not_a_date"),
            ("date_of_birth", "1980-12-01-01", "not_a_date"),
            ("approvals", "-1", "not_a_number"),
            ("approvals", "100", "not_a_number"),
            ("evaluation", "D1", "not_an_evaluation"),
            ("name", "two\nlines", "control_character"),
        ] {
            assert_eq!(read(name, text).err().unwrap(), reason, "{name} {text}");
        }
        let long = "x".repeat(MAX_FIELD_BYTES + 1);
        assert_eq!(read("name", &long).err().unwrap(), "too_long");
    }
}

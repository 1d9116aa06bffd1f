use std::borrow::Cow;

use csv::ByteRecord;
use serde::Serialize;
use symbolon_identifiers::{Identifier, IdentifierType, ParseError, parse, parse_zone};
use symbolon_policy::{DetailColumn, RecordDetails};

/// One row as it stands in the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Line on which it begins, from 1.
    pub line: u64,
    /// The source's name for the record.
    pub record: String,
    /// Registered name of the type, mapped; `mrz` for a scanned zone.
    pub identifier_type: String,
    /// The identifier.
    pub value: String,
    /// The country; may be empty.
    pub country: String,
    /// What is to become of it, from a column `change`; empty without one.
    pub change: String,
}

/// A row that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RejectedRow {
    /// Line on which it begins, from 1.
    pub line: u64,
    /// The field at fault.
    pub field: &'static str,
    /// For programs.
    pub reason: String,
    /// What is wrong and what to do.
    pub sentence: String,
}

impl Row {
    /// The identifier in the row.
    ///
    /// # Errors
    /// The row as rejected, with field, rule and what to do.
    pub fn identifier(&self) -> Result<Identifier, RejectedRow> {
        let row = RowRef {
            line: self.line,
            record: Some(&self.record),
            identifier_type: &self.identifier_type,
            value: &self.value,
            country: &self.country,
            change: "",
            more: None,
        };
        row.identifier()
    }
}

/// One row where it lies, so that reading a long file copies nothing.
#[derive(Clone, Copy)]
pub(crate) struct RowRef<'a> {
    /// Line on which it begins, from 1.
    pub(crate) line: u64,
    /// The source's name for the record, if it has one.
    pub(crate) record: Option<&'a str>,
    pub(super) identifier_type: &'a str,
    pub(super) value: &'a str,
    pub(super) country: &'a str,
    pub(super) change: &'a str,
    /// The whole row, where its file has columns that say more of a record.
    pub(super) more: Option<More<'a>>,
}

#[derive(Clone, Copy)]
pub(super) struct More<'a> {
    pub(super) row: &'a ByteRecord,
    pub(super) columns: &'a [(DetailColumn, usize)],
}

/// What a row of a file of changes does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Change {
    Add,
    Remove,
}

impl RowRef<'_> {
    pub(crate) fn identifier(&self) -> Result<Identifier, RejectedRow> {
        let country = Some(self.country.trim()).filter(|country| !country.is_empty());
        let rejected = |error: ParseError| RejectedRow {
            line: self.line,
            field: "value",
            reason: error.code.as_str().to_owned(),
            sentence: error.to_string(),
        };
        if self.identifier_type == "mrz" {
            return parse_zone(self.value, country).map_err(rejected);
        }
        let kind: IdentifierType = self.identifier_type.parse().map_err(|_| {
            let known: Vec<_> = IdentifierType::ALL.iter().map(|kind| kind.name()).collect();
            RejectedRow {
                line: self.line,
                field: "identifier_type",
                reason: "unknown_type".to_owned(),
                sentence: format!(
                    "there is no such identifier type; known are mrz, {}",
                    known.join(", ")
                ),
            }
        })?;
        parse(kind, self.value, country).map_err(rejected)
    }

    pub(crate) fn change(&self) -> Result<Change, RejectedRow> {
        let is = |word: &str| self.change.trim().eq_ignore_ascii_case(word);
        match () {
            () if is("add") => Ok(Change::Add),
            () if is("remove") => Ok(Change::Remove),
            () => Err(RejectedRow {
                line: self.line,
                field: "change",
                reason: "unknown_change".to_owned(),
                sentence: "a row of a file of changes says add or remove".to_owned(),
            }),
        }
    }

    /// What the row says of its record beside the identifier; `None` where the file has no column for
    /// that.
    pub(crate) fn details(&self) -> Result<Option<RecordDetails>, RejectedRow> {
        let Some(More { row, columns }) = self.more else { return Ok(None) };
        let mut details = RecordDetails::default();
        for (column, place) in columns {
            let bytes = row.get(*place).unwrap_or_default();
            let text = str::from_utf8(bytes).map_err(|_| not_utf8(self.line, column.name()))?;
            column.read(text, &mut details).map_err(|error| RejectedRow {
                line: self.line,
                field: error.column,
                reason: error.reason().to_owned(),
                sentence: error.to_string(),
            })?;
        }
        if self.record.is_none() && details != RecordDetails::default() {
            return Err(RejectedRow {
                line: self.line,
                field: "record",
                reason: "no_record".to_owned(),
                sentence: "the row says something of a record and does not name it; fill in its \
                           record_id, by which a later load finds it again"
                    .to_owned(),
            });
        }
        Ok(Some(details))
    }

    /// What to call the record: the source's name, or the line.
    pub(crate) fn reference(&self) -> Cow<'_, str> {
        match self.record {
            Some(record) => Cow::Borrowed(record),
            None => Cow::Owned(format!("line-{}", self.line)),
        }
    }
}

pub(super) fn not_utf8(line: u64, field: &'static str) -> RejectedRow {
    RejectedRow {
        line,
        field,
        reason: "not_utf8".to_owned(),
        sentence: "this field is not UTF-8 text; save the file as UTF-8".to_owned(),
    }
}

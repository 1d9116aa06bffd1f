//! Identifiers in CSV files: what analysts check and what administrators load.

mod row;

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead as _, BufReader, Read},
    path::Path,
};

use csv::{ByteRecord, Reader, ReaderBuilder};
use serde::{Deserialize, Serialize};
use symbolon_policy::DetailColumn;

pub(crate) use self::row::{Change, RowRef};
use self::row::{More, not_utf8};
pub use self::row::{RejectedRow, Row};
use crate::CliError;

/// Which column holds what, and how a source's own type names read here. In a file, TOML.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    /// Column with the source's name for a record; a row's line number serves where it is missing.
    pub record: String,
    /// Column with the identifier type.
    pub identifier_type: String,
    /// The type of all rows, for files that hold only one and have no such column.
    pub fixed_type: Option<String>,
    /// Column with the identifier.
    pub value: String,
    /// Column with the country.
    pub country: String,
    /// In a file of changes, column with what a row does: `add` or `remove`.
    pub change: String,
    /// The source's type names, each with the registered name it stands for; an empty name leaves
    /// rows of that type out without counting them as rejected.
    pub types: BTreeMap<String, String>,
    /// Columns that say more of a record, each by its name here with its name in the file; an empty
    /// name leaves a column of the file alone that is called like one of these.
    pub details: BTreeMap<String, String>,
}

impl Default for Mapping {
    fn default() -> Self {
        Self {
            record: "record_id".to_owned(),
            identifier_type: "identifier_type".to_owned(),
            fixed_type: None,
            value: "value".to_owned(),
            country: "country".to_owned(),
            change: "change".to_owned(),
            types: BTreeMap::new(),
            details: BTreeMap::new(),
        }
    }
}

/// The rows of a CSV file, one by one, so that a file of any size can be read.
pub struct Rows<R> {
    reader: Reader<BufReader<R>>,
    columns: Columns,
    details: Vec<(DetailColumn, usize)>,
    mapping: Mapping,
    record: ByteRecord,
    /// What is added to the reader's line numbers: it ends a row before the second byte of CR LF, and so
    /// takes the next one to begin on the same line.
    lines_behind: u64,
}

#[derive(Clone, Copy)]
struct Columns {
    record: Option<usize>,
    identifier_type: Option<usize>,
    value: usize,
    country: Option<usize>,
    change: Option<usize>,
}

impl Rows<File> {
    /// Opens a file.
    ///
    /// # Errors
    /// When it cannot be read or lacks a column.
    pub fn open(path: &Path, mapping: Mapping) -> Result<Self, CliError> {
        let file = File::open(path).map_err(|e| CliError::file("read", path, e))?;
        Self::new(file, mapping)
    }
}

impl<R: Read> Rows<R> {
    /// Reads the heading of a CSV text.
    ///
    /// # Errors
    /// When it lacks a column.
    pub fn new(text: R, mapping: Mapping) -> Result<Self, CliError> {
        let mut text = BufReader::new(text);
        let head = text.fill_buf().map_err(|error| CliError::new("not_csv", error.to_string()))?;
        let delimiter = delimiter(head)?;
        let first = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let lines_behind = u64::from(first.ends_with(b"\r"));
        let mut reader = ReaderBuilder::new().flexible(true).delimiter(delimiter).from_reader(text);
        let heading = reader.byte_headers().map_err(|error| not_csv(&error))?;
        let find = |name: &str| {
            heading.iter().position(|column| {
                let column = column.strip_prefix(b"\xef\xbb\xbf").unwrap_or(column);
                column.trim_ascii() == name.as_bytes()
            })
        };
        let columns = Columns {
            record: find(&mapping.record),
            identifier_type: find(&mapping.identifier_type),
            value: find(&mapping.value).ok_or_else(|| missing(&mapping.value))?,
            country: find(&mapping.country),
            change: find(&mapping.change),
        };
        if columns.identifier_type.is_none() && mapping.fixed_type.is_none() {
            return Err(missing(&mapping.identifier_type));
        }
        let details = detail_columns(&mapping.details, find)?;
        Ok(Self { reader, columns, details, mapping, record: ByteRecord::new(), lines_behind })
    }

    /// What the rows are read from.
    pub(crate) fn text(&self) -> &R {
        self.reader.get_ref().get_ref()
    }

    /// Whether the file has a column that says what each row does.
    pub(crate) fn has_changes(&self) -> bool {
        self.columns.change.is_some()
    }

    /// Whether the file has columns that say more of a record.
    pub(crate) fn has_details(&self) -> bool {
        !self.details.is_empty()
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// The inner error is a row that cannot be read, after which reading goes on; the outer one
    /// ends it.
    pub fn next_row(&mut self) -> Result<Option<Result<Row, RejectedRow>>, CliError> {
        let row = self.next_ref()?.map(|row| {
            row.map(|row| Row {
                line: row.line,
                record: row.reference().into_owned(),
                identifier_type: row.identifier_type.to_owned(),
                value: row.value.to_owned(),
                country: row.country.to_owned(),
                change: row.change.trim().to_ascii_lowercase(),
            })
        });
        Ok(row)
    }

    /// As [`next_row`](Self::next_row), without a copy.
    pub(crate) fn next_ref(&mut self) -> Result<Option<Result<RowRef<'_>, RejectedRow>>, CliError> {
        loop {
            if !self.reader.read_byte_record(&mut self.record).map_err(|error| not_csv(&error))? {
                return Ok(None);
            }
            if self.mapping.types.is_empty() || !self.leaves_out() {
                break;
            }
        }
        let line = self.record.position().map_or(0, csv::Position::line);
        let line = line.saturating_add(self.lines_behind);
        Ok(Some(self.row(line)))
    }

    fn leaves_out(&self) -> bool {
        if self.mapping.fixed_type.is_some() {
            return false;
        }
        let named = self.columns.identifier_type.and_then(|column| self.record.get(column));
        named
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .and_then(|name| self.mapping.types.get(name.trim()))
            .is_some_and(String::is_empty)
    }

    fn row(&self, line: u64) -> Result<RowRef<'_>, RejectedRow> {
        let field = |column: Option<usize>, name: &'static str| {
            let bytes = column.and_then(|column| self.record.get(column)).unwrap_or_default();
            std::str::from_utf8(bytes).map_err(|_| not_utf8(line, name))
        };
        let named = match &self.mapping.fixed_type {
            Some(fixed) => fixed,
            None => field(self.columns.identifier_type, "identifier_type")?.trim(),
        };
        let record = field(self.columns.record, "record")?.trim();
        Ok(RowRef {
            line,
            record: Some(record).filter(|record| !record.is_empty()),
            identifier_type: self.mapping.types.get(named).map_or(named, String::as_str),
            value: field(Some(self.columns.value), "value")?,
            country: field(self.columns.country, "country")?,
            change: field(self.columns.change, "change")?,
            more: (!self.details.is_empty())
                .then_some(More { row: &self.record, columns: &self.details }),
        })
    }
}

/// Which columns of a file say more of records. One that a mapping names must be there: a flag that
/// is lost on the way could open a record to whom it is kept from.
fn detail_columns(
    names: &BTreeMap<String, String>,
    find: impl Fn(&str) -> Option<usize>,
) -> Result<Vec<(DetailColumn, usize)>, CliError> {
    if let Some(unknown) =
        names.keys().find(|name| DetailColumn::all().all(|column| column.name() != **name))
    {
        let known: Vec<_> = DetailColumn::all().map(DetailColumn::name).collect();
        return Err(CliError::new(
            "mapping",
            format!(
                "the mapping names {unknown:?} under [details], and no such detail is known; known \
                 are {}",
                known.join(", ")
            ),
        ));
    }
    let mut columns = Vec::new();
    for column in DetailColumn::all() {
        match names.get(column.name()).map(String::as_str) {
            Some("") => {}
            Some(name) => columns.push((column, find(name).ok_or_else(|| missing(name))?)),
            None => columns.extend(find(column.name()).map(|place| (column, place))),
        }
    }
    Ok(columns)
}

/// What separates the columns in the first line: spreadsheets write semicolons or tabs in countries
/// where a comma stands in numbers.
///
/// # Errors
/// When this is another kind of file.
fn delimiter(head: &[u8]) -> Result<u8, CliError> {
    if head.starts_with(b"PK") {
        return Err(CliError::new(
            "not_csv",
            "this is a spreadsheet, not a CSV file; save it as CSV (UTF-8) and give that file",
        ));
    }
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return Err(CliError::new("not_utf8", "this file is UTF-16; save it as CSV (UTF-8)"));
    }
    let first = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |separator: u8| first.iter().filter(|byte| **byte == separator).count();
    // The last of equals wins, and the comma is the usual one.
    Ok([b'\t', b';', b','].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(b','))
}

fn missing(column: &str) -> CliError {
    CliError::new(
        "missing_column",
        format!(
            "the file has no column {column:?}. Its first line must name the columns \
             record_id, identifier_type, value and country; a mapping file names others"
        ),
    )
}

fn not_csv(error: &csv::Error) -> CliError {
    CliError::new("not_csv", format!("the file cannot be read as CSV: {error}"))
}

#[cfg(test)]
mod tests {
    use symbolon_policy::RecordDetails;

    use super::*;

    fn read(text: &[u8], mapping: Mapping) -> Vec<Result<Row, RejectedRow>> {
        let mut rows = Rows::new(text, mapping).unwrap();
        let mut all = Vec::new();
        while let Some(row) = rows.next_row().unwrap() {
            all.push(row);
        }
        all
    }

    #[test]
    fn rows_keep_their_line_even_after_quoted_line_breaks() {
        let text = b"record_id,identifier_type,value,country\nA,email,\"a\n@b.example\",\nB,email,c@d.example,\n";
        let lines: Vec<_> =
            read(text, Mapping::default()).iter().map(|r| r.as_ref().unwrap().line).collect();
        assert_eq!(lines, [2, 4]);
    }

    #[test]
    fn rows_have_the_same_lines_however_lines_end() {
        for end in ["\n", "\r\n"] {
            let text =
                ["identifier_type,value", "email,a@b.example", "email,c@d.example"].join(end);
            let rows = read(text.as_bytes(), Mapping::default());
            let lines: Vec<_> = rows.iter().map(|row| row.as_ref().unwrap().line).collect();
            assert_eq!(lines, [2, 3], "{end:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_and_spaces_in_the_heading_do_no_harm() {
        let text = "\u{feff}identifier_type, value \nemail,a@b.example\n".as_bytes();
        let rows = read(text, Mapping::default());
        assert_eq!(rows[0].as_ref().unwrap().value, "a@b.example");
        assert_eq!(rows[0].as_ref().unwrap().record, "line-2");
    }

    #[test]
    fn garbage_is_rejected_row_by_row_and_reading_goes_on() {
        let text =
            b"identifier_type,value\nemail,\xff\xfe\nspaceship,1\nemail,a@b.example\n\x00\x01\n";
        let rows = read(text, Mapping::default());
        assert_eq!(rows[0].as_ref().unwrap_err().reason, "not_utf8");
        assert_eq!(rows[1].as_ref().unwrap().identifier().unwrap_err().reason, "unknown_type");
        assert!(rows[2].as_ref().unwrap().identifier().is_ok());
        assert!(rows[3].as_ref().unwrap().identifier().is_err());
    }

    #[test]
    fn a_mapping_renames_columns_and_types_and_leaves_types_out() {
        let mapping = Mapping {
            identifier_type: "kind".to_owned(),
            types: [("mail".to_owned(), "email".to_owned()), ("name".to_owned(), String::new())]
                .into(),
            ..Mapping::default()
        };
        let rows = read(b"kind,value\nname,Somebody\nmail,a@b.example\n", mapping);
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].as_ref().unwrap().identifier_type, "email");
    }

    #[test]
    fn semicolons_and_tabs_separate_columns_as_well_as_commas() {
        for separator in [",", ";", "\t"] {
            let text = ["identifier_type", "value\nemail", "a@b.example\n"].join(separator);
            let rows = read(text.as_bytes(), Mapping::default());
            assert_eq!(rows[0].as_ref().unwrap().value, "a@b.example", "{separator:?}");
        }
    }

    #[test]
    fn another_kind_of_file_is_said_to_be_that() {
        let reason = |bytes: &[u8]| Rows::new(bytes, Mapping::default()).err().unwrap().reason;
        assert_eq!(reason(b"PK\x03\x04"), "not_csv");
        assert_eq!(reason(b"\xff\xfev\x00a\x00"), "not_utf8");
    }

    fn details(text: &str, mapping: Mapping) -> Vec<Result<Option<RecordDetails>, String>> {
        let mut rows = Rows::new(text.as_bytes(), mapping).unwrap();
        let mut all = Vec::new();
        while let Some(row) = rows.next_ref().unwrap() {
            all.push(row.unwrap().details().map_err(|rejected| {
                format!("{} {} {}", rejected.line, rejected.field, rejected.reason)
            }));
        }
        all
    }

    #[test]
    fn columns_of_the_closed_lists_say_more_of_a_record_and_others_are_passed_over() {
        let text = "record_id,identifier_type,value,minor,name,colour\n\
                    A,email,a@b.example,yes,Somebody,red\nA,email,c@b.example,,,\n\
                    A,email,a@b.example,perhaps,,\n,email,a@b.example,,Somebody,\n";
        let read = details(text, Mapping::default());
        let first = read[0].as_ref().unwrap().as_ref().unwrap();
        assert!(first.attributes.minor);
        assert_eq!(first.fields.values().collect::<Vec<_>>(), ["Somebody"]);
        assert!(read[1].as_ref().unwrap().as_ref().unwrap() == &RecordDetails::default());
        assert_eq!(read[2].as_ref().err().unwrap(), "4 minor not_a_flag");
        assert_eq!(read[3].as_ref().err().unwrap(), "5 record no_record");
        let plain = details("identifier_type,value\nemail,a@b.example\n", Mapping::default());
        assert!(plain[0].as_ref().unwrap().is_none());
    }

    #[test]
    fn a_mapping_renames_details_and_leaves_them_out_and_misses_what_it_names() {
        let text = "record_id,identifier_type,value,kid,name\nA,email,a@b.example,yes,Acme\n";
        let mapped = |pairs: &[(&str, &str)]| Mapping {
            details: pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
            ..Mapping::default()
        };
        let read = details(text, mapped(&[("minor", "kid"), ("name", "")]));
        let read = read[0].as_ref().unwrap().as_ref().unwrap();
        assert!(read.attributes.minor && read.fields.is_empty());
        for (pair, reason) in [(("minor", "child"), "missing_column"), (("height", "x"), "mapping")]
        {
            let refused = Rows::new(text.as_bytes(), mapped(&[pair])).err().unwrap();
            assert_eq!(refused.reason, reason);
        }
    }

    #[test]
    fn a_missing_column_is_named() {
        let error = Rows::new(b"a,b\n1,2\n".as_slice(), Mapping::default()).err().unwrap();
        assert_eq!(error.reason, "missing_column");
    }
}

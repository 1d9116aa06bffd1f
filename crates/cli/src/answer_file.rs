//! Answers as lines of a CSV file, written as they come: a file of a million takes no memory.

use std::{
    borrow::Cow,
    fs::{File, OpenOptions},
    io::ErrorKind,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use csv::{ByteRecord, Writer, WriterBuilder};
use symbolon_proto::bureau::v1::StandingHit;

use crate::{
    CliError,
    asking::{Answered, OneAnswer},
    standing::{KeptSource, with_issuer},
};

const HIT_HEADING: [&str; 10] = [
    "ref",
    "identifier_type",
    "identifier",
    "bureau",
    "dataset",
    "new",
    "version",
    "updated_at",
    "released",
    "released_reason",
];
const HEADING: [&str; 13] = [
    "ref",
    "identifier_type",
    "value",
    "country",
    "bureau",
    "dataset",
    "outcome",
    "reason",
    "sentence",
    "version",
    "updated_at",
    "released",
    "released_reason",
];

/// A text of a partner's, as a spreadsheet shows it and does not carry it out: what would begin a formula
/// has an apostrophe before it.
fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// A file of answers in the making. Only its owner may read it: it holds identifiers and outcomes.
pub(crate) struct AnswerFile {
    writer: Writer<File>,
    path: PathBuf,
    /// The line being made.
    line: ByteRecord,
}

/// A file of a standing check's hits in the making, as [`AnswerFile`].
pub(crate) struct HitFile {
    file: AnswerFile,
    /// Of the hit before, as it is written: hits of one list come together.
    version: (u64, String),
}

impl HitFile {
    /// Begins a new file.
    ///
    /// # Errors
    /// When there is one already, or it cannot be written.
    pub(crate) fn create(path: &Path) -> Result<Self, CliError> {
        let file = AnswerFile::begin(path, &HIT_HEADING)?;
        Ok(Self { file, version: (0, String::new()) })
    }

    /// Adds a hit in `source`.
    ///
    /// # Errors
    /// When the disk is full.
    pub(crate) fn add(&mut self, source: &KeptSource, hit: &StandingHit) -> Result<(), CliError> {
        let coverage = source.coverage.as_ref();
        let version = coverage.map_or(0, |coverage| coverage.version);
        if self.version.0 != version {
            self.version = (version, version.to_string());
        }
        self.file.line(&[
            &hit.r#ref,
            &source.identifier_type,
            &with_issuer(hit),
            &source.bureau,
            &source.dataset,
            if hit.is_new { "yes" } else { "no" },
            &self.version.1,
            coverage.map_or("", |coverage| &coverage.updated_at),
            &hit.label.as_ref().map_or(Cow::Borrowed(""), |label| harmless(&label.text)),
            hit.label.as_ref().map_or("", |label| &label.reason),
        ])
    }

    /// Brings everything to disk.
    ///
    /// # Errors
    /// When the disk is full.
    pub(crate) fn finish(self) -> Result<(), CliError> {
        self.file.finish()
    }
}

impl AnswerFile {
    /// Begins a new file.
    ///
    /// # Errors
    /// When there is one already, or it cannot be written.
    pub(crate) fn create(path: &Path) -> Result<Self, CliError> {
        Self::begin(path, &HEADING)
    }

    fn begin(path: &Path, heading: &[&str]) -> Result<Self, CliError> {
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| match error.kind() {
                ErrorKind::AlreadyExists => CliError::new(
                    "file_exists",
                    format!(
                        "{} is there already, and answers overwrite nothing; name a new file. Nobody \
                         was asked",
                        path.display()
                    ),
                ),
                _ => CliError::file("write", path, error),
            })?;
        let mut new = Self {
            writer: WriterBuilder::new().buffer_capacity(1 << 18).from_writer(file),
            path: path.to_owned(),
            line: ByteRecord::new(),
        };
        new.line(heading)?;
        Ok(new)
    }

    /// Adds a line for each answer, or for each hit.
    ///
    /// # Errors
    /// When the disk is full.
    pub(crate) fn add(&mut self, answered: &Answered<'_>, hits_only: bool) -> Result<(), CliError> {
        let source = answered.source;
        let version = source.coverage.as_ref().map(|coverage| coverage.version.to_string());
        let updated_at = source.coverage.as_ref().map(|coverage| coverage.updated_at.as_str());
        for OneAnswer { asked, outcome, reason, sentence, label } in &answered.answers {
            if hits_only && *outcome != "hit" {
                continue;
            }
            self.line(&[
                asked.reference.to_string().as_str(),
                &source.identifier_type,
                &asked.value,
                &asked.country,
                &source.bureau,
                &source.dataset,
                outcome,
                reason,
                &harmless(sentence),
                version.as_deref().unwrap_or_default(),
                updated_at.unwrap_or_default(),
                &label.map_or(Cow::Borrowed(""), |label| harmless(&label.text)),
                label.map_or("", |label| &label.reason),
            ])?;
        }
        Ok(())
    }

    /// Brings everything to disk.
    ///
    /// # Errors
    /// When the disk is full.
    pub(crate) fn finish(self) -> Result<(), CliError> {
        let Self { writer, path, .. } = self;
        writer
            .into_inner()
            .map_err(|error| std::io::Error::other(error.to_string()))
            .and_then(|file| file.sync_all())
            .map_err(|error| CliError::file("write", &path, error))
    }

    fn line(&mut self, fields: &[&str]) -> Result<(), CliError> {
        self.line.clear();
        self.line.extend(fields);
        self.writer
            .write_byte_record(&self.line)
            .map_err(|error| CliError::file("write", &self.path, std::io::Error::other(error)))
    }
}

#[cfg(test)]
mod tests {
    use symbolon_proto::bureau::v1::ReleasedLabel;

    use crate::asking::{AnsweringSource, Asked, Coverage};

    use super::*;

    fn asked(reference: u64, value: &str) -> Asked {
        Asked {
            reference,
            identifier_type: "email".to_owned(),
            value: value.to_owned(),
            country: String::new(),
        }
    }

    #[test]
    fn answers_become_lines_and_a_file_that_is_there_is_not_overwritten() {
        let folder = std::env::temp_dir().join(format!("symbolon-answers-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let source = AnsweringSource {
            bureau: "BOR".to_owned(),
            dataset: "list".to_owned(),
            identifier_type: "email".to_owned(),
            coverage: Some(Coverage { version: 3, updated_at: "2026-01-01T00:00:00Z".to_owned() }),
            ..AnsweringSource::default()
        };
        let (known, unknown) = (asked(2, "a,\"b\"@x.example"), asked(3, "c@x.example"));
        let one =
            |asked, outcome, label| OneAnswer { asked, outcome, reason: "", sentence: "", label };
        let label = ReleasedLabel { text: "=1+1".to_owned(), ..ReleasedLabel::default() };
        let answers = vec![one(&known, "hit", Some(&label)), one(&unknown, "no_hit", None)];
        let answered = Answered { source: &source, answers };
        let hit =
            "2,email,\"a,\"\"b\"\"@x.example\",,BOR,list,hit,,,3,2026-01-01T00:00:00Z,'=1+1,\n";
        let other = "3,email,c@x.example,,BOR,list,no_hit,,,3,2026-01-01T00:00:00Z,,\n";
        for (hits_only, expected) in [(false, format!("{hit}{other}")), (true, hit.to_owned())] {
            let path = folder.join(format!("{hits_only}.csv"));
            let mut file = AnswerFile::create(&path).unwrap();
            file.add(&answered, hits_only).unwrap();
            file.finish().unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            assert_eq!(text, format!("{}\n{expected}", HEADING.join(",")));
            let again = AnswerFile::create(&path).err().unwrap();
            assert_eq!(again.reason, "file_exists");
            assert!(again.sentence.contains("name a new file"), "{again}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

use std::{collections::HashSet, io::Read as _, path::PathBuf, sync::Arc};

use clap::Args;
use symbolon_identifiers::{IdentifierType, parse, readings};

use super::{DONE, INCOMPLETE, reasons::Reasons};
use crate::{
    CliError, Profile,
    answer_file::AnswerFile,
    asking::{
        Answered, Asked, CheckReport, Detail, ItemWarning, Reason, ask_for, passed_over, warnings,
    },
    commands::table,
    output::Output,
    rows::{Mapping, Rows},
};

/// Ask partner bureaus about one identifier, a scanned document or a file.
///
/// For instance:
///   symbolon check travel_document "C01X 00T47" --country DEU --case 2026/117
///   symbolon check vin WVWZZZ1JZXW000001 --case 2026/117
///   symbolon check --mrz "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<
///   L898902C36UTO7408122F1204159ZE184226B<<<<<10" --case 2026/117
///   symbolon check --csv persons.csv --purpose criminal_investigation --offence-class fraud
///   --subject suspect --case 2026/117
///   symbolon check --csv million.csv --case 2026/117 --output hits.csv --hits-only --timeout 600
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = super::reasons::ANSWERS)]
pub(super) struct Check {
    /// Type of the identifier: travel_document, national_id, vin, plate, imo, mmsi, aircraft,
    /// phone, email, iban, imei, container.
    #[arg(required_unless_present_any = ["mrz", "csv"], requires = "value")]
    identifier_type: Option<String>,
    /// The identifier, as it is written.
    value: Option<String>,
    /// Country that issued or registered it, by name or code; needed for travel documents, national
    /// numbers and plates, and for telephone numbers in national form.
    #[arg(long)]
    country: Option<String>,
    /// A scanned machine-readable zone, its lines together; - reads it from standard input.
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["identifier_type", "csv"])]
    mrz: Option<String>,
    /// A CSV file with the columns identifier_type, value and country.
    #[arg(long, visible_alias = "file", value_name = "FILE", conflicts_with = "identifier_type")]
    csv: Option<PathBuf>,
    /// Write the answers into a CSV file as they come, one line for each identifier and list, and
    /// show a summary. The file must not exist.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show or write hits only; all else is only counted.
    #[arg(long, conflicts_with = "all")]
    hits_only: bool,
    /// Seconds to wait for each bureau, at most 600.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    timeout: u64,
    /// Repeat an earlier check by its id, 32 hexadecimal digits as its report shows it: the same question
    /// is not counted twice.
    #[arg(long, value_name = "HEX")]
    check_id: Option<String>,
    /// Also ask the other readings of what is written: O for 0, I for 1 and the like, as far as they
    /// could be valid. Each is asked and counted as an identifier of its own.
    #[arg(long)]
    readings: bool,
    /// Show every answer of a large check, not only hits and what went wrong.
    #[arg(long)]
    all: bool,
    /// Profile of the caller; else that of SYMBOLON_PROFILE or of a demo in this folder.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    // Last, for the heading in it.
    #[command(flatten)]
    reasons: Reasons,
}

impl Check {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let profile = Profile::find(self.profile.as_deref())?;
        let (mut asked, unreadable) = self.asked()?;
        if self.readings {
            asked.extend(other_readings(&asked));
        } else if let [one] = asked.as_slice() {
            let other = other_readings(std::slice::from_ref(one)).len();
            if other > 0 {
                output.note(&format!(
                    "other readings are possible ({other}: O for 0, I for 1 and the like); \
                     --readings asks them too",
                ));
            }
        }
        let reason = self.reason(&profile)?;
        let mut client = profile.connect()?;
        let left_out = passed_over(&mut client, &reason, &asked).await;
        let mut file = self.output.as_deref().map(AnswerFile::create).transpose()?;
        let asked = Arc::from(asked);
        let detail = self.detail(&asked, output);
        let bar = output.bar(asked.len() as u64, "asking");
        let progress = |done, of| {
            bar.set_length(of);
            bar.set_position(done);
        };
        let see = |answered: &Answered<'_>| match &mut file {
            Some(file) => file.add(answered, self.hits_only),
            None => Ok(()),
        };
        let mut report = ask_for(&mut client, &reason, &asked, detail, progress, see).await?;
        bar.finish_and_clear();
        if let Some(file) = file {
            file.finish()?;
        }
        report.passed_over = left_out;
        report.warnings = self.warnings(&asked, &report, output);
        report.summary.rejected = report.summary.rejected.saturating_add(unreadable.len() as u64);
        report.rejected.extend(unreadable);
        output.result(&report, || table::report(&report, self.all));
        Ok(code(&report))
    }

    /// What the report must hold one by one: what will be shown.
    fn detail(&self, asked: &[Asked], output: Output) -> Detail {
        let all_are_shown = self.all || output.json || asked.len() as u64 <= table::SMALL;
        if self.hits_only || self.output.is_some() || !all_are_shown {
            Detail::Hits
        } else {
            Detail::All
        }
    }

    /// To read every identifier once more for its warnings is worth it where they are shown.
    fn warnings(&self, asked: &[Asked], report: &CheckReport, output: Output) -> Vec<ItemWarning> {
        if !self.hits_only && self.output.is_none() {
            let shown = |one: &ItemWarning| output.json || table::is_notable(one);
            return asked.iter().flat_map(warnings).filter(shown).collect();
        }
        let hits: HashSet<u64> = report.answers.iter().map(|answer| answer.reference).collect();
        asked.iter().filter(|one| hits.contains(&one.reference)).flat_map(warnings).collect()
    }

    fn asked(&self) -> Result<(Vec<Asked>, Vec<crate::asking::Rejected>), CliError> {
        if let Some(path) = &self.csv {
            let mut rows = Rows::open(path, Mapping::default())?;
            let mut asked = Vec::new();
            let mut unreadable = Vec::new();
            while let Some(row) = rows.next_row()? {
                match row {
                    Ok(row) => asked.push(Asked {
                        reference: row.line,
                        identifier_type: row.identifier_type,
                        value: row.value,
                        country: row.country,
                    }),
                    Err(row) => unreadable.push(crate::asking::Rejected {
                        reference: row.line,
                        identifier: String::new(),
                        reason: row.reason,
                        sentence: row.sentence,
                    }),
                }
            }
            if asked.is_empty() {
                return Err(CliError::new("empty", "the file holds no row that can be asked"));
            }
            return Ok((asked, unreadable));
        }
        let one = |identifier_type: String, value: String, country: String| {
            (vec![Asked { reference: 1, identifier_type, value, country }], Vec::new())
        };
        if let Some(mrz) = &self.mrz {
            let text = if mrz == "-" { read_input()? } else { mrz.clone() };
            return Ok(one("mrz".to_owned(), text, self.country.clone().unwrap_or_default()));
        }
        Ok(one(
            self.identifier_type.clone().unwrap_or_default(),
            self.value.clone().unwrap_or_default(),
            self.country.clone().unwrap_or_default(),
        ))
    }

    fn reason(&self, profile: &Profile) -> Result<Reason, CliError> {
        let check_id = match &self.check_id {
            None => None,
            Some(text) => {
                let mut id = [0; 16];
                hex::decode_to_slice(text, &mut id).map_err(|_| {
                    CliError::new("check_id", "a check id is 32 hexadecimal digits")
                })?;
                Some(id)
            }
        };
        Ok(Reason { check_id, ..self.reasons.reason(profile, self.timeout) })
    }
}

/// What else the identifiers asked could be, numbered after them.
fn other_readings(asked: &[Asked]) -> Vec<Asked> {
    let first_free = asked.iter().map(|one| one.reference).max().unwrap_or(0).saturating_add(1);
    let readings = asked.iter().flat_map(|one| {
        let country = Some(one.country.as_str()).filter(|country| !country.is_empty());
        let Ok(kind) = one.identifier_type.parse::<IdentifierType>() else { return Vec::new() };
        match parse(kind, &one.value, country) {
            Ok(identifier) => identifier.alternatives(),
            Err(_) => readings(kind, &one.value, country),
        }
    });
    (first_free..)
        .zip(readings)
        .map(|(reference, identifier)| Asked {
            reference,
            identifier_type: identifier.kind().name().to_owned(),
            value: identifier.display(),
            country: identifier.country().unwrap_or_default().to_owned(),
        })
        .collect()
}

fn read_input() -> Result<String, CliError> {
    let mut text = String::new();
    std::io::stdin()
        .take(4_096)
        .read_to_string(&mut text)
        .map_err(|error| CliError::new("input", error.to_string()))?;
    Ok(text)
}

pub(super) fn code(report: &CheckReport) -> u8 {
    if report.is_complete() && report.rejected.is_empty() { DONE } else { INCOMPLETE }
}

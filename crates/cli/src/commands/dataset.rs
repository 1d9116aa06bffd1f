mod admission;
mod approve;
mod list;
mod mode;

use std::{
    collections::{HashMap, hash_map::RandomState},
    fmt::Write as _,
    fs::{self, File},
    hash::BuildHasher as _,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use serde::Serialize;
use symbolon_policy::{RecordDetails, rules::Role};
use symbolon_store::{DataFolder, HashedFile, Store, StoreError};
use time::OffsetDateTime;

use super::{DONE, INCOMPLETE};
use crate::{
    CliError,
    acting::Acting,
    output::Output,
    rows::{Change, Mapping, RejectedRow, RowRef, Rows},
    typed::Typed,
};

/// Rejected rows shown to a person; JSON has all of them.
const ROWS_SHOWN: usize = 20;

/// Make and load this bureau's own lists.
#[derive(Debug, Subcommand)]
pub(super) enum DatasetCommand {
    /// Make an empty dataset.
    Create(Create),
    /// Load a CSV file into a dataset: all rows or none, unless told otherwise.
    ///
    /// The file's first line names its columns: record_id, identifier_type, value, country; a
    /// mapping file names others. Further columns may say more of a record: what rules look at
    /// (subject_category, excluded_countries, expires_on, …) and what may be released after a hit
    /// (name, date_of_birth, case_number, …); docs/operating.md lists them. Loading the same file again changes nothing. A running node
    /// publishes what is new within seconds. For a long list that changes a little, load a file of
    /// changes (--changes): only those are evaluated.
    Import(Import),
    /// Approve a file that says of records that people have approved entering them. Needs the role
    /// approver.
    Approve(approve::Approve),
    /// Show the datasets with their sizes.
    List(list::List),
    /// Show how many records the rules in force keep out of which agreement's set, and why.
    ///
    /// Decided now, for what is loaded: the node publishes a set anew when another identifier stays
    /// out than in the version before. No identifier is shown.
    Admission(admission::Admission),
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// Title that a partner's officer reads with a hit.
    #[arg(long)]
    title: String,
    /// Id, as agreements name it: small letters, digits and hyphens.
    id: String,
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// Mapping of the file's columns and type names (TOML): record, identifier_type, fixed_type,
    /// value, country, change, [types], [details].
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Load the good rows and leave out the bad ones, instead of loading nothing. In a file that says
    /// more of records than their identifiers, only rows with a bad identifier are left out: what
    /// another says could keep its record from somebody.
    #[arg(long)]
    skip_rejected: bool,
    #[command(flatten)]
    mode: mode::Mode,
    /// Memory to sort rows in, in MiB. Files of any size can be loaded: what does not fit lies on
    /// disk meanwhile.
    #[arg(long, value_name = "MIB", default_value_t = 256)]
    memory: u32,
    /// Read and report, but change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Id of the dataset.
    dataset: String,
    /// The CSV file.
    file: PathBuf,
}

#[derive(Serialize)]
struct Created<'a> {
    dataset: &'a str,
}

#[derive(Default, Serialize)]
struct Report {
    dataset: String,
    rows: u64,
    /// Different identifiers among the good rows.
    identifiers: u64,
    /// Good rows whose identifier stood in the file before.
    repeated: u64,
    loaded: bool,
    /// The same, or for a dry run whether it would be without `--dry-run`.
    would_load: bool,
    added: u64,
    unchanged: u64,
    removed: u64,
    /// Records of which something else is known than before, beside their identifiers.
    details_changed: u64,
    rejected: Vec<RejectedRow>,
}

impl DatasetCommand {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        match self {
            Self::Create(create) => create.run(output).await,
            Self::Import(import) => import.run(output).await,
            Self::Approve(approve) => approve.run(output).await,
            Self::List(list) => list.run(output).await,
            Self::Admission(admission) => admission.run(output).await,
        }
    }
}

impl Create {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let sound = (1..=64).contains(&self.id.len())
            && self.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !sound {
            return Err(CliError::new(
                "invalid",
                "the id of a dataset is 1 to 64 small letters, digits and hyphens",
            ));
        }
        let store = open(&self.data).await?;
        let actor = self.acting.authorise(store.folder(), &store, &[Role::Administrator]).await?;
        let now = OffsetDateTime::now_utc();
        store.create_dataset_by(&self.id, &self.title, &actor, now).await?;
        store.close().await;
        output.result(&Created { dataset: &self.id }, || {
            let import = Typed::command("dataset import").at(&self.data).by(self.acting.person());
            format!("Made {}. Load it: {}", self.id, import.with(&self.id).with("FILE.csv"))
        });
        Ok(DONE)
    }
}

impl Import {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let mapping_bytes = approve::mapping_bytes(self.mapping.as_deref())?;
        let mapping = match &self.mapping {
            Some(path) => read_mapping(&mapping_bytes, path)?,
            None => Mapping::default(),
        };
        let size = fs::metadata(&self.file).map_or(0, |metadata| metadata.len());
        let file = File::open(&self.file).map_err(|e| CliError::file("read", &self.file, e))?;
        let mut rows = Rows::new(HashedFile::new(file), mapping)?;
        // A file of changes loaded as a list would add what it says is gone.
        if self.mode.changes != rows.has_changes() {
            return Err(CliError::new("changes", changes_sentence(self.mode.changes)));
        }
        let store = open(&self.data).await?;
        let actor = self.acting.authorise(store.folder(), &store, &[Role::Administrator]).await?;
        let memory = usize::try_from(self.memory).unwrap_or(usize::MAX).saturating_mul(1 << 20);
        let mut import =
            store.import_in(&self.dataset, self.mode.replace, memory).await?.by(actor.clone());
        let mut report = Report { dataset: self.dataset.clone(), ..Report::default() };
        let mut good = 0_u64;
        let mut said = Said::default();
        let has_details = rows.has_details();
        let (mut unsure, mut states_approvals) = (false, false);
        let spinner = output.spinner(&format!("reading {} ({size} bytes)", self.file.display()));
        while let Some(row) = rows.next_ref()? {
            report.rows = report.rows.saturating_add(1);
            let read = row.and_then(|row| {
                let change = if self.mode.changes { row.change()? } else { Change::Add };
                let details = match change {
                    Change::Add => row.details()?,
                    Change::Remove => None,
                };
                said.agrees(&row, details.as_ref())?;
                states_approvals |=
                    details.as_ref().is_some_and(|details| details.attributes.approvals > 0);
                Ok((row.identifier(), change, details, row))
            });
            match read {
                Ok((Ok(identifier), Change::Add, details, row)) => {
                    import.add(&identifier, &row.reference())?;
                    if let Some(details) = &details {
                        import.describe(&row.reference(), details)?;
                    }
                }
                Ok((Ok(identifier), Change::Remove, _, row)) => {
                    import.remove(&identifier, row.record)?;
                }
                Ok((Err(rejected), _, details, row)) => {
                    // What it says of its record holds for the record's other rows.
                    let said = details.filter(|said| *said != RecordDetails::default());
                    if let (Some(details), Some(record)) = (&said, row.record) {
                        import.describe_if_named(record, details)?;
                    }
                    report.rejected.push(rejected);
                    continue;
                }
                Err(rejected) => {
                    unsure |= has_details;
                    report.rejected.push(rejected);
                    continue;
                }
            }
            good = good.saturating_add(1);
        }
        spinner.finish_and_clear();
        let may_skip = self.skip_rejected && !unsure;
        report.would_load = report.rejected.is_empty() || may_skip;
        report.loaded = !self.dry_run && report.would_load;
        if report.loaded && self.mode.replace && good == 0 {
            return Err(CliError::new(
                "empty",
                "the file holds no good row, and --replace would empty the dataset; nothing was \
                 changed",
            ));
        }
        if report.loaded {
            let load = approve::Load {
                data: &self.data,
                dataset: &self.dataset,
                mapping: self.mapping.as_deref(),
                mode: self.mode,
                file: &self.file,
            };
            let subject = load.subject(rows.text(), &mapping_bytes);
            if states_approvals {
                import = import.approved_as(subject);
            }
            let spinner = output.spinner("storing");
            let counts = import.commit(OffsetDateTime::now_utc()).await;
            spinner.finish_and_clear();
            let counts = match counts {
                Err(StoreError::LoadNotApproved) => {
                    let refusal = load.propose(&store, &subject, &actor).await;
                    store.close().await;
                    return Err(refusal);
                }
                counts => counts?,
            };
            report.added = counts.added;
            report.unchanged = counts.unchanged;
            report.removed = counts.removed;
            report.details_changed = counts.details_changed;
            report.identifiers = counts.identifiers;
        } else {
            // Nothing of the load stays.
            report.identifiers = import.give_up()?;
        }
        report.repeated = good.saturating_sub(report.identifiers);
        store.close().await;
        output.result(&report, || text(&report, self.dry_run, self.skip_rejected));
        Ok(if report.rejected.is_empty() {
            DONE
        } else if report.loaded || self.dry_run {
            INCOMPLETE
        } else {
            super::FAILED
        })
    }
}

/// What rows have said of their records so far, as hashes: 16 bytes for each record of which something
/// is said.
#[derive(Default)]
struct Said {
    state: RandomState,
    records: HashMap<u64, u64>,
}

impl Said {
    /// Refuses a row that says something else of its record than a row before: one of them is wrong,
    /// and the one that is kept could be that which opens the record to whom it is kept from.
    fn agrees(
        &mut self,
        row: &RowRef<'_>,
        details: Option<&RecordDetails>,
    ) -> Result<(), RejectedRow> {
        let Some(details) = details.filter(|said| **said != RecordDetails::default()) else {
            return Ok(());
        };
        let hash = self.state.hash_one((&details.attributes, &details.fields));
        let before = *self.records.entry(self.state.hash_one(row.reference())).or_insert(hash);
        if before == hash {
            return Ok(());
        }
        Err(RejectedRow {
            line: row.line,
            field: "record",
            reason: "details_differ".to_owned(),
            sentence: "an earlier row says something else of the same record; make them agree, or \
                       say it in one row and leave the columns blank in the others"
                .to_owned(),
        })
    }
}

fn changes_sentence(wanted: bool) -> &'static str {
    if wanted {
        "the file has no column \"change\"; a file of changes says add or remove in each row. \
         A mapping file names another column"
    } else {
        "the file has a column \"change\": give --changes to add and remove what it says. If the \
         column means something else, name another in a mapping file (change = \"…\")"
    }
}

async fn open(data: &Path) -> Result<Store, CliError> {
    Ok(Store::open(DataFolder::open(data)?).await?)
}

fn read_mapping(bytes: &[u8], path: &Path) -> Result<Mapping, CliError> {
    toml::from_slice(bytes).map_err(|error| {
        CliError::new("mapping", format!("{} is no mapping: {error}", path.display()))
    })
}

fn text(report: &Report, dry_run: bool, skip_rejected: bool) -> String {
    let mut text = String::new();
    for row in report.rejected.iter().take(ROWS_SHOWN) {
        let _ =
            writeln!(text, "line {}, {}: {} ({})", row.line, row.field, row.sentence, row.reason);
    }
    if let Some(more) = report.rejected.len().checked_sub(ROWS_SHOWN).filter(|more| *more > 0) {
        let _ = writeln!(text, "… and {more} more rejected rows; --json lists all");
    }
    let _ = writeln!(
        text,
        "{} rows: {} different identifiers, {} repeated, {} rejected.",
        report.rows,
        report.identifiers,
        report.repeated,
        report.rejected.len()
    );
    let _ = if dry_run {
        let would = match report.would_load {
            true => "load the rows that were not rejected",
            false => "load nothing",
        };
        writeln!(text, "Dry run: nothing was changed. Without --dry-run this would {would}.")
    } else if report.loaded {
        let details = match report.details_changed {
            0 => String::new(),
            1 => "; details of 1 record changed".to_owned(),
            many => format!("; details of {many} records changed"),
        };
        writeln!(
            text,
            "Loaded into {}: {} added, {} unchanged, {} removed{details}. A running node publishes \
             it within seconds.",
            report.dataset, report.added, report.unchanged, report.removed
        )
    } else if skip_rejected {
        writeln!(
            text,
            "Nothing was loaded. What a row says of its record cannot be left out, so the rows above are to be \
             mended; --skip-rejected leaves out only rows with a bad identifier."
        )
    } else {
        writeln!(
            text,
            "Nothing was loaded. Mend the rows above, or give --skip-rejected to leave out those with \
             a bad identifier and load the others."
        )
    };
    text
}

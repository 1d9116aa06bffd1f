use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{DONE, INCOMPLETE, reasons::Reasons};
use crate::{
    CliError, Profile,
    answer_file::HitFile,
    asking::Rejected,
    output::Output,
    rows::{Mapping, Row, Rows},
    standing::{self, Kept, KeptSource, Listed, Matched},
};

const HITS_SHOWN: usize = 100;

/// Keep a list asked, and see what it hits in new versions of partners' lists.
///
/// The identifiers are asked once, as a check is. What the answers came to stays here, sealed, and is
/// looked up in each new version of a list without a message to anyone, as long as the agreement
/// lets it be kept.
///
/// For instance:
///   symbolon standing begin --file wanted.csv --purpose criminal_investigation --case 2026/117
///   --offence-class fraud --subject suspect
///   symbolon standing list
///   symbolon standing match 5f0c…
///   symbolon standing update 5f0c… --file changes.csv
///   symbolon standing end 5f0c…
#[derive(Debug, Subcommand)]
#[command(verbatim_doc_comment)]
pub(super) enum StandingCommand {
    /// Ask the identifiers of a file once, and keep them asked.
    Begin(Begin),
    /// Ask what is new in a file of changes, and forget what it removes.
    Update(Update),
    /// Look what a standing check hits in the lists held now. Nobody is asked.
    Match(Match),
    /// Show your standing checks, until when each is kept, and hits that nobody has looked at.
    List(List),
    /// End a standing check: all that was kept is destroyed.
    End(End),
}

#[derive(Debug, Args)]
pub(super) struct Begin {
    /// A CSV file with the columns identifier_type, value and country, and record_id for your own
    /// name of each.
    #[arg(long, visible_alias = "csv", value_name = "FILE")]
    file: PathBuf,
    /// Seconds to wait for each bureau, at most 600.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    timeout: u64,
    #[command(flatten)]
    caller: Caller,
    // Last, for the heading in it.
    #[command(flatten)]
    reasons: Reasons,
}

#[derive(Debug, Args)]
pub(super) struct Update {
    /// Id of the standing check.
    id: String,
    /// A CSV file as for beginning one, with a column change: add or remove.
    #[arg(long, visible_alias = "csv", value_name = "FILE")]
    file: PathBuf,
    /// Seconds to wait for each bureau.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    timeout: u64,
    #[command(flatten)]
    caller: Caller,
}

#[derive(Debug, Args)]
pub(super) struct Match {
    /// Id of the standing check.
    id: String,
    /// Write the hits into a CSV file, which must not exist.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    caller: Caller,
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    caller: Caller,
}

#[derive(Debug, Args)]
pub(super) struct End {
    /// Id of the standing check.
    id: String,
    #[command(flatten)]
    caller: Caller,
}

#[derive(Debug, Args)]
struct Caller {
    /// Profile of the caller; else that of SYMBOLON_PROFILE or of a demo in this folder.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
}

#[derive(Serialize)]
struct Ended {
    standing_id: String,
}

impl StandingCommand {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        match self {
            Self::Begin(begin) => begin.run(output).await,
            Self::Update(update) => update.run(output).await,
            Self::Match(one) => one.run(output).await,
            Self::List(list) => list.run(output).await,
            Self::End(end) => end.run(output).await,
        }
    }
}

impl Caller {
    fn profile(&self) -> Result<Profile, CliError> {
        Profile::find(self.profile.as_deref())
    }
}

impl Begin {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let profile = self.caller.profile()?;
        let (rows, unreadable) = read(&self.file, false)?;
        let reason = self.reasons.reason(&profile, self.timeout);
        let spinner = output.spinner("asking");
        let mut kept = standing::begin(&mut profile.connect()?, &reason, rows).await?;
        spinner.finish_and_clear();
        kept.rejected.extend(unreadable);
        output.result(&kept, || kept_text(&kept));
        Ok(code(&kept))
    }
}

impl Update {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let profile = self.caller.profile()?;
        let id = id(&self.id)?;
        let (rows, unreadable) = read(&self.file, true)?;
        let timeout = Duration::from_secs(self.timeout);
        let spinner = output.spinner("asking what is new");
        let mut kept = standing::update(&mut profile.connect()?, id, timeout, rows).await?;
        spinner.finish_and_clear();
        kept.rejected.extend(unreadable);
        output.result(&kept, || kept_text(&kept));
        Ok(code(&kept))
    }
}

impl Match {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let id = id(&self.id)?;
        let mut client = self.caller.profile()?.connect()?;
        let mut file = self.output.as_deref().map(HitFile::create).transpose()?;
        let mut new = 0;
        let matched = standing::matches(&mut client, id, |source, hit| {
            let Some(file) = &mut file else { return Ok(true) };
            file.add(source, hit)?;
            // All of them lie in the file; a person wants to see what is new at once.
            new += usize::from(hit.is_new);
            Ok(hit.is_new && !output.json && new <= HITS_SHOWN)
        })
        .await?;
        if let Some(file) = file {
            file.finish()?;
        }
        output.result(&matched, || matched_text(&matched, self.output.as_deref()));
        let looked_everywhere = matched.sources.iter().all(|source| source.outcome.is_none());
        Ok(if looked_everywhere { DONE } else { INCOMPLETE })
    }
}

impl List {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let checks = standing::list(&mut self.caller.profile()?.connect()?).await?;
        output.result(&checks, || list_text(&checks));
        Ok(DONE)
    }
}

impl End {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let id = id(&self.id)?;
        standing::end(&mut self.caller.profile()?.connect()?, id).await?;
        output.result(&Ended { standing_id: self.id.clone() }, || {
            format!("Ended {}; what it kept is destroyed.", self.id)
        });
        Ok(DONE)
    }
}

fn read(path: &Path, changes: bool) -> Result<(Vec<Row>, Vec<Rejected>), CliError> {
    let mut file = Rows::open(path, Mapping::default())?;
    let (mut rows, mut unreadable) = (Vec::new(), Vec::new());
    while let Some(row) = file.next_row()? {
        match row {
            Ok(row) if changes && !["add", "remove"].contains(&row.change.as_str()) => {
                unreadable.push(Rejected {
                    reference: row.line,
                    identifier: String::new(),
                    reason: "change".to_owned(),
                    sentence: "the column change says neither add nor remove".to_owned(),
                });
            }
            Ok(row) => rows.push(row),
            Err(row) => unreadable.push(Rejected {
                reference: row.line,
                identifier: String::new(),
                reason: row.reason,
                sentence: row.sentence,
            }),
        }
    }
    if rows.is_empty() {
        return Err(CliError::new("empty", "the file holds no row that can be used"));
    }
    Ok((rows, unreadable))
}

fn id(text: &str) -> Result<[u8; 16], CliError> {
    let mut id = [0; 16];
    hex::decode_to_slice(text, &mut id).map_err(|_| {
        CliError::new(
            "standing_id",
            "the id of a standing check is 32 hexadecimal digits; `symbolon standing list` shows \
             yours",
        )
    })?;
    Ok(id)
}

fn code(kept: &Kept) -> u8 {
    if kept.is_complete() { DONE } else { INCOMPLETE }
}

fn kept_text(kept: &Kept) -> String {
    let mut text = String::new();
    for rejected in &kept.rejected {
        let _ = writeln!(
            text,
            "nothing done: line {} — {} ({})",
            rejected.reference, rejected.sentence, rejected.reason
        );
    }
    sources(&mut text, &kept.sources);
    if kept.standing_id.is_empty() {
        let _ = writeln!(text, "No list lets anything be kept, so there is no standing check.");
        return text;
    }
    let _ = writeln!(
        text,
        "Standing check {}: {} added, {} removed, {} unchanged.",
        kept.standing_id, kept.added, kept.removed, kept.unchanged
    );
    let _ = writeln!(text, "`symbolon standing match {}` shows what it hits.", kept.standing_id);
    text
}

fn sources(text: &mut String, sources: &[KeptSource]) {
    for source in sources {
        let list =
            if source.dataset_title.is_empty() { "(none offered)" } else { &source.dataset_title };
        let said = match (&source.outcome, &source.keep_until, &source.coverage) {
            (Some(outcome), ..) => {
                format!("{}: {} [{}]", outcome.replace('_', " "), source.sentence, source.reason)
            }
            (None, Some(until), _) => format!("kept until {}", minutes(until)),
            (None, None, Some(coverage)) => {
                let hits = source.hits.unwrap_or(0);
                format!("as of {}, hits: {hits}", minutes(&coverage.updated_at))
            }
            (None, None, None) => String::new(),
        };
        let _ = writeln!(
            text,
            "{:<12} {list:<28} {:<16} {:>8}  {said}",
            source.bureau_name, source.identifier_type, source.entries
        );
    }
}

fn matched_text(matched: &Matched, file: Option<&Path>) -> String {
    let mut text = String::new();
    for hit in matched.answers.iter().take(HITS_SHOWN) {
        let _ = writeln!(
            text,
            "{}  {:<44} {:<16} {:<12} {}  [{}]",
            if hit.new { "NEW HIT" } else { "hit    " },
            hit.identifier,
            hit.identifier_type,
            hit.bureau_name,
            hit.dataset_title,
            hit.reference
        );
        if let Some(label) = &hit.label {
            let _ = writeln!(text, "    released at once: {}", label.shown());
        }
    }
    let shown = matched.answers.len().min(HITS_SHOWN) as u64;
    let more = matched.hits.saturating_sub(shown);
    let _ = match (file, more) {
        (_, 0) => Ok(()),
        (None, more) => writeln!(text, "… and {more} more; --json or --output shows them"),
        (Some(file), _) => writeln!(text, "All {} hits are in {}", matched.hits, file.display()),
    };
    if matched.hits > 0 {
        text.push('\n');
    }
    sources(&mut text, &matched.sources);
    let _ = writeln!(
        text,
        "{} hits, {} of them new. Nobody was asked. It took {} ms.",
        matched.hits, matched.new_hits, matched.elapsed_ms
    );
    let desks: BTreeMap<_, _> = matched
        .sources
        .iter()
        .filter(|source| source.hits.is_some_and(|hits| hits > 0))
        .filter_map(|source| Some((&source.bureau_name, source.desk.as_ref()?)))
        .collect();
    if !desks.is_empty() {
        let _ = writeln!(
            text,
            "A hit is unconfirmed and no ground for action: call the desk before anything is done."
        );
    }
    for (bureau, desk) in desks {
        let _ = writeln!(text, "  {bureau}: {}, {}, {}", desk.name, desk.phone, desk.email);
    }
    text
}

fn list_text(checks: &[Listed]) -> String {
    if checks.is_empty() {
        return "You have no standing check. `symbolon standing begin` makes one.".to_owned();
    }
    let mut text = String::new();
    for check in checks {
        let _ = writeln!(
            text,
            "{}  begun {}  {} identifiers, {} ({}){}",
            check.standing_id,
            minutes(&check.begun_at),
            check.entries,
            check.purpose,
            check.case_reference,
            match check.unseen_hits {
                0 => String::new(),
                hits => format!("  {hits} HITS NOT LOOKED AT"),
            }
        );
        sources(&mut text, &check.sources);
    }
    text
}

fn minutes(at: &str) -> String {
    at.get(..16).unwrap_or(at).replace('T', " ")
}

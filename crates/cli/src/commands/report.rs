use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use clap::Args;
use symbolon_node::overdue_requests;
use symbolon_policy::rules::Role;
use symbolon_store::{DataFolder, Store};
use time::{Date, OffsetDateTime, Time, macros::format_description};

use super::DONE;
use crate::{
    CliError,
    acting::Acting,
    output::Output,
    statistics::{Cell, Report, Row},
    typed::Typed,
};

/// Statistics of a period for management and the public: no small number is shown.
///
/// By partner, list and purpose: checks, how they ended, elements, hits (of this bureau's own
/// checks, and found since by its standing checks, each once), times. A number from 1 to 4 is withheld, and with it what it could be worked out from.
/// Publish periods that do not overlap: of two that do, the difference can be taken. Needs the role
/// legal, inspector or administrator.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// The first day (UTC), as 2026-01-31.
    #[arg(long, value_name = "DATE", value_parser = day)]
    from: Date,
    /// The last day (UTC), included.
    #[arg(long, value_name = "DATE", value_parser = day)]
    to: Date,
    /// Print comma-separated values.
    #[arg(long)]
    csv: bool,
}

impl ReportArgs {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        if self.to < self.from {
            return Err(CliError::new("invalid", "the period ends before it begins"));
        }
        if self.csv && output.json {
            return Err(CliError::new("invalid", "--csv and --json cannot both be"));
        }
        let midnight = |date: Date| OffsetDateTime::new_utc(date, Time::MIDNIGHT);
        let (from, to) = (midnight(self.from), midnight(self.to));
        let store = open(&self.data).await?;
        let roles = &[Role::Legal, Role::Inspector, Role::Administrator];
        self.acting.authorise(store.folder(), &store, roles).await?;
        let (tallies, hits) = (store.tallies(from, to).await?, store.hit_tallies(from, to).await?);
        let overdue = overdue_requests(&store, OffsetDateTime::now_utc()).await?;
        store.close().await;
        let report = Report::new(self.from.to_string(), self.to.to_string(), &tallies, &hits);
        if self.csv {
            output.say(&csv(&report)?);
        } else {
            output.result(&report, || text(&report));
        }
        // Beside the report, which may be given to anybody.
        if overdue > 0 {
            output.note(&format!(
                "{overdue} requests of partners for records are OVERDUE: {}",
                Typed::command("disclosure list").at(&self.data).by(self.acting.person())
            ));
        }
        Ok(DONE)
    }
}

fn day(text: &str) -> Result<Date, String> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map_err(|_| "a day is written as 2026-01-31".to_owned())
}

async fn open(data: &Path) -> Result<Store, CliError> {
    Ok(Store::open(DataFolder::open(data)?).await?)
}

fn csv(report: &Report) -> Result<String, CliError> {
    let failed = |error: &dyn std::error::Error| CliError::new("csv", error.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = ["side", "partner", "list", "purpose", "measure", "number", "withheld"];
    writer.write_record(header).map_err(|error| failed(&error))?;
    for row in report.asked.iter().chain(&report.answered) {
        for (measure, cell) in row.cells() {
            let withheld = if cell.withheld { "yes" } else { "no" };
            let line = [
                row.side,
                &row.partner,
                &row.dataset,
                &row.purpose,
                &measure,
                &cell.shown(),
                withheld,
            ];
            writer.write_record(line).map_err(|error| failed(&error))?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}

fn text(report: &Report) -> String {
    let mut text = format!("{} to {} (UTC)\n\n", report.from, report.to);
    for (title, rows) in
        [("Asked by this bureau", &report.asked), ("Answered by this bureau", &report.answered)]
    {
        if rows.is_empty() {
            continue;
        }
        let _ = writeln!(
            text,
            "{title}\n{:<7} {:<18} {:<22} {:>8} {:>9} {:>8} {:>12} {:>8} {:>8} {:>9} {:>11} {:>9} {:>9}",
            "BUREAU",
            "LIST",
            "PURPOSE",
            "CHECKS",
            "ANSWERED",
            "REFUSED",
            "ELEMENTS",
            "HITS",
            "STANDING",
            "CONFIRMED",
            "DISCLOSED",
            "MEDIAN",
            "95 %"
        );
        for row in rows {
            line(&mut text, row);
        }
        text.push('\n');
    }
    text.push_str(
        "*  withheld: fewer than 5, or such a number could be worked out from it. Times in ms, to \
         within a fifth.\n",
    );
    text
}

fn line(text: &mut String, row: &Row) {
    let time = |time: Option<u64>| time.map_or_else(|| "*".to_owned(), |ms| ms.to_string());
    let number = |cell: &Option<Cell>| cell.as_ref().map_or_else(|| "-".to_owned(), Cell::shown);
    let _ = writeln!(
        text,
        "{:<7} {:<18} {:<22} {:>8} {:>9} {:>8} {:>12} {:>8} {:>8} {:>9} {:>11} {:>9} {:>9}",
        row.partner,
        row.dataset,
        row.purpose,
        row.checks.shown(),
        row.answered.shown(),
        row.refused.shown(),
        row.elements.shown(),
        number(&row.hits),
        number(&row.standing_hits),
        row.confirmations.shown(),
        row.disclosures.shown(),
        time(row.median_ms),
        time(row.within_95_ms),
    );
    for (reason, cell) in &row.refusals {
        let _ = writeln!(text, "{:>67}  {reason}", cell.shown());
    }
}

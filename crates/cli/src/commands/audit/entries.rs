use std::{fmt::Write as _, path::PathBuf};

use clap::Args;
use serde::Serialize;
use serde_json::Value;
use symbolon_store::{DataFolder, LogOpening, Store};
use time::OffsetDateTime;

use super::{
    super::{CONTRADICTED, DONE},
    READERS, read_time,
};
use crate::{CliError, acting::Acting, moment::moment, output::Output};

const AT_ONCE: u32 = 4_096;

#[derive(Debug, Args)]
pub(in crate::commands) struct Entries {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// Only entries from this time on (RFC 3339, or a date).
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    from: Option<OffsetDateTime>,
    /// Only entries before this time.
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    to: Option<OffsetDateTime>,
    /// Only entries of this event, for instance `check_admitted`.
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,
}

#[derive(Serialize)]
struct Line {
    index: u64,
    at: String,
    leaf: String,
    /// `erased`: the record is gone, as it must be. `damaged`: it is not what the leaf stands for, or of
    /// another time than it says.
    state: &'static str,
    record: Option<Value>,
}

impl Entries {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let store = Store::open(DataFolder::open(&self.data)?).await?;
        self.acting.authorise(store.folder(), &store, READERS).await?;
        let (mut lines, mut next) = (Vec::new(), 0);
        loop {
            let entries = store.log_openings(next, AT_ONCE).await?;
            let Some((last, _)) = entries.last() else { break };
            next = last.saturating_add(1);
            let shown = entries.into_iter().map(|(index, entry)| (line(index, &entry), entry.at));
            lines.extend(shown.filter(|(line, at)| self.wants(line, *at)).map(|(line, _)| line));
        }
        store.close().await;
        output.result(&lines, || text(&lines));
        let is_damaged = lines.iter().any(|line| line.state == "damaged");
        Ok(if is_damaged { CONTRADICTED } else { DONE })
    }

    fn wants(&self, line: &Line, at: OffsetDateTime) -> bool {
        let event = line.record.as_ref().and_then(|record| record.get("event"));
        self.from.is_none_or(|from| at >= from)
            && self.to.is_none_or(|to| at < to)
            && self
                .event
                .as_ref()
                .is_none_or(|wanted| event.and_then(Value::as_str) == Some(wanted.as_str()))
    }
}

fn line(index: u64, entry: &LogOpening) -> Line {
    let record = entry
        .opening
        .as_ref()
        .map(|(_, record)| (entry.holds(), serde_json::from_slice(record).ok()));
    let (state, record) = match record {
        None => ("erased", None),
        Some((true, Some(record))) => ("whole", Some(record)),
        Some((_, record)) => ("damaged", record),
    };
    Line { index, at: moment(entry.at), leaf: hex::encode(entry.leaf.0), state, record }
}

fn text(lines: &[Line]) -> String {
    let mut text = String::new();
    for line in lines {
        let record = match (&line.record, line.state) {
            (Some(record), "whole") => record.to_string(),
            (Some(record), _) => format!("DAMAGED, not what its leaf stands for: {record}"),
            (None, "erased") => "erased; its leaf stays".to_owned(),
            (None, _) => "DAMAGED, not what its leaf stands for".to_owned(),
        };
        let _ = writeln!(text, "{:>8}  {}  {record}", line.index, line.at);
    }
    if lines.is_empty() {
        let _ = writeln!(text, "No entry is as asked.");
    }
    text
}

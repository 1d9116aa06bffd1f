//! A bureau's log as files, for whoever verifies it without the bureau's node: tiles of leaf hashes,
//! records that are not erased, checkpoints of all logs that the bureau knows, receipts that it holds,
//! contradictions that it has found.

use std::{
    fs,
    io::{self, BufRead as _, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use symbolon_client::SignedFile;
use symbolon_exchange::log_origin;
use symbolon_ledger::{Tile, tiles_for};
use symbolon_policy::{AgreementId, BureauCode, VerifyingKey};
use symbolon_store::{LogId, Store, StoreError};
use time::OffsetDateTime;

use super::leaves::MOST_NOT_SHOWN;
use crate::CliError;

const AT_ONCE: u32 = 4_096;
/// In characters: a cause may quote a name of any length.
const LONGEST_CAUSE: usize = 256;
const RECORDS: &str = "records.jsonl";
const ERASED: &str = "erased.jsonl";
const RECEIPTS: &str = "receipts.jsonl";
const CHECKPOINTS: &str = "checkpoints.jsonl";
const FAULTS: &str = "faults.jsonl";
const DISCLOSURES: &str = "disclosures.jsonl";
const ABOUT: &str = "bureau.json";

/// What a folder is about.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    pub(crate) format: String,
    pub(crate) bureau: BureauCode,
    /// The key that signs its checkpoints.
    pub(crate) log_key: VerifyingKey,
    /// Name of the log in its checkpoints.
    pub(crate) origin: String,
    /// Entries of the log.
    pub(crate) size: u64,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) exported_at: OffsetDateTime,
}

impl About {
    const FORMAT: &str = "symbolon-audit-v1";

    pub(crate) fn log(&self) -> LogId {
        LogId { bureau: self.bureau.clone(), key: self.log_key }
    }
}

/// A record with its salt: what a leaf stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordLine {
    pub(crate) index: u64,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) at: OffsetDateTime,
    /// 32 bytes, hexadecimal.
    pub(crate) salt: String,
    /// The JSON that was hashed, byte for byte.
    pub(crate) record: String,
}

/// An entry whose record and salt were erased.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ErasedLine {
    pub(crate) index: u64,
    /// When it was made: the bureau's word, for what the leaf stood for is gone.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) at: OffsetDateTime,
}

/// What happened to requests for records in a period, in order.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PeriodLine {
    /// The log entry whose root stands for it; none while the period has not ended.
    pub(crate) entry: Option<u64>,
    pub(crate) events: Vec<EventLine>,
}

/// An event of a request for a record. Salt and record are missing where they were erased.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventLine {
    /// Its number among all events, from 0.
    pub(crate) index: u64,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) at: OffsetDateTime,
    /// The salted hash, 32 bytes, hexadecimal.
    pub(crate) leaf: String,
    /// 32 bytes, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) salt: Option<String>,
    /// The JSON that was hashed, byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) record: Option<String>,
}

/// A checkpoint that the bureau holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckpointLine {
    pub(crate) bureau: BureauCode,
    pub(crate) log_key: VerifyingKey,
    /// Who showed it.
    pub(crate) source: BureauCode,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) seen_at: OffsetDateTime,
    /// The signed note.
    pub(crate) note: String,
}

/// A contradiction that the bureau has found.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultLine {
    pub(crate) bureau: BureauCode,
    pub(crate) log_key: VerifyingKey,
    pub(crate) kind: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) found_at: OffsetDateTime,
    /// The last checkpoint that agreed, a signed note; empty if there was none.
    pub(crate) agreed_note: String,
    /// The signed note that contradicts it; empty if the log itself does.
    pub(crate) note: String,
}

/// A receipt that the bureau holds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReceiptLine {
    pub(crate) owner: BureauCode,
    pub(crate) agreement: AgreementId,
    pub(crate) receipt: SignedFile,
}

/// Such a folder, on disk.
pub(crate) struct AuditFolder {
    root: PathBuf,
    pub(crate) about: About,
}

/// How much was written.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Exported {
    pub(crate) entries: u64,
    pub(crate) records: u64,
    pub(crate) erased: u64,
    pub(crate) checkpoints: u64,
    pub(crate) receipts: u64,
    pub(crate) faults: u64,
    /// Events of requests for records, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) events: Option<u64>,
}

impl AuditFolder {
    /// Writes a bureau's log into a new folder, with what happened to requests for records if
    /// `with_events`: it tells outcomes of checks.
    pub(crate) async fn export(
        store: &Store,
        bureau: &BureauCode,
        root: &Path,
        with_events: bool,
        at: OffsetDateTime,
    ) -> Result<Exported, CliError> {
        if fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(CliError::new(
                "exists",
                format!("{} is not empty; name a new folder", root.display()),
            ));
        }
        make(root)?;
        let key = store.keys().log.verifying_key();
        let erasure = store.newest_erasure().await?;
        // Entries that come meanwhile are left for the next export.
        let size = store.log_size().await?;
        let mut exported = Exported { entries: size, ..Exported::default() };
        let about = About {
            format: About::FORMAT.to_owned(),
            bureau: bureau.clone(),
            log_key: key,
            origin: log_origin(bureau).to_string(),
            size,
            exported_at: at,
        };
        let text = serde_json::to_string_pretty(&about).map_err(unwritable)? + "\n";
        fs::write(root.join(ABOUT), text).map_err(|e| CliError::file("write", root, e))?;
        export_tiles(store, root, size).await?;
        (exported.records, exported.erased) = export_records(store, root, size).await?;
        if with_events {
            exported.events = Some(export_events(store, root, size).await?);
        }
        // What was read before it has records that it took away, and its own entry is not there.
        if store.newest_erasure().await? != erasure {
            return Err(CliError::new(
                "erased_meanwhile",
                "records were erased while they were exported; export again, into a new folder",
            ));
        }
        let mut lines = Lines::create(&root.join(CHECKPOINTS))?;
        for known in store.checkpoints().await? {
            lines.push(&CheckpointLine {
                bureau: known.log.bureau,
                log_key: known.log.key,
                source: known.source,
                seen_at: known.seen_at,
                note: String::from_utf8_lossy(&known.note).into_owned(),
            })?;
        }
        exported.checkpoints = lines.finish()?;
        let mut lines = Lines::create(&root.join(RECEIPTS))?;
        for stored in store.receipts(None).await? {
            lines.push(&ReceiptLine {
                owner: stored.owner,
                agreement: stored.agreement,
                receipt: SignedFile::of(&stored.receipt),
            })?;
        }
        exported.receipts = lines.finish()?;
        let mut lines = Lines::create(&root.join(FAULTS))?;
        for fault in store.log_faults().await? {
            lines.push(&FaultLine {
                bureau: fault.log.bureau,
                log_key: fault.log.key,
                kind: fault.kind.as_str().to_owned(),
                found_at: fault.found_at,
                agreed_note: String::from_utf8_lossy(&fault.agreed_note).into_owned(),
                note: String::from_utf8_lossy(&fault.note).into_owned(),
            })?;
        }
        exported.faults = lines.finish()?;
        Ok(exported)
    }

    /// Opens a folder that was exported.
    pub(crate) fn open(root: &Path) -> Result<Self, CliError> {
        let path = root.join(ABOUT);
        let text = fs::read_to_string(&path).map_err(|e| CliError::file("read", &path, e))?;
        let about: About =
            serde_json::from_str(&text).map_err(|error| unreadable(&path, &error.to_string()))?;
        if about.format != About::FORMAT {
            return Err(unreadable(&path, "it is of another version"));
        }
        Ok(Self { root: root.to_owned(), about })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.root
    }

    /// The hashes of a tile, fewer than it is wide if its file is cut off or missing.
    pub(crate) fn tile(&self, tile: &Tile) -> Result<Vec<[u8; 32]>, CliError> {
        let path = self.root.join(tile.path());
        match fs::read(&path) {
            Ok(bytes) => {
                let all = bytes.as_chunks::<32>().0;
                Ok(all.iter().copied().take(tile.width.into()).collect())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(CliError::file("read", &path, error)),
        }
    }

    /// Why no verdict is given: the tiles show far less than the folder says that the log has.
    pub(super) fn too_little_shown(&self) -> CliError {
        let size = self.about.size;
        unreadable(
            &self.root,
            &format!(
                "it says that the log has {size} entries, and more than {MOST_NOT_SHOWN} of these are in no tile"
            ),
        )
    }

    pub(crate) fn records(&self) -> Result<Vec<RecordLine>, CliError> {
        read_lines(&self.root.join(RECORDS))
    }

    pub(crate) fn erased(&self) -> Result<Vec<ErasedLine>, CliError> {
        read_lines(&self.root.join(ERASED))
    }

    /// What happened to requests for records; `None` if it was not exported.
    pub(crate) fn disclosures(&self) -> Result<Option<Vec<PeriodLine>>, CliError> {
        let path = self.root.join(DISCLOSURES);
        if path.exists() { read_lines(&path).map(Some) } else { Ok(None) }
    }

    pub(crate) fn checkpoints(&self) -> Result<Vec<CheckpointLine>, CliError> {
        read_lines(&self.root.join(CHECKPOINTS))
    }

    pub(crate) fn receipts(&self) -> Result<Vec<ReceiptLine>, CliError> {
        read_lines(&self.root.join(RECEIPTS))
    }

    pub(crate) fn faults(&self) -> Result<Vec<FaultLine>, CliError> {
        read_lines(&self.root.join(FAULTS))
    }
}

async fn export_tiles(store: &Store, root: &Path, size: u64) -> Result<(), CliError> {
    for tile in tiles_for(size) {
        let path = root.join(tile.path());
        path.parent().map_or(Ok(()), make)?;
        let bytes = hashes_of(store, &tile).await?.concat();
        fs::write(&path, bytes).map_err(|error| CliError::file("write", &path, error))?;
    }
    Ok(())
}

async fn hashes_of(store: &Store, tile: &Tile) -> Result<Vec<[u8; 32]>, StoreError> {
    store.log_nodes(&tile.nodes().collect::<Vec<_>>()).await
}

/// Writes records, and which entries have none any more; returns how many there are of both.
async fn export_records(store: &Store, root: &Path, size: u64) -> Result<(u64, u64), CliError> {
    let mut lines = Lines::create(&root.join(RECORDS))?;
    let mut erased = Lines::create(&root.join(ERASED))?;
    let mut next = 0;
    while next < size {
        let entries = store.log_openings(next, AT_ONCE).await?;
        let Some((last, _)) = entries.last() else { break };
        next = last.saturating_add(1);
        for (index, entry) in entries.into_iter().take_while(|(index, _)| *index < size) {
            let Some((salt, record)) = entry.opening else {
                erased.push(&ErasedLine { index, at: entry.at })?;
                continue;
            };
            let record = String::from_utf8_lossy(&record).into_owned();
            lines.push(&RecordLine { index, at: entry.at, salt: hex::encode(salt), record })?;
        }
    }
    Ok((lines.finish()?, erased.finish()?))
}

/// Writes events of requests, those of one log entry together; returns how many. Those for which an
/// entry beyond `size` stands have none here.
async fn export_events(store: &Store, root: &Path, size: u64) -> Result<u64, CliError> {
    let mut lines = Lines::create(&root.join(DISCLOSURES))?;
    let (mut next, mut period) = (0_u64, PeriodLine { entry: None, events: Vec::new() });
    loop {
        let events = store.disclosure_openings(next, AT_ONCE).await?;
        if events.is_empty() {
            break;
        }
        for event in events {
            next = event.index.saturating_add(1);
            let entry = event.entry.filter(|entry| *entry < size);
            if entry != period.entry && !period.events.is_empty() {
                lines.push(&period)?;
                period.events.clear();
            }
            period.entry = entry;
            let opened = event.opened;
            let (salt, record) = opened.opening.unzip();
            period.events.push(EventLine {
                index: event.index,
                at: opened.at,
                leaf: hex::encode(opened.leaf.0),
                salt: salt.map(hex::encode),
                record: record.map(|record| String::from_utf8_lossy(&record).into_owned()),
            });
        }
    }
    if !period.events.is_empty() {
        lines.push(&period)?;
    }
    lines.finish()?;
    Ok(next)
}

/// A file of JSON objects, one a line.
struct Lines {
    path: PathBuf,
    out: BufWriter<fs::File>,
    count: u64,
}

impl Lines {
    fn create(path: &Path) -> Result<Self, CliError> {
        let file = fs::File::create(path).map_err(|error| CliError::file("write", path, error))?;
        Ok(Self { path: path.to_owned(), out: BufWriter::new(file), count: 0 })
    }

    fn push<T: Serialize>(&mut self, line: &T) -> Result<(), CliError> {
        let text = serde_json::to_string(line).map_err(unwritable)?;
        writeln!(self.out, "{text}").map_err(|e| CliError::file("write", &self.path, e))?;
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    fn finish(mut self) -> Result<u64, CliError> {
        self.out.flush().map_err(|error| CliError::file("write", &self.path, error))?;
        Ok(self.count)
    }
}

fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, CliError> {
    let file = fs::File::open(path).map_err(|error| CliError::file("read", path, error))?;
    let mut all = Vec::new();
    for (number, line) in (1..).zip(BufReader::new(file).lines()) {
        let line: String = line.map_err(|error| CliError::file("read", path, error))?;
        let read = serde_json::from_str(&line);
        all.push(read.map_err(|error| unreadable(path, &format!("line {number}: {error}")))?);
    }
    Ok(all)
}

fn make(folder: &Path) -> Result<(), CliError> {
    fs::create_dir_all(folder).map_err(|error| CliError::file("make", folder, error))
}

fn unwritable(error: serde_json::Error) -> CliError {
    CliError::new("output", error.to_string())
}

/// Why a folder cannot be read. What its maker wrote is shown in part, and does not steer a terminal.
fn unreadable(path: &Path, why: &str) -> CliError {
    let why: String = why.chars().filter(|c| !c.is_control()).take(LONGEST_CAUSE).collect();
    CliError::new(
        "audit_folder",
        format!("{} is not as `symbolon audit export` writes it: {why}", path.display()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_maker_of_a_folder_wrote_does_not_steer_the_terminal_of_who_reads_why_it_is_refused()
    {
        let root = tempfile::tempdir().unwrap();
        let name = format!("\\u001b[2J{}", "n".repeat(10_000));
        fs::write(root.path().join(ABOUT), format!("{{\"{name}\":1}}")).unwrap();
        let refused = AuditFolder::open(root.path()).err().unwrap();
        assert!(refused.sentence.contains("unknown field `[2Jnnn"), "{refused}");
        assert!(!refused.sentence.chars().any(char::is_control));
        assert!(refused.sentence.len() < 1_000);
    }
}

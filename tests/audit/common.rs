//! What the tests of this crate share.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use sqlx::{
    Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};
use symbolon_cli::scenario::Bureau;
use symbolon_exchange::{Receipt, log_origin};
use symbolon_identifiers::IdentifierType;
use symbolon_ledger::{Commitment, SignedCheckpoint};
use symbolon_policy::{VerifyingKey, rules::Role};
use symbolon_store::{FaultKind, LogFault, LogId};
use symbolon_tests::{Offer, World, program, until};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// A ship's number on the owner's list, and one that is not.
pub(crate) const LISTED: &str = "9074729";
pub(crate) const UNLISTED: &str = "9305219";

/// A list with one ship: the smallest world.
pub(crate) fn ships() -> Offer {
    Offer {
        list: format!("record_id,identifier_type,value,country\nR1,imo,{LISTED},\n"),
        types: vec![IdentifierType::Imo],
        daily_quota: 100_000,
    }
}

/// Runs the program with `--json`; standard output as JSON, and the exit code.
pub(crate) fn symbolon(arguments: &[&str]) -> (Value, i32) {
    let output = Command::new(program())
        .arg("--json")
        .args(arguments)
        .env_remove("SYMBOLON_PROFILE")
        .output()
        .unwrap();
    let code = output.status.code().unwrap();
    assert!(code != 2, "{}", String::from_utf8_lossy(&output.stderr));
    // Of a command that failed: what it says, for whoever reads why a test did.
    let said = if code == 1 { &output.stderr } else { &output.stdout };
    (serde_json::from_slice(said).unwrap_or(Value::Null), code)
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Exports a bureau's log into a new folder.
pub(crate) fn export(bureau: &Bureau, folder: PathBuf) -> PathBuf {
    let (report, code) = as_inspector(bureau, &["export"], &[text(&folder)]);
    assert_eq!(code, 0, "{report}");
    folder
}

/// Runs an `audit` command on a bureau's data folder as its inspector.
pub(crate) fn as_inspector(bureau: &Bureau, command: &[&str], more: &[&str]) -> (Value, i32) {
    as_person(bureau, "inspector", Role::Inspector, command, more)
}

/// The same as its administrator.
pub(crate) fn as_administrator(bureau: &Bureau, command: &[&str], more: &[&str]) -> (Value, i32) {
    as_person(bureau, "administrator", Role::Administrator, command, more)
}

fn as_person(
    bureau: &Bureau,
    name: &str,
    role: Role,
    command: &[&str],
    more: &[&str],
) -> (Value, i32) {
    if !bureau.folder.person(name).exists() {
        bureau.issue_with(name, &[role]).unwrap();
    }
    let data = ["--data", text(bureau.folder.root()), "--as", name];
    symbolon(&[["audit"].as_slice(), command, &data, more].concat())
}

/// Verifies exports together.
pub(crate) fn verify(folders: &[&Path]) -> (Value, i32) {
    let mut arguments = vec!["audit", "verify"];
    arguments.extend(folders.iter().map(|folder| text(folder)));
    symbolon(&arguments)
}

/// The verdict on a bureau's log.
pub(crate) fn of<'a>(report: &'a Value, bureau: &str) -> &'a Value {
    let logs = report["logs"].as_array().unwrap();
    logs.iter().find(|log| log["bureau"] == bureau).unwrap()
}

/// The kinds and first entries of what was found about a bureau's log.
pub(crate) fn findings(report: &Value, bureau: &str) -> Vec<(String, Option<u64>)> {
    of(report, bureau)["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["kind"].as_str().unwrap().to_owned(), one["first"].as_u64()))
        .collect()
}

/// Asks `count` times, and settles.
pub(crate) async fn ask_and_settle(world: &World, count: usize) {
    for _ in 0..count {
        let report = world.ask(&[("imo", LISTED, "")]).await;
        assert_eq!(report.answers[0].outcome, "hit", "{:?}", report.answers);
    }
    settle(world).await;
}

/// Waits until the owner has signed its log as it is, and the requester has proven all that it has seen
/// of it and cosigned the newest.
pub(crate) async fn settle(world: &World) {
    let (requester, owner) = (&world.requester, &world.owner);
    until("the owner's log is followed", async || {
        let store = requester.store().await.unwrap();
        let unproven = store.all_unproven_checkpoints().await.unwrap();
        store.close().await;
        let store = owner.store().await.unwrap();
        let log = LogId { bureau: owner.code.clone(), key: owner.card.keys.log };
        let newest = store.agreed_checkpoint(&log).await.unwrap()?;
        let size = store.log_size().await.unwrap();
        store.close().await;
        let note = SignedCheckpoint::parse(&newest.note).unwrap();
        let (name, key) = (log_origin(&requester.code), requester.card.keys.log.0);
        let is_cosigned = note.verify_cosignature(&name, &key).is_ok();
        (unproven.is_empty() && newest.size == size && is_cosigned).then_some(())
    })
    .await;
}

/// The receipt of the latest entry that a bureau holds.
pub(crate) async fn newest_receipt(bureau: &Bureau) -> Receipt {
    let store = bureau.store().await.unwrap();
    let receipts = store.receipts(None).await.unwrap();
    store.close().await;
    receipts
        .into_iter()
        .map(|one| {
            let key = VerifyingKey(one.receipt.public_key.as_slice().try_into().unwrap());
            Receipt::verify(&one.receipt.into(), &key).unwrap()
        })
        .max_by_key(|receipt| receipt.entry_index)
        .unwrap()
}

/// Waits until a bureau has found such a fault in a log.
pub(crate) async fn fault(finder: &Bureau, of: &Bureau, kinds: &[FaultKind]) -> LogFault {
    until(&format!("{} finds {kinds:?} in the log of {}", finder.code, of.code), async || {
        let store = finder.store().await.unwrap();
        let faults = store.log_faults().await.unwrap();
        store.close().await;
        faults.into_iter().find(|fault| fault.log.bureau == of.code && kinds.contains(&fault.kind))
    })
    .await
}

/// The sum of a metric over its labels.
pub(crate) async fn metric(bureau: &Bureau, name: &str) -> f64 {
    let mut stream = TcpStream::connect(bureau.metrics).await.unwrap();
    let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
        .lines()
        .filter(|line| line.split([' ', '{']).next() == Some(name))
        .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
        .sum()
}

/// What somebody does to a log who has the database in hand.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tampering {
    /// Another record under another salt, with its leaf.
    Change(u64),
    /// An entry taken out, and those after it moved up.
    Remove(u64),
    /// Two entries in each other's place.
    Swap(u64, u64),
    /// The record alone: the leaf stays.
    ChangeRecord(u64),
}

/// Does it to the database of a bureau whose node does not run.
pub(crate) async fn tamper(bureau: &Bureau, tampering: Tampering) {
    let mut raw = raw(bureau).await;
    for trigger in [
        "log_entries_are_only_appended",
        "log_entries_are_only_erased",
        "log_entries_stay",
        "log_nodes_do_not_change",
        "log_nodes_stay",
    ] {
        run(&mut raw, &format!("DROP TRIGGER IF EXISTS {trigger}")).await;
    }
    match tampering {
        Tampering::Change(index) => {
            let (salt, record) = ([7; 32], br#"{"event":"agreement_removed","agreement":"x-y-z"}"#);
            let leaf = Commitment::new(&salt, record).leaf_hash();
            sqlx::query(
                "UPDATE log_entries SET salt = $1, record = $2, leaf_hash = $3
                 WHERE entry_index = $4",
            )
            .bind(salt.as_slice())
            .bind(record.as_slice())
            .bind(leaf.0.as_slice())
            .bind(i64::try_from(index).unwrap())
            .execute(&mut raw)
            .await
            .unwrap();
        }
        Tampering::Remove(index) => {
            run(&mut raw, &format!("DELETE FROM log_entries WHERE entry_index = {index}")).await;
            for statement in [
                format!(
                    "UPDATE log_entries SET entry_index = -entry_index WHERE entry_index > {index}"
                ),
                "UPDATE log_entries SET entry_index = -entry_index - 1 WHERE entry_index < 0"
                    .to_owned(),
            ] {
                run(&mut raw, &statement).await;
            }
        }
        Tampering::Swap(one, other) => {
            for (from, to) in [(one, "-1".to_owned()), (other, one.to_string())] {
                let statement =
                    format!("UPDATE log_entries SET entry_index = {to} WHERE entry_index = {from}");
                run(&mut raw, &statement).await;
            }
            let statement =
                format!("UPDATE log_entries SET entry_index = {other} WHERE entry_index = -1");
            run(&mut raw, &statement).await;
        }
        Tampering::ChangeRecord(index) => {
            let statement = format!(
                "UPDATE log_entries SET record = CAST('{{\"event\":\"x\"}}' AS BLOB)
                 WHERE entry_index = {index}"
            );
            run(&mut raw, &statement).await;
            raw.close().await.unwrap();
            return;
        }
    }
    // The tree is made anew over what is there when the database is opened.
    run(&mut raw, "DELETE FROM log_nodes").await;
    raw.close().await.unwrap();
}

/// Takes away what would tell the bureau's own node that its log was altered.
pub(crate) async fn forget_what_was_signed(bureau: &Bureau) {
    let mut raw = raw(bureau).await;
    let own = format!("DELETE FROM checkpoints WHERE bureau = '{}'", bureau.code);
    run(&mut raw, &own).await;
    run(&mut raw, "DELETE FROM log_faults").await;
    raw.close().await.unwrap();
    std::fs::remove_file(bureau.folder.log_checkpoint()).unwrap();
}

async fn run(raw: &mut SqliteConnection, statement: &str) {
    sqlx::query(sqlx::AssertSqlSafe(statement.to_owned())).execute(raw).await.unwrap();
}

pub(crate) async fn raw(bureau: &Bureau) -> SqliteConnection {
    let options = SqliteConnectOptions::new()
        .filename(bureau.folder.database())
        .journal_mode(SqliteJournalMode::Wal)
        .foreign_keys(false);
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    std::fs::set_permissions(to, std::fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

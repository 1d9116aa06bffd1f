use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use ring::rand::{SecureRandom as _, SystemRandom};
use symbolon_identifiers::IdentifierType;
use symbolon_store::{DataFolder, LogRecord, Store};

use crate::fixture::{
    Asked, NOW, assert_whole, check_id, code, found, sha256, share, used, whole_log,
};

/// Names the data folder to the child; without it the child's test does nothing.
const FOLDER: &str = "SYMBOLON_TEST_ADMIT_UNTIL_KILLED";
/// The number of the child's first check.
const FIRST: &str = "SYMBOLON_TEST_FIRST_CHECK";
const ACKNOWLEDGED: &str = "acknowledged ";
const ELEMENTS: u64 = 3;
const KIND: IdentifierType = IdentifierType::Vin;

fn random_below(bound: u64) -> u64 {
    let mut bytes = [0; 8];
    SystemRandom::new().fill(&mut bytes).unwrap();
    u64::from_ne_bytes(bytes) % bound
}

/// Runs in a process of its own, started by the test below, until that kills it.
#[tokio::test(flavor = "multi_thread")]
async fn child_that_admits_checks_until_it_is_killed() {
    let (Ok(folder), Ok(first)) = (env::var(FOLDER), env::var(FIRST)) else { return };
    let folder = DataFolder::open(Path::new(&folder)).unwrap();
    let store = Store::open(folder).await.unwrap();
    // Several at once, as a node does, each printing as soon as it is told.
    let tasks: Vec<_> = (0..4)
        .map(|lane| {
            let store = store.clone();
            let first: u64 = first.parse().unwrap();
            tokio::spawn(async move {
                for number in (first + lane..).step_by(4) {
                    let asked = Asked::new(number, vec![share(KIND, ELEMENTS, 1 << 40)]);
                    asked.admit(&store).await.unwrap();
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "{ACKNOWLEDGED}{number}").unwrap();
                    out.flush().unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

/// Lets a child admit checks, kills it with SIGKILL at a random moment, and returns what it had
/// acknowledged until then.
fn admitted_until_killed(folder: &DataFolder, first: u64) -> Vec<u64> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "durability::child_that_admits_checks_until_it_is_killed"])
        .env(FOLDER, folder.root())
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let (sender, acknowledged) = mpsc::channel();
    let reader = thread::spawn(move || {
        for line in out.lines().map_while(Result::ok) {
            // The test harness may have begun the line.
            let number = line.split_once(ACKNOWLEDGED).map(|(_, number)| number.parse());
            if let Some(Ok(number)) = number {
                sender.send(number).unwrap();
            }
        }
    });
    // Once the child is at work, at any moment of it.
    let begun = acknowledged.recv_timeout(Duration::from_secs(60));
    thread::sleep(Duration::from_millis(random_below(400)));
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(9));
    reader.join().unwrap();
    let first = begun.unwrap();
    std::iter::once(first).chain(acknowledged).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_before_the_process_was_killed_is_still_there() {
    let root = tempfile::tempdir().unwrap();
    let folder = found(root.path());
    let header = sha256(b"a header");
    let mut acknowledged: Vec<u64> = Vec::new();
    for round in 0..5 {
        let child_folder = folder.clone();
        let killed = tokio::task::spawn_blocking(move || {
            admitted_until_killed(&child_folder, round * 1_000_000)
        });
        acknowledged.extend(killed.await.unwrap());

        assert_whole(&folder).await;
        let store = Store::open(DataFolder::open(root.path()).unwrap()).await.unwrap();
        for number in &acknowledged {
            let known =
                store.was_admitted(&code("FRA"), &check_id(*number), &header).await.unwrap();
            assert!(known, "check {number} was acknowledged and is lost");
        }
        // Each check is there with its entry and its count, or not at all.
        let log = whole_log(&store).await;
        let admitted = log
            .iter()
            .filter(|entry| matches!(entry.record, Some(LogRecord::CheckAdmitted { .. })))
            .count();
        let indexes: Vec<_> = log.iter().map(|entry| entry.index).collect();
        assert_eq!(indexes, (0..u64::try_from(log.len()).unwrap()).collect::<Vec<_>>());
        assert!(admitted >= acknowledged.len());
        let admitted = u64::try_from(admitted).unwrap();
        assert_eq!(used(&store, KIND, NOW).await, admitted * ELEMENTS);
        // Asked again, they are not counted again.
        for number in acknowledged.iter().rev().take(5) {
            let asked = Asked::new(*number, vec![share(KIND, ELEMENTS, 1 << 40)]);
            assert!(asked.admit(&store).await.unwrap().repeated);
        }
        assert_eq!(used(&store, KIND, NOW).await, admitted * ELEMENTS);
        store.close().await;
    }
    assert!(acknowledged.len() > 10, "{}", acknowledged.len());
}

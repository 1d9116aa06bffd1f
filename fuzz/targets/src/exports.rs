//! What another bureau exports of its log, for an inspector to hold against it.

use std::{
    collections::HashMap,
    fs,
    path::{Component, Path},
};

use serde_json::Value;
use symbolon_cli::judge_exports;
use symbolon_ledger::{Commitment, Frontier, LeafHash};

/// What begins a file.
const FILE: &[u8] = b"=== ";
/// The folders that are judged together.
const FOLDERS: [&str; 2] = ["one", "other"];
/// These are in every export.
const LISTS: [&str; 5] =
    ["records.jsonl", "erased.jsonl", "receipts.jsonl", "checkpoints.jsonl", "faults.jsonl"];

/// Files of one export or two, each after a line `=== folder/name`.
pub(crate) fn audit_folder(data: &[u8]) {
    let root = tempfile::tempdir().unwrap();
    for folder in FOLDERS {
        let folder = root.path().join(folder);
        fs::create_dir(&folder).unwrap();
        LISTS.iter().for_each(|list| fs::write(folder.join(list), "").unwrap());
    }
    files(data).for_each(|(name, text)| write(root.path(), name, text));
    let [one, other] = FOLDERS.map(|folder| root.path().join(folder));
    let mut folders = vec![one.as_path()];
    if other.join("bureau.json").exists() {
        folders.push(&other);
    }
    let verdicts = match judge_exports(&folders) {
        Ok(verdicts) => verdicts,
        Err(error) => {
            assert!(["audit_folder", "folder"].contains(&error.reason.as_str()), "{error:?}");
            return assert!(is_line(&error.sentence), "{error:?}");
        }
    };
    for verdict in &verdicts {
        judged(verdict);
    }
    for folder in folders {
        let path = folder.display().to_string();
        let verdict = verdicts.iter().find(|verdict| verdict["folder"] == path.as_str()).unwrap();
        if verdict["holds"] == true {
            held(folder, verdict);
        }
    }
}

fn files(data: &[u8]) -> impl Iterator<Item = (&str, &[u8])> {
    let mut starts: Vec<_> = (0..data.len())
        .filter(|at| data[*at..].starts_with(FILE) && (*at == 0 || data[at - 1] == b'\n'))
        .collect();
    starts.push(data.len());
    let files: Vec<_> = starts.windows(2).map(|two| &data[two[0]..two[1]]).collect();
    files.into_iter().filter_map(|file| {
        let end = file.iter().position(|byte| *byte == b'\n')?;
        // The line end before the next file is no part of this one.
        let text = &file[end + 1..];
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        Some((std::str::from_utf8(&file[FILE.len()..end]).ok()?, text))
    })
}

/// Writes a file where the name says, if that is within one of the folders. The system may refuse the name.
fn write(root: &Path, name: &str, text: &[u8]) {
    let path = Path::new(name);
    let is_within = path.components().all(|part| matches!(part, Component::Normal(_)));
    if is_within && FOLDERS.iter().any(|folder| path.starts_with(folder)) {
        let path = root.join(path);
        let _ = path.parent().map(fs::create_dir_all);
        let _ = fs::write(path, text);
    }
}

/// A verdict is that nothing was found, or says what and where.
fn judged(verdict: &Value) {
    let findings = verdict["findings"].as_array().unwrap();
    assert_eq!(verdict["holds"], findings.is_empty());
    for finding in findings {
        assert!(is_line(finding["sentence"].as_str().unwrap()), "{finding}");
        let [first, last] = ["first", "last"].map(|end| finding[end].as_u64());
        assert!(first.is_some() == last.is_some() && first <= last, "{finding}");
    }
}

/// Where nothing was found, every entry is accounted for, and the tree over the records is the one that was shown.
fn held(folder: &Path, verdict: &Value) {
    let lines = |name: &str| -> HashMap<u64, Value> {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.map(|line| (line["index"].as_u64().unwrap(), line)).collect()
    };
    let (records, erased) = (lines("records.jsonl"), lines("erased.jsonl"));
    let entries = verdict["entries"].as_u64().unwrap();
    let mut tree = Frontier::default();
    for index in 0..entries {
        let Some(line) = records.get(&index) else {
            assert!(erased.contains_key(&index), "entry {index} is nowhere");
            continue;
        };
        tree.append(&leaf(line));
    }
    if tree.len() == entries {
        assert_eq!(verdict["root"], hex::encode(tree.root().0).as_str());
    }
}

fn leaf(line: &Value) -> LeafHash {
    let mut salt = [0; 32];
    hex::decode_to_slice(line["salt"].as_str().unwrap(), &mut salt).unwrap();
    Commitment::new(&salt, line["record"].as_str().unwrap().as_bytes()).leaf_hash()
}

/// Whether a text can be shown to a person: one line that does not steer a terminal.
fn is_line(text: &str) -> bool {
    (1..=1_024).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

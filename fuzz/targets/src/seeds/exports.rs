//! Exports of a log: one in which everything holds, and others that show what they should not.

use serde_json::{Value, json};
use symbolon_ledger::{Commitment, Frontier, LeafHash};

use super::{text, vector};

const AT: &str = "2026-01-02T03:04:05Z";
const SECONDS: u64 = 1_767_323_045;

/// Files after lines that name them, as the target takes them.
pub(super) fn folders() -> Vec<(String, Vec<u8>)> {
    let (whole, signed) = (whole(), signed());
    let again = [whole.in_folder("one"), whole.in_folder("other")].concat();
    vec![
        ("whole".to_owned(), whole.in_folder("one")),
        ("signed".to_owned(), signed.in_folder("one")),
        ("twice".to_owned(), again),
        ("of-two-bureaus".to_owned(), [whole.in_folder("one"), signed.in_folder("other")].concat()),
    ]
}

/// The files of one export.
#[derive(Default)]
struct Export(Vec<(String, Vec<u8>)>);

impl Export {
    fn of(key: &str, leaves: &[[u8; 32]]) -> Self {
        let about = json!({
            "format": "symbolon-audit-v1",
            "bureau": "OWN",
            "log_key": key,
            "origin": "symbolon-v1/OWN",
            "size": leaves.len(),
            "exported_at": "2026-01-03T00:00:00Z",
        });
        let tile = format!("tile/0/000.p/{}", leaves.len());
        Self(vec![
            ("bureau.json".to_owned(), about.to_string().into_bytes()),
            (tile, leaves.concat()),
        ])
    }

    fn with(mut self, list: &str, lines: &[Value]) -> Self {
        let text = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        self.0.push((format!("{list}.jsonl"), text.into_bytes()));
        self
    }

    fn in_folder(&self, folder: &str) -> Vec<u8> {
        let file = |(name, text): &(String, Vec<u8>)| {
            [format!("=== {folder}/{name}\n").as_bytes(), text, b"\n"].concat()
        };
        self.0.iter().flat_map(file).collect()
    }
}

/// Two entries with their records, one erased, and a period with one event.
fn whole() -> Export {
    let salt = [0x17; 32];
    let record = |event: Value| {
        // The time stands in front of what happened.
        let event = event.to_string();
        format!("{{\"at\":{SECONDS},{}", &event[1..])
    };
    let event = record(json!({
        "event": "settled",
        "request": "d1".repeat(16),
        "state": "refused",
        "decision": "",
    }));
    let event_leaf = leaf(&salt, &event);
    let mut period = Frontier::default();
    period.append(&LeafHash(event_leaf));
    let records = [
        record(json!({ "event": "disclosures", "root": hex::encode(period.root().0) })),
        record(json!({
            "event": "records_erased",
            "before": AT,
            "entries": 1,
            "asked": 0,
            "answered": 0,
            "in_all": 1,
        })),
    ];
    let mut leaves = vec![[0x2a; 32]];
    leaves.extend(records.iter().map(|record| leaf(&salt, record)));
    let lines: Vec<_> = (1..)
        .zip(&records)
        .map(|(index, record)| {
            json!({ "index": index, "at": AT, "salt": hex::encode(salt), "record": record })
        })
        .collect();
    let event = json!({
        "index": 0,
        "at": AT,
        "leaf": hex::encode(event_leaf),
        "salt": hex::encode(salt),
        "record": event,
    });
    Export::of(&text(&["checkpoint", "log_key"]), &leaves)
        .with("records", &lines)
        .with("erased", &[json!({ "index": 0, "at": "2026-01-01T00:00:00Z" })])
        .with("disclosures", &[json!({ "entry": 1, "events": [event] })])
}

/// The log of the vectors, of which only the leaves are known, with what is signed of it.
fn signed() -> Export {
    let key = text(&["checkpoint", "log_key"]);
    let note = text(&["cosignature", "note"]);
    let seen = |bureau: &str, key: &str, note: &str| json!({ "bureau": bureau, "log_key": key, "source": "REQ", "seen_at": AT, "note": note });
    let receipt = json!({
        "owner": "OWN",
        "agreement": "req-own-2026",
        "receipt": vector(&["receipt", "signed"]),
    });
    let fault = json!({
        "bureau": "OWN",
        "log_key": key,
        "kind": "forked",
        "found_at": AT,
        "agreed_note": note,
        "note": "",
    });
    let other = text(&["cosignature", "cosigner_log_key"]);
    Export::of(&key, &leaves())
        .with("checkpoints", &[seen("OWN", &key, &note), seen("REQ", &other, &note)])
        .with("receipts", &[receipt])
        .with("faults", &[fault])
}

/// The leaves over which the checkpoint of the vectors is.
fn leaves() -> Vec<[u8; 32]> {
    let root = text(&["checkpoint", "root"]);
    let leaves = super::vectors_of("log_root").into_iter().find_map(|one| {
        (one["expect"]["root"] == root.as_str()).then(|| one["given"]["leaves"].clone())
    });
    let leaf = |leaf: &Value| {
        let mut bytes = [0; 32];
        hex::decode_to_slice(leaf.as_str().unwrap(), &mut bytes).unwrap();
        bytes
    };
    leaves.unwrap().as_array().unwrap().iter().map(leaf).collect()
}

fn leaf(salt: &[u8; 32], record: &str) -> [u8; 32] {
    Commitment::new(salt, record.as_bytes()).leaf_hash().0
}

#[cfg(all(test, feature = "program"))]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_whole_export_holds() {
        let root = tempfile::tempdir().unwrap();
        for list in ["receipts.jsonl", "checkpoints.jsonl", "faults.jsonl"] {
            fs::write(root.path().join(list), "").unwrap();
        }
        for (name, text) in whole().0 {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let verdicts = symbolon_cli::judge_exports(&[root.path()]).unwrap();
        assert_eq!(verdicts[0]["holds"], true, "{}", verdicts[0]["findings"]);
        assert_eq!(verdicts[0]["events"]["periods"], 1);
    }
}

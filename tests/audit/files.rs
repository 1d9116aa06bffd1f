//! What is changed in files, the offline verifier names.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use symbolon_client::SignedFile;
use symbolon_exchange::{DocumentHash, Receipt, sign_checkpoint};
use symbolon_ledger::TreeHash;
use symbolon_store::KeyName;
use symbolon_tests::World;

use crate::common::{
    ask_and_settle, copy, export, findings, newest_receipt, of, ships, symbolon, text, verify,
};

/// A log that holds, and what is done to copies of it.
struct Files {
    world: World,
    own: PathBuf,
    req: PathBuf,
    /// Entry for which the requester holds a receipt.
    held: u64,
    copies: std::cell::Cell<u32>,
}

impl Files {
    async fn new() -> Self {
        let world = World::new(&ships()).await;
        ask_and_settle(&world, 3).await;
        // What is of the second of an export could have come after it.
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        let own = export(&world.owner, world.scratch().join("own-export"));
        let req = export(&world.requester, world.scratch().join("req-export"));
        let held = newest_receipt(&world.requester).await.entry_index;
        Self { world, own, req, held, copies: std::cell::Cell::new(0) }
    }

    /// The owner's export, changed.
    fn changed(&self, change: impl FnOnce(&Path)) -> PathBuf {
        let number = self.copies.get();
        self.copies.set(number + 1);
        let copied = self.world.scratch().join(format!("copy-{number}"));
        copy(&self.own, &copied);
        change(&copied);
        copied
    }

    /// What the verifier finds in a changed export of the owner, beside that of the requester.
    fn found(&self, change: impl FnOnce(&Path)) -> Vec<(String, Option<u64>)> {
        let changed = self.changed(change);
        let (report, code) = verify(&[&changed, &self.req]);
        assert_eq!(code, 4, "{report}");
        findings(&report, "OWN")
    }
}

fn edit_lines(path: &Path, edit: impl FnOnce(&mut Vec<Value>)) {
    let text = fs::read_to_string(path).unwrap();
    let mut lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    edit(&mut lines);
    fs::write(path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
}

/// The only tile of the leaves.
fn leaves(folder: &Path) -> PathBuf {
    let part = fs::read_dir(folder.join("tile/0/000.p")).unwrap().next().unwrap();
    part.unwrap().path()
}

fn has(found: &[(String, Option<u64>)], kind: &str, first: u64) -> bool {
    found.contains(&(kind.to_owned(), Some(first)))
}

#[tokio::test]
async fn what_was_changed_in_an_export_is_named() {
    let files = Files::new().await;
    let (held, at) = (files.held, usize::try_from(files.held).unwrap());
    let (report, code) = verify(&[&files.own, &files.req]);
    assert_eq!(code, 0, "{report}");
    let verdict = of(&report, "OWN");
    assert_eq!(verdict["receipts"], 3);
    assert!(verdict["cosignatures"].as_u64().unwrap() >= 1, "{verdict}");
    assert_eq!(verdict["last_agreed"]["cosigned_by"][0], "REQ");

    // A leaf.
    let found = files.found(|folder| {
        let mut bytes = fs::read(leaves(folder)).unwrap();
        bytes[at * 32] ^= 1;
        fs::write(leaves(folder), bytes).unwrap();
    });
    assert!(has(&found, "entry_changed", held) && has(&found, "record_changed", held), "{found:?}");

    // Two leaves in each other's place, with their records.
    let found = files.found(|folder| {
        let mut bytes = fs::read(leaves(folder)).unwrap();
        let (low, high) = bytes.split_at_mut(at * 32);
        low[(at - 1) * 32..].swap_with_slice(&mut high[..32]);
        fs::write(leaves(folder), bytes).unwrap();
        edit_lines(&folder.join("records.jsonl"), |lines| {
            lines.swap(at, at - 1);
            for (index, line) in lines.iter_mut().enumerate() {
                line["index"] = index.into();
            }
        });
    });
    assert!(has(&found, "entry_moved", held), "{found:?}");
    assert!(found.iter().all(|(kind, _)| !kind.starts_with("record_")), "{found:?}");
    assert!(found.iter().any(|(kind, _)| kind == "rewritten"), "{found:?}");

    // A record, alone.
    let found = files.found(|folder| {
        edit_lines(&folder.join("records.jsonl"), |lines| {
            lines[at]["record"] = r#"{"event":"nothing"}"#.into();
        });
    });
    assert!(has(&found, "record_changed", held), "{found:?}");
    assert!(has(&found, "entry_contradicts_receipt", held), "{found:?}");
    assert_eq!(found.len(), 2, "{found:?}");

    // The time of a record, in the line beside it.
    let found = files.found(|folder| {
        edit_lines(&folder.join("records.jsonl"), |lines| {
            lines[at]["at"] = "2001-02-03T04:05:06Z".into();
        });
    });
    assert_eq!(found, [("record_time_changed".to_owned(), Some(held))]);

    // A record that is missing among others, and one that stands for another.
    let found = files.found(|folder| {
        edit_lines(&folder.join("records.jsonl"), |lines| drop(lines.remove(1)));
    });
    assert_eq!(found, [("record_missing".to_owned(), Some(1))]);
    let found = files.found(|folder| {
        edit_lines(&folder.join("records.jsonl"), |lines| {
            let salt = lines[0]["salt"].clone();
            lines[1]["record"] = lines[0]["record"].clone();
            lines[1]["salt"] = salt;
        });
    });
    assert_eq!(found, [("record_moved".to_owned(), Some(1))]);

    // Cut off at the end, said and unsaid.
    let found = files.found(|folder| {
        let bytes = fs::read(leaves(folder)).unwrap();
        fs::write(leaves(folder), &bytes[..at * 32]).unwrap();
    });
    assert!(has(&found, "tile_missing", held), "{found:?}");
    let found = files.found(|folder| cut(folder, at));
    assert!(has(&found, "entry_missing", held) && has(&found, "shortened", held), "{found:?}");
}

/// Cuts an export short, and says so.
fn cut(folder: &Path, size: usize) {
    let bytes = fs::read(leaves(folder)).unwrap();
    fs::remove_file(leaves(folder)).unwrap();
    fs::write(folder.join(format!("tile/0/000.p/{size}")), &bytes[..size * 32]).unwrap();
    let about = folder.join("bureau.json");
    let mut value: Value = serde_json::from_slice(&fs::read(&about).unwrap()).unwrap();
    value["size"] = size.into();
    fs::write(about, value.to_string()).unwrap();
    edit_lines(&folder.join("records.jsonl"), |lines| lines.truncate(size));
}

#[tokio::test]
async fn what_came_after_an_export_is_growth_and_what_was_there_before_is_not() {
    let files = Files::new().await;
    ask_and_settle(&files.world, 1).await;
    let newer = export(&files.world.requester, files.world.scratch().join("req-newer"));
    let (report, code) = verify(&[&files.own, &newer]);
    assert_eq!(code, 0, "{report}");
    assert!(of(&report, "OWN")["later"].as_u64().unwrap() >= 1, "{report}");
    // The newer export of one bureau goes beyond the older one …
    let again = export(&files.world.owner, files.world.scratch().join("own-newer"));
    let (report, code) = verify(&[&files.own, &again, &newer]);
    assert_eq!(code, 0, "{report}");
    // … and never the other way round.
    let short = files.changed(|folder| cut(folder, usize::try_from(files.held).unwrap()));
    let (report, code) = verify(&[&short, &files.own]);
    assert_eq!(code, 4, "{report}");
    assert!(has(&findings(&report, "OWN"), "entry_missing", files.held), "{report}");
}

#[tokio::test]
async fn a_forged_checkpoint_a_forged_receipt_and_a_foreign_key_are_named() {
    let files = Files::new().await;
    let owner = &files.world.owner;
    let forged = |key: KeyName, size: u64| {
        let key = key.read(&owner.folder).unwrap();
        sign_checkpoint(&owner.code, size, TreeHash([9; 32]), &key).to_bytes()
    };
    let add = |folder: &Path, note: Vec<u8>| {
        edit_lines(&folder.join("checkpoints.jsonl"), |lines| {
            let mut line = lines.iter().find(|line| line["bureau"] == "OWN").unwrap().clone();
            line["note"] = String::from_utf8(note).unwrap().into();
            lines.push(line);
        });
    };
    let found = files.found(|folder| add(folder, forged(KeyName::Manifest, 2)));
    assert_eq!(found, [("checkpoint_forged".to_owned(), None)]);
    // Signed by the bureau indeed, but never of its log.
    let found = files.found(|folder| add(folder, forged(KeyName::Log, 2)));
    assert!(found.iter().any(|(kind, _)| kind == "rewritten"), "{found:?}");

    // A cosignature that was tampered with.
    let found = files.found(|folder| {
        edit_lines(&folder.join("checkpoints.jsonl"), |lines| {
            let cosigned = lines.iter_mut().rev().find(|line| {
                line["bureau"] == "OWN"
                    && line["note"].as_str().unwrap().contains("symbolon-v1/REQ ")
            });
            let line = cosigned.unwrap();
            let note = line["note"].as_str().unwrap().to_owned();
            let (start, signature) = note.rsplit_once(' ').unwrap();
            let mut bytes = base64_decode(signature.trim_end());
            *bytes.last_mut().unwrap() ^= 1;
            line["note"] = format!("{start} {}\n", base64_encode(&bytes)).into();
        });
    });
    assert_eq!(found, [("cosignature_forged".to_owned(), None)]);

    // A receipt held by the requester whose proof was tampered with.
    let req = files.world.scratch().join("req-changed");
    copy(&files.req, &req);
    edit_lines(&req.join("receipts.jsonl"), |lines| {
        let document = lines[0]["receipt"]["document"].as_str().unwrap().to_owned();
        let last = if document.ends_with('0') { '1' } else { '0' };
        lines[0]["receipt"]["document"] =
            format!("{}{last}", &document[..document.len() - 1]).into();
    });
    let (report, code) = verify(&[&files.own, &req]);
    assert_eq!(code, 4);
    assert_eq!(findings(&report, "OWN"), [("receipt_invalid".to_owned(), None)]);

    // Keys are those that the agreement names, if it is given.
    let agreement = files.world.scratch().join("agreement.json");
    let store = files.world.requester.store().await.unwrap();
    let id = &files.world.agreement.terms().id;
    fs::write(&agreement, store.agreement_document(id).await.unwrap().unwrap()).unwrap();
    store.close().await;
    let with = |folder: &Path| {
        symbolon(&["audit", "verify", text(folder), "--agreement", text(&agreement)])
    };
    let (report, code) = with(&files.own);
    assert_eq!((code, of(&report, "OWN")["key_from"].as_str()), (0, Some("agreement")));
    // Without it, the verdict says whose word is taken for it.
    let (report, code) = verify(&[&files.own]);
    assert_eq!((code, of(&report, "OWN")["key_from"].as_str()), (0, Some("folder")));
    let stranger = files.changed(|folder| {
        let about = folder.join("bureau.json");
        let mut value: Value = serde_json::from_slice(&fs::read(&about).unwrap()).unwrap();
        value["log_key"] = serde_json::to_value(files.world.owner.card.keys.manifest).unwrap();
        fs::write(about, value.to_string()).unwrap();
    });
    let (report, code) = with(&stranger);
    assert_eq!(code, 4, "{report}");
    assert!(findings(&report, "OWN").contains(&("key_not_agreed".to_owned(), None)), "{report}");
}

#[tokio::test]
async fn a_list_that_an_owner_showed_to_one_partner_alone_is_named() {
    let files = Files::new().await;
    let owner = &files.world.owner;
    // The owner signs for a list of its own making, and for an entry that it has indeed: what its
    // partner holds then is sound in all but this.
    let log_key = KeyName::Log.read(&owner.folder).unwrap();
    let marked = Receipt {
        manifests: vec![DocumentHash([0x3a; 32])],
        ..newest_receipt(&files.world.requester).await
    };
    let signed = SignedFile::of(&marked.sign(&log_key).into());
    let req = files.world.scratch().join("req-marked");
    copy(&files.req, &req);
    edit_lines(&req.join("receipts.jsonl"), |lines| {
        let mut line = lines[0].clone();
        line["receipt"] = serde_json::to_value(&signed).unwrap();
        lines.push(line);
    });
    let (report, code) = verify(&[&files.own, &req]);
    assert_eq!(code, 4, "{report}");
    assert_eq!(
        findings(&report, "OWN"),
        [("manifest_not_logged".to_owned(), Some(marked.entry_index))]
    );
    // Of the others every list is in the log.
    let (report, code) = verify(&[&files.own, &files.req]);
    assert_eq!(code, 0, "{report}");
}

fn base64_decode(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

fn base64_encode(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

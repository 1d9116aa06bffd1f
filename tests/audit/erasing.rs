//! Erasing takes records away and leaves the log verifiable.

use std::fs;

use symbolon_tests::World;

use crate::common::{
    as_administrator, as_inspector, ask_and_settle, copy, export, findings, of, ships, verify,
};

#[tokio::test]
async fn what_is_erased_is_gone_and_the_log_still_verifies() {
    let mut world = World::new(&ships()).await;
    ask_and_settle(&world, 2).await;
    let before = export(&world.owner, world.scratch().join("before"));
    world.owner_node.take().unwrap().stop().await.unwrap();
    world.requester_node.take().unwrap().stop().await.unwrap();
    // Times are kept in seconds; what was just recorded is not older than now.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    for bureau in [&world.owner, &world.requester] {
        let now = time::OffsetDateTime::now_utc()
            .format(&time::format_description::well_known::Rfc3339)
            .unwrap();
        let (erased, code) = as_administrator(bureau, &["erase"], &["--before", &now]);
        assert_eq!(code, 0, "{erased}");
        assert!(erased["entries"].as_u64().unwrap() > 2, "{erased}");
    }
    let own = export(&world.owner, world.scratch().join("own-export"));
    let req = export(&world.requester, world.scratch().join("req-export"));
    let (report, code) = verify(&[&own, &req, &before]);
    assert_eq!(code, 0, "{report}");
    let verdict = of(&report, "OWN");
    // Only the entries that say who erased, what, and who exported have their records; those that stand
    // for events of requests, if a period ended just then, keep theirs.
    let roots = fs::read_to_string(own.join("records.jsonl")).unwrap();
    let roots = roots.lines().filter(|line| line.contains(r#"\"event\":\"disclosures\""#)).count();
    assert_eq!(
        verdict["records"].as_u64().unwrap(),
        3 + u64::try_from(roots).unwrap(),
        "{verdict}"
    );
    let entries = verdict["entries"].as_u64().unwrap();
    assert!(entries > 4);

    // Nobody takes away a record more and says that it was erased with the others …
    let more = world.scratch().join("more");
    copy(&own, &more);
    let records = fs::read_to_string(more.join("records.jsonl")).unwrap();
    let (first, rest) = records.split_once('\n').unwrap();
    let first: serde_json::Value = serde_json::from_str(first).unwrap();
    let index = first["index"].as_u64().unwrap();
    fs::write(more.join("records.jsonl"), rest).unwrap();
    let erased = fs::read_to_string(more.join("erased.jsonl")).unwrap();
    let add = |at: &str| {
        let line = serde_json::json!({ "index": index, "at": at });
        fs::write(more.join("erased.jsonl"), format!("{erased}{line}\n")).unwrap();
        let (report, code) = verify(&[&more]);
        assert_eq!(code, 4, "{report}");
        findings(&report, "OWN")
    };
    let unsaid = |index: u64| ("erased_unsaid".to_owned(), Some(index));
    assert_eq!(add(first["at"].as_str().unwrap()), [unsaid(index)]);
    // … and with a time of before there is one more than the entry on the erasure says.
    assert_eq!(add("2001-02-03T04:05:06Z"), [unsaid(index + 1)]);
    // Without that entry, nothing was erased.
    let none = world.scratch().join("none");
    copy(&own, &none);
    fs::write(none.join("records.jsonl"), "").unwrap();
    let (report, code) = verify(&[&none]);
    assert_eq!(code, 4, "{report}");
    assert!(findings(&report, "OWN").contains(&unsaid(0)), "{report}");

    let store = world.requester.store().await.unwrap();
    assert!(store.receipts(None).await.unwrap().is_empty());
    store.close().await;
    // A list of both sides, from a time when there was something, still shows no contradiction.
    let (lines, code) = as_inspector(&world.owner, &["log"], &[]);
    assert_eq!(code, 0);
    let mut lines = lines.as_array().unwrap().clone();
    lines.retain(|line| line["record"]["event"] != "disclosures");
    let (erased, kept) = lines.split_at(lines.len() - 3);
    assert!(erased.iter().all(|line| line["state"] == "erased"), "{lines:?}");
    let events: Vec<_> = kept.iter().map(|line| line["record"]["event"].clone()).collect();
    assert_eq!(events, ["administered", "records_erased", "administered"]);
}

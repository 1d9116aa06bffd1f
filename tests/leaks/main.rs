//! Nothing leaks: no identifier, officer, case or ground of a check stands in any message between
//! two nodes, in their logs, metrics and files, in any form, outside what the requester has sealed.
//!
//! The same run with one leak planted on purpose fails.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

mod hpack;
mod http2;
mod inspection;
mod needles;
mod planted;
mod run;
mod shape;

use std::collections::BTreeSet;

use inspection::verdict;
use run::{CHECK, DOWNLOAD, MANIFESTS, Plan, Run};
use tokio::sync::OnceCell;

/// Two tests look at the same run.
async fn usual_run() -> &'static Run {
    static RUN: OnceCell<Run> = OnceCell::const_new();
    RUN.get_or_init(async || Run::of(&Plan::default()).await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_identifier_leaves_the_requesters_sealed_store() {
    let run = usual_run().await;
    verdict(&run.findings).unwrap_or_else(|leaks| panic!("{leaks}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planted_leak_is_found() {
    // A purpose travels and is kept in clear, an agreement's id is logged as well: here both are
    // spelled like identifiers that are asked.
    let plan =
        Plan { purpose: "wvwzzz1jzxw000001".to_owned(), agreement: "1m8gdm9axkp042788".to_owned() };
    let run = Run::of(&plan).await;
    let leaks = verdict(&run.findings).unwrap_err();

    let findings = || run.findings.iter().filter(|finding| !finding.is_own_list);
    let leaked: BTreeSet<_> = findings().map(|finding| finding.secret.as_str()).collect();
    let planted = ["vin 1M8GDM9AXKP042788", "vin WVWZZZ1JZXW000001"];
    assert_eq!(leaked, BTreeSet::from(planted), "{leaks}");
    let found = |secret: &str, place: &str| {
        findings().any(|finding| {
            finding.secret.ends_with(secret)
                && finding.place.contains(place)
                && finding.form == "canonical, lower case"
        })
    };
    for place in ["to the owner, call", "file state/symbolon.db of the requester"] {
        assert!(found("WVWZZZ1JZXW000001", place), "not found in {place}:\n{leaks}");
        assert!(found("1M8GDM9AXKP042788", place), "not found in {place}:\n{leaks}");
    }
    assert!(found("WVWZZZ1JZXW000001", "file state/symbolon.db of the owner"), "{leaks}");
    assert!(found("1M8GDM9AXKP042788", "log of the owner"), "{leaks}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inspection_sees_everything_that_was_said_and_written() {
    let run = usual_run().await;

    let calls: Vec<_> = run.calls();
    let paths: BTreeSet<_> = calls.iter().map(|call| call.path()).collect();
    assert!(paths.is_superset(&BTreeSet::from([MANIFESTS, DOWNLOAD, CHECK])), "{paths:?}");
    // Besides, what comes by the clock. Whoever adds a call has to think here of what it says.
    let known = [
        "Check",
        "DownloadTagSet",
        "ExchangeAgreement",
        "ExchangeCheckpoints",
        "ExchangeDisclosures",
        "GetLogCheckpoint",
        "GetLogConsistency",
        "GetManifests",
    ]
    .map(|call| format!("/symbolon.partner.v1.PartnerService/{call}"));
    assert!(paths.iter().all(|path| known.iter().any(|one| one == path)), "{paths:?}");
    let checks = || calls.iter().filter(|call| call.path() == CHECK);
    let ended = |status: &[u8]| checks().filter(|call| call.ended_with(status)).count();
    assert_eq!(ended(b"0"), run.checks_answered);
    // The one over its quota.
    assert!(checks().any(|call| call.ended_with(b"8")));
    // Whoever adds a header has to think here of what it says.
    let known = [
        ":authority",
        ":method",
        ":path",
        ":scheme",
        ":status",
        "content-type",
        "date",
        "grpc-message",
        "grpc-status",
        "grpc-status-details-bin",
        "te",
        "user-agent",
    ];
    let known: BTreeSet<_> = known.map(str::to_owned).into();
    let names: BTreeSet<_> = calls.iter().flat_map(|call| call.header_names()).collect();
    assert_eq!(names, known);

    // The owner's own list is where it may stand, and would have been found.
    let listed = run.secrets.iter().filter(|secret| secret.listed).count();
    assert!(listed > 0);
    let found: BTreeSet<_> = run
        .findings
        .iter()
        .filter(|finding| finding.is_own_list)
        .filter(|finding| finding.place.starts_with("file state/symbolon.db"))
        .filter(|finding| finding.form == "canonical")
        .map(|finding| finding.secret.as_str())
        .collect();
    assert_eq!(found.len(), listed, "{found:?}");

    for place in [
        "log of the requester",
        "log of the owner",
        "metrics of the requester",
        "metrics of the owner",
        "file state/symbolon.db of the requester",
        "file state/symbolon.db-wal of the requester",
        "file state/symbolon.db of the owner",
        "file names of the owner",
    ] {
        let sizes: Vec<_> = run.places.iter().filter(|(name, _)| name == place).collect();
        assert!(sizes.iter().any(|(_, size)| *size > 0), "{place} is empty or not there");
    }
    for folder in ["file sets/own/", "file sets/partners/", "file keys/", "file people/"] {
        assert!(run.places.iter().any(|(name, _)| name.starts_with(folder)), "no {folder}");
    }
}

use symbolon_policy::VerifyingKey;
use symbolon_store::{FaultKind, KnownCheckpoint, LogFault, LogId};
use time::Duration;

use crate::fixture::{Home, NOW, code};

fn log(bureau: &str, key: u8) -> LogId {
    LogId { bureau: code(bureau), key: VerifyingKey([key; 32]) }
}

fn known(log: &LogId, size: u64, root: u8) -> KnownCheckpoint {
    KnownCheckpoint {
        log: log.clone(),
        size,
        root: [root; 32],
        note: b"a note".to_vec(),
        source: code("DEU"),
        seen_at: NOW,
    }
}

async fn sizes(home: &Home) -> Vec<u64> {
    home.store.checkpoints().await.unwrap().iter().map(|one| one.size).collect()
}

#[tokio::test]
async fn the_largest_checkpoint_that_agreed_is_what_counts() {
    let home = Home::new().await;
    let fra = log("FRA", 1);
    assert!(home.store.agreed_checkpoint(&fra).await.unwrap().is_none());
    for (size, agrees) in [(3, true), (9, true), (7, true), (12, false)] {
        assert!(home.store.keep_checkpoint(&known(&fra, size, 1)).await.unwrap());
        if agrees {
            home.store.mark_agreed(&known(&fra, size, 1), NOW).await.unwrap();
        }
    }
    assert_eq!(home.store.agreed_checkpoint(&fra).await.unwrap().unwrap().size, 9);
    let unproven = home.store.unproven_checkpoints(&fra, 16, 10).await.unwrap();
    assert_eq!(unproven, [known(&fra, 12, 1)]);
    assert_eq!(home.store.all_unproven_checkpoints().await.unwrap(), unproven);
    // Of another key it is another log.
    assert!(home.store.agreed_checkpoint(&log("FRA", 2)).await.unwrap().is_none());
}

#[tokio::test]
async fn the_smallest_that_is_not_proven_comes_first_so_that_none_waits_behind_newer_ones() {
    let home = Home::new().await;
    let (fra, ita) = (log("FRA", 1), log("ITA", 2));
    for size in [30, 10, 20] {
        home.store.keep_checkpoint(&known(&fra, size, 1)).await.unwrap();
    }
    home.store.keep_checkpoint(&known(&ita, 5, 1)).await.unwrap();
    assert_eq!(order(&home, &fra, 16, 2).await, [10, 20]);
    assert_eq!(home.store.unproven_count().await.unwrap(), 4);
    home.store.mark_agreed(&known(&fra, 10, 1), NOW).await.unwrap();
    assert_eq!(home.store.unproven_count().await.unwrap(), 3);
}

async fn order(home: &Home, log: &LogId, withheld_after: u32, most: u32) -> Vec<u64> {
    let unproven = home.store.unproven_checkpoints(log, withheld_after, most).await.unwrap();
    unproven.iter().map(|one| one.size).collect()
}

#[tokio::test]
async fn what_its_owner_does_not_prove_is_asked_for_first_until_it_is_withheld_and_then_last() {
    let home = Home::new().await;
    let fra = log("FRA", 1);
    for size in [10, 20, 30, 40] {
        home.store.keep_checkpoint(&known(&fra, size, 1)).await.unwrap();
    }
    for (size, tries) in [(10, 4), (20, 1), (30, 3)] {
        for tried in 1..=tries {
            assert_eq!(home.store.note_unproven(&known(&fra, size, 1)).await.unwrap(), tried);
        }
    }
    assert_eq!(order(&home, &fra, 5, 10).await, [10, 30, 20, 40]);
    assert_eq!(order(&home, &fra, 4, 10).await, [30, 20, 40, 10]);
    assert_eq!(order(&home, &fra, 3, 10).await, [20, 40, 30, 10]);
    assert_eq!(home.store.note_unproven(&known(&fra, 99, 1)).await.unwrap(), 0, "not known");
}

#[tokio::test]
async fn silence_about_a_checkpoint_is_counted_to_its_end_however_many_others_come_meanwhile() {
    let home = Home::new().await;
    let fra = log("FRA", 1);
    let (withheld_after, waited_at_once) = (16, 8);
    let mut tries = 0;
    for look in 0..u64::from(withheld_after) {
        for receipt in 0..2 * u64::from(waited_at_once) {
            let new = known(&fra, 1 + 100 * look + receipt, 1);
            home.store.keep_checkpoint(&new).await.unwrap();
        }
        // A look ends when its owner was waited for so often.
        for one in
            home.store.unproven_checkpoints(&fra, withheld_after, waited_at_once).await.unwrap()
        {
            tries = home.store.note_unproven(&one).await.unwrap().max(tries);
        }
    }
    assert_eq!(tries, withheld_after);
    // Known by now, they give way to what has been waiting.
    assert_eq!(order(&home, &fra, withheld_after, 2).await, [9, 10]);
}

#[tokio::test]
async fn a_known_checkpoint_takes_a_note_with_more_signatures_and_never_one_with_fewer() {
    let home = Home::new().await;
    let fra = log("FRA", 1);
    let first = known(&fra, 3, 1);
    assert!(home.store.keep_checkpoint(&first).await.unwrap());
    let more = KnownCheckpoint { note: b"a note, cosigned".to_vec(), ..first.clone() };
    assert!(!home.store.keep_checkpoint(&more).await.unwrap());
    assert!(!home.store.keep_checkpoint(&first).await.unwrap());
    assert_eq!(home.store.checkpoints().await.unwrap(), [more]);
}

#[tokio::test]
async fn both_sides_of_a_fork_are_kept_until_one_is_evidence() {
    let home = Home::new().await;
    let fra = log("FRA", 1);
    let (one, other) = (known(&fra, 3, 1), known(&fra, 3, 2));
    home.store.keep_checkpoint(&one).await.unwrap();
    home.store.mark_agreed(&one, NOW).await.unwrap();
    home.store.keep_checkpoint(&other).await.unwrap();
    assert_eq!(sizes(&home).await, [3, 3]);
    home.store.drop_checkpoint(&other).await.unwrap();
    // What agreed is never dropped.
    home.store.drop_checkpoint(&one).await.unwrap();
    assert_eq!(home.store.checkpoints().await.unwrap(), [one]);
}

#[tokio::test]
async fn of_each_log_the_newest_64_that_agreed_are_kept_and_the_very_newest_are_shown() {
    let home = Home::new().await;
    let (fra, ita, own) = (log("FRA", 1), log("ITA", 2), log("DEU", 3));
    for size in 1..=70 {
        home.store.keep_checkpoint(&known(&fra, size, 1)).await.unwrap();
        home.store.mark_agreed(&known(&fra, size, 1), NOW).await.unwrap();
    }
    for (log, size) in [(&ita, 5), (&own, 6)] {
        home.store.keep_checkpoint(&known(log, size, 1)).await.unwrap();
        home.store.mark_agreed(&known(log, size, 1), NOW).await.unwrap();
    }
    home.store.keep_checkpoint(&known(&ita, 80, 1)).await.unwrap();
    let mut kept = sizes(&home).await;
    kept.sort_unstable();
    let mut expected: Vec<u64> = (7..=70).chain([5, 6, 80]).collect();
    expected.sort_unstable();
    assert_eq!(kept, expected);
    let shown = home.store.newest_agreed(&code("DEU"), 10).await.unwrap();
    let shown: Vec<_> = shown.iter().map(|one| (one.log.bureau.as_str(), one.size)).collect();
    assert_eq!(shown, [("FRA", 70), ("ITA", 5)]);
    assert_eq!(home.store.newest_agreed(&code("DEU"), 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_contradiction_is_kept_once_with_both_notes_also_later() {
    let mut home = Home::new().await;
    let fault = |kind, agreed_size, note: &str| LogFault {
        log: log("FRA", 1),
        kind,
        agreed_size,
        agreed_note: b"agreed".to_vec(),
        note: note.as_bytes().to_vec(),
        found_at: NOW + Duration::seconds(i64::try_from(agreed_size).unwrap()),
    };
    let kinds = [
        FaultKind::Forked,
        FaultKind::Rewritten,
        FaultKind::Shortened,
        FaultKind::NotOurs,
        FaultKind::Damaged,
    ];
    for kind in kinds {
        assert!(home.store.keep_fault(&fault(kind, 7, "first")).await.unwrap());
        // Another look comes to the same.
        assert!(!home.store.keep_fault(&fault(kind, 7, "later")).await.unwrap());
    }
    assert!(home.store.keep_fault(&fault(FaultKind::Forked, 9, "another")).await.unwrap());
    home.reopen().await;
    let found = home.store.log_faults().await.unwrap();
    assert_eq!(found.len(), 6);
    for kind in kinds {
        assert!(found.contains(&fault(kind, 7, "first")), "{kind:?}");
    }
    assert_eq!(found.last(), Some(&fault(FaultKind::Forked, 9, "another")));
}

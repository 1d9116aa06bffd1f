//! What a log grows by does not tell what was found.

use symbolon_cli::scenario::Bureau;
use symbolon_tests::World;

use crate::common::{LISTED, UNLISTED, raw, ships};

/// Event and length of each entry, in order, but for what is entered by the clock alone.
async fn shape(bureau: &Bureau) -> Vec<(String, i64)> {
    let mut raw = raw(bureau).await;
    sqlx::query_as(
        "SELECT json_extract(CAST(record AS TEXT), '$.event'), LENGTH(record) FROM log_entries
         WHERE json_extract(CAST(record AS TEXT), '$.event') <> 'disclosures'
         ORDER BY entry_index",
    )
    .fetch_all(&mut raw)
    .await
    .unwrap()
}

#[tokio::test]
async fn two_runs_that_differ_only_in_hits_give_the_same_entries_on_both_sides() {
    let mut runs = Vec::new();
    for (asked, outcome) in [([LISTED; 2], "hit"), ([UNLISTED; 2], "no_hit")] {
        let mut world = World::new(&ships()).await;
        let before = (shape(&world.requester).await, shape(&world.owner).await);
        for ship in asked {
            let report = world.ask(&[("imo", ship, "")]).await;
            assert_eq!(report.answers[0].outcome, outcome);
        }
        world.requester_node.take().unwrap().stop().await.unwrap();
        world.owner_node.take().unwrap().stop().await.unwrap();
        let after = (shape(&world.requester).await, shape(&world.owner).await);
        let of_checks = |all: Vec<(String, i64)>| -> Vec<_> {
            all.into_iter().filter(|(event, _)| event.starts_with("check_")).collect()
        };
        assert!(after.0.len() > before.0.len() && after.1.len() > before.1.len());
        assert_eq!(of_checks(before.0), [] as [(String, i64); 0]);
        runs.push((after.0.len(), of_checks(after.0), after.1.len(), of_checks(after.1)));
    }
    assert_eq!(runs[0], runs[1]);
    // One entry for each check where it is asked, two where it is answered.
    assert_eq!((runs[0].1.len(), runs[0].3.len()), (2, 4), "{runs:?}");
}

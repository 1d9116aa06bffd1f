use symbolon_identifiers::{Identifier, IdentifierType, parse};
use symbolon_policy::RecordDetails;
use symbolon_store::{Exclusion, Store};

use crate::fixture::{Home, NOW, ids_in};

const KIND: IdentifierType = IdentifierType::Email;

fn email(number: u64) -> Identifier {
    parse(KIND, &format!("person{number}@example.org"), None).unwrap()
}

/// Identifier 1 is named by a minor and by a record without details, 2 by a minor alone, 3 by a record
/// without details, 4 by two minors, one of them with approval.
async fn home() -> Home {
    let home = Home::new().await;
    home.store.create_dataset("list", "A list", NOW).await.unwrap();
    let mut minor = RecordDetails::default();
    minor.attributes.minor = true;
    let mut approved = minor.clone();
    approved.attributes.approvals = 1;
    let mut import = home.store.import("list", false).await.unwrap();
    for (number, reference) in [(1, "M"), (1, "P"), (2, "M"), (3, "Q"), (4, "M"), (4, "N")] {
        import.add(&email(number), reference).unwrap();
    }
    import.describe("M", &minor).unwrap();
    import.describe("N", &approved).unwrap();
    import.commit(NOW).await.unwrap();
    home
}

/// What is kept out, by numbers of the identifiers, with the counts of records: minors, approved
/// minors, and those without details.
async fn kept_out(
    store: &Store,
    plain: bool,
    admits: impl Fn(&RecordDetails) -> bool,
) -> (Vec<u64>, [u64; 3]) {
    let mut snapshot = store.snapshot("list", KIND).await.unwrap();
    let mut groups = snapshot.record_groups().await.unwrap();
    groups.sort_by_key(|group| group.attributes.approvals);
    assert!(groups.iter().all(|group| group.attributes.entered_on == Some(NOW.date())));
    let groups: Vec<_> = groups
        .into_iter()
        .map(|group| {
            let attributes = group.attributes.clone();
            let admitted = admits(&RecordDetails { attributes, ..RecordDetails::default() });
            (group, admitted)
        })
        .collect();
    let Exclusion { identifiers, records, plain_records } =
        snapshot.exclusion(plain, &groups).await.unwrap();
    // Reading pieces begins at the start afterwards.
    assert!(snapshot.next_piece(0).await.unwrap().is_some());
    let held = ids_in(store, "list", KIND).await;
    let numbers = held.iter().filter(|(id, _)| identifiers.contains(id)).map(|(_, canonical)| {
        (1..5).find(|number| email(*number).canonical() == canonical.as_slice()).unwrap()
    });
    (numbers.collect(), [records[0], records[1], plain_records])
}

#[tokio::test]
async fn an_identifier_is_kept_out_only_if_every_record_that_names_it_is() {
    let home = home().await;
    let store = &home.store;
    assert_eq!(kept_out(store, true, |_| true).await, (vec![], [0, 0, 0]));
    let approved = |details: &RecordDetails| details.attributes.approvals > 0;
    assert_eq!(kept_out(store, true, approved).await, (vec![2], [3, 0, 0]));
    assert_eq!(kept_out(store, true, |_| false).await, (vec![2, 4], [3, 1, 0]));
}

#[tokio::test]
async fn where_records_without_details_are_kept_out_only_those_with_admitted_ones_enter() {
    let home = home().await;
    let store = &home.store;
    assert_eq!(kept_out(store, false, |_| false).await, (vec![1, 2, 3, 4], [3, 1, 2]));
    assert_eq!(kept_out(store, false, |_| true).await, (vec![3], [0, 0, 2]));
    let approved = |details: &RecordDetails| details.attributes.approvals > 0;
    assert_eq!(kept_out(store, false, approved).await, (vec![1, 2, 3], [3, 0, 2]));
}

#[tokio::test]
async fn a_type_that_the_dataset_does_not_hold_keeps_nothing_out() {
    let home = home().await;
    let mut snapshot = home.store.snapshot("list", IdentifierType::Vin).await.unwrap();
    let groups = snapshot.record_groups().await.unwrap();
    let groups: Vec<_> = groups.into_iter().map(|group| (group, false)).collect();
    let exclusion = snapshot.exclusion(false, &groups).await.unwrap();
    assert_eq!(exclusion.identifiers, [] as [u64; 0]);
    assert_eq!((exclusion.records, exclusion.plain_records), (vec![0, 0], 0));
}

//! Who may speak of agreements that are not in place.

use symbolon_store::{LogRecord, StoreError};
use time::Duration;

use super::{actor, file, from_fra, installed, revoke, signed_by};
use crate::fixture::{Home, NOW, Parties, code, records};

#[tokio::test]
async fn contacts_are_kept_as_they_were_compared_and_logged() {
    let home = Home::new().await;
    let (agreement, _) = Parties::new().agree("test-2026", "Title");
    let card = &agreement.terms().parties[0];
    let fingerprint = card.fingerprint().unwrap();
    let by = actor("anna");
    assert!(home.store.add_contact(card, &fingerprint, &by, NOW).await.unwrap());
    assert!(home.store.add_contact(card, &fingerprint, &by, NOW).await.unwrap());
    let mut other = card.clone();
    other.name.push('x');
    let others = other.fingerprint().unwrap();
    assert!(!home.store.add_contact(&other, &others, &by, NOW).await.unwrap());
    let contacts = home.store.contacts().await.unwrap();
    assert_eq!((contacts.len(), &contacts[0].card), (1, card));
    assert_eq!(
        home.store.exchange_parties(&code("DEU"), NOW).await.unwrap(),
        std::slice::from_ref(card)
    );
    // Another card put in its place by whoever holds the database is found.
    sqlx::query("UPDATE contacts SET card = $1")
        .bind(serde_json::to_string(&other).unwrap())
        .execute(&mut home.raw().await)
        .await
        .unwrap();
    assert!(matches!(home.store.contacts().await, Err(StoreError::Damaged { what: "contact" })));
    assert!(home.store.remove_contact(&card.code, &by, NOW).await.unwrap());
    assert!(!home.store.remove_contact(&card.code, &by, NOW).await.unwrap());
    let logged = records(&home.store).await;
    assert!(matches!(&logged[0], LogRecord::ContactAdded { bureau, .. } if *bureau == card.code));
    assert!(matches!(&logged[1], LogRecord::ContactRemoved { by: who, .. } if *who == by));
    assert_eq!(logged.len(), 2);
}

#[tokio::test]
async fn parties_of_an_ended_agreement_may_say_what_they_hold_of_it_for_a_while() {
    let home = Home::new().await;
    let (agreement, text) = installed(&home).await;
    let (us, fra) = (code("DEU"), agreement.terms().parties[0].clone());
    // In place: the agreement itself makes them known.
    assert_eq!(home.store.exchange_parties(&us, NOW).await.unwrap(), []);
    from_fra(&home, &file(&text), &[revoke("FRA", 1)], NOW).await.unwrap();
    assert_eq!(home.store.exchange_parties(&us, NOW).await.unwrap(), [fra]);
    let later = NOW + Duration::days(31);
    assert_eq!(home.store.exchange_parties(&us, later).await.unwrap(), []);
    // A proposal alone makes nobody known.
    let (_, proposed) = Parties::new().agree("other-2026", "Other");
    from_fra(&home, &signed_by(&proposed, &["FRA"]), &[], NOW).await.unwrap();
    assert_eq!(home.store.exchange_parties(&us, NOW).await.unwrap().len(), 1);
}

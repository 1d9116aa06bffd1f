use symbolon_policy::AgreementState;
use symbolon_store::{LogRecord, StoreError};

use crate::fixture::{Home, NOW, Parties, records, scope_of, whole_log};

#[tokio::test]
async fn an_agreement_installed_is_there_as_it_was_given_also_later() {
    let mut home = Home::new().await;
    let (agreement, file) = Parties::new().agree("test-2026", "Title");
    home.store.install_agreement(&agreement, &file, NOW).await.unwrap();
    home.reopen().await;
    assert_eq!(home.store.agreements().await.unwrap(), std::slice::from_ref(&agreement));
    let id = &agreement.terms().id;
    assert_eq!(home.store.agreement_document(id).await.unwrap(), Some(file));
    let logged = records(&home.store).await;
    let states: Vec<_> = logged
        .iter()
        .map(|record| match record {
            LogRecord::AgreementStep { agreement: of, state, .. } if of == id => *state,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(states, [AgreementState::Countersigned, AgreementState::Active]);
}

#[tokio::test]
async fn the_same_agreement_installed_twice_is_logged_once() {
    let home = Home::new().await;
    let (agreement, file) = Parties::new().agree("test-2026", "Title");
    for _ in 0..2 {
        home.store.install_agreement(&agreement, &file, NOW).await.unwrap();
    }
    let other = home.other_handle().await;
    other.install_agreement(&agreement, &file, NOW).await.unwrap();
    assert_eq!(whole_log(&home.store).await.len(), 2);
    assert_eq!(home.store.agreements().await.unwrap().len(), 1);
}

#[tokio::test]
async fn another_text_under_the_same_id_takes_its_place() {
    let home = Home::new().await;
    let parties = Parties::new();
    let (first, first_file) = parties.agree("test-2026", "Title");
    let (second, second_file) = parties.agree("test-2026", "Better title");
    home.store.install_agreement(&first, &first_file, NOW).await.unwrap();
    let before = home.store.agreements_fingerprint().await.unwrap();
    home.store.install_agreement(&second, &second_file, NOW).await.unwrap();
    assert_eq!(home.store.agreements().await.unwrap(), std::slice::from_ref(&second));
    // Signed by all and begun, twice, and the first one replaced.
    assert_eq!(whole_log(&home.store).await.len(), 5);
    let after = home.store.agreements_fingerprint().await.unwrap();
    assert_ne!(before, after);
    assert_eq!(after, [("test-2026".to_owned(), second.hash().0.to_vec())]);
}

#[tokio::test]
async fn a_removed_agreement_is_gone_and_the_removal_logged_once() {
    let home = Home::new().await;
    let parties = Parties::new();
    let (one, one_file) = parties.agree("one-2026", "One");
    let (two, two_file) = parties.agree("two-2026", "Two");
    home.store.install_agreement(&one, &one_file, NOW).await.unwrap();
    home.store.install_agreement(&two, &two_file, NOW).await.unwrap();
    let id = &one.terms().id;
    assert!(home.store.remove_agreement(id, NOW).await.unwrap());
    assert!(!home.store.remove_agreement(id, NOW).await.unwrap());
    assert_eq!(home.store.agreements().await.unwrap(), [two]);
    assert_eq!(home.store.agreement_document(id).await.unwrap(), None);
    let log = records(&home.store).await;
    assert_eq!(log.len(), 6);
    assert_eq!(log[5], LogRecord::AgreementRemoved { agreement: id.clone() });
}

#[tokio::test]
async fn an_agreement_altered_in_the_database_is_found() {
    let home = Home::new().await;
    let (agreement, file) = Parties::new().agree("test-2026", "Title");
    home.store.install_agreement(&agreement, &file, NOW).await.unwrap();
    for (what, by) in [
        ("\"daily_quota\": 100", "\"daily_quota\": 1000000"),
        ("\"border_control\"", "\"border_control\", \"anything\""),
        ("2027-01-01", "2037-01-01"),
        ("\"signatures\": [", "\"signatures\": [] , \"x\": ["),
        ("Title", "title"),
    ] {
        let altered = file.replace(what, by);
        assert_ne!(altered, file);
        sqlx::query("UPDATE agreements SET document = $1")
            .bind(altered)
            .execute(&mut home.raw().await)
            .await
            .unwrap();
        let error = home.store.agreements().await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged { what: "agreement" }), "{what}: {error}");
    }
    sqlx::query("UPDATE agreements SET document = $1")
        .bind(file)
        .execute(&mut home.raw().await)
        .await
        .unwrap();
    assert_eq!(home.store.agreements().await.unwrap(), [agreement]);
}

#[tokio::test]
async fn an_older_text_put_back_in_the_database_is_found() {
    let home = Home::new().await;
    let parties = Parties::new();
    let (_, old_file) = parties.agree("test-2026", "Title");
    let (new, new_file) = parties.agree("test-2026", "Stricter title");
    home.store.install_agreement(&new, &new_file, NOW).await.unwrap();
    // Signed by all, but not what is in force here.
    sqlx::query("UPDATE agreements SET document = $1")
        .bind(old_file)
        .execute(&mut home.raw().await)
        .await
        .unwrap();
    let error = home.store.agreements().await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { what: "agreement" }), "{error}");
}

#[tokio::test]
async fn removing_an_agreement_leaves_its_scopes_to_be_destroyed_by_name() {
    let home = Home::new().await;
    let (agreement, file) = Parties::new().agree("test-2026", "Title");
    home.store.install_agreement(&agreement, &file, NOW).await.unwrap();
    let scope = scope_of("list", symbolon_identifiers::IdentifierType::Vin, 2);
    home.store.scope_secrets(&scope, NOW).await.unwrap();
    home.store.remove_agreement(&agreement.terms().id, NOW).await.unwrap();
    let left = home.store.scopes_with_keys(&agreement.terms().id).await.unwrap();
    assert_eq!(left, [scope.id()]);
}

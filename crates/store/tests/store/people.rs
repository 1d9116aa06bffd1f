//! What is known of people: whose certificate is good no more, who called on which day, who changed
//! what.

use symbolon_identifiers::{IdentifierType, parse};
use symbolon_policy::{Actor, CertificateHash, rules::Role};
use symbolon_store::{AdministrativeAct, DayNote, LogRecord, PersonCertificate, Store};
use time::Duration;

use crate::fixture::{Home, NOW};

fn person(name: &str, role: Role) -> Actor {
    Actor { id: format!("spiffe://deu.example/people/{name}"), roles: [role].into() }
}

fn certificate(byte: u8) -> PersonCertificate {
    PersonCertificate {
        certificate: CertificateHash([byte; 32]),
        holder: Actor {
            id: "spiffe://deu.example/people/anna".to_owned(),
            roles: [Role::Officer, Role::Analyst].into(),
        },
        issued_at: NOW,
        expires_at: NOW + Duration::days(90),
        revoked: None,
    }
}

async fn records(store: &Store) -> Vec<LogRecord> {
    let entries = store.log_entries(0, 100).await.unwrap();
    entries.into_iter().map(|entry| entry.record.unwrap()).collect()
}

#[tokio::test]
async fn what_one_process_revokes_another_refuses_at_once_and_that_certificate_alone() {
    let home = Home::new().await;
    let (node, admin) = (home.other_handle().await, person("admin", Role::Administrator));
    home.store.record_certificate(&certificate(1), &admin, NOW).await.unwrap();
    home.store.record_certificate(&certificate(2), &admin, NOW).await.unwrap();
    assert!(!node.is_revoked(&CertificateHash([1; 32])).await.unwrap());
    assert!(home.store.revoke_certificate(&certificate(1), "lost", &admin, NOW).await.unwrap());
    assert!(node.is_revoked(&CertificateHash([1; 32])).await.unwrap());
    assert!(!node.is_revoked(&CertificateHash([2; 32])).await.unwrap());

    let mut kept = certificate(1);
    kept.revoked = Some((NOW, "lost".to_owned()));
    assert_eq!(node.person_certificates().await.unwrap(), [kept, certificate(2)]);
}

#[tokio::test]
async fn a_certificate_is_revoked_once_and_the_log_says_by_whom_and_why() {
    let home = Home::new().await;
    let admin = person("admin", Role::Administrator);
    let one = certificate(1);
    // Issued by a program of before, which recorded nothing.
    assert!(home.store.revoke_certificate(&one, "lost", &admin, NOW).await.unwrap());
    assert!(!home.store.revoke_certificate(&one, "found", &admin, NOW).await.unwrap());
    let revoked = LogRecord::CertificateRevoked {
        certificate: one.certificate,
        holder: one.holder.clone(),
        reason: "lost".to_owned(),
        by: admin,
    };
    assert_eq!(records(&home.store).await, [revoked]);
    assert_eq!(
        home.store.person_certificates().await.unwrap()[0].revoked.as_ref().unwrap().1,
        "lost"
    );
}

#[tokio::test]
async fn a_day_is_logged_once_for_each_identity_and_kind_however_often_it_calls() {
    let mut home = Home::new().await;
    let (anna, ben) = (person("anna", Role::Officer), person("ben", Role::Legal));
    let missing = DayNote::RoleMissing("standing");
    for _ in 0..3 {
        for note in [DayNote::LoggedIn, missing] {
            home.store.note_of_day(note, &anna, NOW).await.unwrap();
        }
        // Nor does a restart make a new day.
        home.reopen().await;
    }
    assert!(home.store.note_of_day(DayNote::LoggedIn, &ben, NOW).await.unwrap());
    assert!(home.store.note_of_day(DayNote::RoleMissing("check"), &anna, NOW).await.unwrap());
    // Ten seconds to midnight before, on the next day now.
    let tomorrow = NOW + Duration::seconds(10);
    assert!(home.store.note_of_day(DayNote::LoggedIn, &anna, tomorrow).await.unwrap());
    let refused = |act: &str| LogRecord::ActRefused {
        act: act.to_owned(),
        reason: "role_missing".to_owned(),
        by: anna.clone(),
    };
    let logged_in = |by: &Actor| LogRecord::LoggedIn { by: by.clone() };
    assert_eq!(
        records(&home.store).await,
        [
            logged_in(&anna),
            refused("standing"),
            logged_in(&ben),
            refused("check"),
            logged_in(&anna)
        ]
    );
    let mut raw = home.raw().await;
    let kept: (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM days_of_people").fetch_one(&mut raw).await.unwrap();
    assert_eq!(kept.0, 1, "days that are over are not kept twice");
}

#[tokio::test]
async fn who_made_and_loaded_a_dataset_is_logged_with_it_and_nothing_if_it_fails() {
    let home = Home::new().await;
    let admin = person("admin", Role::Administrator);
    let store = &home.store;
    store.create_dataset_by("list", "List", &admin, NOW).await.unwrap();
    assert!(store.create_dataset_by("list", "List", &admin, NOW).await.is_err());
    let mut given_up = store.import("list", false).await.unwrap().by(admin.clone());
    let vin = parse(IdentifierType::Vin, "1M8GDM9AXKP042788", None).unwrap();
    given_up.add(&vin, "R1").unwrap();
    given_up.give_up().unwrap();
    let mut import = store.import("list", false).await.unwrap().by(admin.clone());
    import.add(&vin, "R1").unwrap();
    import.commit(NOW).await.unwrap();
    let act = |act| LogRecord::Administered { act, subject: "list".to_owned(), by: admin.clone() };
    assert_eq!(
        records(store).await,
        [act(AdministrativeAct::CreateDataset), act(AdministrativeAct::ImportDataset)]
    );
}

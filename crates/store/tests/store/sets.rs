use symbolon_policy::{ScopeId, rules::RulesHash};
use symbolon_store::{KeptOut, LogRecord, PartnerSet, StoredManifest, write_private};

use crate::fixture::{Home, NOW, agreement_id, code, document, records};

const SCOPE: ScopeId = ScopeId([7; 32]);

fn manifest(version: u64) -> StoredManifest {
    StoredManifest {
        version,
        document: document(&format!("manifest {version}")),
        hash: [u8::try_from(version).unwrap(); 32],
        dataset_revision: version * 10,
        kept_out: (version > 1).then_some([9; 32]),
    }
}

fn kept_out(version: u64) -> Option<KeptOut> {
    (version > 1).then(|| KeptOut {
        rules: RulesHash([4; 32]),
        identifiers: 2,
        records: [("R08-admission".to_owned(), version)].into(),
    })
}

fn partner_set(version: u64) -> PartnerSet {
    PartnerSet {
        scope: SCOPE,
        agreement: agreement_id(),
        owner: code("FRA"),
        version,
        manifest: document(&format!("manifest {version}")),
    }
}

#[tokio::test]
async fn the_newest_manifest_is_the_one_with_the_highest_version() {
    let mut home = Home::new().await;
    assert_eq!(home.store.newest_manifest(&SCOPE).await.unwrap(), None);
    for version in [1, 2, 10] {
        home.store
            .publish_manifest(&SCOPE, &manifest(version), kept_out(version), NOW)
            .await
            .unwrap();
    }
    home.reopen().await;
    assert_eq!(home.store.newest_manifest(&SCOPE).await.unwrap(), Some(manifest(10)));
    assert_eq!(home.store.newest_manifest(&ScopeId([8; 32])).await.unwrap(), None);
    let log = records(&home.store).await;
    assert_eq!(log.len(), 3);
    let published = LogRecord::ManifestPublished {
        scope: SCOPE,
        version: 10,
        manifest: hex::encode([10; 32]),
        kept_out: kept_out(10),
    };
    assert_eq!(log[2], published);
}

#[tokio::test]
async fn a_version_is_published_once() {
    let home = Home::new().await;
    home.store.publish_manifest(&SCOPE, &manifest(1), None, NOW).await.unwrap();
    let mut other = manifest(1);
    other.document = document("another");
    home.store.publish_manifest(&SCOPE, &other, None, NOW).await.unwrap_err();
    assert_eq!(home.store.newest_manifest(&SCOPE).await.unwrap(), Some(manifest(1)));
    assert_eq!(records(&home.store).await.len(), 1);
}

#[tokio::test]
async fn only_older_sets_of_the_same_scope_are_removed() {
    let home = Home::new().await;
    let other = ScopeId([8; 32]);
    for version in [1, 2, 3, 10] {
        write_private(&home.folder.own_set(&SCOPE, version), b"tags").unwrap();
    }
    write_private(&home.folder.own_set(&other, 1), b"tags").unwrap();
    let stray = home.folder.own_set(&SCOPE, 1).with_file_name("stray.tags");
    write_private(&stray, b"x").unwrap();
    home.store.remove_own_sets_before(&SCOPE, 3).unwrap();
    let left = [1, 2, 3, 10].map(|version| home.folder.own_set(&SCOPE, version).exists());
    assert_eq!(left, [false, false, true, true]);
    assert!(home.folder.own_set(&other, 1).exists());
    assert!(stray.exists());
}

#[tokio::test]
async fn a_newer_partner_set_takes_the_place_of_the_older_and_its_file() {
    let mut home = Home::new().await;
    let file = |home: &Home, version| home.folder.partner_set(&code("FRA"), &SCOPE, version);
    for version in [1, 2] {
        write_private(&file(&home, version), b"tags").unwrap();
        home.store.install_partner_set(&partner_set(version), NOW).await.unwrap();
    }
    home.reopen().await;
    assert_eq!(home.store.partner_sets().await.unwrap(), [partner_set(2)]);
    assert!(!file(&home, 1).exists());
    assert!(file(&home, 2).exists());
    assert_eq!(home.store.partner_set(&SCOPE).await.unwrap(), Some(partner_set(2)));
    assert_eq!(home.store.partner_set(&ScopeId([8; 32])).await.unwrap(), None);
    // Again the same: the file stays.
    home.store.install_partner_set(&partner_set(2), NOW).await.unwrap();
    assert!(file(&home, 2).exists());
    home.store.drop_partner_set(&partner_set(2)).await.unwrap();
    assert_eq!(home.store.partner_sets().await.unwrap(), []);
    assert!(!file(&home, 2).exists());
    // What is gone can be dropped again.
    home.store.drop_partner_set(&partner_set(2)).await.unwrap();
}

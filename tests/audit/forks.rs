//! A bureau that shows two partners two logs is found by both, once they compare.

use std::{fs::File, process::Stdio, time::Duration};

use symbolon_cli::{
    Profile,
    asking::{Asked, Reason, ask},
    rows::Mapping,
    scenario::{Bureau, RunningNode, agree, dataset, simple_terms, wait_for_coverage},
};
use symbolon_exchange::{log_origin, read_checkpoint, sign_checkpoint};
use symbolon_identifiers::IdentifierType;
use symbolon_ledger::TreeHash;
use symbolon_policy::BureauCode;
use symbolon_store::{FaultKind, KeyName, NodeConfig};
use symbolon_tests::{World, program, until, world::reason};
use tempfile::TempDir;

use crate::common::{LISTED, ask_and_settle, copy, export, fault, findings, of, ships, verify};

const LIST: &str = "record_id,identifier_type,value,country\nR1,imo,9074729,\n";

/// A forking owner: one bureau, of which two nodes run, with the same keys and a log each. AAA knows
/// the one, BBB the other.
struct Forked {
    partners: [Bureau; 2],
    profiles: [Profile; 2],
    /// Both faces of the same owner.
    owners: [Bureau; 2],
    folder: TempDir,
    _nodes: Vec<RunningNode>,
}

impl Forked {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let found = |code: &str| Bureau::found(&folder.path().join(code), code, code).unwrap();
        let partners = [found("AAA"), found("BBB")];
        let owner = found("OWN");
        owner.load("own-list", "List", LIST.as_bytes(), Mapping::default()).await.unwrap();
        // The second face: another place and other ports, but the same bureau.
        let place = found("TMP");
        let root = folder.path().join("OWN-again");
        copy(owner.folder.root(), &root);
        let twin = Bureau {
            folder: symbolon_store::DataFolder::open(&root).unwrap(),
            card: symbolon_policy::Party {
                endpoint: place.card.endpoint.clone(),
                ..owner.card.clone()
            },
            bureau_endpoint: place.bureau_endpoint.clone(),
            metrics: place.metrics,
            code: owner.code.clone(),
        };
        let ports = NodeConfig::read(&place.folder).unwrap();
        let mut config = NodeConfig::read(&twin.folder).unwrap();
        config.partner_listen = ports.partner_listen;
        config.bureau_listen = ports.bureau_listen;
        config.metrics_listen = ports.metrics_listen;
        config.write(&twin.folder).unwrap();

        let owners = [owner, twin];
        for (partner, owner) in partners.iter().zip(&owners) {
            let offered = dataset("own-list", &owner.code, "List", &[IdentifierType::Imo], 10_000);
            let id = format!("{}-own", partner.code.as_str().to_ascii_lowercase());
            let terms = simple_terms(&id, "Test", &[partner, owner], vec![offered]).unwrap();
            agree(&terms, &[partner, owner]).await.unwrap();
        }
        // The partners have an agreement with each other: that is how they compare.
        partners[0].load("a-list", "List", LIST.as_bytes(), Mapping::default()).await.unwrap();
        let offered = dataset("a-list", &partners[0].code, "List", &[IdentifierType::Imo], 10_000);
        let terms =
            simple_terms("aaa-bbb", "Test", &[&partners[0], &partners[1]], vec![offered]).unwrap();
        agree(&terms, &[&partners[0], &partners[1]]).await.unwrap();

        let mut nodes = Vec::new();
        for (number, bureau) in owners.iter().chain(&partners).enumerate() {
            let log = folder.path().join(format!("{number}.log"));
            nodes.push(bureau.start(program(), Stdio::from(File::create(log).unwrap())).unwrap());
        }
        let profiles = partners.each_ref().map(|partner| {
            partner.issue("officer").unwrap();
            let person = partner.folder.person("officer");
            Profile::find(Some(&person.join("profile.toml"))).unwrap()
        });
        for profile in &profiles {
            wait_for_coverage(profile, Duration::from_secs(60)).await.unwrap();
        }
        Self { partners, profiles, owners, folder, _nodes: nodes }
    }
}

#[tokio::test]
async fn a_fork_shown_to_two_partners_is_found_by_both_and_by_anyone_from_files() {
    let world = Forked::new().await;
    let asked = [Asked {
        reference: 1,
        identifier_type: "imo".to_owned(),
        value: LISTED.to_owned(),
        country: String::new(),
    }];
    for profile in &world.profiles {
        let reason = Reason { bureaus: vec!["OWN".to_owned()], ..reason() };
        let mut client = profile.connect().unwrap();
        let report = ask(&mut client, &reason, &asked, |_, _| {}).await.unwrap();
        assert!(
            report.answers.iter().any(|answer| answer.outcome == "hit"),
            "{:?}",
            report.answers
        );
    }
    let key = world.owners[0].card.keys.log;
    for partner in &world.partners {
        let kinds = [FaultKind::Forked, FaultKind::Rewritten, FaultKind::Shortened];
        let found = fault(partner, &world.owners[0], &kinds).await;
        // Both notes bear the owner's signature: whoever has its key can see that it lied.
        let agreed = read_checkpoint(&found.agreed_note, &found.log.bureau, &key).unwrap();
        let other = read_checkpoint(&found.note, &found.log.bureau, &key).unwrap();
        assert_ne!(agreed.checkpoint().root, other.checkpoint().root);
    }
    // From files: what both partners hold contradicts whichever log the owner shows.
    let exports: Vec<_> = world
        .partners
        .iter()
        .map(|partner| export(partner, world.folder.path().join(format!("x-{}", partner.code))))
        .collect();
    for (number, owner) in world.owners.iter().enumerate() {
        let own = export(owner, world.folder.path().join(format!("x-own-{number}")));
        let (report, code) = verify(&[&own, &exports[0], &exports[1]]);
        assert_eq!(code, 4, "{report}");
        let found = findings(&report, "OWN");
        assert!(
            found.iter().any(|(kind, _)| kind == "rewritten" || kind == "shortened"),
            "{found:?}"
        );
        assert!(
            found.iter().any(|(kind, _)| kind.starts_with("entry_")),
            "a receipt of the other partner is not in this log: {found:?}"
        );
        for partner in ["AAA", "BBB"] {
            assert_eq!(of(&report, partner)["holds"], true, "{report}");
        }
    }
}

#[tokio::test]
async fn a_forged_checkpoint_is_not_taken_in_and_accuses_nobody() {
    let world = World::new(&ships()).await;
    ask_and_settle(&world, 1).await;
    let store = world.requester.store().await.unwrap();
    let watch = symbolon_client::LogWatch {
        us: world.requester.code.clone(),
        store: store.clone(),
        book: symbolon_client::AgreementBook::default(),
    };
    watch.book.replace(store.agreements().await.unwrap());
    let owner: BureauCode = world.owner.code.clone();
    let log_key = KeyName::Log.read(&world.owner.folder).unwrap();
    let other_key = KeyName::Manifest.read(&world.owner.folder).unwrap();
    let genuine = sign_checkpoint(&owner, 1, TreeHash([9; 32]), &log_key).to_bytes();
    let text = String::from_utf8(genuine.clone()).unwrap();
    let forged = [
        // Signed with another key of the same bureau.
        sign_checkpoint(&owner, 1, TreeHash([9; 32]), &other_key).to_bytes(),
        // Another size, or another log, under a genuine signature.
        text.replace("\n1\n", "\n2\n").into_bytes(),
        text.replace(log_origin(&owner).as_str(), "symbolon-v1/XXX").into_bytes(),
        // No note at all.
        b"\n\n".to_vec(),
        Vec::new(),
    ];
    let before = store.checkpoints().await.unwrap();
    let now = time::OffsetDateTime::now_utc();
    let faults = watch.take_in(&owner, &forged, now).await.unwrap();
    assert!(faults.is_empty(), "{faults:?}");
    let sizes = |all: &[symbolon_store::KnownCheckpoint]| -> Vec<_> {
        all.iter().filter(|one| one.size < 3).map(|one| (one.size, one.root)).collect()
    };
    assert_eq!(sizes(&store.checkpoints().await.unwrap()), sizes(&before));
    // The genuine one, of a tree that the log never had, does accuse.
    watch.take_in(&owner, &[genuine], now).await.unwrap();
    store.close().await;
    fault(&world.requester, &world.owner, &[FaultKind::Rewritten, FaultKind::Forked]).await;
}

#[tokio::test]
async fn partners_cosign_and_the_owner_gets_its_checkpoints_back_with_that() {
    let world = World::new(&ships()).await;
    ask_and_settle(&world, 1).await;
    let (requester, owner) = (&world.requester, &world.owner);
    until("the owner holds its own checkpoint with a cosignature", async || {
        let store = owner.store().await.unwrap();
        let all = store.checkpoints().await.unwrap();
        store.close().await;
        all.iter()
            .filter(|one| one.log.bureau == owner.code)
            .any(|one| {
                let signed = read_checkpoint(&one.note, &owner.code, &owner.card.keys.log).unwrap();
                let key = &requester.card.keys.log.0;
                signed.verify_cosignature(&log_origin(&requester.code), key).is_ok()
            })
            .then_some(())
    })
    .await;
}

//! A node does not start without its keys, nor with keys that others can read.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf, time::Duration};

use symbolon_tests::{Offer, World, program, world::outcomes};

use crate::common::{ask_until, assert_goes_on, ships, text};

/// Starts the owner's node, which must fail at once, and returns what it said.
async fn refused_start(world: &World) -> String {
    let run = tokio::process::Command::new(program())
        .args(["node", "run", "--data", text(world.owner.folder.root())])
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(Duration::from_secs(10), run)
        .await
        .unwrap_or_else(|_| panic!("the node runs all the same"))
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn a_node_does_not_start_when_a_key_is_missing_damaged_or_open_to_others() {
    let mut world = World::founded(&ships(10), |_| {}).await;
    let folder = world.owner.folder.clone();
    let keys: Vec<PathBuf> = ["header", "manifest", "log", "key-encryption", "partner", "bureau"]
        .map(|name| folder.key(name))
        .into();
    for path in &keys {
        let aside = path.with_extension("aside");
        fs::rename(path, &aside).unwrap();
        let said = refused_start(&world).await;
        assert!(said.contains(text(path)), "{}: {said}", path.display());
        fs::write(path, b"garbage").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
        let said = refused_start(&world).await;
        assert!(said.contains(text(path)), "{}: {said}", path.display());
        fs::rename(&aside, path).unwrap();
        for mode in [0o644, 0o640, 0o604, 0o660] {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
            let said = refused_start(&world).await;
            assert!(said.contains(text(path)) && said.contains("chmod"), "{said}");
        }
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    for name in ["", "keys", "keys/wrapping", "state", "sets/own", "sets/partners"] {
        let path = folder.root().join(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let said = refused_start(&world).await;
        assert!(said.contains("chmod"), "{name}: {said}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    }
    for path in [folder.config(), folder.certificate("partner"), folder.certificate("bureau-root")]
    {
        let aside = path.with_extension("aside");
        fs::rename(&path, &aside).unwrap();
        let said = refused_start(&world).await;
        let named = if path == folder.config() { folder.root() } else { &path };
        assert!(said.contains(text(named)), "{}: {said}", path.display());
        fs::rename(&aside, &path).unwrap();
    }
    // With everything in place again it serves, and no second node runs beside it.
    world.start_owner();
    world.start_requester();
    world.wait_until_ready().await;
    assert!(refused_start(&world).await.contains("already"));
    assert_goes_on(&world).await;
}

fn two_types() -> Offer {
    let ships = ships(100);
    Offer {
        list: format!("{}R2,email,wanted@example.org,\n", ships.list),
        types: vec![
            symbolon_identifiers::IdentifierType::Imo,
            symbolon_identifiers::IdentifierType::Email,
        ],
        ..ships
    }
}

/// The wrapping key of the owner's list of ships.
fn wrapping_key_of_ships(world: &World) -> PathBuf {
    let now = time::OffsetDateTime::now_utc();
    let (scope, ..) = world
        .agreement
        .scopes_of(&world.owner.code, now)
        .find(|(scope, ..)| scope.identifier_type == symbolon_identifiers::IdentifierType::Imo)
        .unwrap();
    world.owner.folder.wrapping_key(&scope.id())
}

#[tokio::test]
async fn a_lost_wrapping_key_is_named_and_silences_its_own_list_only() {
    let mut world = World::new(&two_types()).await;
    world.owner_node.take().unwrap().stop().await.unwrap();
    let path = wrapping_key_of_ships(&world);
    let aside = world.scratch().join("wrapping.key");
    fs::rename(&path, &aside).unwrap();
    world.start_owner();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(world.log("owner").contains(text(&path)), "{}", world.log("owner"));
    let ship = world.ask(&[("imo", "9074729", "")]).await;
    assert_eq!(outcomes(&ship), ["no_answer"], "{:?}", ship.answers);
    let mail = world.ask(&[("email", "wanted@example.org", "")]).await;
    assert_eq!(outcomes(&mail), ["hit"], "{:?}\n{}", mail.answers, world.log("owner"));
    // Restored from its own backup, it answers again.
    fs::rename(&aside, &path).unwrap();
    ask_until(&world, "hit").await;
}

#[tokio::test]
async fn a_wrapping_key_open_to_others_keeps_the_node_from_starting() {
    let mut world = World::new(&ships(10)).await;
    world.owner_node.take().unwrap().stop().await.unwrap();
    let path = wrapping_key_of_ships(&world);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let said = refused_start(&world).await;
    assert!(said.contains(text(&path)) && said.contains("chmod"), "{said}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    world.start_owner();
    ask_until(&world, "hit").await;
    assert_goes_on(&world).await;
}

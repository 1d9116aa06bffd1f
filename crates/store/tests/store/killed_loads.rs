use std::{
    env,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use ring::rand::{SecureRandom as _, SystemRandom};
use symbolon_identifiers::{IdentifierType, parse};
use symbolon_store::{DataFolder, Store};

use crate::fixture::{NOW, assert_whole, found, ids_in};

/// Names the data folder to the child; without it the child's test does nothing.
const FOLDER: &str = "SYMBOLON_TEST_LOAD_UNTIL_KILLED";
const KIND: IdentifierType = IdentifierType::Email;
const PEOPLE: u64 = 3_000;

/// Replaces the list by `PEOPLE` identifiers of one generation, and so on until it is killed.
#[tokio::test(flavor = "multi_thread")]
async fn child_that_loads_until_it_is_killed() {
    let Ok(folder) = env::var(FOLDER) else { return };
    let store = Store::open(DataFolder::open(Path::new(&folder)).unwrap()).await.unwrap();
    let first = store.datasets().await.unwrap()[0].revision;
    for generation in first.. {
        let mut import = store.import_in("list", true, 0).await.unwrap();
        for number in 0..PEOPLE {
            let one = parse(KIND, &format!("p{number}@g{generation}.example.org"), None).unwrap();
            import.add(&one, "a").unwrap();
        }
        import.commit(NOW).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_whose_process_is_killed_happened_whole_or_not_at_all() {
    let root = tempfile::tempdir().unwrap();
    let folder = found(root.path());
    let store = Store::open(folder.clone()).await.unwrap();
    store.create_dataset("list", "A list", NOW).await.unwrap();
    store.close().await;
    for _ in 0..6 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "killed_loads::child_that_loads_until_it_is_killed"])
            .env(FOLDER, folder.root())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut random = [0; 2];
        SystemRandom::new().fill(&mut random).unwrap();
        thread::sleep(Duration::from_millis(100 + u64::from(u16::from_ne_bytes(random)) % 1_200));
        child.kill().unwrap();
        child.wait().unwrap();

        assert_whole(&folder).await;
        let store = Store::open(DataFolder::open(root.path()).unwrap()).await.unwrap();
        let revision = store.datasets().await.unwrap()[0].revision;
        let held = ids_in(&store, "list", KIND).await;
        let of_one_generation = revision.checked_sub(1).map(|generation| {
            let end = format!("@g{generation}.example.org").into_bytes();
            held.iter().filter(|(_, canonical)| canonical.ends_with(&end)).count() as u64
        });
        assert_eq!(of_one_generation.unwrap_or(PEOPLE), PEOPLE);
        assert_eq!(held.len() as u64, if revision == 0 { 0 } else { PEOPLE });
        assert!(
            !std::fs::read_dir(root.path().join("state")).unwrap().any(|entry| {
                entry.unwrap().file_name().to_string_lossy().ends_with(".sorting")
            })
        );
        store.close().await;
    }
}

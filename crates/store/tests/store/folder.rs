use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use ring::rand::SystemRandom;
use symbolon_policy::ScopeId;
use symbolon_store::{
    DataFolder, FolderError, KeyName, NodeConfig, NodeKeys, Store, StoreError, write_private,
    write_public,
};
use tempfile::tempdir;

use crate::fixture::{Home, config, found};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Everything below a folder, itself included.
fn everything_in(path: &Path) -> Vec<PathBuf> {
    let mut all = vec![path.to_owned()];
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            all.extend(everything_in(&entry.unwrap().path()));
        }
    }
    all
}

#[test]
fn a_new_folder_opens_and_is_closed_to_others() {
    let root = tempdir().unwrap();
    let at = root.path().join("node");
    let folder = found(&at);
    for path in everything_in(&at) {
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&path), expected, "{}", path.display());
    }
    assert_eq!(DataFolder::open(&at).unwrap().root(), folder.root());
}

#[test]
fn nothing_is_founded_over_what_is_there() {
    let root = tempdir().unwrap();
    found(root.path());
    let error = DataFolder::create(root.path()).unwrap_err();
    assert!(matches!(error, FolderError::NotEmpty { path } if path == root.path()));
}

#[test]
fn a_folder_without_configuration_is_not_a_data_folder() {
    let root = tempdir().unwrap();
    for path in [root.path().to_owned(), root.path().join("missing")] {
        let error = DataFolder::open(&path).unwrap_err();
        assert!(matches!(&error, FolderError::NotADataFolder { path: named } if *named == path));
    }
    let created = DataFolder::create(root.path()).unwrap();
    assert!(matches!(DataFolder::open(created.root()), Err(FolderError::NotADataFolder { .. })));
}

#[track_caller]
fn refused_while_open_to_others(folder: &DataFolder, path: &Path, modes: &[u32]) {
    let before = mode(path);
    for open in modes {
        set_mode(path, *open);
        match DataFolder::open(folder.root()) {
            Err(FolderError::OpenToOthers { path: named }) => assert_eq!(named, path),
            other => panic!("{} at {open:o}: {other:?}", path.display()),
        }
    }
    set_mode(path, before);
    DataFolder::open(folder.root()).unwrap();
}

#[test]
fn a_private_folder_that_is_open_to_others_is_refused_by_name() {
    let root = tempdir().unwrap();
    let folder = found(root.path());
    for name in ["", "keys", "keys/wrapping", "people", "state", "sets/own", "sets/partners"] {
        let path = root.path().join(name);
        refused_while_open_to_others(&folder, &path, &[0o755, 0o750, 0o710, 0o701, 0o704]);
    }
}

#[test]
fn a_key_that_is_open_to_others_is_refused_by_name() {
    let root = tempdir().unwrap();
    let folder = found(root.path());
    let wrapping = folder.wrapping_key(&ScopeId([1; 32]));
    write_private(&wrapping, &[1; 32]).unwrap();
    let mut keys: Vec<_> = ["header", "manifest", "log", "legal", "key-encryption"]
        .map(|name| folder.key(name))
        .into();
    keys.push(wrapping);
    for path in keys {
        refused_while_open_to_others(&folder, &path, &[0o644, 0o640, 0o604, 0o620]);
    }
}

#[test]
fn a_configuration_or_database_that_is_open_to_others_is_refused_by_name() {
    let root = tempdir().unwrap();
    let folder = found(root.path());
    write_private(&folder.database(), b"").unwrap();
    for path in [folder.config(), folder.database()] {
        refused_while_open_to_others(&folder, &path, &[0o644, 0o640]);
    }
}

#[test]
fn a_missing_folder_is_named() {
    for name in ["keys", "keys/wrapping", "people", "state", "sets/own", "sets/partners"] {
        let root = tempdir().unwrap();
        let folder = found(root.path());
        let path = root.path().join(name);
        fs::remove_dir_all(&path).unwrap();
        let error = DataFolder::open(folder.root()).unwrap_err().to_string();
        assert!(error.contains(path.to_str().unwrap()), "{error}");
    }
}

#[test]
fn a_second_node_is_refused_while_the_first_runs() {
    let root = tempdir().unwrap();
    let folder = found(root.path());
    let lock = folder.lock().unwrap();
    let again = DataFolder::open(root.path()).unwrap();
    let error = again.lock().unwrap_err();
    assert!(matches!(&error, FolderError::NodeRuns { path } if path == root.path()), "{error}");
    drop(lock);
    drop(again.lock().unwrap());
    assert_eq!(mode(&root.path().join("node.lock")), 0o600);
}

#[tokio::test]
async fn a_missing_or_damaged_key_is_named() {
    for name in ["header", "manifest", "log", "key-encryption"] {
        let root = tempdir().unwrap();
        let folder = found(root.path());
        let path = folder.key(name);
        for damage in [None, Some([1; 31].as_slice()), Some([].as_slice()), Some(&[0xff; 85])] {
            match damage {
                None => fs::remove_file(&path).unwrap(),
                Some(bytes) => write_private(&path, bytes).unwrap(),
            }
            let error = NodeKeys::read(&folder).err().unwrap();
            assert!(matches!(error, StoreError::Folder(_)), "{name}: {error}");
            assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
            assert!(Store::open(folder.clone()).await.is_err());
        }
    }
}

#[tokio::test]
async fn a_running_node_does_not_need_the_legal_key() {
    let root = tempdir().unwrap();
    let folder = found(root.path());
    fs::remove_file(folder.key("legal")).unwrap();
    Store::open(folder.clone()).await.unwrap();
    assert!(KeyName::Legal.read(&folder).unwrap_err().to_string().contains("legal.key"));
}

#[test]
fn a_key_of_each_kind_is_its_own() {
    let root = tempdir().unwrap();
    let folder = DataFolder::create(root.path()).unwrap();
    let public = NodeKeys::generate(&folder).unwrap();
    let mut all = vec![public.header, public.manifest, public.log, public.legal];
    for (name, expected) in KeyName::ALL.iter().zip(all.clone()) {
        assert_eq!(name.read(&folder).unwrap().verifying_key(), expected);
    }
    all.dedup();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 4);
    let keys = NodeKeys::read(&folder).unwrap();
    assert_eq!(keys.header.verifying_key(), public.header);
    assert_eq!(keys.manifest.verifying_key(), public.manifest);
    assert_eq!(keys.log.verifying_key(), public.log);
}

#[test]
fn a_file_is_written_with_its_mode_whatever_was_there_before() {
    let root = tempdir().unwrap();
    let path = root.path().join("file");
    fs::write(&path, "old").unwrap();
    set_mode(&path, 0o666);
    // Left by a crash.
    let aside = root.path().join("file.new");
    fs::write(&aside, "half").unwrap();
    set_mode(&aside, 0o666);
    write_private(&path, b"new").unwrap();
    assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"new".to_vec(), 0o600));
    assert!(!aside.exists());
    write_public(&path, b"newer").unwrap();
    assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"newer".to_vec(), 0o644));
}

#[test]
fn a_write_that_fails_leaves_the_old_content_and_names_the_file() {
    let root = tempdir().unwrap();
    let path = root.path().join("file");
    write_private(&path, b"old").unwrap();
    // What is written first cannot be made.
    fs::create_dir(root.path().join("file.new")).unwrap();
    let error = write_private(&path, b"new").unwrap_err().to_string();
    assert!(error.contains(path.to_str().unwrap()), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"old");
}

#[test]
fn a_write_into_a_folder_that_is_not_writable_leaves_the_old_content() {
    let root = tempdir().unwrap();
    let path = root.path().join("file");
    write_private(&path, b"old").unwrap();
    set_mode(root.path(), 0o500);
    let refused = write_private(&path, b"new");
    set_mode(root.path(), 0o700);
    // The superuser may write anywhere; then the new content must be whole.
    let expected: &[u8] = if refused.is_err() { b"old" } else { b"new" };
    assert_eq!(fs::read(&path).unwrap(), expected);
    assert!(!root.path().join("file.new").exists());
}

#[test]
fn a_write_that_cannot_be_put_in_place_leaves_nothing_beside_it() {
    let root = tempdir().unwrap();
    let path = root.path().join("taken");
    fs::create_dir(&path).unwrap();
    write_private(&path, b"new").unwrap_err();
    assert!(path.is_dir());
    assert!(!root.path().join("taken.new").exists());
    write_private(&root.path().join("missing/file"), b"new").unwrap_err();
}

#[tokio::test]
async fn the_database_and_the_files_beside_it_are_closed_to_others() {
    let home = Home::new().await;
    home.store.create_dataset("list", "List", crate::fixture::NOW).await.unwrap();
    let state = home.folder.database().parent().unwrap().to_owned();
    let files: Vec<_> = everything_in(&state).into_iter().filter(|path| path.is_file()).collect();
    assert!(files.len() > 1, "{files:?}");
    for path in files {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    DataFolder::open(home.folder.root()).unwrap();
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_not_touched() {
    let home = Home::new().await;
    let mut raw = home.raw().await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (999999, 'later', true, x'00', 0)",
    )
    .execute(&mut raw)
    .await
    .unwrap();
    let error = Store::open(home.folder.clone()).await.err().unwrap();
    assert!(matches!(error, StoreError::Migration(_)), "{error}");
}

#[test]
fn a_configuration_survives_being_written_and_read() {
    let root = tempdir().unwrap();
    let folder = found(root.path());
    assert_eq!(NodeConfig::read(&folder).unwrap(), config());
}

#[test]
fn a_configuration_with_usual_limits_left_out_gets_them() {
    let root = tempdir().unwrap();
    let folder = found(root.path());
    let text = fs::read_to_string(folder.config()).unwrap();
    let shorter: String = text
        .lines()
        .filter(|line| {
            !["most_", "check_", "stop_", "refresh_"].iter().any(|p| line.starts_with(p))
        })
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(text.lines().count() - shorter.lines().count(), 4);
    write_private(&folder.config(), shorter.as_bytes()).unwrap();
    assert_eq!(NodeConfig::read(&folder).unwrap(), config());
}

#[test]
fn a_configuration_with_an_unknown_or_missing_field_is_refused_by_name() {
    let root = tempdir().unwrap();
    let folder = found(root.path());
    let text = fs::read_to_string(folder.config()).unwrap();
    let read = |text: &str| {
        write_private(&folder.config(), text.as_bytes()).unwrap();
        let error = NodeConfig::read(&folder).unwrap_err().to_string();
        assert!(error.contains("node.toml"), "{error}");
        error
    };
    assert!(read(&format!("{text}\ncolour = \"red\"\n")).contains("colour"));
    assert!(read(&text.replace("code = ", "# ")).contains("code"));
    assert!(read(&text.replace("DEU", "deu")).contains("bureau code"));
    read("code = ");
    fs::remove_file(folder.config()).unwrap();
    assert!(NodeConfig::read(&folder).unwrap_err().to_string().contains("node.toml"));
}

#[test]
fn signing_keys_are_not_made_twice_alike() {
    let random = SystemRandom::new();
    let make = || symbolon_policy::SigningKey::generate(&random).unwrap().as_ref().to_vec();
    assert_ne!(make(), make());
}

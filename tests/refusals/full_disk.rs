//! A full disk: nothing is answered that could not be recorded, and nothing recorded is lost.

use std::os::unix::fs::OpenOptionsExt as _;
use std::{
    fs::{self, File, Permissions},
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use symbolon_store::LogRecord;
use symbolon_tests::{World, raw, world::DATASET};

use crate::common::{
    LISTED, about_ships, ask_until, assert_goes_on, counted, failure_of, owners_log, ships,
    symbolon_json, text,
};

/// A small disk, mounted over a folder until dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Moves what is in `folder` onto a disk of `mebibytes`; `None` where that is not allowed.
    fn over(folder: &Path, mebibytes: u32) -> Option<Self> {
        let files: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), fs::read(&path).unwrap()))
            .collect();
        let options = format!("size={mebibytes}m,mode=700");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs", text(folder)])
            .status()
            .is_ok_and(|status| status.success());
        if !mounted {
            eprintln!("skipped: a small disk cannot be mounted here");
            return None;
        }
        for (path, bytes) in files {
            fs::write(&path, bytes).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        }
        Some(Self(folder.to_owned()))
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    /// Fills it to the last byte.
    fn fill(&self) {
        let mut file =
            File::options().create_new(true).write(true).mode(0o600).open(self.filler()).unwrap();
        for size in [65_536, 4_096, 1] {
            while file.write_all(&vec![1; size]).is_ok() {}
        }
    }

    fn free(&self) {
        fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-l", text(&self.0)]).status();
    }
}

#[tokio::test]
async fn an_owner_whose_disk_is_full_answers_nothing_and_goes_on_when_there_is_room() {
    let mut world = World::founded(&ships(100_000), |_| {}).await;
    let state = world.owner.folder.database().parent().unwrap().to_owned();
    let Some(disk) = SmallDisk::over(&state, 24) else { return };
    world.start_owner();
    world.start_requester();
    world.wait_until_ready().await;
    assert_goes_on(&world).await;

    let key = raw::header_key(&world.requester);
    let credentials = raw::credentials(&world.requester);
    let mut client = raw::connect(&world.owner, &credentials).await.unwrap();
    disk.fill();
    // What fits into files that are there already may still be answered, but not for long.
    let mut acknowledged = Vec::new();
    let mut refused = Vec::new();
    for _ in 0..500 {
        let question = about_ships(&world, &[LISTED]);
        match raw::send(&mut client, question.messages(&key)).await {
            Ok(answers) => {
                assert_eq!(answers.len(), 2);
                acknowledged.push(question);
            }
            Err(status) => {
                assert_eq!(raw::reason_of(&status), "internal", "{status:?}");
                assert!(status.message().contains("desk") || status.message().contains("logged"));
                refused.push(question);
            }
        }
        if refused.len() >= 5 {
            break;
        }
    }
    assert!(refused.len() >= 5, "{} were answered", acknowledged.len());
    // At the officer's desk: no answer, never a no hit.
    let report = world.ask(&[("imo", LISTED, "")]).await;
    assert_eq!(report.answers[0].outcome, "no_answer", "{:?}", report.answers);
    assert_eq!(report.answers[0].reason, "internal");
    assert!(world.log("owner").contains("could not be recorded"), "{}", world.log("owner"));
    // Neither can records be loaded; the command says so.
    let path = world.scratch().join("more.csv");
    let rows: String = (0..20_000).map(|n| format!("N{n},email,n{n}@example.org,\n")).collect();
    fs::write(&path, format!("record_id,identifier_type,value,country\n{rows}")).unwrap();
    let data = text(world.owner.folder.root());
    let import = ["dataset", "import", "--data", data, DATASET, text(&path)];
    let (reason, sentence) = failure_of(&import);
    assert_eq!(reason, "store", "{sentence}");
    assert!(sentence.contains("disk space"), "{sentence}");

    disk.free();
    assert_goes_on(&world).await;
    let log = owners_log(&world).await;
    for question in &acknowledged {
        let check = question.header.check_id;
        assert!(log.iter().any(|record| matches!(
            record,
            LogRecord::CheckAnswered { check: found, broke_off: None, .. } if *found == check
        )));
    }
    // What was refused can be asked again, and all is counted once.
    for question in refused.iter().chain(&acknowledged) {
        assert_eq!(raw::send(&mut client, question.messages(&key)).await.unwrap().len(), 2);
    }
    let admitted = owners_log(&world)
        .await
        .iter()
        .filter_map(|record| match record {
            LogRecord::CheckAdmitted { elements, .. } => Some(*elements),
            _ => None,
        })
        .sum::<u64>();
    assert_eq!(counted(&world).await, admitted);
    let (report, code) = symbolon_json(&import);
    assert_eq!((code, &report["added"]), (0, &20_000.into()));
    assert_goes_on(&world).await;
}

#[tokio::test]
async fn a_requester_whose_disk_is_full_asks_nothing_and_says_so() {
    let mut world = World::founded(&ships(100_000), |_| {}).await;
    let state = world.requester.folder.database().parent().unwrap().to_owned();
    let Some(disk) = SmallDisk::over(&state, 24) else { return };
    world.start_owner();
    world.start_requester();
    world.wait_until_ready().await;
    assert_goes_on(&world).await;
    disk.fill();
    let mut refusals = 0;
    for _ in 0..500 {
        let before = counted(&world).await;
        match world.try_ask(&symbolon_tests::world::reason(), &[("imo", LISTED, "")]).await {
            // The check was recorded, so it may be asked; whether its receipt fits is another
            // matter, but a wrong answer it never is.
            Ok(report) => assert_ne!(report.answers[0].outcome, "no_hit", "{:?}", report.answers),
            Err(error) => {
                assert_eq!(error.reason, "internal", "{error}");
                assert!(error.sentence.contains("nothing was asked"), "{error}");
                assert_eq!(counted(&world).await, before);
                refusals += 1;
            }
        }
        if refusals >= 3 {
            break;
        }
    }
    assert!(refusals >= 3);
    disk.free();
    assert_goes_on(&world).await;
}

#[tokio::test]
async fn what_was_acknowledged_before_the_disk_was_full_is_there_after_a_restart() {
    let mut world = World::founded(&ships(100_000), |_| {}).await;
    let state = world.owner.folder.database().parent().unwrap().to_owned();
    let Some(disk) = SmallDisk::over(&state, 24) else { return };
    world.start_owner();
    world.start_requester();
    world.wait_until_ready().await;
    let key = raw::header_key(&world.requester);
    let credentials = raw::credentials(&world.requester);
    let mut client = raw::connect(&world.owner, &credentials).await.unwrap();
    let questions: Vec<_> = (0..20).map(|_| about_ships(&world, &[LISTED])).collect();
    let (first, second) = questions.split_at(5);
    for question in first {
        raw::send(&mut client, question.messages(&key)).await.unwrap();
    }
    disk.fill();
    let mut acknowledged: Vec<_> = first.iter().collect();
    for question in second {
        match raw::send(&mut client, question.messages(&key)).await {
            Ok(_) => acknowledged.push(question),
            Err(status) => assert_eq!(raw::reason_of(&status), "internal"),
        }
    }
    world.owner_node.take().unwrap().kill().await.unwrap();
    disk.free();
    world.start_owner();
    ask_until(&world, "hit").await;
    let before = counted(&world).await;
    let mut client = raw::connect(&world.owner, &credentials).await.unwrap();
    for question in &acknowledged {
        raw::send(&mut client, question.messages(&key)).await.unwrap();
    }
    assert_eq!(counted(&world).await, before);
    assert_goes_on(&world).await;
}

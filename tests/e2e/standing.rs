//! A list stays asked: what its tags come to in later versions is found here, and no owner notices.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use symbolon_cli::{
    rows::Row,
    scenario::ADMINISTRATOR,
    standing::{self, Kept, KeptSource, Listed, Matched},
};
use symbolon_store::LogRecord;
use symbolon_tests::{
    Offer, World, program,
    world::{DATASET, reason},
};
use time::OffsetDateTime;

const PATIENCE: Duration = Duration::from_secs(120);

fn rows(changes: &[(&str, &str, &str)]) -> Vec<Row> {
    (2_u64..)
        .zip(changes)
        .map(|(line, (change, kind, value))| Row {
            line,
            record: format!("mine-{value}"),
            identifier_type: (*kind).to_owned(),
            value: (*value).to_owned(),
            country: String::new(),
            change: (*change).to_owned(),
        })
        .collect()
}

async fn begin(world: &World, items: &[(&str, &str, &str)]) -> Kept {
    let mut client = world.profile.connect().unwrap();
    standing::begin(&mut client, &reason(), rows(items)).await.unwrap()
}

async fn matched(world: &World, id: &str) -> Matched {
    let mut client = world.profile.connect().unwrap();
    standing::matches(&mut client, raw(id), |_, _| Ok(true)).await.unwrap()
}

async fn updated(world: &World, id: &str, changes: &[(&str, &str, &str)]) -> Kept {
    let mut client = world.profile.connect().unwrap();
    let patience = Duration::from_secs(60);
    standing::update(&mut client, raw(id), patience, rows(changes)).await.unwrap()
}

/// The files of all standing checks with this extension.
fn files(world: &World, extension: &str) -> Vec<PathBuf> {
    let folder = world.requester.folder.root().join("standing");
    let checks = fs::read_dir(folder).unwrap();
    let files = checks.flat_map(|check| fs::read_dir(check.unwrap().path()).unwrap());
    let paths = files.map(|file| file.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}

async fn list(world: &World) -> Vec<Listed> {
    standing::list(&mut world.profile.connect().unwrap()).await.unwrap()
}

/// Waits until the standing checks are as wanted.
async fn list_until(world: &World, is_wanted: impl Fn(&[Listed]) -> bool) -> Vec<Listed> {
    let began = Instant::now();
    loop {
        let listed = list(world).await;
        if is_wanted(&listed) {
            return listed;
        }
        assert!(began.elapsed() < PATIENCE, "{listed:#?}\n{}", world.log("requester"));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn raw(id: &str) -> [u8; 16] {
    let mut bytes = [0; 16];
    hex::decode_to_slice(id, &mut bytes).unwrap();
    bytes
}

/// Adds a record to the owner's list, as its administrator would.
fn add_record(world: &World, row: &str) {
    let path = world.scratch().join("more.csv");
    let list = format!("{}{row}\n", Offer::default().list);
    fs::write(&path, list).unwrap();
    let status = Command::new(program())
        .args(["dataset", "import", "--data"])
        .arg(world.owner.folder.root())
        .arg(DATASET)
        .arg(&path)
        .args(["--as", ADMINISTRATOR])
        .output()
        .unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
}

/// Checks that the owner has admitted so far.
async fn asked_of_owner(world: &World) -> usize {
    let store = world.owner.store().await.unwrap();
    let entries = store.log_entries(0, 10_000).await.unwrap();
    store.close().await;
    let admitted = |record: &LogRecord| matches!(record, LogRecord::CheckAdmitted { .. });
    entries.iter().filter(|entry| entry.record.as_ref().is_some_and(admitted)).count()
}

fn hits(matched: &Matched) -> Vec<(&str, bool)> {
    let mut hits: Vec<_> =
        matched.answers.iter().map(|hit| (hit.reference.as_str(), hit.new)).collect();
    hits.sort_unstable();
    hits
}

#[tokio::test]
async fn a_list_stays_asked_until_it_is_ended_and_the_owner_sees_one_check_for_what_is_new() {
    let world = World::with_terms(&Offer::default(), |terms| terms.standing_days = Some(30)).await;
    let kept = begin(
        &world,
        &[
            ("", "email", "wanted@example.org"),
            ("", "email", "later@example.org"),
            ("", "email", "LATER@example.org"),
            ("", "imo", "9305219"),
            ("", "vin", "not a vin"),
        ],
    )
    .await;
    let id = kept.standing_id.clone();
    assert_eq!((kept.added, kept.unchanged, kept.rejected.len()), (3, 1, 1));
    assert!(kept.sources.iter().all(|source| source.keep_until.is_some()), "{kept:#?}");
    let entries = |sources: &[KeptSource]| {
        let of = |one: &KeptSource| (one.identifier_type.clone(), one.entries);
        sources.iter().map(of).collect::<BTreeMap<_, _>>()
    };
    let each = [("email".to_owned(), 2), ("imo".to_owned(), 1)].into();
    assert_eq!(entries(&kept.sources), each, "each list speaks of its own type alone");
    assert_eq!(entries(&list(&world).await[0].sources), each);
    assert_eq!(asked_of_owner(&world).await, 1);

    let first = matched(&world, &id).await;
    assert_eq!(hits(&first), [("mine-wanted@example.org", true)]);
    assert_eq!(first.answers[0].identifier, "wanted@example.org");
    assert!(first.answers[0].coverage.is_some() && first.answers[0].desk.is_some());
    assert_eq!(hits(&matched(&world, &id).await), [("mine-wanted@example.org", false)]);

    add_record(&world, "R6,email,later@example.org,");
    let listed = list_until(&world, |all| all[0].unseen_hits == 1).await;
    assert_eq!((listed[0].standing_id.as_str(), listed[0].entries), (id.as_str(), 3));
    let second = matched(&world, &id).await;
    assert_eq!(
        hits(&second),
        [("mine-later@example.org", true), ("mine-wanted@example.org", false)]
    );
    assert_eq!(list(&world).await[0].unseen_hits, 0);

    let changes = [
        ("remove", "email", "wanted@example.org"),
        ("remove", "email", "never@example.org"),
        ("add", "email", "later@example.org"),
        ("add", "iban", "GB29NWBK60161331926819"),
    ];
    let update = updated(&world, &id, &changes).await;
    assert_eq!((update.added, update.removed, update.unchanged), (1, 1, 2));
    assert_eq!(
        hits(&matched(&world, &id).await),
        [("mine-GB29NWBK60161331926819", true), ("mine-later@example.org", false)]
    );
    assert_eq!(asked_of_owner(&world).await, 2, "only what is new was asked");

    // More than half of the segment goes, so it is written anew; what was seen stays seen.
    let ship = [("remove", "imo", "9305219")];
    updated(&world, &id, &ship).await;
    assert_eq!(
        hits(&matched(&world, &id).await),
        [("mine-GB29NWBK60161331926819", false), ("mine-later@example.org", false)]
    );
    assert_eq!(asked_of_owner(&world).await, 2);

    let log = world.log("requester");
    for needle in ["@example.org", "NWBK", "9305219", "mine-", "case-11"] {
        assert!(!log.contains(needle), "{needle} in {log}");
    }

    let mut client = world.profile.connect().unwrap();
    standing::end(&mut client, raw(&id)).await.unwrap();
    assert!(list(&world).await.is_empty());
    let folder = world.requester.folder.root().join("standing");
    assert_eq!(fs::read_dir(folder).unwrap().count(), 0);
    let gone = standing::matches(&mut client, raw(&id), |_, _| Ok(true)).await.unwrap_err();
    assert!(gone.sentence.contains("standing list"), "{gone}");
}

#[tokio::test]
async fn where_the_agreement_does_not_say_so_nothing_is_asked_or_kept_and_a_sentence_says_why() {
    let world = World::new(&Offer::default()).await;
    let kept = begin(&world, &[("", "email", "wanted@example.org")]).await;
    assert_eq!((kept.standing_id.as_str(), kept.added), ("", 0));
    assert_eq!(kept.sources[0].outcome, Some("not_permitted"));
    assert_eq!(kept.sources[0].reason, "standing_not_agreed");
    assert!(kept.sources[0].sentence.contains("standing_days"));
    assert_eq!(asked_of_owner(&world).await, 0);
    assert!(list(&world).await.is_empty());
}

#[tokio::test]
async fn one_damaged_file_keeps_back_no_hit_of_the_others() {
    let world = World::with_terms(&Offer::default(), |terms| terms.standing_days = Some(30)).await;
    let items = [("", "email", "wanted@example.org"), ("", "iban", "GB29NWBK60161331926819")];
    let id = begin(&world, &items).await.standing_id;
    list_until(&world, |all| all[0].unseen_hits == 2).await;
    let identifiers = files(&world, "identifiers");
    assert_eq!(identifiers.len(), 2);
    let mut bytes = fs::read(&identifiers[0]).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&identifiers[0], bytes).unwrap();

    let found = matched(&world, &id).await;
    assert_eq!((found.hits, found.new_hits, found.answers.len()), (1, 1, 1));
    let damaged: Vec<_> = found.sources.iter().filter(|one| one.reason == "damaged").collect();
    assert_eq!((damaged.len(), found.sources.len()), (1, 2));
    assert!(damaged[0].sentence.contains("begin it anew"), "{}", damaged[0].sentence);
    assert_ne!(damaged[0].identifier_type, found.answers[0].identifier_type);
    assert_eq!(list(&world).await[0].unseen_hits, 1, "what was not shown is not seen");
}

#[tokio::test]
async fn another_person_cannot_see_match_or_end_a_standing_check() {
    let world = World::with_terms(&Offer::default(), |terms| terms.standing_days = Some(30)).await;
    let id = begin(&world, &[("", "imo", "9074729")]).await.standing_id;
    world.requester.issue("somebody").unwrap();
    let profile = world.requester.folder.person("somebody").join("profile.toml");
    let somebody = symbolon_cli::Profile::find(Some(&profile)).unwrap();
    let mut client = somebody.connect().unwrap();
    assert!(standing::list(&mut client).await.unwrap().is_empty());
    assert!(standing::matches(&mut client, raw(&id), |_, _| Ok(true)).await.is_err());
    assert!(standing::end(&mut client, raw(&id)).await.is_err());
    assert_eq!(list(&world).await.len(), 1);
}

#[tokio::test]
async fn tags_are_destroyed_when_the_agreement_goes_and_the_standing_check_says_so() {
    let world = World::with_terms(&Offer::default(), |terms| terms.standing_days = Some(30)).await;
    let id = begin(&world, &[("", "imo", "9074729")]).await.standing_id;
    let store = world.requester.store().await.unwrap();
    let agreement = &world.agreement.terms().id;
    store.remove_agreement(agreement, OffsetDateTime::now_utc()).await.unwrap();
    store.close().await;
    let ended = |all: &[Listed]| all[0].sources[0].outcome == Some("not_permitted");
    let listed = list_until(&world, ended).await;
    assert_eq!(listed[0].sources[0].reason, "agreement_over");
    assert!(matched(&world, &id).await.answers.is_empty());
    await_no_tags(&world).await;
}

#[tokio::test]
async fn tags_are_destroyed_when_the_epoch_ends_and_the_standing_check_says_so() {
    let world = World::with_terms(&Offer::default(), |terms| {
        // The first epoch ends soon, though not before the list has been asked.
        let now = OffsetDateTime::now_utc().replace_nanosecond(0).unwrap();
        terms.valid_from = now - Duration::from_secs(24 * 3_600) + Duration::from_secs(45);
        terms.valid_until = terms.valid_from + Duration::from_secs(10 * 24 * 3_600);
        terms.epoch_days = 1;
        terms.standing_days = Some(30);
    })
    .await;
    let kept = begin(&world, &[("", "imo", "9074729")]).await;
    let epoch_end = world.agreement.terms().epoch_end(0);
    assert_eq!(
        kept.sources[0].keep_until.as_deref(),
        Some(epoch_end.format(&time::format_description::well_known::Rfc3339).unwrap().as_str()),
        "never beyond the epoch"
    );
    let ended = |all: &[Listed]| all[0].sources[0].outcome == Some("not_permitted");
    let listed = list_until(&world, ended).await;
    assert_eq!(listed[0].sources[0].reason, "epoch_over");
    await_no_tags(&world).await;

    // Nothing is matched of what was kept, so that adding it again asks it anew.
    let began = Instant::now();
    while updated(&world, &kept.standing_id, &[("add", "imo", "9074729")]).await.added == 0 {
        assert!(began.elapsed() < PATIENCE, "{}", world.log("requester"));
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(hits(&matched(&world, &kept.standing_id).await), [("mine-9074729", true)]);
    let again = updated(&world, &kept.standing_id, &[("add", "imo", "9074729")]).await;
    assert_eq!((again.added, again.unchanged), (0, 1));
}

async fn await_no_tags(world: &World) {
    let began = Instant::now();
    while !files(world, "tags").is_empty() {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

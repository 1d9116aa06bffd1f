use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use symbolon_identifiers::IdentifierType;
use symbolon_policy::{ScopeId, StandingId};
use symbolon_store::{
    Bitmap, EntryRef, HitTally, LogRecord, NewStanding, NewTags, StandingChange, StandingEntry,
    StandingError, Store, StoredSegment, TagsEnd, WrittenSegment,
};
use symbolon_tagset::{LabelSecret, MembershipHash};
use time::Duration;

use crate::fixture::{Home, NOW, agreement_id, code, records};

const STANDING: StandingId = StandingId([1; 16]);
const OTHER: StandingId = StandingId([2; 16]);
const SCOPE: ScopeId = ScopeId([7; 32]);
/// Three frames, the last of them not full.
const MANY: usize = 10_000;

fn entries(count: usize) -> Vec<StandingEntry> {
    (0..count)
        .map(|i| StandingEntry {
            reference: format!("case {i}"),
            canonical: format!("person{i}@example.org").into_bytes(),
        })
        .collect()
}

fn hash(number: usize) -> MembershipHash {
    let mut bytes = [0xab; 16];
    bytes[..8].copy_from_slice(&(number as u64).to_be_bytes());
    MembershipHash(bytes)
}

fn tags<'a>(
    scope: ScopeId,
    hashes: &'a [MembershipHash],
    secrets: &'a [LabelSecret],
) -> NewTags<'a> {
    NewTags {
        scope,
        agreement: agreement_id(),
        owner: code("FRA"),
        dataset: "list".to_owned(),
        keep_until: NOW + Duration::days(30),
        hashes,
        secrets,
        seen: None,
        counted: None,
    }
}

fn segment(
    store: &Store,
    standing: &StandingId,
    count: usize,
    scopes: &[ScopeId],
) -> WrittenSegment {
    let mut written =
        WrittenSegment::write(store, standing, IdentifierType::Email, &entries(count)).unwrap();
    let hashes: Vec<_> = (0..count).map(hash).collect();
    for scope in scopes {
        written.add_tags(store, standing, tags(*scope, &hashes, &[])).unwrap();
    }
    written
}

async fn begin(store: &Store, standing: StandingId, count: usize) -> StoredSegment {
    let segments = vec![segment(store, &standing, count, &[SCOPE])];
    let new = NewStanding { standing, opening: b"the officer and the case", segments, at: NOW };
    store.begin_standing(new).await.unwrap();
    only_segment(store, standing).await
}

async fn only_segment(store: &Store, standing: StandingId) -> StoredSegment {
    let mut stored = store.standing_check(&standing).await.unwrap().unwrap();
    assert_eq!(stored.segments.len(), 1);
    stored.segments.remove(0)
}

fn read_tags(store: &Store, segment: &StoredSegment) -> Result<Vec<MembershipHash>, StandingError> {
    let mut all = Vec::new();
    segment.tags[0].read(store, segment, |first, hashes| {
        assert_eq!(first, all.len());
        all.extend_from_slice(hashes);
    })?;
    Ok(all)
}

fn files(home: &Home, standing: &StandingId, extension: &str) -> Vec<PathBuf> {
    let Ok(folder) = fs::read_dir(home.folder.standing(standing)) else { return Vec::new() };
    folder
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|one| one == extension))
        .collect()
}

fn only(files: &[PathBuf]) -> &Path {
    assert_eq!(files.len(), 1);
    &files[0]
}

fn owned(entry: EntryRef<'_>) -> StandingEntry {
    let (reference, canonical) = (entry.reference.to_owned(), entry.canonical.to_vec());
    StandingEntry { reference, canonical }
}

/// Where each frame begins, and the end.
fn frames(bytes: &[u8]) -> Vec<usize> {
    let mut at = vec![0];
    while let Some(len) = bytes.get(at[at.len() - 1]..).and_then(<[u8]>::first_chunk) {
        at.push(at[at.len() - 1] + 4 + u32::from_be_bytes(*len) as usize);
    }
    at
}

#[tokio::test]
async fn what_is_kept_is_read_back_also_later_and_only_its_owner_can() {
    let mut home = Home::new().await;
    begin(&home.store, STANDING, MANY).await;
    home.reopen().await;
    let stored = home.store.standing_check(&STANDING).await.unwrap().unwrap();
    assert_eq!(stored.opening.as_slice(), b"the officer and the case");
    let segment = &stored.segments[0];
    assert_eq!(read_tags(&home.store, segment).unwrap(), (0..MANY).map(hash).collect::<Vec<_>>());
    let mut read = Vec::new();
    segment
        .read(&home.store, |place, entry| {
            assert_eq!(place, read.len());
            read.push(owned(entry));
            Ok(())
        })
        .unwrap();
    assert!(read == entries(MANY));
    let places = [0, 1, 4_095, 4_096, 9_999];
    let mut found = Vec::new();
    let mut at = |places: &[usize]| {
        segment.read_at(&home.store, places.iter().copied(), |place, entry| {
            found.push((place, owned(entry)));
            Ok(())
        })
    };
    at(&places).unwrap();
    for wrong in [vec![MANY], vec![9_999, MANY], vec![1, 0], vec![7, 7], vec![4_096, 1]] {
        assert!(at(&wrong).is_err(), "{wrong:?}");
    }
    let expected = places.map(|place| (place, entries(MANY)[place].clone()));
    assert!(found[..places.len()] == expected);
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(&home.folder.standing(&STANDING)), 0o700);
    assert_eq!(mode(home.folder.standing(&STANDING).parent().unwrap()), 0o700);
    assert_eq!(mode(only(&files(&home, &STANDING, "tags"))), 0o600);
}

#[tokio::test]
async fn nothing_on_disk_shows_an_identifier_a_name_or_a_tag() {
    let home = Home::new().await;
    let kept = begin(&home.store, STANDING, 100).await;
    let mut seen = Bitmap::new(100);
    seen.set(17);
    let row = (kept.clone(), kept.tags[0].clone(), seen);
    home.store.record_standing_match(&STANDING, &[row], NOW).await.unwrap();
    home.store.close().await;
    let state = home.folder.database().parent().unwrap().to_owned();
    for folder in [home.folder.standing(&STANDING), state] {
        for entry in fs::read_dir(folder).unwrap() {
            let bytes = fs::read(entry.unwrap().path()).unwrap();
            for needle in [b"person17@".as_slice(), b"case 17", b"the officer", &hash(17).0] {
                assert!(!bytes.windows(needle.len()).any(|window| window == needle));
            }
        }
    }
}

#[tokio::test]
async fn files_that_were_cut_altered_reordered_or_swapped_do_not_open() {
    let home = Home::new().await;
    let (ours, other) =
        (begin(&home.store, STANDING, MANY).await, begin(&home.store, OTHER, MANY).await);
    for extension in ["tags", "identifiers"] {
        let opens = |segment: &StoredSegment| match extension {
            "tags" => read_tags(&home.store, segment).map(drop),
            _ => segment.read(&home.store, |_, _| Ok(())),
        };
        let path = only(&files(&home, &STANDING, extension)).to_owned();
        let of_other = fs::read(only(&files(&home, &OTHER, extension))).unwrap();
        let whole = fs::read(&path).unwrap();
        let at = frames(&whole);
        assert_eq!(at.len(), 4, "three frames");
        let altered = |place: usize| {
            let mut bytes = whole.clone();
            bytes[place] ^= 1;
            bytes
        };
        let spoiled = [
            ("cut after a frame", whole[..at[2]].to_vec()),
            ("cut within a frame", whole[..at[2] + 100].to_vec()),
            ("emptied", Vec::new()),
            ("lengthened", [&whole[..], &whole[at[2]..]].concat()),
            ("reordered", [&whole[at[1]..at[2]], &whole[..at[1]], &whole[at[2]..]].concat()),
            ("a frame left out", [&whole[..at[1]], &whole[at[2]..]].concat()),
            ("a length altered", altered(2)),
            ("a first byte altered", altered(4)),
            ("a last byte altered", altered(whole.len() - 1)),
            ("swapped", of_other),
        ];
        for (what, bytes) in spoiled {
            fs::write(&path, bytes).unwrap();
            assert!(matches!(opens(&ours), Err(StandingError::Damaged)), "{extension} {what}");
        }
        fs::remove_file(&path).unwrap();
        assert!(opens(&ours).is_err(), "{extension} gone");
        fs::write(&path, &whole).unwrap();
        opens(&ours).unwrap();
        opens(&other).unwrap();
    }
}

#[tokio::test]
async fn removed_and_seen_entries_are_noted_and_each_act_of_a_person_is_logged_once() {
    let home = Home::new().await;
    let kept = begin(&home.store, STANDING, MANY).await;
    let mut removed = kept.removed(&home.store).unwrap();
    assert_eq!(removed.count(), 0);
    removed.set(5_000);
    let change = StandingChange { remove: vec![(kept, removed)], ..StandingChange::default() };
    home.store.change_standing(&STANDING, change, true, NOW).await.unwrap();
    let kept = only_segment(&home.store, STANDING).await;
    assert_eq!((kept.entries, kept.removed_count), (MANY, 1));
    assert_eq!(kept.removed(&home.store).unwrap().places().collect::<Vec<_>>(), [5_000]);

    let mut seen = Bitmap::new(MANY);
    seen.set(3);
    let row = (kept.clone(), kept.tags[0].clone(), seen);
    home.store.record_standing_match(&STANDING, &[row], NOW).await.unwrap();
    let kept = only_segment(&home.store, STANDING).await;
    let seen = kept.tags[0].seen(&home.store, &kept).unwrap();
    assert_eq!(seen.places().collect::<Vec<_>>(), [3]);

    home.store.end_standing(&STANDING, NOW).await.unwrap();
    assert!(home.store.standing_check(&STANDING).await.unwrap().is_none());
    assert!(!home.folder.standing(&STANDING).exists());
    let standing = STANDING;
    let expected = [
        LogRecord::StandingBegun { standing },
        LogRecord::StandingUpdated { standing },
        LogRecord::StandingMatched { standing },
        LogRecord::StandingEnded { standing },
    ];
    assert_eq!(records(&home.store).await, expected);
}

#[tokio::test]
async fn destroyed_tags_are_gone_from_disk_and_their_end_is_remembered() {
    let home = Home::new().await;
    let kept = begin(&home.store, STANDING, 10).await;
    home.store.end_standing_tags(&kept, &SCOPE, TagsEnd::EpochOver, NOW).await.unwrap();
    let after = only_segment(&home.store, STANDING).await;
    assert_eq!(after.tags[0].ended, Some((TagsEnd::EpochOver, NOW.replace_nanosecond(0).unwrap())));
    assert!(files(&home, &STANDING, "tags").is_empty());
    assert!(read_tags(&home.store, &after).is_err());
    let keys: Vec<(Option<Vec<u8>>,)> = sqlx::query_as("SELECT sealed_key FROM standing_tags")
        .fetch_all(&mut home.raw().await)
        .await
        .unwrap();
    assert_eq!(keys, [(None,)]);
}

#[tokio::test]
async fn segments_join_and_leave_without_the_others_being_written_again() {
    let home = Home::new().await;
    let big = begin(&home.store, STANDING, MANY).await;
    let path = only(&files(&home, &STANDING, "tags")).to_owned();
    let before = fs::metadata(&path).unwrap();
    let add = vec![segment(&home.store, &STANDING, 3, &[SCOPE])];
    let change = StandingChange { add, ..StandingChange::default() };
    home.store.change_standing(&STANDING, change, true, NOW).await.unwrap();
    let after = fs::metadata(&path).unwrap();
    assert_eq!((before.ino(), before.mtime_nsec()), (after.ino(), after.mtime_nsec()));
    assert_eq!(home.store.standing_check(&STANDING).await.unwrap().unwrap().segments.len(), 2);

    let change = StandingChange { drop: vec![big.id], ..StandingChange::default() };
    home.store.change_standing(&STANDING, change, false, NOW).await.unwrap();
    assert_eq!(only_segment(&home.store, STANDING).await.entries, 3);
    assert_eq!(files(&home, &STANDING, "tags").len(), 1);
    assert!(!path.exists());
}

#[tokio::test]
async fn what_a_crash_left_is_tidied_away_and_nothing_else() {
    let home = Home::new().await;
    begin(&home.store, STANDING, 10).await;
    // Written, but the process died before anything named it.
    segment(&home.store, &STANDING, 10, &[SCOPE]);
    segment(&home.store, &OTHER, 10, &[SCOPE]);
    home.store.tidy_standing().await.unwrap();
    assert!(!home.folder.standing(&OTHER).exists());
    assert_eq!(files(&home, &STANDING, "tags").len(), 1);
    let kept = only_segment(&home.store, STANDING).await;
    assert_eq!(read_tags(&home.store, &kept).unwrap().len(), 10);
}

#[tokio::test]
async fn what_opens_labels_is_read_back_where_it_is_wanted_and_goes_with_the_tags() {
    let home = Home::new().await;
    let secret = |place: usize| {
        let mut bytes = [0x5e; 32];
        bytes[..8].copy_from_slice(&(place as u64).to_be_bytes());
        LabelSecret::new(bytes)
    };
    let (hashes, secrets): (Vec<_>, Vec<_>) = (0..MANY).map(|at| (hash(at), secret(at))).unzip();
    let kind = IdentifierType::Email;
    let mut written = WrittenSegment::write(&home.store, &STANDING, kind, &entries(MANY)).unwrap();
    let few = written.add_tags(&home.store, &STANDING, tags(SCOPE, &hashes, &secrets[1..]));
    assert!(few.is_err(), "one for each, or none");
    written.add_tags(&home.store, &STANDING, tags(SCOPE, &hashes, &secrets)).unwrap();
    let segments = vec![written];
    let new = NewStanding { standing: STANDING, opening: b"who", segments, at: NOW };
    home.store.begin_standing(new).await.unwrap();
    let kept = only_segment(&home.store, STANDING).await;
    let of = &kept.tags[0];
    assert!(of.has_labels);
    let places = [1, 4_095, 4_096, 9_999];
    let mut read = Vec::new();
    let each = || places.iter().copied();
    of.secrets_at(&home.store, &kept, each(), |place, one| read.push((place, *one.as_bytes())))
        .unwrap();
    assert_eq!(read, places.map(|place| (place, *secret(place).as_bytes())));
    let mut read = Vec::new();
    of.hashes_at(&home.store, &kept, each(), |place, one| read.push((place, *one))).unwrap();
    assert_eq!(read, places.map(|place| (place, hash(place))));

    // A file that stands for another does not open, and none lies open on disk.
    let path = only(&files(&home, &STANDING, "labels")).to_owned();
    let whole = fs::read(&path).unwrap();
    assert!(!whole.windows(32).any(|window| window == secret(9).as_bytes()));
    fs::write(&path, fs::read(only(&files(&home, &STANDING, "tags"))).unwrap()).unwrap();
    assert!(of.secrets_at(&home.store, &kept, each(), |_, _| {}).is_err());
    fs::write(&path, whole).unwrap();
    // Tidying leaves it, and the end of the tags takes it.
    home.store.tidy_standing().await.unwrap();
    assert!(path.exists());
    home.store.end_standing_tags(&kept, &SCOPE, TagsEnd::TimeOver, NOW).await.unwrap();
    assert!(!path.exists());
}

#[tokio::test]
async fn what_was_counted_is_kept_with_the_count_and_apart_from_hits_of_checks() {
    let home = Home::new().await;
    let kept = begin(&home.store, STANDING, 100).await;
    let tally = |standing, hits| HitTally {
        partner: code("FRA"),
        dataset: "list".to_owned(),
        purpose: "border_control".to_owned(),
        standing,
        hits,
    };
    home.store.add_results(&[], &[tally(false, 5)], NOW).await.unwrap();
    let mut counted = Bitmap::new(100);
    counted.set(17);
    for hits in [1, 0] {
        let row = (kept.clone(), kept.tags[0].clone(), counted.clone());
        home.store.count_standing_hits(&[row], &[tally(true, hits)], NOW).await.unwrap();
    }
    let after = only_segment(&home.store, STANDING).await;
    let read = after.tags[0].counted(&home.store, &after).unwrap();
    assert_eq!(read.places().collect::<Vec<_>>(), [17]);
    let sums = home.store.hit_tallies(NOW, NOW).await.unwrap();
    assert_eq!(sums, [tally(false, 5), tally(true, 1)]);
}

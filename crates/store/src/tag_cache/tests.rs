use std::{fs, path::Path};

use symbolon_policy::ScopeId;
use symbolon_tagset::LabelSecret;

use super::*;
use crate::{DataFolder, RevisionMark};

const SCOPE: ScopeId = ScopeId([7; 32]);
const MARK: RevisionMark = RevisionMark { revision: 3, token: [9; 16] };
const RUN: u64 = (TAGS_A_SEGMENT * SEGMENTS_A_RUN) as u64;

fn tag(number: u64, kind: CacheKind) -> Tag {
    // A multiple of an odd number: each once, in no order.
    let place = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let hash =
        u128::from_be_bytes([place.to_be_bytes(), [1; 8]].as_flattened().try_into().unwrap());
    let secret = LabelSecret::new([u8::try_from(number % 251).unwrap(); 32]);
    let secret = (kind == CacheKind::WithSecrets).then_some(secret);
    Tag { identifier: number, hash: hash.to_be_bytes(), secret }
}

fn write(root: &Path, kind: CacheKind, count: u64) -> (DataFolder, TagCacheKey) {
    let folder = DataFolder::create(root).unwrap();
    let key = TagCacheKey::derive(&[5; 32], &SCOPE).unwrap();
    fs::create_dir_all(folder.tag_cache(&SCOPE).parent().unwrap()).unwrap();
    let mut cache = NewTagCache::create(&folder, &SCOPE, &key, kind, &MARK, count).unwrap();
    for number in 0..count {
        cache.push(&tag(number, kind)).unwrap();
    }
    cache.finish().unwrap();
    (folder, key)
}

fn read(folder: &DataFolder, key: &TagCacheKey, kind: CacheKind) -> Result<Vec<Tag>, CacheFault> {
    let mut cache = TagCache::open(folder, &SCOPE, key, kind)?;
    let mut tags = Vec::new();
    while let Some(tag) = cache.next_tag()? {
        tags.push(tag);
    }
    Ok(tags)
}

#[test]
fn tags_of_all_runs_come_back_in_the_order_of_their_hashes() {
    for kind in [CacheKind::Tags, CacheKind::WithSecrets] {
        for count in [0, 1, 16, 17, RUN - 1, RUN, RUN + 1, 2 * RUN, 5 * RUN + 20] {
            let root = tempfile::tempdir().unwrap();
            let (folder, key) = write(root.path(), kind, count);
            let found = read(&folder, &key, kind).unwrap();
            let mut expected: Vec<_> = (0..count).map(|number| tag(number, kind)).collect();
            expected.sort_by_key(|one| one.hash);
            let shown = |tags: &[Tag]| -> Vec<_> {
                let secret = |tag: &Tag| tag.secret.as_ref().map(|secret| *secret.as_bytes());
                tags.iter().map(|tag| (tag.identifier, tag.hash, secret(tag))).collect()
            };
            assert!(shown(&found) == shown(&expected), "{count} tags, {kind:?}");
        }
    }
}

#[test]
fn a_cache_that_was_cut_off_or_whose_parts_were_exchanged_is_damaged() {
    let kind = CacheKind::Tags;
    let root = tempfile::tempdir().unwrap();
    let (folder, key) = write(root.path(), kind, 3 * RUN);
    let path = folder.tag_cache(&SCOPE);
    let whole = fs::read(&path).unwrap();
    let part = kind.segment_len() + SEAL_LEN;
    let parts = |count: usize| HEAD_LEN + MARK_LEN + SEAL_LEN + count * part;
    let damaged = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        matches!(read(&folder, &key, kind), Err(CacheFault::Damaged))
    };
    // After a run, within one, within a part, and without any.
    for len in [parts(2 * SEGMENTS_A_RUN), parts(5), parts(5) + 30, parts(1), parts(0)] {
        assert!(damaged(&whole[..len]), "cut off at {len}");
    }
    // The first segments of two runs, and of one run.
    for (a, b) in [(0, SEGMENTS_A_RUN), (1, 2)] {
        let mut exchanged = whole.clone();
        let first = whole[parts(a)..parts(a + 1)].to_vec();
        exchanged.copy_within(parts(b)..parts(b + 1), parts(a));
        exchanged[parts(b)..parts(b + 1)].copy_from_slice(&first);
        assert!(damaged(&exchanged), "segments {a} and {b} exchanged");
    }
    assert!(!damaged(&whole));
}

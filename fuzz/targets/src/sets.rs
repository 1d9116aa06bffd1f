use ring::digest::{SHA256, digest};
use symbolon_tagset::{LabelSecret, Labels, MembershipHash, TagSet};

/// A tag set's file; and the same with the checksum that it should have, as whoever publishes it would
/// have made it.
pub(crate) fn tag_set(data: &[u8]) {
    for file in [data.to_vec(), with_checksum(data)] {
        let Ok(set) = TagSet::from_bytes(file) else { continue };
        let hashes: Vec<_> = (0_u8..64)
            .map(|i| {
                let mut hash = [i.wrapping_mul(37); 16];
                hash[..8].copy_from_slice(&u64::MAX.wrapping_mul(u64::from(i)).to_be_bytes());
                MembershipHash(hash)
            })
            .chain([MembershipHash([0; 16]), MembershipHash([0xff; 16])])
            .collect();
        let batch = set.contains_batch(&hashes);
        for (hash, found) in hashes.iter().zip(batch) {
            assert_eq!(set.contains(hash), found);
            let place = set.find(hash);
            assert_eq!(place.is_some(), found);
            assert!(place.is_none_or(|place| place < set.padded_len()));
        }
    }
}

/// A file of labels; and the same with the checksum that it should have.
pub(crate) fn label_file(data: &[u8]) {
    for file in [data.to_vec(), with_checksum(data)] {
        let Ok(labels) = Labels::from_bytes(file) else { continue };
        let entries = labels.parameters().padded_len;
        for entry in [0, 1, entries / 2, entries.saturating_sub(1), entries, u64::MAX] {
            let _ = labels.open_label(entry, &LabelSecret::new([7; 32]));
        }
    }
}

fn with_checksum(data: &[u8]) -> Vec<u8> {
    let content = data.split_last_chunk::<32>().map_or(data, |(content, _)| content);
    let mut file = content.to_vec();
    file.extend(digest(&SHA256, content).as_ref());
    file
}

use std::{collections::HashMap, ops::Range};

use symbolon_ledger::{Frontier, LeafHash, TILE_WIDTH, TreeHash, tiles_for};

use super::{
    folder::AuditFolder,
    verdict::{Finding, FindingKind},
};
use crate::CliError;

/// So many entries may be missing from the tiles of an export. A folder can say that its log has any number,
/// and each that is missing takes memory and a line of the verdict all the same.
pub(super) const MOST_NOT_SHOWN: usize = 1 << 16;

/// The leaves of an exported log, as its tiles of level 0 have them.
pub(super) struct Leaves {
    all: Vec<Option<LeafHash>>,
}

impl Leaves {
    /// Reads all tiles and holds those of higher levels against the leaves below them.
    pub(super) fn read(folder: &AuditFolder) -> Result<(Self, Vec<Finding>), CliError> {
        let (mut all, mut findings) = (Vec::new(), Vec::new());
        // One level's nodes, each over 256 of the level below; none where a leaf is missing.
        let mut below: Vec<Option<[u8; 32]>> = Vec::new();
        let mut nodes: Vec<Option<[u8; 32]>> = Vec::new();
        let (mut level, mut not_shown) = (0, 0_usize);
        for tile in tiles_for(folder.about.size) {
            let held = folder.tile(&tile)?;
            let width = usize::from(tile.width);
            let entries = 1_u64 << (u32::from(tile.level) * TILE_WIDTH.ilog2());
            let first = tile.index.saturating_mul(u64::from(TILE_WIDTH)).saturating_mul(entries);
            let range = |from: usize, to: usize| -> Range<u64> {
                let at = |place: usize| {
                    let place = u64::try_from(place).unwrap_or(u64::MAX);
                    first.saturating_add(place.saturating_mul(entries))
                };
                at(from)..at(to)
            };
            if tile.level == 0 {
                not_shown = not_shown.saturating_add(width.saturating_sub(held.len()));
                if not_shown > MOST_NOT_SHOWN {
                    return Err(folder.too_little_shown());
                }
            }
            if held.len() < width {
                let sentence = format!("the tile {} is missing, or cut off", tile.path());
                let missing =
                    Finding::over(FindingKind::TileMissing, range(held.len(), width), sentence);
                findings.push(missing);
            }
            if tile.level > level {
                (below, level) = (std::mem::take(&mut nodes), tile.level);
                below = complete(&below);
            }
            let computed = |place: usize| {
                let place = usize::try_from(tile.index)
                    .ok()?
                    .checked_mul(TILE_WIDTH.into())?
                    .checked_add(place)?;
                below.get(place).copied().flatten()
            };
            for place in 0..width {
                let here = held.get(place).copied();
                if tile.level == 0 {
                    all.push(here.map(LeafHash));
                    nodes.push(here);
                    continue;
                }
                let made = computed(place);
                if let (Some(made), Some(here)) = (made, here)
                    && made != here
                {
                    findings.push(Finding::over(
                        FindingKind::TileDiffers,
                        range(place, place.saturating_add(1)),
                        format!(
                            "the tile {} was made over other entries than those that are shown",
                            tile.path()
                        ),
                    ));
                }
                nodes.push(made);
            }
        }
        Ok((Self { all }, findings))
    }

    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.all.len()).unwrap_or(u64::MAX)
    }

    pub(super) fn at(&self, index: u64) -> Option<LeafHash> {
        self.all.get(usize::try_from(index).ok()?).copied().flatten()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, Option<LeafHash>)> {
        (0..).zip(self.all.iter().copied())
    }

    /// Where each leaf stands: to tell an entry that was moved from one that is gone.
    pub(super) fn places(&self) -> HashMap<[u8; 32], u64> {
        self.iter().filter_map(|(index, leaf)| Some((leaf?.0, index))).collect()
    }

    /// The roots of the trees over the first entries, for rising sizes; none from a missing leaf on.
    pub(super) fn roots(&self, sizes: &[u64]) -> HashMap<u64, TreeHash> {
        let mut tree = Frontier::default();
        let mut roots = HashMap::new();
        let mut leaves = self.all.iter();
        for size in sizes {
            while tree.len() < *size {
                let Some(Some(leaf)) = leaves.next() else { return roots };
                tree.append(leaf);
            }
            roots.insert(*size, tree.root());
        }
        roots
    }
}

/// The nodes over complete runs of 256.
fn complete(below: &[Option<[u8; 32]>]) -> Vec<Option<[u8; 32]>> {
    below
        .chunks_exact(usize::from(TILE_WIDTH))
        .map(|run| {
            let mut tree = Frontier::default();
            for node in run {
                // A node of a higher level is hashed with its neighbours just as a leaf is.
                tree.append(&LeafHash((*node)?));
            }
            Some(tree.root().0)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;
    use crate::audit::folder::About;

    const SIZE: u64 = 66_000;

    fn leaf(index: u64) -> [u8; 32] {
        let mut hash = [7; 32];
        hash[..8].copy_from_slice(&index.to_be_bytes());
        hash
    }

    /// The tiles of a log, written from the definition of a tree.
    fn written(root: &Path) -> AuditFolder {
        let mut levels = vec![(0..SIZE).map(leaf).collect::<Vec<_>>()];
        while levels.last().unwrap().len() >= 256 {
            let below = levels.last().unwrap();
            let above = below.chunks_exact(256).map(|run| {
                let mut tree = Frontier::default();
                run.iter().for_each(|node| tree.append(&LeafHash(*node)));
                tree.root().0
            });
            let above = above.collect();
            levels.push(above);
        }
        for tile in tiles_for(SIZE) {
            let first = usize::try_from(tile.index).unwrap() * 256;
            let nodes = &levels[usize::from(tile.level)][first..first + usize::from(tile.width)];
            let path = root.join(tile.path());
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, nodes.concat()).unwrap();
        }
        let about = serde_json::json!({
            "format": "symbolon-audit-v1",
            "bureau": "OWN",
            "log_key": "00".repeat(32),
            "origin": "symbolon-v1/OWN",
            "size": SIZE,
            "exported_at": "2026-03-04T05:06:07Z",
        });
        fs::write(root.join("bureau.json"), about.to_string()).unwrap();
        let folder = AuditFolder::open(root).unwrap();
        let About { size, .. } = folder.about;
        assert_eq!(size, SIZE);
        folder
    }

    #[test]
    fn a_log_that_is_said_to_be_endless_and_is_not_shown_is_refused_before_it_fills_the_memory() {
        let root = tempfile::tempdir().unwrap();
        let mut folder = written(root.path());
        folder.about.size = u64::MAX;
        let refused = Leaves::read(&folder).err().unwrap();
        assert_eq!(refused.reason, "audit_folder");
        assert!(refused.sentence.contains("18446744073709551615 entries"), "{refused}");
        // A log of which a part is lost is still judged.
        folder.about.size = SIZE + 60_000;
        assert!(Leaves::read(&folder).is_ok());
    }

    fn found(folder: &AuditFolder) -> Vec<(FindingKind, Option<u64>, Option<u64>)> {
        let (leaves, findings) = Leaves::read(folder).unwrap();
        assert_eq!(leaves.len(), SIZE);
        findings.iter().map(|one| (one.kind, one.first, one.last)).collect()
    }

    #[test]
    fn a_log_of_many_tiles_is_read_whole_and_what_is_above_is_made_of_what_is_below() {
        let root = tempfile::tempdir().unwrap();
        let folder = written(root.path());
        assert_eq!(found(&folder), []);
        let (leaves, _) = Leaves::read(&folder).unwrap();
        let mut tree = Frontier::default();
        (0..SIZE).for_each(|index| tree.append(&LeafHash(leaf(index))));
        assert_eq!(leaves.roots(&[0, 300, SIZE])[&SIZE], tree.root());
        assert_eq!(leaves.at(65_999), Some(LeafHash(leaf(65_999))));
        assert_eq!((leaves.at(SIZE), leaves.places()[&leaf(300)]), (None, 300));
    }

    #[test]
    fn a_changed_leaf_shows_in_the_tiles_above_it_and_a_missing_tile_hides_no_other() {
        let root = tempfile::tempdir().unwrap();
        let folder = written(root.path());
        let tile = |path: &str| root.path().join("tile").join(path);
        let mut bytes = fs::read(tile("0/001")).unwrap();
        bytes[5 * 32] ^= 1;
        fs::write(tile("0/001"), &bytes).unwrap();
        assert_eq!(
            found(&folder),
            [
                (FindingKind::TileDiffers, Some(256), Some(511)),
                (FindingKind::TileDiffers, Some(0), Some(65_535)),
            ]
        );
        fs::remove_file(tile("0/001")).unwrap();
        assert_eq!(found(&folder), [(FindingKind::TileMissing, Some(256), Some(511))]);
        let (leaves, _) = Leaves::read(&folder).unwrap();
        assert_eq!((leaves.at(300), leaves.at(600)), (None, Some(LeafHash(leaf(600)))));
        assert!(leaves.roots(&[200, 300]).contains_key(&200));
        assert!(!leaves.roots(&[200, 300]).contains_key(&300));
    }
}

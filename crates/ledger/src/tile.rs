use crate::node_id::NodeId;

/// Hashes in a full tile (C2SP `tlog-tiles`).
pub const TILE_WIDTH: u16 = 256;

const HEIGHT: u8 = 8;

/// A run of nodes of one level that is kept as one file: the hashes one after the other, 32 bytes each
/// (C2SP `tlog-tiles`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Tile {
    /// Its level among tiles, 0 to 7: its nodes are of 8 times this level, those of level 0 leaves.
    pub level: u8,
    /// Its place among the tiles of its level, from 0.
    pub index: u64,
    /// How many hashes it holds: 1 to [`TILE_WIDTH`]; fewer only at the right edge of the tree.
    pub width: u16,
}

impl Tile {
    /// Where it is kept, below the folder of the log: `tile/0/x001/x234/067`, and with `.p/` and its
    /// width behind if it is not full.
    pub fn path(&self) -> String {
        let mut index = format!("{:03}", self.index % 1000);
        let mut left = self.index / 1000;
        while left > 0 {
            index = format!("x{:03}/{index}", left % 1000);
            left /= 1000;
        }
        let part =
            if self.width < TILE_WIDTH { format!(".p/{}", self.width) } else { String::new() };
        format!("tile/{}/{index}{part}", self.level)
    }

    /// The nodes that it holds, in order.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        let level = self.level.saturating_mul(HEIGHT);
        let first = self.index.saturating_mul(u64::from(TILE_WIDTH));
        (0..self.width)
            .map(move |place| NodeId { level, index: first.saturating_add(u64::from(place)) })
    }
}

/// All tiles of the tree over the first `size` leaves: level by level from the leaves up, each from the
/// left.
pub fn tiles_for(size: u64) -> impl Iterator<Item = Tile> {
    (0..u8::try_from(u64::BITS).unwrap_or(u8::MAX) / HEIGHT).flat_map(move |level| {
        let nodes = size >> (u32::from(level) * u32::from(HEIGHT));
        let full = nodes / u64::from(TILE_WIDTH);
        let width = u16::try_from(nodes % u64::from(TILE_WIDTH)).unwrap_or_default();
        let edge = (width > 0).then_some(Tile { level, index: full, width });
        (0..full).map(move |index| Tile { level, index, width: TILE_WIDTH }).chain(edge)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MAX_SIZE, root_nodes};

    fn tile(level: u8, index: u64, width: u16) -> Tile {
        Tile { level, index, width }
    }

    #[test]
    fn paths_are_those_of_the_specification() {
        for (tile, path) in [
            (tile(0, 1_234_067, 256), "tile/0/x001/x234/067"),
            (tile(0, 0, 256), "tile/0/000"),
            (tile(0, 273, 112), "tile/0/273.p/112"),
            (tile(1, 999, 255), "tile/1/999.p/255"),
            (tile(1, 1_000, 1), "tile/1/x001/000.p/1"),
            (tile(2, 999_999, 256), "tile/2/x999/999"),
            (tile(7, 1_000_000, 256), "tile/7/x001/x000/000"),
        ] {
            assert_eq!(tile.path(), path);
        }
    }

    #[test]
    fn the_tree_of_70000_leaves_has_the_tiles_that_the_specification_counts() {
        let all: Vec<_> = tiles_for(70_000).collect();
        let mut expected: Vec<_> = (0..273).map(|index| tile(0, index, 256)).collect();
        expected.extend([tile(0, 273, 112), tile(1, 0, 256), tile(1, 1, 17), tile(2, 0, 1)]);
        assert_eq!(all, expected);
        let all: Vec<_> = tiles_for(256).collect();
        assert_eq!(all, [tile(0, 0, 256), tile(1, 0, 1)]);
        assert_eq!(tiles_for(0).count(), 0);
        assert_eq!(tiles_for(1).collect::<Vec<_>>(), [tile(0, 0, 1)]);
    }

    #[test]
    fn tiles_hold_each_complete_node_of_their_levels_once_and_no_other() {
        for size in (0..600).chain([65_535, 65_536, 65_537]) {
            let held: Vec<_> = tiles_for(size).flat_map(|tile| tile.nodes()).collect();
            let mut complete = Vec::new();
            for level in [0, 8, 16] {
                complete.extend((0..size >> level).map(|index| NodeId { level, index }));
            }
            assert_eq!(held, complete, "{size}");
        }
    }

    #[test]
    fn the_largest_tree_is_begun_without_being_counted_through() {
        assert_eq!(tiles_for(MAX_SIZE).next(), Some(tile(0, 0, 256)));
        assert_eq!(tiles_for(u64::MAX).next(), Some(tile(0, 0, 256)));
        assert!(root_nodes(u64::MAX).iter().all(|node| node.level < 64));
    }
}

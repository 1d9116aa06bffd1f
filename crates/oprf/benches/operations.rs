//! The operations that a batch is made of, one by one, on each back end of this processor:
//! `cargo bench -p symbolon-oprf --bench operations`.
//!
//! A name after `--` picks operations, such as `multiply`; `--help` lists what else there is. Under
//! `cargo test --benches` each runs once.

use std::fmt;

use divan::Bencher;
use divan::counter::ItemsCount;
use symbolon_oprf::measure::{Operation, operations};

/// One group of eight lanes, one block that shares an inversion, and more than a block.
const SIZES: [usize; 3] = [8, 64, 1_024];

fn main() {
    divan::main();
}

/// An operation by its place in the list, and a name to show.
#[derive(Clone, Copy)]
struct Place {
    index: usize,
    name: &'static str,
    back_end: &'static str,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.name, self.back_end)
    }
}

fn places() -> Vec<Place> {
    let place =
        |(index, one): (usize, Operation)| Place { index, name: one.name, back_end: one.back_end };
    operations(1).into_iter().enumerate().map(place).collect()
}

#[divan::bench(args = places(), consts = SIZES)]
fn of_elements<const ELEMENTS: usize>(bencher: Bencher<'_, '_>, place: &Place) {
    let Some(mut operation) = operations(ELEMENTS).into_iter().nth(place.index) else { return };
    // Tables are made for one base, whatever the batch.
    let items = if operation.name.starts_with("tables") { 1 } else { ELEMENTS };
    bencher.counter(ItemsCount::new(items)).bench_local(|| operation.run());
}

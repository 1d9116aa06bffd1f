//! Look-ups, one by one and in batches: `cargo bench -p symbolon-tagset --bench look_up -- --help`.
//!
//! A plain program rather than a statistics harness: it also has sizes to report. What is asked comes
//! in random order, and in each round something else, so that a large set has to be read from memory.
#![allow(clippy::print_stdout, reason = "the table is what it is for")]

mod measure;

use std::hint::black_box;

use measure::{Figures, Scale, hash, scatter, timed};
use symbolon_tagset::{
    DEFAULT_LAMBDA, DummySecret, Error, MembershipHash, Parameters, TagSet, build,
};

/// Short enough that few rounds are interrupted on a machine that does other things.
const LOOK_UPS_A_ROUND: usize = 1 << 16;

/// The sizes of batches: a check by hand, a check of a file, and what is too large to stay in cache.
const BATCHES: [usize; 4] = [100, 1_000, LOOK_UPS_A_ROUND, 15 * LOOK_UPS_A_ROUND];

fn main() -> Result<(), Error> {
    let about = "Nanoseconds a look-up, in sets of 10^4 to 10^6 records.";
    let Some(scale) = Scale::from_arguments(about) else { return Ok(()) };
    for records in &scale.sizes {
        report(*records, scale.rounds)?;
    }
    Ok(())
}

fn report(records: u64, rounds: usize) -> Result<(), Error> {
    let parameters = Parameters { lambda: DEFAULT_LAMBDA, scope: [7; 32], version: 1 };
    let mut file = Vec::new();
    let hashes = (0..records).map(hash).collect();
    let summary = build(&parameters, hashes, &DummySecret::new([9; 32]), &mut file)?;
    let (opening, set) = timed(|| TagSet::from_bytes(file));
    let set = set?;
    println!(
        "{records} records: {:.3} bits an entry, checked in {opening:.1?}; ns a look-up",
        summary.file_len as f64 * 8.0 / summary.padded_len as f64,
    );

    let asks = (rounds * LOOK_UPS_A_ROUND) as u64;
    let hits: Vec<_> = (0..asks).map(|i| hash(scatter(i) % records)).collect();
    let misses: Vec<_> = (0..asks).map(|i| hash(records + i)).collect();
    println!("{:24}{:>28}{:>28}", "", "hits", "misses");
    let row = |name: &str, figures: &dyn Fn(&[MembershipHash]) -> Figures| {
        println!("  {name:22}{:>28}{:>28}", figures(&hits), figures(&misses));
    };
    row("single", &|asked| singly(&set, asked));
    for batch in BATCHES {
        row(&format!("batches of {batch}"), &|asked| in_batches(&set, asked, batch));
    }
    Ok(())
}

fn singly(set: &TagSet, asked: &[MembershipHash]) -> Figures {
    let rounds = asked.chunks(LOOK_UPS_A_ROUND).map(|asked| {
        let run = || asked.iter().filter(|hash| set.contains(black_box(hash))).count();
        (timed(|| black_box(run())).0, asked.len())
    });
    Figures::nanoseconds_each(rounds)
}

fn in_batches(set: &TagSet, asked: &[MembershipHash], batch: usize) -> Figures {
    let rounds = asked.chunks(LOOK_UPS_A_ROUND.max(batch)).map(|asked| {
        let run = || {
            for batch in asked.chunks(batch) {
                black_box(set.contains_batch(black_box(batch)));
            }
        };
        (timed(run).0, asked.len())
    });
    Figures::nanoseconds_each(rounds)
}

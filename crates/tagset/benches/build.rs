//! Building a set: `cargo bench -p symbolon-tagset --bench build -- --help`.
#![allow(clippy::print_stdout, reason = "the table is what it is for")]

mod measure;

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::thread;

use measure::{Figures, Scale, hash, timed};
use symbolon_tagset::{
    DEFAULT_LAMBDA, DummySecret, Error, MembershipHash, Parameters, build_parallel,
};

fn main() -> Result<(), Error> {
    let about = "Nanoseconds an entry to build sets of 10^4 to 10^6 records, written to memory.";
    let Some(scale) = Scale::from_arguments(about) else { return Ok(()) };
    let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let of_cores = format!("on {cores} threads");
    println!("{:>10}  {:28}{:>28}{of_cores:>28}", "records", "ns an entry", "on 1 thread");
    for records in &scale.sizes {
        report(*records, cores, scale.rounds.min(7))?;
    }
    Ok(())
}

fn report(records: u64, cores: NonZeroUsize, rounds: usize) -> Result<(), Error> {
    let random: Vec<_> = (0..records).map(hash).collect();
    let mut sorted = random.clone();
    sorted.sort_unstable_by_key(|hash| hash.0);
    // One more than a step of the ladder, so that a fifth of the entries are dummies.
    let padded: Vec<_> = (0..=records).map(hash).collect();
    for (name, hashes) in
        [("random order", &random), ("sorted", &sorted), ("random order, 20 % dummies", &padded)]
    {
        let alone = built(hashes, NonZeroUsize::MIN, rounds)?;
        let together = built(hashes, cores, rounds)?;
        println!("{records:>10}  {name:28}{alone:>28}{together:>28}");
    }
    Ok(())
}

fn built(
    hashes: &[MembershipHash],
    workers: NonZeroUsize,
    rounds: usize,
) -> Result<Figures, Error> {
    let parameters = Parameters { lambda: DEFAULT_LAMBDA, scope: [7; 32], version: 1 };
    let dummies = DummySecret::new([9; 32]);
    let mut file = Vec::new();
    let mut times = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let hashes = hashes.to_vec();
        file.clear();
        let (time, summary) =
            timed(|| build_parallel(&parameters, hashes, &dummies, workers, &mut file));
        let entries = usize::try_from(summary?.padded_len).unwrap_or(usize::MAX);
        times.push((time, entries));
        black_box(&file);
    }
    Ok(Figures::nanoseconds_each(times.into_iter()))
}

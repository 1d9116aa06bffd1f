//! The vector back ends against dalek, on as many batches as one has time for.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Instant,
};

use clap::Args;
use symbolon_oprf::differential::{back_ends, compare, elements, skipped};

use crate::{Outcome, chance::Rng};

/// Bytes that most of a batch is made of. Batches that need more get them derived from these.
const MOST_BYTES: usize = 512;
const REPORT_EVERY: u64 = 10_000;

/// Compare every back end of this processor with dalek on random batches.
///
/// A case is one element of a batch, with its scalar. What a batch is made of leans towards what is
/// special. Batch n of a seed is the same everywhere.
#[derive(Debug, Args)]
pub(crate) struct Differential {
    /// How many elements at least, in batches of up to some hundreds.
    #[arg(long, default_value_t = 2_000_000)]
    cases: u64,
    /// What the batches come from. Another one each time unless given.
    #[arg(long)]
    seed: Option<u64>,
    /// Start with this batch, such as one that was reported.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Threads that share the work.
    #[arg(long, default_value_t = 1)]
    threads: u64,
}

/// What all threads have done so far.
#[derive(Default)]
struct Done {
    batches: AtomicU64,
    elements: AtomicU64,
}

impl Differential {
    pub(crate) fn run(self) -> Outcome {
        skipped().iter().for_each(|line| println!("{line}"));
        let back_ends = back_ends();
        if back_ends.is_empty() {
            return Ok(());
        }
        let seed = match self.seed {
            Some(seed) => seed,
            None => Rng::random()?.0,
        };
        println!("dalek and {}, seed {seed}", back_ends.join(" and "));
        let (began, done) = (Instant::now(), Done::default());
        let results: Vec<_> = thread::scope(|scope| {
            let work = |_| scope.spawn(|| self.compare_until_enough(seed, &done));
            let threads: Vec<_> = (0..self.threads.max(1)).map(work).collect();
            threads.into_iter().map(|thread| thread.join()).collect()
        });
        for result in results {
            result.map_err(|_| "a comparison panicked")??;
        }
        println!(
            "{} elements in {} batches: the same bytes and the same refusals, {:.0?}",
            done.elements.into_inner(),
            done.batches.into_inner(),
            began.elapsed()
        );
        Ok(())
    }

    fn compare_until_enough(&self, seed: u64, done: &Done) -> Result<(), String> {
        while done.elements.load(Ordering::Relaxed) < self.cases {
            let number = done.batches.fetch_add(1, Ordering::Relaxed);
            let batch = self.first.wrapping_add(number);
            let description = description(seed, batch);
            compare(&description).map_err(|difference| {
                let bytes = hex::encode(&description);
                format!(
                    "{difference}; again with --seed {seed} --first {batch} --cases 1, or as an \
                     input of the fuzz target: {bytes}"
                )
            })?;
            done.elements.fetch_add(elements(&description) as u64, Ordering::Relaxed);
            if number > 0 && number.is_multiple_of(REPORT_EVERY) {
                let elements = done.elements.load(Ordering::Relaxed);
                eprintln!("{elements} of {} elements, in {number} batches", self.cases);
            }
        }
        Ok(())
    }
}

/// The bytes that describe a batch.
fn description(seed: u64, batch: u64) -> Vec<u8> {
    let mut rng = Rng(seed ^ batch.wrapping_mul(0xd134_2543_de82_ef95));
    let mut bytes = vec![0; 4 + rng.below(MOST_BYTES)];
    rng.fill(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_the_same_each_time_and_each_another() {
        assert_eq!(description(1, 2), description(1, 2));
        assert_ne!(description(1, 2), description(1, 3));
        assert_ne!(description(1, 2), description(2, 2));
    }

    #[test]
    fn a_few_batches_come_out_the_same() {
        let run = Differential { cases: 1_000, seed: Some(1), first: 0, threads: 2 };
        run.run().unwrap();
    }
}

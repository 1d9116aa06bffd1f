//! Build, open and look up at a million tags: `cargo bench -p symbolon-tagset`.
//!
//! A plain program rather than a statistics harness: it also has sizes to report, and the differences
//! that matter here are larger than the noise of a shared machine. Each figure is the best of five.

use std::hint::black_box;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use symbolon_tagset::{
    DEFAULT_LAMBDA, DummySecret, Error, MembershipHash, Parameters, TagSet, build,
};

const LOOK_UPS: usize = 1_000_000;

fn main() -> Result<(), Error> {
    let mut out = io::stdout().lock();
    for records in [100_000, 1_000_000] {
        report(records, &mut out)?;
    }
    Ok(())
}

fn report(records: u64, out: &mut impl Write) -> Result<(), Error> {
    let parameters = Parameters { lambda: DEFAULT_LAMBDA, scope: [7; 32], version: 1 };
    let dummies = DummySecret::new([9; 32]);
    let hashes: Vec<_> = (0..records).map(hash).collect();

    let started = Instant::now();
    let mut file = Vec::new();
    let summary = build(&parameters, hashes.clone(), &dummies, &mut file)?;
    let building = started.elapsed();
    let started = Instant::now();
    let set = TagSet::from_bytes(file)?;
    let opening = started.elapsed();
    writeln!(
        out,
        "{records} records, {} entries: {:.3} bits an entry, built in {building:.1?}, checked in {opening:.1?}",
        summary.padded_len,
        summary.file_len as f64 * 8.0 / summary.padded_len as f64,
    )?;

    let hits: Vec<_> = (0..LOOK_UPS as u64).map(|i| hash(scatter(i) % records)).collect();
    let misses: Vec<_> = (0..LOOK_UPS as u64).map(|i| hash(records + i)).collect();
    for (name, asked) in [("hits", &hits), ("misses", &misses)] {
        let single = best(|| {
            asked.iter().filter(|hash| set.contains(black_box(hash))).count();
        });
        let batch = best(|| {
            black_box(set.contains_batch(black_box(asked)));
        });
        let each = |time: Duration| time.as_secs_f64() * 1e9 / LOOK_UPS as f64;
        writeln!(out, "  {name}: single {:.1} ns, batch {:.1} ns", each(single), each(batch))?;
    }
    Ok(())
}

fn best(run: impl Fn()) -> Duration {
    let times = (0..5).map(|_| {
        let started = Instant::now();
        run();
        started.elapsed()
    });
    times.min().unwrap_or_default()
}

fn hash(index: u64) -> MembershipHash {
    let halves = [scatter(2 * index), scatter(2 * index + 1)].map(u128::from);
    MembershipHash(halves.into_iter().fold(0, |sum, half| (sum << 64) | half).to_be_bytes())
}

/// SplitMix64 of Steele, Lea and Flood, 2014: the n-th number of a fixed sequence.
fn scatter(n: u64) -> u64 {
    let z = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

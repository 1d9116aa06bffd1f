//! What the benches share: time measured in short rounds, and fixed sequences of hashes.
#![allow(dead_code, reason = "each bench uses a part of it")]

use std::env;
use std::fmt;
use std::time::{Duration, Instant};

use symbolon_tagset::MembershipHash;

/// What the command line asks for.
pub(crate) struct Scale {
    /// Numbers of records to measure with, ascending.
    pub(crate) sizes: Vec<u64>,
    /// Rounds for each figure.
    pub(crate) rounds: usize,
}

impl Scale {
    /// From the arguments; `None` if all that was wanted was the help, `about` and the options.
    pub(crate) fn from_arguments(about: &str) -> Option<Self> {
        let given = |name: &str| env::args().any(|argument| argument == name);
        if given("--help") || given("-h") {
            println!(
                "{about}\n\n  --large  also 10^7 records: a minute more, and a gigabyte of memory\n  \
                 --help   this text\n\nPass options after `--`. Figures: median (least to greatest) of \
                 the rounds.\nWithout `--bench`, which cargo bench passes, it only shows that it runs."
            );
            return None;
        }
        if !given("--bench") {
            return Some(Self { sizes: vec![10_000], rounds: 1 });
        }
        let exponents = if given("--large") { 4..=7 } else { 4..=6 };
        Some(Self { sizes: exponents.map(|exponent| 10_u64.pow(exponent)).collect(), rounds: 15 })
    }
}

/// What a figure was in each round, ascending.
pub(crate) struct Figures(Vec<f64>);

impl Figures {
    /// Nanoseconds a piece, from the rounds' times and their numbers of pieces.
    pub(crate) fn nanoseconds_each(rounds: impl Iterator<Item = (Duration, usize)>) -> Self {
        let mut figures: Vec<_> =
            rounds.map(|(time, pieces)| time.as_secs_f64() * 1e9 / pieces as f64).collect();
        figures.sort_unstable_by(f64::total_cmp);
        Self(figures)
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |index: usize| self.0.get(index).copied().unwrap_or(f64::NAN);
        let last = self.0.len().saturating_sub(1);
        let text = format!("{:.1} ({:.1} to {:.1})", at(last.div_ceil(2)), at(0), at(last));
        f.pad(&text)
    }
}

/// How long `run` takes, and what it gives.
pub(crate) fn timed<T>(run: impl FnOnce() -> T) -> (Duration, T) {
    let started = Instant::now();
    let result = run();
    (started.elapsed(), result)
}

/// The n-th of a fixed sequence of uniform hashes.
pub(crate) fn hash(n: u64) -> MembershipHash {
    let number = (u128::from(scatter(2 * n)) << 64) | u128::from(scatter(2 * n + 1));
    MembershipHash(number.to_be_bytes())
}

/// SplitMix64 of Steele, Lea and Flood, 2014: the n-th number of a fixed sequence.
pub(crate) fn scatter(n: u64) -> u64 {
    let z = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

//! Whether work on secrets takes the same time whatever they are, by statistics on many measurements.
//!
//! The method is that of O. Reparaz, J. Balasch and I. Verbauwhede, "Dude, is my code constant time?"
//! (DATE 2017): two classes of secrets, one fixed and one random, take turns by chance; Welch's t-test
//! says whether their times could come from one distribution. It can show that time leaks, and never
//! that it does not.

mod statistics;
mod subjects;

use std::{hint::black_box, time::Instant};

use clap::Args;
use symbolon_oprf::differential::skipped;

use self::{
    statistics::greatest_t,
    subjects::{Class, Prepared, Subject},
};
use crate::{Fallible, Outcome, chance::Rng};

/// Beyond this, the paper's authors call a difference certain.
const LEAKS: f64 = 10.0;
/// The usual bound of such tests. Chance passes it about once in 100,000 comparisons, a machine that
/// does other things more often: measure again, and longer.
const SUSPICIOUS: f64 = 4.5;

/// Inputs that are made ready before the clock runs: few enough to stay in the caches.
const AT_ONCE: usize = 200;

/// Test whether work on secrets takes the same time whatever they are.
///
/// Fails from |t| = 10 on, and when an operation that is known to be variable in time is not found
/// out. What ships is optimised further than what this measures, unless started as
/// `cargo run --release --package xtask -- timing`.
#[derive(Debug, Args)]
pub(crate) struct Timing {
    /// How often each operation is measured, both classes together.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1_000..))]
    measurements: u32,
    /// Only operations and back ends whose name has this in it.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
}

/// What the statistics say of one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Even,
    Suspicious,
    Leaks,
    ControlFound,
    ControlMissed,
}

impl Timing {
    pub(crate) fn run(self) -> Outcome {
        let only = self.only.unwrap_or_default();
        let mut subjects = subjects::all()?;
        subjects.retain(|subject| subject.name.contains(&only) || subject.back_end.contains(&only));
        if subjects.is_empty() {
            return Err(format!("no operation or back end has {only:?} in its name").into());
        }
        skipped().iter().for_each(|line| println!("{line}"));
        println!("{:<48} {:<22} {:>12} {:>8}", "operation", "back end", "measurements", "max |t|");
        let mut failed = Vec::new();
        for subject in &mut subjects {
            let [fixed, random] = measure(subject, self.measurements as usize)?;
            let t =
                greatest_t(&fixed, &random).ok_or("too few measurements, or a clock too coarse")?;
            let verdict = Verdict::of(t, subject.is_control);
            println!(
                "{:<48} {:<22} {:>12} {t:>8.1}  {}",
                subject.name,
                subject.back_end,
                fixed.len() + random.len(),
                verdict.said()
            );
            if verdict.fails() {
                failed.push(format!("{}, {}: {}", subject.name, subject.back_end, verdict.said()));
            }
        }
        if failed.is_empty() { Ok(()) } else { Err(failed.join("; ").into()) }
    }
}

/// The nanoseconds that the operation took with the fixed secret, and with random ones.
fn measure(subject: &mut Subject, measurements: usize) -> Fallible<[Vec<f64>; 2]> {
    let mut rng = Rng::random()?;
    let (mut fixed, mut random) = (Vec::new(), Vec::new());
    let mut left = measurements;
    while left > 0 {
        let now = left.min(AT_ONCE);
        let mut ready: Vec<(Class, Prepared)> = Vec::with_capacity(now);
        for _ in 0..now {
            let class = if rng.percent(50) { Class::Fixed } else { Class::Random };
            ready.push((class, subject.prepare(class)?));
        }
        for (class, work) in &mut ready {
            let began = Instant::now();
            black_box(work());
            let took = began.elapsed();
            match class {
                Class::Fixed => fixed.push(took.as_nanos() as f64),
                Class::Random => random.push(took.as_nanos() as f64),
            }
        }
        left -= now;
    }
    Ok([fixed, random])
}

impl Verdict {
    fn of(t: f64, is_control: bool) -> Self {
        match (is_control, t) {
            (true, t) if t > LEAKS => Self::ControlFound,
            (true, _) => Self::ControlMissed,
            (false, t) if t > LEAKS => Self::Leaks,
            (false, t) if t > SUSPICIOUS => Self::Suspicious,
            (false, _) => Self::Even,
        }
    }

    fn fails(self) -> bool {
        matches!(self, Self::Leaks | Self::ControlMissed)
    }

    fn said(self) -> &'static str {
        match self {
            Self::Even => "",
            Self::Suspicious => "warning: measure again, with more --measurements",
            Self::Leaks => "LEAKS",
            Self::ControlFound => "found out, as it must be",
            Self::ControlMissed => "NOT FOUND OUT: this run shows nothing",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leak_and_a_control_that_is_missed_fail_the_run() {
        let verdicts = [1.0, 4.6, 10.1].map(|t| Verdict::of(t, false));
        assert_eq!(verdicts, [Verdict::Even, Verdict::Suspicious, Verdict::Leaks]);
        assert_eq!(verdicts.map(Verdict::fails), [false, false, true]);
        assert!(!Verdict::of(10.1, true).fails());
        assert!(Verdict::of(9.9, true).fails());
    }

    #[test]
    fn a_comparison_that_stops_early_is_found_out() {
        let mut subject = subjects::early_exit();
        let [fixed, random] = measure(&mut subject, 2_000).unwrap();
        assert_eq!(fixed.len() + random.len(), 2_000);
        assert!(greatest_t(&fixed, &random).unwrap() > LEAKS);
    }
}

//! ristretto255 several points at a time: each lane of a vector register holds a point of its own,
//! and all lanes take the same steps.
//!
//! [`field`] says what a back end must give and derives the field's longer operations from it;
//! `ifma` (eight lanes, AVX-512 IFMA) and `avx2` (four lanes) give it. [`point`], [`ristretto`] and
//! [`recode`] are the curve, its encodings and the digits of scalars, the same for every back end.
//! [`packed`], [`fixed_base`] and [`multiscalar`] are the batch drivers that the rest of the crate
//! calls.
//!
//! # No lane shows anything of another
//!
//! The formulas are complete, so that no input needs a branch; scalars are taken apart into a fixed
//! number of digits; tables are read whole, under masks, or permuted within registers. Time and memory
//! access depend on how many elements a batch has and on nothing else. Two exceptions work on what
//! both parties see anyway: decoding refuses a batch by its first invalid element, and
//! [`multiscalar`] sorts points by digits of public coefficients.

use std::sync::OnceLock;

#[cfg(target_arch = "x86_64")]
mod avx2;
mod field;
pub(crate) mod fixed_base;
#[cfg(target_arch = "x86_64")]
mod ifma;
mod multiscalar;
pub(crate) mod packed;
mod point;
#[cfg(test)]
mod portable;
mod recode;
mod ristretto;
#[cfg(target_arch = "x86_64")]
pub(crate) mod sha512;
#[cfg(test)]
mod tests;

use field::Field;

/// Work that a back end runs compiled for its instructions.
trait Job {
    type Output;
    /// Implementations are `#[inline(always)]`, see [`field`].
    fn run<F: Field>(self) -> Self::Output;
}

const IFMA: &str = "AVX-512 IFMA, 8 lanes";
const AVX2: &str = "AVX2, 4 lanes";

/// A way to compute with several points at a time that this processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Backend(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    #[cfg(target_arch = "x86_64")]
    Ifma,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(test)]
    Portable,
}

impl Backend {
    /// All that this processor has, the fastest first.
    pub(crate) fn ranked() -> &'static [Self] {
        static RANKED: OnceLock<Vec<Backend>> = OnceLock::new();
        RANKED.get_or_init(Self::detect)
    }

    #[cfg_attr(
        not(target_arch = "x86_64"),
        allow(unused_mut, reason = "other processors have no back end yet")
    )]
    fn detect() -> Vec<Self> {
        let mut found = Vec::new();
        #[cfg(target_arch = "x86_64")]
        if ifma::is_supported() {
            found.push(Self(Kind::Ifma));
        }
        #[cfg(target_arch = "x86_64")]
        if avx2::is_supported() {
            found.push(Self(Kind::Avx2));
        }
        found
    }

    /// Whether its lanes multiply and combine points faster than dalek does one after the other. With
    /// AVX2 they do not: the sixteen registers hold less than one product's operands. Maps, encodings
    /// and tables are faster with either.
    pub(crate) fn multiplies_faster(self) -> bool {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Ifma => true,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => false,
            #[cfg(test)]
            Kind::Portable => false,
        }
    }

    /// A line for each of those that this processor does not have, which tests then pass over.
    pub(crate) fn skipped() -> Vec<String> {
        let has = |name: &&str| Self::ranked().iter().any(|one| one.name() == *name);
        let missing = [IFMA, AVX2].into_iter().filter(|name| !has(name));
        missing.map(|name| format!("skipped: {name} (this processor does not have it)")).collect()
    }

    /// Says once which back ends the tests that run now pass over. Past the harness, which would keep to
    /// itself what a test that passes prints.
    #[cfg(test)]
    pub(crate) fn say_what_is_skipped() {
        static SAID: std::sync::Once = std::sync::Once::new();
        SAID.call_once(|| {
            for line in Self::skipped() {
                std::io::Write::write_all(&mut std::io::stderr(), format!("\n{line}\n").as_bytes())
                    .unwrap();
            }
        });
    }

    /// The one that the others are tested against.
    #[cfg(test)]
    pub(crate) fn portable() -> Self {
        Self(Kind::Portable)
    }

    /// Its name, for people.
    pub(crate) fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Ifma => IFMA,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => AVX2,
            #[cfg(test)]
            Kind::Portable => "portable lanes",
        }
    }

    /// How many points it takes at a time.
    pub(crate) fn lanes(self) -> usize {
        self.run(CountLanes)
    }

    /// The SHA-512 states that eight messages come to, each given in blocks with its padding, going on
    /// from the same `start`. `None` if this back end has nothing faster than one after the other.
    #[cfg(target_arch = "x86_64")]
    #[allow(unsafe_code, reason = "calls into code compiled for more than the baseline")]
    pub(crate) fn absorb(
        self,
        start: &sha512::State,
        messages: &[&[[u8; sha512::BLOCK_LEN]]; 8],
    ) -> Option<[sha512::State; 8]> {
        match self.0 {
            // SAFETY: only `detect` makes this value, on a processor that has AVX-512 F.
            Kind::Ifma => Some(unsafe { sha512::absorb(start, messages) }),
            Kind::Avx2 => None,
            #[cfg(test)]
            Kind::Portable => None,
        }
    }

    #[cfg_attr(
        target_arch = "x86_64",
        allow(unsafe_code, reason = "calls into code compiled for more than the baseline")
    )]
    fn run<J: Job>(self, job: J) -> J::Output {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: only `detect` makes this value, and only on a processor that supports it.
            Kind::Ifma => unsafe { ifma::run(job) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: likewise.
            Kind::Avx2 => unsafe { avx2::run(job) },
            #[cfg(test)]
            Kind::Portable => job.run::<portable::Portable>(),
        }
    }
}

struct CountLanes;

impl Job for CountLanes {
    type Output = usize;

    #[inline(always)]
    fn run<F: Field>(self) -> usize {
        F::LANES
    }
}

//! One scalar multiplication in a batch, ours against curve25519-dalek, on one thread.

use std::hint::black_box;

use nix::time::{ClockId, clock_gettime};
use symbolon_oprf::measure::{Operation, operations};

use crate::spread::Spread;

/// Multiplications a round: enough to fill lanes, few enough for the second-level cache.
const BATCH: usize = 1_024;
const ROUNDS: usize = 40;

/// CPU time of each, microseconds a multiplication.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScalarMult {
    pub(super) ours_us: Spread,
    pub(super) peer_us: Spread,
}

/// In turn, so that both see the same machine. Ours is taken with the encoding of the product, which
/// it cannot be told apart from; dalek's is the bare product. `None` where the processor has no lanes
/// that multiply faster, or the clock cannot be read.
pub(super) fn compare() -> Option<ScalarMult> {
    let mut ours =
        find(|one| one.back_end.starts_with("AVX-512") && one.name == "multiply and encode")?;
    let mut peer = find(|one| one.back_end == "dalek" && one.name == "multiply")?;
    let (mut ours_us, mut peer_us) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours_us.push(microseconds_each(&mut ours)?);
        peer_us.push(microseconds_each(&mut peer)?);
    }
    Some(ScalarMult { ours_us: Spread::of(ours_us)?, peer_us: Spread::of(peer_us)? })
}

fn find(wanted: impl Fn(&Operation) -> bool) -> Option<Operation> {
    operations(BATCH).into_iter().find(|one| wanted(one))
}

fn microseconds_each(operation: &mut Operation) -> Option<f64> {
    let before = thread_seconds()?;
    black_box(operation.run());
    Some((thread_seconds()? - before) * 1e6 / BATCH as f64)
}

fn thread_seconds() -> Option<f64> {
    let now = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).ok()?;
    Some(now.tv_sec() as f64 + now.tv_nsec() as f64 / 1e9)
}

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::thread;

/// Does `work` on each of `pieces`, on at most `workers` threads, this one among them. Returns when all is
/// done and all other threads have ended.
///
/// Each thread takes the next piece when it is done with one, so pieces need not be of one size. Where
/// the system has no more threads to give, those there are do the work.
pub(crate) fn share_out<T>(
    workers: NonZeroUsize,
    pieces: impl Iterator<Item = T> + Send,
    work: impl Fn(T) + Sync,
) {
    let pieces = Mutex::new(pieces);
    let take_turns = || {
        let next = || pieces.lock().ok()?.next();
        while let Some(piece) = next() {
            work(piece);
        }
    };
    thread::scope(|scope| {
        for _ in 1..workers.get() {
            if thread::Builder::new().spawn_scoped(scope, take_turns).is_err() {
                break;
            }
        }
        take_turns();
    });
}

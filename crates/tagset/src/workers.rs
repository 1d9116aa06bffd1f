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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn two_workers_are_at_work_together() {
        let (sender, receiver) = mpsc::channel();
        let ends = Mutex::new((Some(sender), Some(receiver)));
        share_out(NonZeroUsize::new(2).unwrap(), 0..2, |piece| {
            if piece == 0 {
                let receiver = ends.lock().unwrap().1.take().unwrap();
                receiver.recv_timeout(Duration::from_secs(60)).unwrap();
            } else {
                let sender = ends.lock().unwrap().0.take().unwrap();
                sender.send(()).unwrap();
            }
        });
    }

    #[test]
    fn each_piece_is_done_once_by_any_number_of_workers() {
        for workers in [1, 2, 5, 40] {
            let done = Mutex::new(Vec::new());
            let workers = NonZeroUsize::new(workers).unwrap();
            share_out(workers, 0..30, |piece| done.lock().unwrap().push(piece));
            let mut done = done.into_inner().unwrap();
            done.sort_unstable();
            assert!(done.into_iter().eq(0..30));
        }
    }
}

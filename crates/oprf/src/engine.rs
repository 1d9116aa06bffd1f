//! Which code computes a batch.

use std::cell::Cell;

use crate::lanes::Backend;

/// One point after the other with curve25519-dalek, or several at a time. Both give the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    OneByOne,
    Lanes(Backend),
}

thread_local! {
    static FORCED: Cell<Option<Engine>> = const { Cell::new(None) };
}

impl Engine {
    /// The fastest for a batch of `count` elements. Lanes take as long for one element as for all
    /// that fit, so they pay from half full on.
    pub(crate) fn for_batch(count: usize) -> Self {
        if let Some(forced) = FORCED.get() {
            return forced;
        }
        match Backend::best() {
            Some(backend) if count >= backend.lanes() / 2 => Self::Lanes(backend),
            _ => Self::OneByOne,
        }
    }

    /// All that this processor can use.
    pub(crate) fn all() -> Vec<Self> {
        let lanes = Backend::all().into_iter().map(Self::Lanes);
        std::iter::once(Self::OneByOne).chain(lanes).collect()
    }

    /// Its name, for people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OneByOne => "dalek",
            Self::Lanes(backend) => backend.name(),
        }
    }

    /// Does `work` with this engine for all batches of this thread, whatever their size. For tests and
    /// benchmarks.
    pub(crate) fn force<R>(self, work: impl FnOnce() -> R) -> R {
        struct Restore(Option<Engine>);
        impl Drop for Restore {
            fn drop(&mut self) {
                FORCED.set(self.0);
            }
        }
        let _restore = Restore(FORCED.replace(Some(self)));
        work()
    }
}

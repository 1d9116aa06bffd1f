//! Which code computes a batch.

use crate::lanes::Backend;

/// One point after the other with curve25519-dalek, or several at a time. Both give the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    OneByOne,
    Lanes(Backend),
}

/// What is done with the points of a batch, which back ends are good at in different degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usage {
    /// Each is multiplied, or all are combined.
    Products,
    /// Multiples from tables are added to each.
    Tables,
}

#[cfg(test)]
thread_local! {
    static FORCED: std::cell::Cell<Option<Engine>> = const { std::cell::Cell::new(None) };
}

impl Engine {
    /// The fastest for a batch of `count` elements that are put to this use.
    pub(crate) fn for_batch(count: usize, usage: Usage) -> Self {
        #[cfg(test)]
        if let Some(forced) = FORCED.get() {
            return forced;
        }
        let fits = |backend: &Backend| {
            // Lanes take as long for one element as for all that fit, so they pay from half full on.
            count >= backend.lanes() / 2 && (usage == Usage::Tables || backend.multiplies_faster())
        };
        Backend::ranked().iter().copied().find(fits).map_or(Self::OneByOne, Self::Lanes)
    }
}

#[cfg(test)]
impl Engine {
    /// All that this processor can use; says so where one is missing.
    pub(crate) fn all() -> Vec<Self> {
        Backend::say_what_is_skipped();
        let lanes = Backend::ranked().iter().copied().map(Self::Lanes);
        std::iter::once(Self::OneByOne).chain(lanes).collect()
    }

    /// Its name, for people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OneByOne => "dalek",
            Self::Lanes(backend) => backend.name(),
        }
    }

    /// Does `work` with this engine for all batches of this thread, whatever their size. For tests.
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

use crate::bits;
use crate::error::Error;
use crate::format::{GROUP, MOST_IN_A_BUCKET};
use crate::ranks::Ranks;

/// The three sections of a set.
#[derive(Clone, Copy)]
pub(crate) struct Sections<'a> {
    pub(crate) lambda: u8,
    pub(crate) lows: &'a [u8],
    pub(crate) buckets: &'a [u8],
    pub(crate) directory: &'a [u8],
}

/// Checks in one pass that the sections are what [`crate::encoder`] writes for some n entries: there is
/// one encoding of each set and no other is accepted. Gives the ranks, for look-ups.
pub(crate) fn check(sections: &Sections<'_>, padded_len: u64) -> Result<Ranks, Error> {
    let mut ranks = Ranks::with_capacity(padded_len);
    let mut groups = 0;
    let mut check_groups_to = |bucket: u64, entries: u64| {
        while groups * GROUP <= bucket {
            if bits::number(sections.directory, groups) != entries {
                return malformed("its directory contradicts its buckets");
            }
            groups += 1;
        }
        Ok(())
    };

    let mut entries = 0;
    let mut before = (0, 0);
    let mut together = 0;
    for index in 0..sections.buckets.len() as u64 / 8 {
        let mut ones = bits::word(sections.buckets, index);
        while ones != 0 {
            // The zeros before a one; it has at least as many bits before it as ones.
            let bucket = index * 64 + u64::from(ones.trailing_zeros()) - entries;
            ones &= ones - 1;
            if entries == padded_len {
                return malformed("it has more entries than its header says");
            }
            if bucket >= padded_len {
                return malformed("it has an entry beyond its last bucket");
            }
            let entry = (bucket, low(sections, entries));
            if entry < before {
                return malformed("its entries are not in order");
            }
            together = if entries > 0 && bucket == before.0 { together + 1 } else { 1 };
            if together > MOST_IN_A_BUCKET {
                return malformed("more of its entries lie together than chance allows");
            }
            before = entry;
            check_groups_to(bucket, entries)?;
            ranks.count_to(bucket, entries);
            entries += 1;
        }
    }
    if entries != padded_len {
        return malformed("it has fewer entries than its header says");
    }
    check_groups_to(padded_len.saturating_sub(1), entries)?;
    ranks.count_to(padded_len.saturating_sub(1), entries);

    // Bits after the last bucket were refused above, as entries too many or beyond it.
    let low_bits = padded_len * u64::from(sections.lambda);
    let directory_bits = padded_len.div_ceil(GROUP) * 32;
    for (section, used) in [(sections.lows, low_bits), (sections.directory, directory_bits)] {
        if (used..section.len() as u64 * 8).any(|bit| bits::bit(section, bit)) {
            return malformed("a bit after one of its sections is not zero");
        }
    }
    Ok(ranks)
}

fn low(sections: &Sections<'_>, index: u64) -> u64 {
    bits::field(sections.lows, index * u64::from(sections.lambda), sections.lambda)
}

fn malformed<T>(what: &'static str) -> Result<T, Error> {
    Err(Error::Malformed { what })
}

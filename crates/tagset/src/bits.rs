//! Reading bits: bit i of a section is bit i mod 8, counted from the least, of byte i div 8.
//!
//! Every function is total. What lies beyond the end of a slice reads as zero, so that no lie in a
//! file can lead a look-up out of bounds or into a loop without end.

/// The 64 bits from bit 64 · `index` on.
pub(crate) fn word(bytes: &[u8], index: u64) -> u64 {
    u64::from_le_bytes(chunk(bytes, index.saturating_mul(8)))
}

/// The `width` ≤ 64 bits from bit `start` on.
pub(crate) fn field(bytes: &[u8], start: u64, width: u8) -> u64 {
    let bits = if width <= 57 {
        u64::from_le_bytes(chunk(bytes, start / 8)) >> (start % 8)
    } else {
        (u128::from_le_bytes(chunk(bytes, start / 8)) >> (start % 8)) as u64
    };
    bits & (u64::MAX >> (64 - u32::from(width)))
}

/// Entry `index` of an array of 32-bit numbers.
pub(crate) fn number(bytes: &[u8], index: u64) -> u64 {
    u64::from(u32::from_le_bytes(chunk(bytes, index.saturating_mul(4))))
}

/// Whether bit `index` is set.
pub(crate) fn bit(bytes: &[u8], index: u64) -> bool {
    usize::try_from(index / 8)
        .ok()
        .and_then(|byte| bytes.get(byte))
        .is_some_and(|byte| (byte >> (index % 8)) & 1 == 1)
}

/// The byte of bit `index`, to be in the cache when it is wanted.
pub(crate) fn byte(bytes: &[u8], index: u64) -> u8 {
    let byte = usize::try_from(index / 8).ok().and_then(|byte| bytes.get(byte));
    byte.copied().unwrap_or(0)
}

/// The bit after the `count`-th zero counted from bit `start` on; `start` itself if `count` is zero.
///
/// Quick, and without a branch that could go either way, where that bit is no more than 120 bits on.
pub(crate) fn after_zeros(bytes: &[u8], start: u64, count: u64) -> u64 {
    if count == 0 {
        return start;
    }
    let window = !u128::from_le_bytes(chunk(bytes, start / 8)) >> (start % 8);
    let (near, far) = (window as u64, (window >> 64) as u64);
    let sums = sums_of_bytes(near);
    let here = sums >> 56;
    let beyond = count > here;
    // A select between the two, so that the next look-up need not wait for a guess.
    let zeros = if beyond { far } else { near };
    let rank = if beyond { count - here } else { count } - 1;
    let sums = sums_of_bytes(zeros);
    if rank >= sums >> 56 {
        return after_zeros_far(bytes, start, count);
    }
    start + u64::from(beyond) * 64 + u64::from(select(zeros, sums, rank)) + 1
}

/// [`after_zeros`], word by word.
fn after_zeros_far(bytes: &[u8], start: u64, count: u64) -> u64 {
    let mut left = count;
    let mut index = start / 64;
    let mut zeros = !word(bytes, index) & (u64::MAX << (start % 64));
    loop {
        let sums = sums_of_bytes(zeros);
        let here = sums >> 56;
        if left <= here {
            return index * 64 + u64::from(select(zeros, sums, left - 1)) + 1;
        }
        // Ends: beyond the slice each word has 64 zeros.
        left -= here;
        index += 1;
        zeros = !word(bytes, index);
    }
}

const EACH_BYTE: u64 = 0x0101_0101_0101_0101;
const TOP_OF_EACH_BYTE: u64 = 0x8080_8080_8080_8080;

/// In byte i, how many bits of `word` are set in its bytes 0..=i.
///
/// In plain arithmetic, because the machines that this is built for need not have an instruction.
fn sums_of_bytes(word: u64) -> u64 {
    let pairs = word - ((word >> 1) & 0x5555_5555_5555_5555);
    let nibbles = (pairs & 0x3333_3333_3333_3333) + ((pairs >> 2) & 0x3333_3333_3333_3333);
    let bytes = (nibbles + (nibbles >> 4)) & 0x0f0f_0f0f_0f0f_0f0f;
    // At most 64 in each byte, so none carries into the next; what is beyond the last is dropped.
    bytes.wrapping_mul(EACH_BYTE)
}

/// The place of the set bit of `word` that has `rank` set bits below it; there must be one.
///
/// Broadword selection: S. Vigna, "Broadword implementation of rank/select queries", 2008. Without a
/// branch, because none here could be predicted.
fn select(word: u64, sums: u64, rank: u64) -> u32 {
    // One bit for each byte whose sum does not exceed the rank, that is for each byte to be skipped.
    let skipped = (((rank & 63) * EACH_BYTE) | TOP_OF_EACH_BYTE) - sums;
    let place = ((skipped & TOP_OF_EACH_BYTE) >> 7).wrapping_mul(EACH_BYTE) >> 56 << 3;
    let place = (place as u32).min(56);
    let below = ((sums << 8) >> place) & 0xff;
    let byte = (word >> place) & 0xff;
    let entry = (byte * 8 + (rank.wrapping_sub(below) & 7)) as usize;
    place + SELECT_IN_BYTE.get(entry).map_or(0, |place| u32::from(*place))
}

/// Entry 8 · byte + rank: the place of the set bit of that byte with `rank` set bits below it.
static SELECT_IN_BYTE: [u8; 2048] = select_in_byte();

#[allow(clippy::indexing_slicing, reason = "evaluated by the compiler, which checks it")]
const fn select_in_byte() -> [u8; 2048] {
    let mut table = [0; 2048];
    let mut byte = 0;
    while byte < 256 {
        let mut rank = 0;
        let mut place = 0;
        while place < 8 {
            if (byte >> place) & 1 == 1 {
                table[byte * 8 + rank] = place;
                rank += 1;
            }
            place += 1;
        }
        byte += 1;
    }
    table
}

/// `LEN` bytes from byte `start` on, zeros for those beyond the end.
fn chunk<const LEN: usize>(bytes: &[u8], start: u64) -> [u8; LEN] {
    let rest = usize::try_from(start).ok().and_then(|start| bytes.get(start..)).unwrap_or(&[]);
    match rest.first_chunk::<LEN>() {
        Some(chunk) => *chunk,
        None => {
            let mut chunk = [0; LEN];
            chunk.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            chunk
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words of all densities, without a generator of random numbers.
    fn words() -> impl Iterator<Item = u64> {
        let mixed = (1..200_u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed.flat_map(|w| [w, w & (w >> 7), w | (w << 9), w & (w >> 3) & (w << 5)]).chain([
            1,
            1 << 63,
            u64::MAX,
            u64::MAX << 56,
            0xff,
        ])
    }

    #[test]
    fn select_finds_each_set_bit_of_a_word() {
        for word in words() {
            let set = (0..64).filter(|place| (word >> place) & 1 == 1);
            for (rank, place) in set.enumerate() {
                assert_eq!(
                    select(word, sums_of_bytes(word), rank as u64),
                    place,
                    "{word:#x} rank {rank}"
                );
            }
        }
    }

    #[test]
    fn after_zeros_counts_as_a_plain_loop_does() {
        let bytes: Vec<u8> = words().take(40).flat_map(u64::to_le_bytes).collect();
        for start in (0..130).chain([700, 2_550]) {
            for count in (0..34).chain([63, 64, 65, 300, 5_000]) {
                let mut place = start;
                let mut left = count;
                while left > 0 {
                    left -= u64::from(!bit(&bytes, place));
                    place += 1;
                }
                assert_eq!(after_zeros(&bytes, start, count), place, "{start} {count}");
            }
        }
    }

    #[test]
    fn a_field_is_its_bits_in_order_whatever_its_width_and_place() {
        let bytes: Vec<u8> = words().take(10).flat_map(u64::to_le_bytes).collect();
        for width in 8..=64_u8 {
            for start in 0..200 {
                let plain = (0..u64::from(width))
                    .fold(0, |sum, i| sum | (u64::from(bit(&bytes, start + i)) << i));
                assert_eq!(field(&bytes, start, width), plain);
            }
        }
    }

    #[test]
    fn beyond_the_end_everything_reads_as_zero() {
        let bytes = [0xff; 3];
        assert_eq!(word(&bytes, 0), 0xff_ffff);
        assert_eq!(word(&bytes, u64::MAX), 0);
        assert_eq!(field(&bytes, 20, 8), 0x0f);
        assert_eq!(field(&bytes, u64::MAX, 64), 0);
        assert_eq!(number(&bytes, u64::MAX), 0);
        assert!(!bit(&bytes, u64::MAX));
    }
}

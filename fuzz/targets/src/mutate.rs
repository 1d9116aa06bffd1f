/// Makes bytes from other bytes: always the same from the same start, so that what was found is found
/// again.
pub struct Mutator(u64);

/// Values at which code decides.
const TURNING: [u64; 12] = [
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0xffff_ffff_ffff_ffff,
];

/// Texts that mean something to one parser or another.
const WORDS: [&str; 24] = [
    "\"",
    "\\",
    "\\u0000",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "<",
    "-",
    "+",
    "\u{feff}",
    "\u{202e}",
    "ß",
    "İ",
    "１２３",
    "1e309",
    "null",
    "=== ",
];

impl Mutator {
    /// One that starts here.
    pub fn new(start: u64) -> Self {
        Self(start.wrapping_mul(2).wrapping_add(0x9e37_79b9_7f4a_7c15))
    }

    /// Bytes made from one or two of `from`, at most `longest`.
    pub fn bytes(&mut self, from: &[Vec<u8>], longest: usize) -> Vec<u8> {
        let mut bytes = self.one_of(from).cloned().unwrap_or_default();
        for _ in 0..=self.below(8) {
            self.change(&mut bytes, from);
        }
        bytes.truncate(longest);
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, from: &[Vec<u8>]) {
        let at = self.below(bytes.len().saturating_add(1));
        let span = self.below(17).min(bytes.len().saturating_sub(at));
        match self.below(10) {
            0 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << self.below(8);
                }
            }
            1 => {
                let new = self.next().to_le_bytes()[0];
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = new;
                }
            }
            2 => drop(bytes.drain(at..at.saturating_add(span))),
            3 => {
                let copied: Vec<_> = bytes.iter().skip(at).take(span).copied().collect();
                let to = self.below(bytes.len().saturating_add(1));
                drop(bytes.splice(to..to, copied));
            }
            4 => bytes.truncate(at),
            5 => {
                let value = self.one_of(&TURNING).copied().unwrap_or_default();
                let width = 1 << self.below(4);
                let encoded: Vec<_> = if self.below(2) == 0 {
                    value.to_le_bytes().into_iter().take(width).collect()
                } else {
                    value.to_be_bytes().into_iter().skip(8 - width).collect()
                };
                let end = at.saturating_add(width).min(bytes.len());
                drop(bytes.splice(at..end, encoded));
            }
            6 => {
                let word = self.one_of(&WORDS).copied().unwrap_or_default();
                drop(bytes.splice(at..at, word.bytes()));
            }
            7 => {
                // From one to the other at places of their own.
                let other = self.one_of(from).cloned().unwrap_or_default();
                let begin = self.below(other.len().saturating_add(1));
                bytes.truncate(at);
                bytes.extend(other.into_iter().skip(begin));
            }
            8 => {
                let byte = self.next().to_le_bytes()[0];
                let times = self.below(64);
                drop(bytes.splice(at..at, std::iter::repeat_n(byte, times)));
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = byte.wrapping_add(if self.0 & 1 == 0 { 1 } else { 0xff });
                }
            }
        }
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }

    /// A number below `end`; 0 where there is none.
    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

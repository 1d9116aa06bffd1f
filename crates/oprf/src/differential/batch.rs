//! Batches made of bytes, with a leaning towards what is special: so that neither chance nor a fuzzer
//! has to hit upon it.

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT as G;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;

/// Beyond the widths of all windows, and blocks that share an inversion.
const MOST: usize = 640;
const FEW: usize = 40;

/// What is done with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Decode,
    Map,
    MultiplyEach,
    MultiplyByOne,
    Add,
    Subtract,
    Combine,
    Hash,
}

const OPERATIONS: [Operation; 8] = [
    Operation::Decode,
    Operation::Map,
    Operation::MultiplyEach,
    Operation::MultiplyByOne,
    Operation::Add,
    Operation::Subtract,
    Operation::Combine,
    Operation::Hash,
];

/// An operation and what it is done with; empty where it does not need it.
pub(super) struct Batch {
    pub(super) operation: Operation,
    /// To decode: valid or not.
    pub(super) encodings: Vec<[u8; 32]>,
    pub(super) uniform: Vec<[u8; 64]>,
    /// None the identity.
    pub(super) points: Vec<RistrettoPoint>,
    pub(super) point_encodings: Vec<[u8; 32]>,
    pub(super) scalars: Vec<Scalar>,
    /// For all elements.
    pub(super) scalar: Scalar,
    /// Not the identity.
    pub(super) base: RistrettoPoint,
    pub(super) messages: Vec<Vec<u8>>,
}

impl Batch {
    /// Any bytes describe one.
    pub(super) fn described_by(description: &[u8]) -> Self {
        let (head, rest) = description.split_at_checked(4).unwrap_or((&[0; 4], description));
        let [operation, low, high, repeats] = *head else { return Self::empty() };
        let operation = *OPERATIONS.get(usize::from(operation % 8)).unwrap_or(&Operation::Decode);
        let count = match usize::from(u16::from_le_bytes([low, high])) {
            wide if high >= 0xf8 => wide % MOST,
            _ => usize::from(low) % FEW,
        } + 1;
        let mut recipe = Recipe { bytes: rest, at: 0, repeats: repeats.is_multiple_of(4) };
        let mut batch = Self { operation, ..Self::empty() };
        match operation {
            Operation::Decode => {
                // One that is refused hides all that follow, so most are valid.
                batch.encodings = (0..count)
                    .map(|_| match recipe.byte() {
                        0..8 => recipe.encoding(),
                        _ => recipe.point().1,
                    })
                    .collect();
            }
            Operation::Map => {
                batch.uniform = (0..count).map(|_| recipe.uniform()).collect();
                batch.scalars = (0..count).map(|_| recipe.scalar()).collect();
            }
            Operation::Hash => {
                batch.messages = (0..count).map(|_| recipe.message()).collect();
            }
            _ => {
                (batch.base, _) = recipe.point();
                batch.scalar = recipe.scalar();
                batch.scalars = (0..count).map(|_| recipe.scalar()).collect();
                (batch.points, batch.point_encodings) = (0..count).map(|_| recipe.point()).unzip();
            }
        }
        batch
    }

    /// How many elements.
    pub(super) fn len(&self) -> usize {
        let lengths = [self.encodings.len(), self.uniform.len(), self.points.len()];
        lengths.into_iter().chain([self.messages.len()]).max().unwrap_or_default()
    }

    fn empty() -> Self {
        Self {
            operation: Operation::Decode,
            encodings: Vec::new(),
            uniform: Vec::new(),
            points: Vec::new(),
            point_encodings: Vec::new(),
            scalars: Vec::new(),
            scalar: Scalar::ONE,
            base: G,
            messages: Vec::new(),
        }
    }

    /// Makes the last element another one, so that every operation comes to something else.
    #[cfg(test)]
    pub(super) fn spoil_last(&mut self) {
        let last = self.len() - 1;
        match self.operation {
            Operation::Decode => self.encodings = vec![G.compress().to_bytes(); last + 2],
            Operation::Map => self.scalars.iter_mut().for_each(|scalar| *scalar += Scalar::ONE),
            Operation::Hash => self.messages[last].push(0),
            _ => {
                let other = self.points[last] + G + G;
                self.point_encodings[last] = other.compress().to_bytes();
                self.scalar += Scalar::ONE;
                self.scalars[last] += Scalar::ONE;
            }
        }
    }
}

/// The bytes that a batch is made of, from the start again when they end, then with other values
/// unless they are to repeat.
struct Recipe<'a> {
    bytes: &'a [u8],
    at: usize,
    repeats: bool,
}

impl Recipe<'_> {
    fn byte(&mut self) -> u8 {
        let len = self.bytes.len().max(1);
        let byte = self.bytes.get(self.at % len).copied().unwrap_or_default();
        let round = if self.repeats { 0 } else { self.at / len };
        self.at += 1;
        byte.wrapping_add((round as u8).wrapping_mul(0x9d))
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.byte())
    }

    fn scalar(&mut self) -> Scalar {
        match self.byte() % 16 {
            0 => Scalar::from(self.byte()),
            1 => -Scalar::from(self.byte()),
            2 => Scalar::from(self.byte()).div_by_2(),
            3 => power_of_2(self.byte()),
            4 => power_of_2(self.byte()) - power_of_2(self.byte()),
            5 => -power_of_2(self.byte()),
            // All digits alike, such as those around the turn from positive to negative.
            6 => Scalar::from_bytes_mod_order([self.byte(); 32]),
            7 => {
                let mut bytes = [self.byte(); 32];
                let [.., last] = &mut bytes;
                *last &= 0x0f;
                Scalar::from_bytes_mod_order(bytes)
            }
            _ => Scalar::from_bytes_mod_order(self.bytes()),
        }
    }

    /// A point other than the identity, and its encoding.
    fn point(&mut self) -> (RistrettoPoint, [u8; 32]) {
        let point = match self.byte() % 8 {
            0 => G * Scalar::from(self.byte()),
            1 => -(G * Scalar::from(self.byte())),
            2 => G * self.scalar(),
            3 => CompressedRistretto(self.encoding()).decompress().unwrap_or_default(),
            4 => RistrettoPoint::from_uniform_bytes(&self.uniform()),
            _ => {
                let mut wide = [0; 64];
                wide.as_chunks_mut().0.fill(self.bytes::<32>());
                RistrettoPoint::from_uniform_bytes(&wide)
            }
        };
        let point = if point.is_identity() { G } else { point };
        (point, point.compress().to_bytes())
    }

    /// An encoding that may be of an element, or just not.
    fn encoding(&mut self) -> [u8; 32] {
        match self.byte() % 8 {
            0 => [0; 32],
            1 => self.field_element(),
            2 => {
                let mut odd = minus(P, 0);
                let encoding = self.multiple();
                // The negative of its s, that is p - s, which is odd.
                let mut borrow = 0;
                for (to, byte) in odd.iter_mut().zip(encoding) {
                    let difference = i16::from(*to) - i16::from(byte) - borrow;
                    borrow = i16::from(difference < 0);
                    *to = difference.rem_euclid(256) as u8;
                }
                odd
            }
            3 => {
                let mut high = self.multiple();
                let [.., last] = &mut high;
                *last |= 0x80;
                high
            }
            4 => {
                let mut flipped = self.multiple();
                let (place, bit) = (self.byte() % 32, self.byte() % 8);
                if let Some(byte) = flipped.get_mut(usize::from(place)) {
                    *byte ^= 1 << bit;
                }
                flipped
            }
            5 => {
                // Past the cheap refusals: even, and below 2^255.
                let mut bytes: [u8; 32] = self.bytes();
                let [first, .., last] = &mut bytes;
                *first &= 0xfe;
                *last &= 0x7f;
                bytes
            }
            _ => self.bytes(),
        }
    }

    /// The encoding of a multiple of the generator.
    fn multiple(&mut self) -> [u8; 32] {
        (G * self.scalar()).compress().to_bytes()
    }

    /// What MAP takes, twice over.
    fn uniform(&mut self) -> [u8; 64] {
        let mut wide = [0; 64];
        let alike = self.byte().is_multiple_of(4);
        let first = self.field_element();
        let second = if alike { first } else { self.field_element() };
        let [left, right] = wide.as_chunks_mut::<32>().0 else { return wide };
        (*left, *right) = (first, second);
        wide
    }

    /// Up to two blocks of SHA-512 and some.
    fn message(&mut self) -> Vec<u8> {
        let len = usize::from(self.byte()) + usize::from(self.byte() % 64);
        (0..len).map(|_| self.byte()).collect()
    }

    /// 32 bytes that stand for an element of the field, not always canonically.
    fn field_element(&mut self) -> [u8; 32] {
        match self.byte() % 16 {
            0 => {
                let mut small = [0; 32];
                let [first, ..] = &mut small;
                *first = self.byte();
                small
            }
            1 => minus(P, self.byte()),
            // From p to 2^255 - 1.
            2 => minus(ALL_BUT_THE_TOP_BIT, self.byte() % 19),
            3 => minus([0xff; 32], self.byte()),
            4 => T_OF_R_MINUS_D,
            5 => T_OF_R_MINUS_1_D,
            6 => [self.byte(); 32],
            _ => self.bytes(),
        }
    }
}

/// p = 2^255 - 19.
const P: [u8; 32] = {
    let mut bytes = [0xff; 32];
    let [first, .., last] = &mut bytes;
    *first = 0xed;
    *last = 0x7f;
    bytes
};

/// 2^255 - 1.
const ALL_BUT_THE_TOP_BIT: [u8; 32] = {
    let mut bytes = [0xff; 32];
    let [.., last] = &mut bytes;
    *last = 0x7f;
    bytes
};

/// The t of RFC 9496 section 4.3.4, MAP, whose r = t²·√-1 is -d, or -1/d. Both make v zero, so that
/// there is nothing to divide by.
const T_OF_R_MINUS_D: [u8; 32] = [
    0x45, 0xe4, 0xa3, 0xb5, 0x34, 0xd5, 0xcf, 0x8a, 0x55, 0x92, 0x15, 0xf1, 0xd2, 0x56, 0x43, 0x32,
    0xea, 0x91, 0x14, 0x8c, 0x66, 0xab, 0xcb, 0x8a, 0x68, 0x14, 0x84, 0x0b, 0xa7, 0xaa, 0x4c, 0x7a,
];
const T_OF_R_MINUS_1_D: [u8; 32] = [
    0x40, 0x25, 0x6a, 0xc5, 0xe4, 0xc7, 0x3a, 0xf6, 0x05, 0x7c, 0x6d, 0x51, 0x20, 0xf9, 0x0c, 0x43,
    0x62, 0xab, 0x4a, 0xd9, 0x01, 0x5b, 0xc3, 0x65, 0x59, 0x8d, 0xac, 0xa0, 0x48, 0xba, 0xc4, 0x00,
];

/// A little-endian number minus at most its first byte.
fn minus(mut number: [u8; 32], less: u8) -> [u8; 32] {
    let [first, ..] = &mut number;
    *first -= less.min(*first);
    number
}

fn power_of_2(exponent: u8) -> Scalar {
    let mut bytes = [0; 32];
    if let Some(byte) = bytes.get_mut(usize::from(exponent / 8)) {
        *byte = 1 << (exponent % 8);
    }
    Scalar::from_bytes_mod_order(bytes)
}

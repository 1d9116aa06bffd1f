//! SHA-512 of eight messages at a time (FIPS 180-4), for AVX-512.
#![allow(unsafe_code, reason = "the instructions that this back end is made of")]
#![allow(clippy::indexing_slicing, reason = "lanes, limbs and rounds are counted by constants")]

use core::arch::x86_64::*;

use zeroize::Zeroize;

/// Bytes in a block.
pub(crate) const BLOCK_LEN: usize = 128;

/// The state between blocks.
#[derive(Clone, Copy, Zeroize)]
pub(crate) struct State(pub(crate) [u64; 8]);

impl State {
    /// Before the first block.
    pub(crate) const INITIAL: Self = Self([
        0x6a09e667f3bcc908,
        0xbb67ae8584caa73b,
        0x3c6ef372fe94f82b,
        0xa54ff53a5f1d36f1,
        0x510e527fade682d1,
        0x9b05688c2b3e6c1f,
        0x1f83d9abfb41bd6b,
        0x5be0cd19137e2179,
    ]);

    /// The digest, after the last block.
    pub(crate) fn to_bytes(self) -> [u8; 64] {
        let mut bytes = [0; 64];
        for (to, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(self.0) {
            *to = word.to_be_bytes();
        }
        bytes
    }
}

#[rustfmt::skip]
const K: [u64; 80] = [
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
];

/// Goes on from `start` with the blocks of each message, padding included. Time depends on how many
/// blocks there are and on nothing else.
///
/// # Safety
///
/// The processor must have AVX-512 F.
#[target_feature(enable = "avx512f")]
pub(crate) unsafe fn absorb(start: &State, messages: &[&[[u8; BLOCK_LEN]]; 8]) -> [State; 8] {
    let mut state = [splat(0); 8];
    for (lanes, word) in state.iter_mut().zip(start.0) {
        *lanes = splat(word);
    }
    let longest = messages.iter().map(|blocks| blocks.len()).max().unwrap_or(0);
    for number in 0..longest {
        let mut words = [[0; 8]; 16];
        let mut active = 0;
        for (lane, blocks) in messages.iter().enumerate() {
            let Some(block) = blocks.get(number) else { continue };
            active |= 1 << lane;
            for (word, bytes) in words.iter_mut().zip(block.as_chunks::<8>().0) {
                if let Some(word) = word.get_mut(lane) {
                    *word = u64::from_be_bytes(*bytes);
                }
            }
        }
        let next = compress(state, &words);
        words.zeroize();
        for (state, next) in state.iter_mut().zip(next) {
            // A message that has ended keeps its state.
            *state = _mm512_mask_mov_epi64(*state, active, next);
        }
    }
    let mut states = [State([0; 8]); 8];
    for (index, word) in state.into_iter().enumerate() {
        // SAFETY: both are 64 bytes in which every bit pattern is valid.
        let lanes = unsafe { core::mem::transmute::<__m512i, [u64; 8]>(word) };
        for (state, lane) in states.iter_mut().zip(lanes) {
            if let Some(word) = state.0.get_mut(index) {
                *word = lane;
            }
        }
    }
    states
}

#[inline]
#[target_feature(enable = "avx512f")]
fn splat(word: u64) -> __m512i {
    _mm512_set1_epi64(word.cast_signed())
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(lanes: [u64; 8]) -> __m512i {
    // SAFETY: both are 64 bytes in which every bit pattern is valid.
    unsafe { core::mem::transmute::<[u64; 8], __m512i>(lanes) }
}

macro_rules! xor3 {
    ($a:expr, $b:expr, $c:expr) => {
        _mm512_ternarylogic_epi64::<0x96>($a, $b, $c)
    };
}

#[inline]
#[target_feature(enable = "avx512f")]
fn compress(state: [__m512i; 8], words: &[[u64; 8]; 16]) -> [__m512i; 8] {
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
    let mut w = [splat(0); 16];
    for (to, from) in w.iter_mut().zip(words) {
        *to = load(*from);
    }
    for (number, constants) in K.as_chunks::<16>().0.iter().enumerate() {
        for t in 0..16 {
            if number > 0 {
                let (w1, w14) = (w[(t + 1) % 16], w[(t + 14) % 16]);
                let small_0 = xor3!(
                    _mm512_ror_epi64::<1>(w1),
                    _mm512_ror_epi64::<8>(w1),
                    _mm512_srli_epi64::<7>(w1)
                );
                let small_1 = xor3!(
                    _mm512_ror_epi64::<19>(w14),
                    _mm512_ror_epi64::<61>(w14),
                    _mm512_srli_epi64::<6>(w14)
                );
                let sum = _mm512_add_epi64(w[t], w[(t + 9) % 16]);
                w[t] = _mm512_add_epi64(sum, _mm512_add_epi64(small_0, small_1));
            }
            let large_1 = xor3!(
                _mm512_ror_epi64::<14>(e),
                _mm512_ror_epi64::<18>(e),
                _mm512_ror_epi64::<41>(e)
            );
            let choice = _mm512_ternarylogic_epi64::<0xca>(e, f, g);
            let word = _mm512_add_epi64(w[t], splat(constants[t]));
            let first =
                _mm512_add_epi64(_mm512_add_epi64(h, word), _mm512_add_epi64(large_1, choice));
            let large_0 = xor3!(
                _mm512_ror_epi64::<28>(a),
                _mm512_ror_epi64::<34>(a),
                _mm512_ror_epi64::<39>(a)
            );
            let majority = _mm512_ternarylogic_epi64::<0xe8>(a, b, c);
            let second = _mm512_add_epi64(large_0, majority);
            (h, g, f, e) = (g, f, e, _mm512_add_epi64(d, first));
            (d, c, b, a) = (c, b, a, _mm512_add_epi64(first, second));
        }
    }
    let mut next = [a, b, c, d, e, f, g, h];
    for (next, before) in next.iter_mut().zip(state) {
        *next = _mm512_add_epi64(*next, before);
    }
    next
}

use std::fmt;
use std::io;
use std::num::NonZeroUsize;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::hash::MembershipHash;
use crate::workers::share_out;

/// The owner's secret from which a scope's dummies follow.
///
/// The secret is a key of AES-256-GCM, by which 64 KiB of zeros are encrypted for each n, under the
/// 96-bit big-endian nonce n. Dummy i is the 16 bytes at 16·(i mod 4096) of number ⌊i/4096⌋, and a set
/// that needs k of them has dummies 0..k. So they persist from version to version: one more record
/// takes the place of one dummy, and nothing else changes.
///
/// Use one secret for one scope. Whoever holds the sets of two scopes with the same secret finds the
/// same dummies in both, and by them the true number of records.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DummySecret([u8; 32]);

impl DummySecret {
    /// A secret from 32 bytes, which must be random and kept as long as the scope's key.
    pub fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// Dummies 0..`count`, made by at most `workers` threads; 16 bytes each.
    ///
    /// # Errors
    ///
    /// Out of memory, where they are more than this machine can address.
    pub(crate) fn dummies(
        &self,
        count: u64,
        workers: NonZeroUsize,
    ) -> io::Result<Vec<MembershipHash>> {
        let count = usize::try_from(count).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let len = count.checked_mul(DUMMY_LEN).ok_or(io::ErrorKind::OutOfMemory)?;
        let key = UnboundKey::new(&AES_256_GCM, &self.0).map_err(io::Error::other)?;
        let key = LessSafeKey::new(key);
        let mut bytes = vec![0; len];
        let shares = (0_u64..).zip(bytes.chunks_mut(SHARE * DUMMY_LEN));
        let workers = if count <= SHARE { NonZeroUsize::MIN } else { workers };
        share_out(workers, shares, |(number, zeros)| {
            // The tag authenticates nothing that anyone reads. Sealing fails beyond 64 GiB only.
            let _ = key.seal_in_place_separate_tag(nonce(number), Aad::empty(), zeros);
        });
        Ok(bytes.as_chunks().0.iter().copied().map(MembershipHash).collect())
    }
}

const DUMMY_LEN: usize = 16;
/// So many are encrypted together.
const SHARE: usize = 4_096;

fn nonce(number: u64) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    nonce.iter_mut().skip(4).zip(number.to_be_bytes()).for_each(|(to, from)| *to = from);
    Nonce::assume_unique_for_key(nonce)
}

impl fmt::Debug for DummySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DummySecret(..)")
    }
}

use std::fmt;
use std::io;
use std::num::NonZeroUsize;

use ring::hmac;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::hash::MembershipHash;
use crate::workers::share_out;

/// The owner's secret from which a scope's dummies follow.
///
/// Dummy i is the first 16 bytes of HMAC-SHA-256(secret, "Symbolon-v1-Dummy" ‖ be64(i)), and a set
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
        /// So many at a time are worth taking turns for.
        const SHARE: usize = 4_096;

        let count = usize::try_from(count).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let mut dummies = vec![MembershipHash([0; 16]); count];
        let shares = (0_u64..).step_by(SHARE).zip(dummies.chunks_mut(SHARE));
        let workers = if count <= SHARE { NonZeroUsize::MIN } else { workers };
        share_out(workers, shares, |(first, share)| {
            (first..).zip(share).for_each(|(index, to)| *to = dummy(&key, index));
        });
        Ok(dummies)
    }
}

impl fmt::Debug for DummySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DummySecret(..)")
    }
}

fn dummy(key: &hmac::Key, index: u64) -> MembershipHash {
    let mut context = hmac::Context::with_key(key);
    context.update(b"Symbolon-v1-Dummy");
    context.update(&index.to_be_bytes());
    let mut hash = [0; 16];
    hash.iter_mut().zip(context.sign().as_ref()).for_each(|(to, from)| *to = *from);
    MembershipHash(hash)
}

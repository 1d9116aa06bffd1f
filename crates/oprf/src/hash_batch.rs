//! SHA-512 of whole batches, several messages at a time where the processor can.

use zeroize::Zeroizing;

use crate::hash::{self, DIGEST_LEN, Dst};

/// Digests that may be secret.
pub(crate) type Digests = Zeroizing<Vec<[u8; DIGEST_LEN]>>;

/// The digest of each of `count` messages, which `write` appends to a buffer.
pub(crate) fn sha512_each(count: usize, write: impl Fn(usize, &mut Vec<u8>)) -> Digests {
    digest_each(count, Start::Empty, write)
}

/// HMAC-SHA-512 (RFC 2104) under a key of each of `count` messages, which `write` appends to a buffer.
pub(crate) fn hmac_sha512_each(
    key: &[u8; HMAC_KEY_LEN],
    count: usize,
    write: impl Fn(usize, &mut Vec<u8>),
) -> Digests {
    let inner = hmac_block(key, 0x36);
    let outer = hmac_block(key, 0x5c);
    let first = sha512_each(count, |index, buffer| {
        buffer.extend_from_slice(&inner[..]);
        write(index, buffer);
    });
    sha512_each(count, |index, buffer| {
        buffer.extend_from_slice(&outer[..]);
        buffer.extend(first.get(index).into_iter().flatten());
    })
}

/// Length of a key of HMAC here: shorter than a block, so that it is not hashed first.
pub(crate) const HMAC_KEY_LEN: usize = 32;

fn hmac_block(key: &[u8; HMAC_KEY_LEN], pad: u8) -> Zeroizing<[u8; hash::BLOCK_LEN]> {
    let mut block = Zeroizing::new([pad; hash::BLOCK_LEN]);
    for (byte, key) in block.iter_mut().zip(key) {
        *byte ^= key;
    }
    block
}

/// [`hash::expand_message_xmd`] to 64 bytes of each of `count` messages, which `write` appends to a
/// buffer.
pub(crate) fn expand_each(count: usize, dst: Dst, write: impl Fn(usize, &mut Vec<u8>)) -> Digests {
    let first = digest_each(count, Start::ZeroBlock, |index, buffer| {
        write(index, buffer);
        buffer.extend([0, DIGEST_LEN as u8, 0]);
        dst.append_to(buffer);
    });
    digest_each(count, Start::Empty, |index, buffer| {
        buffer.extend(first.get(index).into_iter().flatten());
        buffer.push(1);
        dst.append_to(buffer);
    })
}

/// What goes before each message.
#[derive(Clone, Copy)]
enum Start {
    Empty,
    /// `Z_pad` of RFC 9380 section 5.3.1.
    ZeroBlock,
}

fn digest_each(count: usize, start: Start, write: impl Fn(usize, &mut Vec<u8>)) -> Digests {
    #[cfg(target_arch = "x86_64")]
    if let Some(digests) = lanes::digest_each(count, start, &write) {
        return digests;
    }
    let mut buffer = Zeroizing::new(Vec::with_capacity(ROOM));
    let digests = (0..count).map(|index| {
        buffer.clear();
        if matches!(start, Start::ZeroBlock) {
            buffer.extend([0; hash::BLOCK_LEN]);
        }
        write(index, &mut buffer);
        hash::sha512(&[&buffer])
    });
    Zeroizing::new(digests.collect())
}

/// Most messages fit, so that a buffer does not grow and leave a copy behind.
const ROOM: usize = 1_024;

#[cfg(target_arch = "x86_64")]
mod lanes {
    use std::sync::OnceLock;

    use zeroize::Zeroizing;

    use super::{Digests, ROOM, Start};
    use crate::engine::{Engine, Usage};
    use crate::hash::BLOCK_LEN;
    use crate::lanes::Backend;
    use crate::lanes::sha512::State;

    const LANES: usize = 8;

    pub(super) fn digest_each(
        count: usize,
        start: Start,
        write: &impl Fn(usize, &mut Vec<u8>),
    ) -> Option<Digests> {
        let Engine::Lanes(backend) = Engine::for_batch(count, Usage::Products) else { return None };
        let (start, before) = match start {
            Start::Empty => (State::INITIAL, 0),
            Start::ZeroBlock => (after_zero_block(backend)?, BLOCK_LEN),
        };
        let mut buffers: [Zeroizing<Vec<u8>>; LANES] =
            std::array::from_fn(|_| Zeroizing::new(Vec::with_capacity(ROOM)));
        let mut digests = Zeroizing::new(Vec::with_capacity(count));
        for first in (0..count).step_by(LANES) {
            for (index, buffer) in (first..).zip(&mut buffers) {
                buffer.clear();
                if index < count {
                    write(index, buffer);
                    pad(buffer, before);
                }
            }
            let blocks = buffers.each_ref().map(|buffer| buffer.as_chunks::<BLOCK_LEN>().0);
            let states = Zeroizing::new(backend.absorb(&start, &blocks)?);
            digests.extend(states.iter().take(count - first).map(|state| state.to_bytes()));
        }
        Some(digests)
    }

    /// FIPS 180-4 section 5.1.2, for a message that follows `before` bytes.
    fn pad(message: &mut Vec<u8>, before: usize) {
        let bits = (before + message.len()) as u128 * 8;
        message.push(0x80);
        let whole = (message.len() + 16).next_multiple_of(BLOCK_LEN);
        message.resize(whole - 16, 0);
        message.extend(bits.to_be_bytes());
    }

    fn after_zero_block(backend: Backend) -> Option<State> {
        static STATE: OnceLock<Option<State>> = OnceLock::new();
        *STATE.get_or_init(|| {
            let blocks = [&[[0; BLOCK_LEN]][..]; LANES];
            backend.absorb(&State::INITIAL, &blocks).map(|[state, ..]| state)
        })
    }
}

#[cfg(test)]
mod tests {
    use ring::hmac;

    use super::*;
    use crate::engine::Engine;

    const DST: Dst = Dst::new(b"test");

    #[test]
    fn batches_of_messages_of_all_lengths_hash_and_expand_as_each_alone() {
        let message = |index: usize| -> Vec<u8> { (0..index * 7).map(|i| i as u8).collect() };
        for engine in Engine::all() {
            for count in [0, 1, 3, 8, 9, 60] {
                let write = |index, buffer: &mut Vec<u8>| buffer.extend(message(index));
                let digests = engine.force(|| sha512_each(count, write));
                let expanded = engine.force(|| expand_each(count, DST, write));
                let macs = engine.force(|| hmac_sha512_each(&[7; HMAC_KEY_LEN], count, write));
                assert_eq!((digests.len(), expanded.len(), macs.len()), (count, count, count));
                let key = hmac::Key::new(hmac::HMAC_SHA512, &[7; HMAC_KEY_LEN]);
                for index in 0..count {
                    let message = message(index);
                    assert_eq!(digests[index], hash::sha512(&[&message]), "{}", engine.name());
                    assert_eq!(
                        macs[index],
                        hmac::sign(&key, &message).as_ref(),
                        "{}",
                        engine.name()
                    );
                    assert_eq!(
                        expanded[index],
                        *hash::expand_message_xmd::<64>(&[&message], DST),
                        "{}",
                        engine.name()
                    );
                }
            }
        }
    }
}

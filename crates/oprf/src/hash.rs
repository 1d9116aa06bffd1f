//! SHA-512, and its expansion to uniform bytes by RFC 9380.

use ring::digest::{Context, SHA512};
use zeroize::Zeroizing;

pub(crate) const DIGEST_LEN: usize = 64;
pub(crate) const BLOCK_LEN: usize = 128;

/// A domain separation tag. INVARIANT: at most 255 bytes, so that its length fits one byte.
#[derive(Clone, Copy)]
pub(crate) struct Dst {
    tag: &'static [u8],
    len: u8,
}

impl Dst {
    /// Fails at compile time where it makes a constant, which is its only use.
    pub(crate) const fn new(tag: &'static [u8]) -> Self {
        assert!(tag.len() <= 255);
        Self { tag, len: tag.len() as u8 }
    }

    /// DST_prime of RFC 9380 section 5.3.1.
    pub(crate) fn append_to(self, buffer: &mut Vec<u8>) {
        buffer.extend(self.tag);
        buffer.push(self.len);
    }

    #[cfg(test)]
    pub(crate) fn as_bytes(self) -> &'static [u8] {
        self.tag
    }
}

pub(crate) fn sha512(parts: &[&[u8]]) -> [u8; DIGEST_LEN] {
    let mut context = Context::new(&SHA512);
    for part in parts {
        context.update(part);
    }
    let mut digest = [0; DIGEST_LEN];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

/// RFC 9380 section 5.3.1, `expand_message_xmd` with SHA-512; the message is `parts`, end to end.
pub(crate) fn expand_message_xmd<const LEN: usize>(
    parts: &[&[u8]],
    dst: Dst,
) -> Zeroizing<[u8; LEN]> {
    const { assert!(LEN <= 255 * DIGEST_LEN) };

    let mut context = Context::new(&SHA512);
    context.update(&[0; BLOCK_LEN]);
    for part in parts {
        context.update(part);
    }
    context.update(&(LEN as u16).to_be_bytes());
    context.update(&[0]);
    context.update(dst.tag);
    context.update(&[dst.len]);
    let mut first = Zeroizing::new([0; DIGEST_LEN]);
    first.copy_from_slice(context.finish().as_ref());

    let mut uniform = Zeroizing::new([0; LEN]);
    let mut previous = Zeroizing::new([0; DIGEST_LEN]);
    for (counter, block) in (1..=u8::MAX).zip(uniform.chunks_mut(DIGEST_LEN)) {
        for (byte, first_byte) in previous.iter_mut().zip(first.iter()) {
            *byte ^= first_byte;
        }
        *previous = sha512(&[previous.as_ref(), &[counter], dst.tag, &[dst.len]]);
        for (byte, digest_byte) in block.iter_mut().zip(previous.iter()) {
            *byte = *digest_byte;
        }
    }
    uniform
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expansion_agrees_with_every_vector_of_rfc_9380_appendix_k_3() {
        const DST: Dst = Dst::new(b"QUUX-V01-CS02-with-expander-SHA512-256");
        let file = include_str!("../tests/vectors/rfc9380-expand-message-xmd-sha512.json");
        let file: serde_json::Value = serde_json::from_str(file).unwrap();
        assert_eq!(file["DST"].as_str().unwrap().as_bytes(), DST.tag);

        let vectors = file["tests"].as_array().unwrap();
        assert_eq!(vectors.len(), 10);
        for vector in vectors {
            let message = vector["msg"].as_str().unwrap().as_bytes();
            let expanded = match vector["len_in_bytes"].as_str().unwrap() {
                "0x20" => hex::encode(*expand_message_xmd::<0x20>(&[message], DST)),
                "0x80" => hex::encode(*expand_message_xmd::<0x80>(&[message], DST)),
                other => panic!("no vector has length {other}"),
            };
            assert_eq!(expanded, vector["uniform_bytes"].as_str().unwrap());
        }
    }

    #[test]
    fn a_message_in_parts_expands_like_the_whole() {
        const DST: Dst = Dst::new(b"test");
        assert_eq!(
            expand_message_xmd::<64>(&[b"one", b"", b"two"], DST),
            expand_message_xmd::<64>(&[b"onetwo"], DST),
        );
    }
}

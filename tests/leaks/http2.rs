//! The frames of HTTP/2 (RFC 9113) and the messages of gRPC in them, as far as it takes to put
//! together again what was sent in pieces.

use std::collections::BTreeMap;

use crate::hpack::{Decoder, Field};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// One direction of a connection.
#[derive(Default)]
pub(crate) struct Direction {
    /// By their numbers.
    pub(crate) streams: BTreeMap<u32, Stream>,
}

/// One direction of a call.
#[derive(Default)]
pub(crate) struct Stream {
    /// Headers, then trailers.
    pub(crate) headers: Vec<Vec<Field>>,
    /// The bodies of all data frames.
    pub(crate) data: Vec<u8>,
}

impl Direction {
    /// Reads what was said so far; a frame still under way is left out.
    pub(crate) fn read(said: &[u8]) -> Self {
        let mut rest = said.strip_prefix(PREFACE).unwrap_or(said);
        let mut direction = Self::default();
        let mut decoder = Decoder::default();
        let mut block = Vec::new();
        while let Some((head, after)) = rest.split_at_checked(9) {
            let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8;
            let length = length | usize::from(head[2]);
            let (kind, flags) = (head[3], head[4]);
            let number = u32::from_be_bytes([head[5], head[6], head[7], head[8]]) & (u32::MAX >> 1);
            let Some((body, after)) = after.split_at_checked(length) else { break };
            rest = after;
            match kind {
                0x0 => {
                    let stream = direction.streams.entry(number).or_default();
                    stream.data.extend_from_slice(unpadded(body, flags));
                }
                0x1 => {
                    let body = unpadded(body, flags);
                    block = body[if flags & 0x20 == 0 { 0 } else { 5 }..].to_vec();
                }
                0x9 => block.extend_from_slice(body),
                0x5 => panic!("nobody promises anything in gRPC"),
                _ => {}
            }
            if matches!(kind, 0x1 | 0x9) && flags & 0x4 != 0 {
                let stream = direction.streams.entry(number).or_default();
                stream.headers.push(decoder.decode(&block));
            }
        }
        direction
    }
}

fn unpadded(body: &[u8], flags: u8) -> &[u8] {
    if flags & 0x8 == 0 { body } else { &body[1..body.len() - usize::from(body[0])] }
}

impl Stream {
    /// The value of a header or trailer.
    pub(crate) fn header(&self, name: &str) -> Option<&[u8]> {
        let mut fields = self.headers.iter().flatten();
        fields.find(|field| field.0 == name.as_bytes()).map(|field| field.1.as_slice())
    }

    /// The whole messages, which must not be compressed.
    pub(crate) fn messages(&self) -> Vec<&[u8]> {
        let mut messages = Vec::new();
        let mut rest = self.data.as_slice();
        while let Some((head, after)) = rest.split_at_checked(5) {
            assert_eq!(head[0], 0, "a compressed message cannot be inspected");
            let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
            let Some((message, after)) = after.split_at_checked(length as usize) else { break };
            messages.push(message);
            rest = after;
        }
        messages
    }
}

#[test]
fn a_message_in_pieces_is_put_together_again() {
    let frame = |kind: u8, flags: u8, body: &[u8]| {
        [&[0, 0, u8::try_from(body.len()).unwrap(), kind, flags, 0, 0, 0, 7], body].concat()
    };
    let said = [
        PREFACE.to_vec(),
        frame(0x4, 0, &[]),
        // A header block in two, with padding and priority.
        frame(0x1, 0x28, &[1, 0, 0, 0, 0, 9, 0x82, 0]),
        frame(0x9, 0x4, &[0x87]),
        frame(0x0, 0, &[0, 0, 0, 0, 6, b'p', b'i']),
        frame(0x8, 0, &[0; 4]),
        frame(0x0, 0x8, &[2, b'e', b'c', b'e', b's', 0, 0]),
        frame(0x0, 0, &[0; 3])[..10].to_vec(),
    ]
    .concat();
    let direction = Direction::read(&said);
    let stream = &direction.streams[&7];
    assert_eq!(stream.header(":method"), Some(b"GET".as_slice()));
    assert_eq!(stream.header(":scheme"), Some(b"https".as_slice()));
    assert_eq!(stream.messages(), [b"pieces"]);
}

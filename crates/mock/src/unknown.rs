//! What a later version might send: fields and values that version 1 does not have.

use prost::encoding::{WireType, encode_key, encode_varint};

/// A number that no field of version 1 has, nor will have soon.
const LATER: u32 = 3_000;

/// The message with fields of every wire type after its own.
pub(crate) fn with_later_fields(mut message: Vec<u8>) -> Vec<u8> {
    encode_key(LATER, WireType::Varint, &mut message);
    encode_varint(7, &mut message);
    message = with_field(message, LATER.saturating_add(1), b"of a later version");
    encode_key(LATER.saturating_add(2), WireType::ThirtyTwoBit, &mut message);
    message.extend([1, 2, 3, 4]);
    encode_key(LATER.saturating_add(3), WireType::SixtyFourBit, &mut message);
    message.extend([1, 2, 3, 4, 5, 6, 7, 8]);
    message
}

/// The message with one more field of bytes.
pub(crate) fn with_field(mut message: Vec<u8>, number: u32, value: &[u8]) -> Vec<u8> {
    encode_key(number, WireType::LengthDelimited, &mut message);
    encode_varint(value.len() as u64, &mut message);
    message.extend_from_slice(value);
    message
}

/// A message that holds nothing but a field that version 1 does not have, as a new part of a `oneof`
/// would be.
pub(crate) fn later_part() -> Vec<u8> {
    with_field(Vec::new(), LATER.saturating_add(1), b"a part of a later version")
}

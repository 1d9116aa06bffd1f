use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::signature::as_hexadecimal;

/// Identity of a check, 16 random bytes chosen by the requester; shown as hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CheckId(pub [u8; 16]);

as_hexadecimal!(CheckId, 16);

/// Identity of a standing check, 16 random bytes; shown as hexadecimal. It never leaves the bureau.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StandingId(pub [u8; 16]);

as_hexadecimal!(StandingId, 16);

/// Identity of a request for a record, 16 random bytes chosen by the requester; shown as hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub [u8; 16]);

as_hexadecimal!(RequestId, 16);

impl std::str::FromStr for RequestId {
    type Err = crate::Invalid;

    fn from_str(text: &str) -> Result<Self, crate::Invalid> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|_| crate::Invalid::new("id of a request", "32 hexadecimal digits"))?;
        Ok(Self(bytes))
    }
}

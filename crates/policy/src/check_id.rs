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

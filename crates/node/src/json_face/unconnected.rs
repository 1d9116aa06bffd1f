//! What callers' bytes reach on this face, without a connection. For fuzzing.

use symbolon_policy::Refusal;
use symbolon_proto::bureau::v1::{
    ApproveCheckRequest, CheckItem, CheckItems, CheckRequest, CheckStart, EndStandingRequest,
    MatchStandingRequest, StandingItem, UpdateStandingStart, check_request::Part,
};

use super::mapping::{Json, Mapped, Said, read};

/// Reads a body, or a line of one, as the call with the number `call` reads it: 0 a check, 1 a line of a check,
/// 2 and 3 what begins and what changes a standing check, 4 to 6 a message of its own. Gives the parts of a
/// check, and none of other calls.
///
/// # Errors
/// What the caller is refused with.
#[doc(hidden)]
pub fn read_json(call: u8, text: &[u8]) -> Result<Vec<Part>, Refusal> {
    match call % 7 {
        0 => {
            let (start, items) = read::<Said<CheckStart, CheckItem>>(text)?.into_parts();
            Ok(vec![Part::Start(start), Part::Items(CheckItems { items })])
        }
        1 => Ok(read::<Json<CheckRequest>>(text)?.0.part.into_iter().collect()),
        2 => nothing(read::<Said<CheckStart, StandingItem>>(text)),
        3 => nothing(read::<Said<UpdateStandingStart, StandingItem>>(text)),
        4 => message::<ApproveCheckRequest>(text),
        5 => message::<MatchStandingRequest>(text),
        _ => message::<EndStandingRequest>(text),
    }
}

fn message<T: Mapped>(text: &[u8]) -> Result<Vec<Part>, Refusal> {
    nothing(read::<Json<T>>(text))
}

fn nothing<T>(read: Result<T, Refusal>) -> Result<Vec<Part>, Refusal> {
    read.map(|_| Vec::new())
}

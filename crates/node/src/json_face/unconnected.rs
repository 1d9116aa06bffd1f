//! What callers' bytes reach on this face, without a connection. For fuzzing.

use std::convert::Infallible;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, header::CONTENT_TYPE},
};
use symbolon_policy::{Reason, Refusal};
use symbolon_proto::bureau::v1::{
    ApproveCheckRequest, CheckItem, CheckItems, CheckRequest, CheckStart, EndStandingRequest,
    MatchStandingRequest, StandingItem, UpdateStandingStart, check_request::Part,
};
use symbolon_store::BearerToken;

use super::{
    body::{LINES, Lines, expect},
    caller,
    mapping::{Json, Mapped, Said, read},
};

/// What a body, or a line of one, says, as far as the bureau face reads on in it.
#[doc(hidden)]
#[derive(Debug)]
pub enum ReadJson {
    /// Parts of a check.
    Check(Vec<Part>),
    /// Items of a standing check.
    Standing {
        /// The items.
        items: Vec<StandingItem>,
        /// Whether some may leave it.
        may_remove: bool,
    },
    /// An approval.
    Approval(ApproveCheckRequest),
    /// Something of which nothing more is read.
    Other,
}

/// Reads a body, or a line of one, as the call with the number `call` reads it: 0 a check, 1 a line of a check,
/// 2 and 3 what begins and what changes a standing check, 4 an approval, 5 and 6 a message of its own.
///
/// # Errors
/// What the caller is refused with.
#[doc(hidden)]
pub fn read_json(call: u8, text: &[u8]) -> Result<ReadJson, Refusal> {
    Ok(match call % 7 {
        0 => {
            let (start, items) = read::<Said<CheckStart, CheckItem>>(text)?.into_parts();
            ReadJson::Check(vec![Part::Start(start), Part::Items(CheckItems { items })])
        }
        1 => ReadJson::Check(message::<CheckRequest>(text)?.part.into_iter().collect()),
        2 => {
            let (_, items) = read::<Said<CheckStart, StandingItem>>(text)?.into_parts();
            ReadJson::Standing { items, may_remove: false }
        }
        3 => {
            let (_, items) = read::<Said<UpdateStandingStart, StandingItem>>(text)?.into_parts();
            ReadJson::Standing { items, may_remove: true }
        }
        4 => ReadJson::Approval(message(text)?),
        5 => {
            message::<MatchStandingRequest>(text)?;
            ReadJson::Other
        }
        _ => {
            message::<EndStandingRequest>(text)?;
            ReadJson::Other
        }
    })
}

/// Reads a header `Authorization` as it is read from whoever shows no certificate: anybody.
#[doc(hidden)]
pub fn read_bearer(header: &[u8]) -> Option<BearerToken> {
    caller::read(header)
}

/// The lines of a check's body that comes in `pieces` under this `Content-Type`.
///
/// # Errors
/// What the caller is refused with.
#[doc(hidden)]
pub fn read_lines(content_type: &[u8], pieces: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, Refusal> {
    let mut headers = HeaderMap::new();
    // What cannot stand in a header does not come as far as this.
    if let Ok(value) = HeaderValue::from_bytes(content_type) {
        headers.insert(CONTENT_TYPE, value);
    }
    expect(&headers, LINES)?;
    // Waiting for a piece has a limit, and so needs a clock.
    let clock = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let clock = clock.map_err(|_| Refusal::new(Reason::Internal, "the system gives no runtime"))?;
    let pieces = pieces.into_iter().map(Ok::<_, Infallible>);
    let mut lines = Lines::of(Body::from_stream(tokio_stream::iter(pieces)));
    clock.block_on(async {
        let mut all = Vec::new();
        while let Some(line) = lines.next().await? {
            all.push(line.to_vec());
        }
        Ok(all)
    })
}

fn message<T: Mapped>(text: &[u8]) -> Result<T, Refusal> {
    read::<Json<T>>(text).map(|message| message.0)
}

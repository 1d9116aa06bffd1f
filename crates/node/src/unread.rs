//! What the library refuses by itself, before a face sees it: a message that is none of its method's type
//! or is too long, and a method that there is not. Callers are told a reason for that as for everything.

use prometheus_client::metrics::{counter::Counter, family::Family};
use symbolon_exchange::refuse;
use symbolon_policy::{Reason, Refusal};
use time::OffsetDateTime;
use tonic::{Code, Status, body::Body, codegen::http::Response};
use tower::util::MapResponseLayer;

use crate::metrics::ReasonLabel;

/// Puts a reason to such a refusal, and counts it in `refused`.
pub(crate) fn reasons(
    refused: Family<ReasonLabel, Counter>,
) -> MapResponseLayer<impl Fn(Response<Body>) -> Response<Body> + Clone> {
    MapResponseLayer::new(move |response: Response<Body>| {
        // Only an answer without messages has its status among the headers.
        match Status::from_header_map(response.headers()).as_ref().and_then(refusal_of) {
            Some(refusal) => {
                refused.get_or_create(&refusal.reason.into()).inc();
                refuse(&refusal, OffsetDateTime::now_utc()).into_http()
            }
            None => response,
        }
    })
}

/// `None` where there is a reason already, or none is missed: what health and reflection say of names
/// that they do not know is as their own contracts have it.
fn refusal_of(status: &Status) -> Option<Refusal> {
    if !status.details().is_empty() {
        return None;
    }
    let (reason, sentence) = match status.code() {
        Code::Internal => (
            Reason::InvalidArgument,
            "the message cannot be read as one of this method's type; compile the contract of this \
             node's version",
        ),
        Code::OutOfRange | Code::ResourceExhausted => (
            Reason::LimitExceeded,
            "the message is longer than this method takes; send less at once",
        ),
        Code::Unimplemented => (
            Reason::MethodUnknown,
            "this face has no such method, or does not take this compression; look at the address \
             and at the version of the contract",
        ),
        _ => return None,
    };
    Some(Refusal::new(reason, sentence))
}

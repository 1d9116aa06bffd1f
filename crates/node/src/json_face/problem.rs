use axum::{
    body::Body,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::Response,
};
use serde::Serialize;
use symbolon_exchange::{ERROR_DOMAIN, code};
use symbolon_policy::{Reason, Refusal};
use time::OffsetDateTime;
use tonic::Code;

const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// A refusal as RFC 9457 has it. What `google.rpc.ErrorInfo` says on the gRPC face is in `reason` and
/// `domain`.
#[derive(Serialize)]
struct Problem<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    reason: &'static str,
    domain: &'static str,
    #[serde(rename = "retryAfterSeconds", skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
}

pub(super) fn path_unknown() -> Refusal {
    Refusal::new(
        Reason::PathUnknown,
        "there is nothing at this path; /v1/openapi.json lists what there is",
    )
}

pub(super) fn method_not_allowed() -> Refusal {
    Refusal::new(
        Reason::MethodNotAllowed,
        "this cannot be done at this path; the header Allow names what can",
    )
}

/// What is answered to a call that is refused.
pub(super) fn response(refusal: &Refusal, now: OffsetDateTime) -> Response {
    let status = status(refusal.reason);
    let reason = refusal.reason.as_str();
    // Rounded up, and never 0, also where less than a millisecond is left: who waits so long is not too early.
    let wait = refusal.retry_at.map(|at| {
        u64::try_from((at - now).whole_milliseconds().max(1)).unwrap_or(u64::MAX).div_ceil(1_000)
    });
    let problem = Problem {
        r#type: format!("urn:symbolon:reason:{reason}"),
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail: &refusal.sentence,
        reason,
        domain: ERROR_DOMAIN,
        retry_after_seconds: wait,
    };
    // Strings and numbers only: this does not fail.
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = said(status, PROBLEM, Body::from(body));
    let headers = response.headers_mut();
    if let Some(wait) = wait {
        headers.insert(RETRY_AFTER, wait.into());
    }
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS) {
        headers.insert(CONNECTION, CLOSE);
    }
    if status == StatusCode::UNAUTHORIZED {
        let challenge = match refusal.reason {
            Reason::TokenMissing => "Bearer realm=\"symbolon\"",
            _ => "Bearer realm=\"symbolon\", error=\"invalid_token\"",
        };
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    response
}

const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// What everyone is told without saying who he is: his connection ends with it, so that nobody holds places
/// by asking for it again and again.
pub(super) fn said_to_anyone(status: StatusCode, kind: HeaderValue, body: Body) -> Response {
    let mut response = said(status, kind, body);
    response.headers_mut().insert(CONNECTION, CLOSE);
    response
}

/// A response that nobody keeps and no program takes for something else.
pub(super) fn said(status: StatusCode, kind: HeaderValue, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, kind);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    response
}

/// The status that goes with a reason: as the gRPC code of the same reason is mapped to HTTP, where
/// HTTP has nothing that fits better.
pub(super) fn status(reason: Reason) -> StatusCode {
    match reason {
        Reason::LimitExceeded => return StatusCode::PAYLOAD_TOO_LARGE,
        Reason::MediaType => return StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Reason::MethodNotAllowed => return StatusCode::METHOD_NOT_ALLOWED,
        Reason::PathUnknown => return StatusCode::NOT_FOUND,
        Reason::TooSlow => return StatusCode::REQUEST_TIMEOUT,
        _ => {}
    }
    match code(reason) {
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => {
            StatusCode::BAD_REQUEST
        }
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    #[test]
    fn a_wait_is_rounded_up_and_is_never_none() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let waits = [(-5, "1"), (0, "1"), (900, "1"), (1_000_000, "1"), (1_001_000, "2")];
        for (microseconds, seconds) in waits {
            let at = now + Duration::microseconds(microseconds);
            let refusal = Refusal::new(Reason::TooManyAttempts, "slowly").retry_at(at);
            assert_eq!(response(&refusal, now).headers()[RETRY_AFTER], seconds, "{microseconds}");
        }
    }
}

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use prost::Message as _;
use symbolon_exchange::refuse;
use symbolon_policy::{Reason, Refusal};
use symbolon_proto::bureau::v1::{
    CheckRequest, CheckResponse, CheckStart, check_request, check_response::Event,
};
use time::OffsetDateTime;
use tonic::{
    body::Body,
    codegen::http::{Request, Response},
};
use tower::{BoxError, Layer, Service, ServiceExt as _};

use crate::{
    CallFault, Faults,
    frames::{Frames, framed, made_while_sent, message, went_well},
    partner_wire::{Answered, FIRST_MESSAGE, pass_on},
    unknown::{later_part, with_field, with_later_fields},
};

const CHECK: &str = "/symbolon.bureau.v1.BureauService/Check";
/// An outcome that version 1 does not have.
const LATER_OUTCOME: i32 = 99;
/// Number of the answers among the events of a `CheckResponse`.
const ANSWERS: u32 = 3;

/// Stands between a bureau face and the network.
#[derive(Clone)]
pub struct BureauWire(pub(crate) Faults);

impl<S> Layer<S> for BureauWire {
    type Service = Failing<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Failing { inner, faults: self.0.clone() }
    }
}

/// A bureau face behind a [`BureauWire`].
#[derive(Clone)]
pub struct Failing<S> {
    inner: S,
    faults: Faults,
}

impl<S> Service<Request<Body>> for Failing<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + 'static,
{
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Answered> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // The node is asked when it is called.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (node, faults) = (self.inner.clone(), self.faults.clone());
        Box::pin(async move {
            if request.uri().path() == CHECK {
                check(node, faults, request).await
            } else {
                node.oneshot(request).await.map_err(Into::into)
            }
        })
    }
}

async fn check<S>(node: S, faults: Faults, request: Request<Body>) -> Answered
where
    S: Service<Request<Body>, Response = Response<Body>, Error: Into<BoxError>>,
{
    let (parts, body) = request.into_parts();
    let mut frames = Frames::new(body);
    let first = tokio::time::timeout(FIRST_MESSAGE, frames.next()).await.ok();
    let start = first.as_ref().and_then(|first| start(first.as_ref().ok()?.as_ref()?));
    let fault = start.as_ref().and_then(|start| CallFault::of_purpose(&start.purpose));
    let now = OffsetDateTime::now_utc();
    match (fault, &start) {
        (Some(CallFault::Busy), Some(start)) if faults.is_first_call(&start.case_reference) => {
            let refusal = Refusal::new(
                Reason::TryAgain,
                "as many checks are under way as this node can take; try again shortly",
            );
            let later = now + time::Duration::seconds(1);
            return Ok(refuse(&refusal.retry_at(later), now).into_http());
        }
        (Some(CallFault::Internal), _) => {
            let sentence = "the check could not be recorded, so nothing was asked; the administrator \
                            finds the cause in the node's log";
            return Ok(refuse(&Refusal::new(Reason::Internal, sentence), now).into_http());
        }
        (Some(CallFault::Reset), _) => return Err("this node cannot be reached".into()),
        (Some(CallFault::Silent), _) => std::future::pending().await,
        (Some(CallFault::Slow), _) => tokio::time::sleep(faults.delay_now()).await,
        _ => {}
    }
    let body = pass_on(first, frames, |_| {});
    let answer =
        node.oneshot(Request::from_parts(parts, body)).await.map_err(Into::<BoxError>::into)?;
    let Some(fault @ (CallFault::Dropped | CallFault::Cut | CallFault::Unknown)) = fault else {
        return Ok(answer);
    };
    let (parts, body) = answer.into_parts();
    Ok(Response::from_parts(parts, alter(body, fault)))
}

fn start(first: &Bytes) -> Option<CheckStart> {
    match CheckRequest::decode(message(first)?).ok()?.part? {
        check_request::Part::Start(start) => Some(start),
        check_request::Part::Items(_) => None,
    }
}

fn alter(body: Body, fault: CallFault) -> Body {
    let mut frames = Frames::new(body);
    let (outgoing, body) = made_while_sent();
    tokio::spawn(async move {
        loop {
            match frames.next().await {
                Ok(Some(frame)) => {
                    let frames = match fault {
                        CallFault::Unknown => with_later_events(frame),
                        _ => vec![frame],
                    };
                    for frame in frames {
                        if !outgoing.send(frame).await {
                            return;
                        }
                    }
                    match fault {
                        CallFault::Dropped => return outgoing.reset().await,
                        CallFault::Cut => return outgoing.end(Some(went_well())).await,
                        _ => {}
                    }
                }
                Ok(None) => return outgoing.end(frames.trailers()).await,
                Err(_) => return outgoing.reset().await,
            }
        }
    });
    body
}

/// The event with later fields, after one of a later kind; the last answer of each source has an outcome
/// that nobody knows yet.
fn with_later_events(frame: Bytes) -> Vec<Bytes> {
    let Some(bytes) = message(&frame) else { return vec![frame] };
    let event = CheckResponse::decode(bytes.clone()).ok().and_then(|response| response.event);
    let message = if let Some(Event::Answers(mut answers)) = event {
        if let Some(last) = answers.answers.last_mut() {
            last.outcome = LATER_OUTCOME;
        }
        with_field(Vec::new(), ANSWERS, &with_later_fields(answers.encode_to_vec()))
    } else {
        bytes.to_vec()
    };
    vec![framed(&later_part()), framed(&with_later_fields(message))]
}

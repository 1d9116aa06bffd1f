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
use tower::{BoxError, Layer, ServiceExt as _};

use crate::{
    CallFault, Faults,
    behind::{Answered, Behind, Between, FIRST_MESSAGE, Face},
    frames::{Frames, framed, message},
    older,
    relay::{Next, relay},
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
    type Service = Behind<S, Self>;

    fn layer(&self, face: S) -> Self::Service {
        Behind { face, between: self.clone() }
    }
}

impl Between for BureauWire {
    async fn call(self, face: impl Face, request: Request<Body>) -> Answered {
        let Self(faults) = self;
        if let Some(contract) = faults.contract() {
            older::call(face, &contract, request).await
        } else if request.uri().path() == CHECK {
            check(face, faults, request).await
        } else {
            face.oneshot(request).await.map_err(Into::into)
        }
    }
}

async fn check(face: impl Face, faults: Faults, request: Request<Body>) -> Answered {
    let (parts, body) = request.into_parts();
    let mut frames = Frames::new(body);
    let first = tokio::time::timeout(FIRST_MESSAGE, frames.next()).await.ok();
    let start = first.as_ref().and_then(|first| start(first.as_ref().ok()?.as_ref()?));
    let fault = start.as_ref().and_then(|start| CallFault::of_purpose(&start.purpose));
    let now = OffsetDateTime::now_utc();
    match (fault, &start) {
        (Some(fault @ CallFault::Busy), Some(start))
            if faults.is_first_call(fault, &start.case_reference) =>
        {
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
    let body = relay(first, frames, |frame| Next::frames(vec![frame]));
    let answer =
        face.oneshot(Request::from_parts(parts, body)).await.map_err(Into::<BoxError>::into)?;
    let fault = match (fault, &start) {
        (Some(fault @ CallFault::DroppedOnce), Some(start)) => {
            faults.is_first_call(fault, &start.case_reference).then_some(CallFault::Dropped)
        }
        (fault, _) => fault,
    };
    let Some(fault @ (CallFault::Dropped | CallFault::Cut | CallFault::Unknown)) = fault else {
        return Ok(answer);
    };
    let (parts, body) = answer.into_parts();
    let altered = relay(None, Frames::new(body), move |frame: Bytes| match fault {
        CallFault::Unknown => Next::frames(with_later_events(frame)),
        CallFault::Dropped => Next::reset().after(frame),
        _ => Next::end().after(frame),
    });
    Ok(Response::from_parts(parts, altered))
}

fn start(first: &Bytes) -> Option<CheckStart> {
    match CheckRequest::decode(message(first)?).ok()?.part? {
        check_request::Part::Start(start) => Some(start),
        check_request::Part::Items(_) => None,
    }
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

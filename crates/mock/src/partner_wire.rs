use bytes::Bytes;
use prost::Message as _;
use symbolon_exchange::{CheckHeader, refuse};
use symbolon_policy::{Reason, Refusal, VerifyingKey};
use symbolon_proto::{
    partner::v1::{BlindedChunk, CheckRequest, check_request},
    v1::SignedDocument,
};
use time::OffsetDateTime;
use tokio::sync::mpsc;
use tonic::{
    body::Body,
    codegen::http::{Request, Response},
};
use tower::{BoxError, Layer, ServiceExt as _};

use crate::{
    Fault, Faults,
    answer::Answer,
    behind::{Answered, Behind, Between, FIRST_MESSAGE, Face},
    frames::{Frames, message},
    offered, older,
    relay::{Next, relay},
};

const CHECK: &str = "/symbolon.partner.v1.PartnerService/Check";
const MANIFESTS: &str = "/symbolon.partner.v1.PartnerService/GetManifests";
const DOWNLOAD: &str = "/symbolon.partner.v1.PartnerService/DownloadTagSet";
const CONSISTENCY: &str = "/symbolon.partner.v1.PartnerService/GetLogConsistency";

/// Stands between a partner face and the network.
#[derive(Clone)]
pub struct PartnerWire(pub(crate) Faults);

impl<S> Layer<S> for PartnerWire {
    type Service = Behind<S, Self>;

    fn layer(&self, face: S) -> Self::Service {
        Behind { face, between: self.clone() }
    }
}

impl Between for PartnerWire {
    async fn call(self, face: impl Face, request: Request<Body>) -> Answered {
        let Self(faults) = self;
        if faults.is_silent() {
            std::future::pending::<()>().await;
        }
        if let Some(contract) = faults.contract() {
            return older::call(face, &contract, request).await;
        }
        match request.uri().path() {
            CHECK => check(face, faults, request).await,
            MANIFESTS => {
                let (request, asked) = look_at(request).await;
                let fault = asked.as_ref().and_then(|asked| offered::of_manifests(&faults, asked));
                let answer = face.oneshot(request).await.map_err(Into::<BoxError>::into)?;
                offered::manifests(&faults, fault, answer).await
            }
            DOWNLOAD => {
                let (request, asked) = look_at(request).await;
                if let Some(answer) =
                    asked.as_ref().and_then(|asked| offered::in_place_of_file(&faults, asked))
                {
                    return Ok(answer);
                }
                let fault = asked.as_ref().and_then(|asked| offered::of_file(&faults, asked));
                let answer = face.oneshot(request).await.map_err(Into::<BoxError>::into)?;
                Ok(offered::file(fault, answer))
            }
            CONSISTENCY if faults.withholds_log_proofs() => {
                let refusal = Refusal::new(
                    Reason::Internal,
                    "this bureau's node could not make the proof (of the mock)",
                );
                Ok(refuse(&refusal, OffsetDateTime::now_utc()).into_http())
            }
            _ => face.oneshot(request).await.map_err(Into::into),
        }
    }
}

/// A request with its first message, which has been looked at.
async fn look_at(request: Request<Body>) -> (Request<Body>, Option<Bytes>) {
    let (parts, body) = request.into_parts();
    let mut frames = Frames::new(body);
    let first = tokio::time::timeout(FIRST_MESSAGE, frames.next()).await.ok();
    let asked = first.as_ref().and_then(|first| message(first.as_ref().ok()?.as_ref()?));
    let body = relay(first, frames, |frame| Next::frames(vec![frame]));
    (Request::from_parts(parts, body), asked)
}

async fn check(face: impl Face, faults: Faults, request: Request<Body>) -> Answered {
    let (parts, body) = request.into_parts();
    let mut frames = Frames::new(body);
    let first = tokio::time::timeout(FIRST_MESSAGE, frames.next()).await.ok();
    let asked = first.as_ref().and_then(|first| header(first.as_ref().ok()?.as_ref()?));
    let fault = asked.as_ref().and_then(|header| faults.of_check(header));
    if let (Some(fault), Some(header)) = (fault, &asked)
        && let Some(answer) = before_anything(fault, &faults, header).await
    {
        return answer;
    }
    let (sender, blinded) = mpsc::unbounded_channel();
    let body = relay(first, frames, move |frame: Bytes| {
        // Nobody looks at them but the fault of this check, and memory is that of one check.
        if let Some(elements) = elements(&frame) {
            let _ = sender.send(elements);
        }
        Next::frames(vec![frame])
    });
    let answer =
        face.oneshot(Request::from_parts(parts, body)).await.map_err(Into::<BoxError>::into)?;
    let Some(header) = asked else { return Ok(answer) };
    let fault = fault.filter(|fault| {
        // The second attempt is answered.
        *fault != Fault::BrokenOnce || faults.is_first_attempt(&header)
    });
    let manifests = faults.offered_for(&header);
    if fault.is_none() && manifests.iter().all(Option::is_none) {
        return Ok(answer);
    }
    let altered = Answer::new(faults, fault, header, manifests, blinded);
    let (parts, body) = answer.into_parts();
    Ok(Response::from_parts(parts, relay(None, Frames::new(body), altered)))
}

/// What a fault does in place of asking the node.
async fn before_anything(fault: Fault, faults: &Faults, header: &CheckHeader) -> Option<Answered> {
    let now = OffsetDateTime::now_utc();
    let refusal = match fault {
        Fault::Slow => {
            tokio::time::sleep(faults.delay_now()).await;
            return None;
        }
        Fault::Silent => std::future::pending().await,
        Fault::Unreachable => return Some(Err("this bureau cannot be reached".into())),
        Fault::TryAgain if !faults.is_first_attempt(header) => return None,
        Fault::TryAgain => {
            Refusal::new(Reason::TryAgain, "this bureau is answering as many checks as it can")
                .retry_at(now + time::Duration::seconds(1))
        }
        Fault::Refused => Refusal::new(
            Reason::RuleForbids,
            "a rule of this bureau's lawyers forbids to answer (of the mock)",
        ),
        Fault::QuotaExhausted => Refusal::new(
            Reason::QuotaExhausted,
            "the day's quota for this list and type is used up; it begins anew at midnight UTC",
        )
        .retry_at(now.replace_time(time::Time::MIDNIGHT) + time::Duration::days(1)),
        Fault::BudgetExhausted => Refusal::new(
            Reason::BudgetExhausted,
            "what may be asked of this list in this epoch is used up; call the desk",
        ),
        Fault::Suspended => Refusal::new(
            Reason::AgreementSuspended,
            "this bureau has suspended the agreement; call its desk",
        ),
        Fault::Internal => {
            Refusal::new(Reason::Internal, "this bureau's node could not read its database")
        }
        _ => return None,
    };
    Some(Ok(refuse(&refusal, now).into_http()))
}

/// The header that a check begins with, if it is one; whether it may be asked is for the node to say.
fn header(first: &Bytes) -> Option<CheckHeader> {
    let request = CheckRequest::decode(message(first)?).ok()?;
    let Some(check_request::Part::Header(signed)) = request.part else { return None };
    let SignedDocument { public_key, .. } = &signed;
    let key = VerifyingKey(public_key.as_slice().try_into().ok()?);
    CheckHeader::verify(&signed, &key).ok().map(|(header, _)| header)
}

fn elements(frame: &Bytes) -> Option<Bytes> {
    match CheckRequest::decode(message(frame)?).ok()?.part? {
        check_request::Part::Chunk(BlindedChunk { elements }) => Some(elements),
        check_request::Part::Header(_) => None,
    }
}

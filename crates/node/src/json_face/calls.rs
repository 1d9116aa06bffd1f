use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode},
    response::Response,
};
use symbolon_client::Compute;
use symbolon_policy::{Actor, Reason, Refusal};
use symbolon_proto::bureau::v1::{
    ApproveCheckRequest, BeginStandingRequest, CheckItem, CheckItems, CheckRequest, CheckResponse,
    CheckStart, EndStandingRequest, EndStandingResponse, MatchStandingRequest, StandingItem,
    StandingItems, UpdateStandingRequest, UpdateStandingStart, begin_standing_request,
    check_request, update_standing_request,
};
use tokio::sync::OwnedSemaphorePermit;
use tokio_stream::{Stream, StreamExt as _};

use super::{
    JsonFace, OPENAPI, body,
    caller::Caller,
    collected::{CollectedCheck, CollectedKept, CollectedMatch, line},
    mapping::{Json, Mapped, Said, write},
    problem::{said, said_to_anyone},
};
use crate::bureau_face::{Act, Messages, stopping};

const JSON: HeaderValue = HeaderValue::from_static(body::JSON);
const LINES: HeaderValue = HeaderValue::from_static(body::LINES);

type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// What can be called.
#[derive(Clone, Copy)]
pub(super) struct Call {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) run: fn(JsonFace, Request) -> Answering,
}

macro_rules! calls {
    ($($method:literal $path:literal => $run:path,)*) => {
        /// Everything that can be called.
        pub(super) const ALL: &[Call] = &[$(Call {
            method: $method,
            path: $path,
            run: |face, request| Box::pin(async move {
                match $run(&face, request).await {
                    Ok(response) => response,
                    Err(refusal) => face.problem(&refusal),
                }
            }),
        }),*];
    };
}

calls! {
    "GET" "/v1/health" => health,
    "GET" "/v1/openapi.json" => openapi,
    "GET" "/v1/coverage" => coverage,
    "POST" "/v1/check" => check,
    "POST" "/v1/check/stream" => check_stream,
    "POST" "/v1/approvals" => approve,
    "GET" "/v1/standing" => list_standing,
    "POST" "/v1/standing/begin" => begin_standing,
    "POST" "/v1/standing/update" => update_standing,
    "POST" "/v1/standing/match" => match_standing,
    "POST" "/v1/standing/end" => end_standing,
}

async fn health(face: &JsonFace, _: Request) -> Result<Response, Refusal> {
    let (status, text) = if *face.stopped.borrow() {
        (StatusCode::SERVICE_UNAVAILABLE, "{\"status\":\"NOT_SERVING\"}")
    } else {
        (StatusCode::OK, "{\"status\":\"SERVING\"}")
    };
    Ok(said_to_anyone(status, JSON, Body::from(text)))
}

async fn openapi(_: &JsonFace, _: Request) -> Result<Response, Refusal> {
    Ok(said_to_anyone(StatusCode::OK, JSON, Body::from(OPENAPI)))
}

async fn coverage(face: &JsonFace, request: Request) -> Result<Response, Refusal> {
    let _ = face.admitted(request, Act::Coverage).await?;
    written(&face.face.coverage())
}

async fn check(face: &JsonFace, request: Request) -> Result<Response, Refusal> {
    let Placed { place, actor, headers, body } = face.placed(request, Act::Check).await?;
    let said: Said<CheckStart, CheckItem> = body::one(&headers, body, &face.face.compute).await?;
    let (start, items) = said.into_parts();
    let parts =
        [check_request::Part::Start(start), check_request::Part::Items(CheckItems { items })];
    let messages = all(parts.map(|part| CheckRequest { part: Some(part) }));
    let answers = face.face.answer(place, actor, messages).await?;
    let compute = &face.face.compute;
    Ok(said_in(JSON, collected(compute, answers, CollectedCheck::default(), CollectedCheck::piece)))
}

async fn check_stream(face: &JsonFace, request: Request) -> Result<Response, Refusal> {
    let Placed { place, actor, headers, body } = face.placed(request, Act::Check).await?;
    let messages = body::lines(&headers, body, &face.face.compute).await?;
    let answers = face.face.answer(place, actor, messages).await?;
    let pieces = pieces(&face.face.compute, answers, |event: CheckResponse| line(&event));
    Ok(said_in(LINES, pieces))
}

async fn approve(face: &JsonFace, request: Request) -> Result<Response, Refusal> {
    let peer = request.extensions().get::<Caller>().and_then(|caller| caller.peer.clone());
    let (_place, actor, said) = face.heard::<ApproveCheckRequest>(request, Act::Approve).await?;
    // No token is issued for this; an approval ends with the certificate that it was given by.
    let peer = peer.ok_or_else(|| {
        Refusal::new(Reason::RoleMissing, "only an approver with a certificate approves")
    })?;
    written(&face.face.approve(&peer, actor, said).await?)
}

async fn list_standing(face: &JsonFace, request: Request) -> Result<Response, Refusal> {
    let (actor, ..) = face.admitted(request, Act::Standing).await?;
    written(&face.face.list_standing(&actor.id).await?)
}

async fn begin_standing(face: &JsonFace, request: Request) -> Result<Response, Refusal> {
    use begin_standing_request::Part;
    let Placed { place, actor, headers, body } = face.placed(request, Act::Standing).await?;
    let said: Said<CheckStart, StandingItem> =
        body::one(&headers, body, &face.face.compute).await?;
    let (start, items) = said.into_parts();
    let parts = [Part::Start(start), Part::Items(StandingItems { items })];
    let messages = all(parts.map(|part| BeginStandingRequest { part: Some(part) }));
    let events = face.face.begin_standing(place, actor, messages).await?;
    let written = face.face.compute.run(move || CollectedKept::begun(events)).await;
    Ok(text(written.map_err(stopping)??))
}

async fn update_standing(face: &JsonFace, request: Request) -> Result<Response, Refusal> {
    use update_standing_request::Part;
    let Placed { place, actor, headers, body } = face.placed(request, Act::Standing).await?;
    let said: Said<UpdateStandingStart, StandingItem> =
        body::one(&headers, body, &face.face.compute).await?;
    let (start, items) = said.into_parts();
    let parts = [Part::Start(start), Part::Items(StandingItems { items })];
    let messages = all(parts.map(|part| UpdateStandingRequest { part: Some(part) }));
    let events = face.face.update_standing(place, actor, messages).await?;
    let written = face.face.compute.run(move || CollectedKept::updated(events)).await;
    Ok(text(written.map_err(stopping)??))
}

async fn match_standing(face: &JsonFace, request: Request) -> Result<Response, Refusal> {
    let (place, actor, said) = face.heard::<MatchStandingRequest>(request, Act::Standing).await?;
    let events = face.face.match_standing(place, &actor.id, &said.standing_id).await?;
    let (compute, events) = (&face.face.compute, tokio_stream::iter(events));
    Ok(said_in(JSON, collected(compute, events, CollectedMatch::default(), CollectedMatch::piece)))
}

async fn end_standing(face: &JsonFace, request: Request) -> Result<Response, Refusal> {
    let (_place, actor, said) = face.heard::<EndStandingRequest>(request, Act::Standing).await?;
    face.face.end_standing(&actor.id, &said.standing_id).await?;
    written(&EndStandingResponse {})
}

/// A call that may be read: what it holds is in memory, and so it has a place.
struct Placed {
    place: OwnedSemaphorePermit,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
}

impl JsonFace {
    /// Who calls, if that is for them to do; before anything of the body is read.
    async fn admitted(
        &self,
        request: Request,
        act: Act,
    ) -> Result<(Actor, HeaderMap, Body), Refusal> {
        let (head, body) = request.into_parts();
        let caller = head
            .extensions
            .get::<Caller>()
            .ok_or_else(|| Refusal::new(Reason::Internal, "the connection has no identity"))?;
        match self.authorised(caller, &head.headers, act).await {
            Ok(actor) => Ok((actor, head.headers, body)),
            Err(refusal) => {
                body::discard(&head.headers, body).await;
                Err(refusal)
            }
        }
    }

    /// The same with a place among the calls under way, for every call that has a body.
    async fn placed(&self, request: Request, act: Act) -> Result<Placed, Refusal> {
        let (actor, headers, body) = self.admitted(request, act).await?;
        match self.face.place() {
            Ok(place) => Ok(Placed { place, actor, headers, body }),
            Err(refusal) => {
                body::discard(&headers, body).await;
                Err(refusal)
            }
        }
    }

    /// The same, with what the body says.
    async fn heard<T: Mapped + 'static>(
        &self,
        request: Request,
        act: Act,
    ) -> Result<(OwnedSemaphorePermit, Actor, T), Refusal> {
        let Placed { place, actor, headers, body } = self.placed(request, act).await?;
        let said: Json<T> = body::one(&headers, body, &self.face.compute).await?;
        Ok((place, actor, said.0))
    }
}

fn all<T: Send + 'static, const N: usize>(messages: [T; N]) -> impl Messages<T> {
    tokio_stream::iter(messages.map(Ok))
}

/// What `write` makes of each event, on the pool, when the caller has taken what was before.
fn pieces<T: Send + 'static>(
    compute: &Compute,
    events: impl Stream<Item = T> + Send + 'static,
    write: impl Fn(T) -> Result<Vec<u8>, Refusal> + Clone + Send + 'static,
) -> impl Stream<Item = Result<Vec<u8>, Refusal>> + Send + 'static {
    let compute = compute.clone();
    events.then(move |event| {
        let (compute, write) = (compute.clone(), write.clone());
        async move { compute.run(move || write(event)).await.map_err(stopping)? }
    })
}

/// The same where a piece depends on those before it, which `text` remembers.
fn collected<T: Send + 'static, C: Send + 'static>(
    compute: &Compute,
    events: impl Stream<Item = T> + Send + 'static,
    text: C,
    piece: fn(&mut C, T) -> Result<Vec<u8>, Refusal>,
) -> impl Stream<Item = Result<Vec<u8>, Refusal>> + Send + 'static {
    let text = Arc::new(Mutex::new(text));
    pieces(compute, events, move |event| {
        // One event is written after another, so nobody waits; what a panic left half done is not
        // continued, for the answer ended with it.
        piece(&mut text.lock().unwrap_or_else(PoisonError::into_inner), event)
    })
}

fn said_in(
    kind: HeaderValue,
    pieces: impl Stream<Item = Result<Vec<u8>, Refusal>> + Send + 'static,
) -> Response {
    said(StatusCode::OK, kind, Body::from_stream(pieces))
}

fn written<T: Mapped>(message: &T) -> Result<Response, Refusal> {
    write(message).map(text)
}

fn text(text: Vec<u8>) -> Response {
    said(StatusCode::OK, JSON, Body::from(text))
}

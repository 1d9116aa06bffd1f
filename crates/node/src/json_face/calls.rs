use std::{pin::Pin, sync::Arc};

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
use tokio::sync::Mutex;
use tokio_stream::{Stream, StreamExt as _};

use super::{
    JsonFace, OPENAPI, body,
    collected::{CollectedCheck, CollectedKept, CollectedMatch, line},
    mapping::{Json, Mapped, Said, write},
    problem::{said, said_to_anyone},
    stream::Caller,
};
use crate::bureau_face::{Act, Messages};

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
    let (actor, headers, body) = face.admitted(request, Act::Check).await?;
    let said: Said<CheckStart, CheckItem> = body::one(&headers, body, &face.face.compute).await?;
    let (start, items) = said.into_parts();
    let parts =
        [check_request::Part::Start(start), check_request::Part::Items(CheckItems { items })];
    let messages = all(parts.map(|part| CheckRequest { part: Some(part) }));
    let answers = face.face.answer(actor, messages).await?;
    let collected = Arc::new(Mutex::new(CollectedCheck::default()));
    let pieces = pieces(&face.face.compute, answers, move |event| {
        // One event is written after another: nobody else holds it.
        collected.try_lock().map_err(|_| broken())?.piece(event)
    });
    Ok(said_in(JSON, pieces))
}

async fn check_stream(face: &JsonFace, request: Request) -> Result<Response, Refusal> {
    let (actor, headers, body) = face.admitted(request, Act::Check).await?;
    let messages = body::lines(&headers, body, &face.face.compute).await?;
    let answers = face.face.answer(actor, messages).await?;
    let pieces = pieces(&face.face.compute, answers, |event: CheckResponse| line(&event));
    Ok(said_in(LINES, pieces))
}

async fn approve(face: &JsonFace, request: Request) -> Result<Response, Refusal> {
    let peer = request.extensions().get::<Caller>().and_then(|caller| caller.peer.clone());
    let (actor, said) = face.heard::<ApproveCheckRequest>(request, Act::Approve).await?;
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
    let (actor, headers, body) = face.admitted(request, Act::Standing).await?;
    let said: Said<CheckStart, StandingItem> =
        body::one(&headers, body, &face.face.compute).await?;
    let (start, items) = said.into_parts();
    let parts = [Part::Start(start), Part::Items(StandingItems { items })];
    let messages = all(parts.map(|part| BeginStandingRequest { part: Some(part) }));
    let events = face.face.begin_standing(actor, messages).await?;
    Ok(text(CollectedKept::begun(events)?))
}

async fn update_standing(face: &JsonFace, request: Request) -> Result<Response, Refusal> {
    use update_standing_request::Part;
    let (actor, headers, body) = face.admitted(request, Act::Standing).await?;
    let said: Said<UpdateStandingStart, StandingItem> =
        body::one(&headers, body, &face.face.compute).await?;
    let (start, items) = said.into_parts();
    let parts = [Part::Start(start), Part::Items(StandingItems { items })];
    let messages = all(parts.map(|part| UpdateStandingRequest { part: Some(part) }));
    let events = face.face.update_standing(actor, messages).await?;
    Ok(text(CollectedKept::updated(events)?))
}

async fn match_standing(face: &JsonFace, request: Request) -> Result<Response, Refusal> {
    let (actor, said) = face.heard::<MatchStandingRequest>(request, Act::Standing).await?;
    let events = face.face.match_standing(&actor.id, &said.standing_id).await?;
    let mut collected = CollectedMatch::default();
    let pieces = tokio_stream::iter(events.map(move |event| collected.piece(event)));
    Ok(said_in(JSON, pieces))
}

async fn end_standing(face: &JsonFace, request: Request) -> Result<Response, Refusal> {
    let (actor, said) = face.heard::<EndStandingRequest>(request, Act::Standing).await?;
    face.face.end_standing(&actor.id, &said.standing_id).await?;
    written(&EndStandingResponse {})
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

    /// The same, with what the body says.
    async fn heard<T: Mapped + 'static>(
        &self,
        request: Request,
        act: Act,
    ) -> Result<(Actor, T), Refusal> {
        let (actor, headers, body) = self.admitted(request, act).await?;
        let said: Json<T> = body::one(&headers, body, &self.face.compute).await?;
        Ok((actor, said.0))
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
        async move { compute.run(move || write(event)).await.unwrap_or_else(|_| Err(broken())) }
    })
}

fn broken() -> Refusal {
    Refusal::new(Reason::TryAgain, "the node is stopping; ask again when it is up")
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

//! The JSON face: the bureau face once more, as HTTP with JSON, for places where gRPC cannot go.
//!
//! Who may do what, how questions are read, their limits and what is refused are the bureau face's;
//! here are only another spelling of its messages and another way to show who one is.

mod attempts;
mod body;
mod caller;
mod calls;
mod collected;
mod malformed;
mod mapping;
mod problem;
mod shape;
mod unconnected;

use std::{io, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::Request, routing::MethodFilter};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use symbolon_policy::Refusal;
use tokio::{sync::watch, task::JoinSet};
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};
use tower::ServiceExt as _;

use self::attempts::Attempts;
use crate::{
    accepted::Accepted,
    bureau_face::{BureauFace, MOST_ITEMS_A_MESSAGE},
    stopping::until_stopped,
};

pub(crate) use caller::Caller;
#[doc(hidden)]
pub use unconnected::{ReadJson, read_bearer, read_json, read_lines};

/// The longest body that is not a stream, and the longest line of one that is.
const LONGEST_BODY: usize = symbolon_client::bureau::MAX_MESSAGE_LEN;
/// Names, values, objects and arrays in a body, or in a line.
const MOST_VALUES: usize = 16 * MOST_ITEMS_A_MESSAGE;
/// How deep objects and arrays stand in one another.
const DEEPEST: usize = 8;
const MOST_HEADERS: usize = 64;
const LONGEST_HEADERS: usize = 16 << 10;
/// For the headers of the next request, so that an idle connection ends as well.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);

/// What the JSON face serves, described for programs.
const OPENAPI: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// The service behind the JSON face.
#[derive(Clone)]
pub(crate) struct JsonFace {
    face: BureauFace,
    attempts: Arc<Attempts>,
    stopped: watch::Receiver<bool>,
}

impl JsonFace {
    /// The JSON form of `face`, until `stopped` says so.
    pub(crate) fn new(face: BureauFace, stopped: watch::Receiver<bool>) -> Self {
        Self { face, attempts: Arc::default(), stopped }
    }

    /// Serves connections until the node stops, and then finishes what is in flight.
    pub(crate) async fn serve(self, mut incoming: ReceiverStream<io::Result<Accepted<Caller>>>) {
        let stopped = self.stopped.clone();
        let router = self.into_router();
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(HEADERS_WITHIN)
            .max_headers(MOST_HEADERS)
            .max_header_size(LONGEST_HEADERS);
        let mut connections = JoinSet::new();
        loop {
            let stream = tokio::select! {
                () = until_stopped(stopped.clone()) => break,
                _ = connections.join_next(), if !connections.is_empty() => continue,
                next = incoming.next() => match next {
                    Some(Ok(stream)) => stream,
                    Some(Err(_)) => continue,
                    None => break,
                },
            };
            let (router, caller) = (router.clone(), stream.who().clone());
            let service = service_fn(move |mut request: hyper::Request<Incoming>| {
                request.extensions_mut().insert(caller.clone());
                router.clone().oneshot(request.map(Body::new))
            });
            let connection = http.serve_connection(TokioIo::new(stream), service);
            let stopped = stopped.clone();
            connections.spawn(async move {
                let mut connection = std::pin::pin!(connection);
                // How a connection ends is its caller's business.
                tokio::select! {
                    _ = connection.as_mut() => return,
                    () = until_stopped(stopped) => connection.as_mut().graceful_shutdown(),
                }
                let _ = connection.await;
            });
        }
        drop(incoming);
        while connections.join_next().await.is_some() {}
    }

    fn into_router(self) -> Router {
        let mut router = Router::new();
        for call in calls::ALL {
            let filter = match call.method {
                "GET" => MethodFilter::GET,
                _ => MethodFilter::POST,
            };
            let face = self.clone();
            let answer = move |request: Request| {
                let (face, run) = (face.clone(), call.run);
                async move { run(face, request).await }
            };
            router = router.route(call.path, axum::routing::on(filter, answer));
        }
        let (nowhere, otherwise) = (self.clone(), self);
        router
            .fallback(move || async move { nowhere.problem(&problem::path_unknown()) })
            .method_not_allowed_fallback(move || async move {
                otherwise.problem(&problem::method_not_allowed())
            })
    }

    /// Counts a refusal and says it.
    fn problem(&self, refusal: &Refusal) -> axum::response::Response {
        self.face.count_refusal(refusal);
        problem::response(refusal, time::OffsetDateTime::now_utc())
    }
}

#[cfg(test)]
mod tests;

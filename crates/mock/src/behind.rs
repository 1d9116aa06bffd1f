use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tonic::{
    body::Body,
    codegen::http::{Request, Response},
};
use tower::{BoxError, Service};

/// How long the first message of a call is waited for before the node gets it unseen.
pub(crate) const FIRST_MESSAGE: Duration = Duration::from_secs(10);

pub(crate) type Answered = Result<Response<Body>, BoxError>;

/// The services of a node's face.
pub trait Face:
    Service<Request<Body>, Response = Response<Body>, Error: Into<BoxError>, Future: Send>
    + Clone
    + Send
    + 'static
{
}

impl<S> Face for S where
    S: Service<Request<Body>, Response = Response<Body>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + 'static
{
}

/// What stands between a face and the network.
pub trait Between: Clone + Send + 'static {
    /// What comes of a call: the face's answer, as it is or altered, or something in its place.
    fn call(self, face: impl Face, request: Request<Body>)
    -> impl Future<Output = Answered> + Send;
}

/// A face behind what stands between it and the network.
#[derive(Clone)]
pub struct Behind<S, B> {
    pub(crate) face: S,
    pub(crate) between: B,
}

impl<S: Face, B: Between> Service<Request<Body>> for Behind<S, B> {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Answered> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // The face is asked when it is called.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(self.between.clone().call(self.face.clone(), request))
    }
}

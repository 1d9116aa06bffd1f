use tonic::{body::Body, codegen::http, service::Routes};
use tower::{BoxError, Layer, Service};

/// What stands between the services of a face and the network. The node that bureaus run has
/// nothing there; a node that others test their programs against may have something that delays,
/// alters or breaks off what passes.
pub trait Wire: Layer<Routes, Service: OnWire> + Clone + Send + 'static {}

impl<L: Layer<Routes, Service: OnWire> + Clone + Send + 'static> Wire for L {}

/// A face behind a [`Wire`].
pub trait OnWire:
    Service<
        http::Request<Body>,
        Response = http::Response<Body>,
        Error: Into<BoxError> + Send + 'static,
        Future: Send,
    > + Clone
    + Send
    + 'static
{
}

impl<S> OnWire for S where
    S: Service<
            http::Request<Body>,
            Response = http::Response<Body>,
            Error: Into<BoxError> + Send + 'static,
            Future: Send,
        > + Clone
        + Send
        + 'static
{
}

//! gRPC messages in an HTTP/2 body: a flag, a length of four bytes, and the message.

use bytes::{BufMut as _, Bytes, BytesMut};
use http_body_util::{BodyExt as _, StreamBody};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    Status,
    body::Body,
    codegen::http::{HeaderMap, HeaderValue, Response},
};

type Frame = http_body::Frame<Bytes>;

const PREFIX: usize = 5;
/// Longer than any message of either face. What is longer passes as it comes, for the node to refuse.
const LONGEST: usize = 9 << 20;
/// Messages under way between one side and the other.
const UNDER_WAY: usize = 2;

/// The messages of a body, with their prefixes.
pub(crate) struct Frames {
    body: Body,
    buffer: BytesMut,
    trailers: Option<HeaderMap>,
    too_long: bool,
}

impl Frames {
    pub(crate) fn new(body: Body) -> Self {
        Self { body, buffer: BytesMut::new(), trailers: None, too_long: false }
    }

    /// The next message, or what is left at the end; `None` after it. Nothing is lost when the future
    /// is dropped.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Status> {
        loop {
            if let Some(frame) = self.take() {
                return Ok(Some(frame));
            }
            match self.body.frame().await {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.buffer.put(data),
                    Err(frame) => self.trailers = frame.into_trailers().ok(),
                },
                Some(Err(status)) => return Err(status),
                None if self.buffer.is_empty() => return Ok(None),
                None => return Ok(Some(self.buffer.split().freeze())),
            }
        }
    }

    /// What stood after the last message.
    pub(crate) fn trailers(&mut self) -> Option<HeaderMap> {
        self.trailers.take()
    }

    fn take(&mut self) -> Option<Bytes> {
        let length = self.buffer.get(1..PREFIX).and_then(|length| length.try_into().ok());
        let length = usize::try_from(u32::from_be_bytes(length?)).unwrap_or(usize::MAX);
        self.too_long |= length > LONGEST;
        if self.too_long {
            return Some(self.buffer.split().freeze());
        }
        let whole = length.saturating_add(PREFIX);
        (self.buffer.len() >= whole).then(|| self.buffer.split_to(whole).freeze())
    }
}

/// The message in a frame, if there is a whole one and it is not compressed, which ours never are.
pub(crate) fn message(frame: &Bytes) -> Option<Bytes> {
    let length = u32::from_be_bytes(frame.get(1..PREFIX)?.try_into().ok()?);
    let whole = usize::try_from(length).ok()?.checked_add(PREFIX)? == frame.len();
    (whole && frame.first() == Some(&0)).then(|| frame.slice(PREFIX..))
}

/// A message with its prefix.
pub(crate) fn framed(message: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(message.len().saturating_add(PREFIX));
    frame.put_u8(0);
    frame.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    frame.put_slice(message);
    frame.freeze()
}

/// Where the frames of a body go that is made while it is sent.
pub(crate) struct Outgoing(mpsc::Sender<Result<Frame, Status>>);

impl Outgoing {
    /// Sends a frame; `false` once nobody reads any more.
    pub(crate) async fn send(&self, frame: Bytes) -> bool {
        self.0.send(Ok(Frame::data(frame))).await.is_ok()
    }

    /// Ends the body as `trailers` say; without any it ends as a client's does.
    pub(crate) async fn end(self, trailers: Option<HeaderMap>) {
        if let Some(trailers) = trailers {
            let _ = self.0.send(Ok(Frame::trailers(trailers))).await;
        }
    }

    /// Resets the stream.
    pub(crate) async fn reset(self) {
        let _ = self.0.send(Err(Status::internal("the stream was reset"))).await;
    }
}

/// A body, and where its frames come from.
pub(crate) fn made_while_sent() -> (Outgoing, Body) {
    let (sender, receiver) = mpsc::channel(UNDER_WAY);
    (Outgoing(sender), Body::new(StreamBody::new(ReceiverStream::new(receiver))))
}

/// The trailers of a call that went well.
pub(crate) fn went_well() -> HeaderMap {
    HeaderMap::from_iter([(Status::GRPC_STATUS, HeaderValue::from_static("0"))])
}

/// The answer to a call, with these messages.
pub(crate) fn answered(messages: Vec<Bytes>) -> Response<Body> {
    let (outgoing, body) = made_while_sent();
    tokio::spawn(async move {
        for message in messages {
            if !outgoing.send(message).await {
                return;
            }
        }
        outgoing.end(Some(went_well())).await;
    });
    let mut response = Response::new(body);
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    response
}

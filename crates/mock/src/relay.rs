//! Passes the messages of a body on, one after another.

use bytes::Bytes;
use tonic::{Status, body::Body};

use crate::frames::{Frames, made_while_sent, went_well};

/// What is sent in place of a message, and what follows.
pub(crate) struct Next {
    frames: Vec<Bytes>,
    then: Then,
}

enum Then {
    GoOn,
    End,
    Reset,
}

impl Next {
    /// These, and then what becomes of the next message.
    pub(crate) fn frames(frames: Vec<Bytes>) -> Self {
        Self { frames, then: Then::GoOn }
    }

    /// Nothing, and the body ends as an answer does that is whole.
    pub(crate) fn end() -> Self {
        Self { frames: Vec::new(), then: Then::End }
    }

    /// Nothing, and the stream is reset.
    pub(crate) fn reset() -> Self {
        Self { frames: Vec::new(), then: Then::Reset }
    }

    /// The same with a message before it.
    pub(crate) fn after(self, frame: Bytes) -> Self {
        Self { frames: vec![frame], ..self }
    }
}

/// Says what becomes of each message.
pub(crate) trait OnTheWay: Send + 'static {
    /// What becomes of this one.
    fn next(&mut self, frame: Bytes) -> impl Future<Output = Next> + Send;
}

impl<F: FnMut(Bytes) -> Next + Send + 'static> OnTheWay for F {
    fn next(&mut self, frame: Bytes) -> impl Future<Output = Next> + Send {
        std::future::ready(self(frame))
    }
}

/// The messages of a body, as `way` passes them on. `first` is what was taken of it before.
pub(crate) fn relay(
    first: Option<Result<Option<Bytes>, Status>>,
    mut frames: Frames,
    mut way: impl OnTheWay,
) -> Body {
    let (outgoing, body) = made_while_sent();
    tokio::spawn(async move {
        let mut taken = first;
        loop {
            let frame = match taken.take() {
                Some(first) => first,
                None => frames.next().await,
            };
            let next = match frame {
                Ok(Some(frame)) => way.next(frame).await,
                Ok(None) => return outgoing.end(frames.trailers()).await,
                Err(_) => return outgoing.reset().await,
            };
            for frame in next.frames {
                if !outgoing.send(frame).await {
                    return;
                }
            }
            match next.then {
                Then::GoOn => {}
                Then::End => return outgoing.end(Some(went_well())).await,
                Then::Reset => return outgoing.reset().await,
            }
        }
    });
    body
}

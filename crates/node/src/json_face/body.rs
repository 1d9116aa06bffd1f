use std::time::Duration;

use axum::{
    body::{Body, BodyDataStream, Bytes},
    http::{
        HeaderMap,
        header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT},
    },
};
use bytes::BytesMut;
use serde::Deserialize;
use symbolon_client::Compute;
use symbolon_policy::{Reason, Refusal};
use symbolon_proto::bureau::v1::CheckRequest;
use tokio::{sync::mpsc, time::timeout};
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};

use super::{
    LONGEST_BODY,
    mapping::{Json, read},
};
use crate::bureau_face::{Messages, invalid, limit, stopping};

/// Between two pieces of a body, and for a whole one that is not a stream.
const SILENCE: Duration = Duration::from_secs(10);
const WHOLE_WITHIN: Duration = Duration::from_secs(60);
/// Of a body that is refused so much is still read.
const MOST_DISCARDED: usize = 4 * LONGEST_BODY;
const DISCARDED_WITHIN: Duration = Duration::from_secs(5);
/// What is shorter is read at once where it came: less than it takes to hand it on.
const SHORT: usize = 16 << 10;

pub(super) const JSON: &str = "application/json";
pub(super) const LINES: &str = "application/x-ndjson";

/// What a body of type `application/json` says.
pub(super) async fn one<T: for<'de> Deserialize<'de> + Send + 'static>(
    headers: &HeaderMap,
    body: Body,
    compute: &Compute,
) -> Result<T, Refusal> {
    if let Err(refusal) = expect(headers, JSON) {
        discard(headers, body).await;
        return Err(refusal);
    }
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > LONGEST_BODY as u64) {
        discard(headers, body).await;
        return Err(too_long());
    }
    let bytes = timeout(WHOLE_WITHIN, whole(body)).await.map_err(|_| too_slow())??;
    understood(bytes, compute).await
}

/// Reads on for a moment and keeps nothing: a caller that is still sending would lose what is answered if
/// the connection were closed at once. One that waits to be told to send is not told.
pub(super) async fn discard(headers: &HeaderMap, body: Body) {
    if !headers.contains_key(EXPECT) {
        discard_rest(&mut body.into_data_stream()).await;
    }
}

async fn discard_rest(pieces: &mut BodyDataStream) {
    let reading = async {
        let mut left = MOST_DISCARDED;
        while let Some(Ok(piece)) = pieces.next().await {
            left = match left.checked_sub(piece.len()) {
                Some(left) => left,
                None => return,
            };
        }
    };
    let _ = timeout(DISCARDED_WITHIN, reading).await;
}

/// The messages of a check that come as lines of type `application/x-ndjson`.
pub(super) async fn lines(
    headers: &HeaderMap,
    body: Body,
    compute: &Compute,
) -> Result<impl Messages<CheckRequest> + use<>, Refusal> {
    if let Err(refusal) = expect(headers, LINES) {
        discard(headers, body).await;
        return Err(refusal);
    }
    let (sender, messages) = mpsc::channel(1);
    let compute = compute.clone();
    tokio::spawn(async move {
        let mut lines = Lines::of(body);
        loop {
            let line = tokio::select! {
                line = lines.next() => Some(line),
                () = sender.closed() => None,
            };
            let message = match line {
                Some(Ok(Some(line))) => {
                    understood::<Json<CheckRequest>>(line, &compute).await.map(|one| one.0)
                }
                Some(Ok(None)) => return,
                Some(Err(refusal)) => Err(refusal),
                // Nobody waits for it any more.
                None => break,
            };
            let is_last = message.is_err();
            if sender.send(message).await.is_err() || is_last {
                break;
            }
        }
        discard_rest(&mut lines.pieces).await;
    });
    Ok(ReceiverStream::new(messages))
}

/// Refuses a body that is not said to be `wanted`.
pub(super) fn expect(headers: &HeaderMap, wanted: &str) -> Result<(), Refusal> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let (kind, parameters) = kind.split_once(';').unwrap_or((kind, ""));
    let is_utf8 = parameters
        .split(';')
        .map(|one| one.trim().to_ascii_lowercase())
        .all(|one| matches!(one.as_str(), "" | "charset=utf-8" | "charset=\"utf-8\""));
    if kind.trim().eq_ignore_ascii_case(wanted)
        && is_utf8
        && !headers.contains_key(CONTENT_ENCODING)
    {
        return Ok(());
    }
    Err(Refusal::new(
        Reason::MediaType,
        format!(
            "the body must be {wanted}, in UTF-8 and not compressed, and Content-Type must say so"
        ),
    ))
}

async fn whole(body: Body) -> Result<Bytes, Refusal> {
    let mut pieces = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(piece) = next(&mut pieces).await? {
        if bytes.len().saturating_add(piece.len()) > LONGEST_BODY {
            discard_rest(&mut pieces).await;
            return Err(too_long());
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes.into())
}

async fn understood<T: for<'de> Deserialize<'de> + Send + 'static>(
    bytes: Bytes,
    compute: &Compute,
) -> Result<T, Refusal> {
    if bytes.len() <= SHORT {
        return read(&bytes);
    }
    compute.run(move || read(&bytes)).await.map_err(stopping)?
}

/// A body as lines; the last one may lack its end.
pub(super) struct Lines {
    pieces: BodyDataStream,
    rest: BytesMut,
}

impl Lines {
    pub(super) fn of(body: Body) -> Self {
        Self { pieces: body.into_data_stream(), rest: BytesMut::new() }
    }

    /// The next line that is not empty.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        let mut looked_at = 0;
        loop {
            let fresh = self.rest.get(looked_at..).unwrap_or_default();
            if let Some(end) = fresh.iter().position(|byte| *byte == b'\n') {
                let line = self.rest.split_to(looked_at.saturating_add(end).saturating_add(1));
                looked_at = 0;
                if !line.trim_ascii().is_empty() {
                    return Ok(Some(line.freeze()));
                }
                continue;
            }
            looked_at = self.rest.len();
            match next(&mut self.pieces).await? {
                Some(piece) if self.rest.len().saturating_add(piece.len()) > LONGEST_BODY => {
                    return Err(limit("a line is longer than 8 MiB"));
                }
                Some(piece) => self.rest.extend_from_slice(&piece),
                None => {
                    let line = self.rest.split().freeze();
                    return Ok(Some(line).filter(|line| !line.trim_ascii().is_empty()));
                }
            }
        }
    }
}

async fn next(pieces: &mut BodyDataStream) -> Result<Option<Bytes>, Refusal> {
    let piece = timeout(SILENCE, pieces.next()).await.map_err(|_| too_slow())?;
    piece.transpose().map_err(|_| invalid("the body broke off"))
}

fn too_long() -> Refusal {
    limit("the body is longer than 8 MiB")
}

fn too_slow() -> Refusal {
    Refusal::new(Reason::TooSlow, "the body did not come in time; send it without pauses")
}

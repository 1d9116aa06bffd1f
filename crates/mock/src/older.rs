//! A bureau of an older version of the contract, which neither reads nor writes what was added since.

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, MessageDescriptor, ReflectMessage as _, Value,
};
use tonic::{
    Status,
    body::Body,
    codegen::http::{Request, Response},
};
use tower::ServiceExt as _;

use crate::{
    behind::{Answered, Face},
    frames::{Frames, framed, message},
    relay::{Next, relay},
};

/// Calls the face as if it knew this contract only. Services that the contract does not have, such as health,
/// are called as they are.
pub(crate) async fn call(
    face: impl Face,
    contract: &DescriptorPool,
    request: Request<Body>,
) -> Answered {
    let path = request.uri().path().trim_start_matches('/').to_owned();
    let service = path.split_once('/').and_then(|(service, name)| {
        contract.get_service_by_name(service).map(|service| (service, name))
    });
    let Some((service, name)) = service else {
        return face.oneshot(request).await.map_err(Into::into);
    };
    let Some(method) = service.methods().find(|method| method.name() == name) else {
        return Ok(Status::unimplemented("there was no such method yet").into_http());
    };
    let (input, output) = (method.input(), method.output());
    let (parts, body) = request.into_parts();
    let body =
        relay(None, Frames::new(body), move |frame| Next::frames(vec![older(&input, frame)]));
    let answer = face.oneshot(Request::from_parts(parts, body)).await.map_err(Into::into)?;
    let (parts, body) = answer.into_parts();
    let body =
        relay(None, Frames::new(body), move |frame| Next::frames(vec![older(&output, frame)]));
    Ok(Response::from_parts(parts, body))
}

fn older(descriptor: &MessageDescriptor, frame: Bytes) -> Bytes {
    let read =
        message(&frame).and_then(|bytes| DynamicMessage::decode(descriptor.clone(), bytes).ok());
    read.map_or(frame, |read| framed(&without_unknown(&read).encode_to_vec()))
}

/// The message without fields, in it and in all within it, that its descriptor does not have.
pub fn without_unknown(message: &DynamicMessage) -> DynamicMessage {
    let mut known = DynamicMessage::new(message.descriptor());
    for (field, value) in message.fields() {
        known.set_field(&field, known_in(value));
    }
    known
}

fn known_in(value: &Value) -> Value {
    match value {
        Value::Message(message) => Value::Message(without_unknown(message)),
        Value::List(values) => Value::List(values.iter().map(known_in).collect()),
        other => other.clone(),
    }
}

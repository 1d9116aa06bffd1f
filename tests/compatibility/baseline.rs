//! The frozen contract, and a client that knows nothing but it.

use std::sync::OnceLock;

use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, Kind, MessageDescriptor, MethodDescriptor, ReflectMessage as _,
};
use tonic::{
    Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http::uri::PathAndQuery,
    transport::Channel,
};

/// A number that no field has.
const LATER: u32 = 3_000;
/// A value that no enumeration has.
const LATER_VALUE: u64 = 99;

/// The contract as it was frozen.
pub(crate) fn pool() -> &'static DescriptorPool {
    static POOL: OnceLock<DescriptorPool> = OnceLock::new();
    POOL.get_or_init(|| {
        DescriptorPool::decode(include_bytes!("../../proto/baseline/v1.binpb").as_slice()).unwrap()
    })
}

/// A method, for instance `symbolon.bureau.v1.BureauService`, `Check`.
pub(crate) fn method(service: &str, name: &str) -> MethodDescriptor {
    let service = pool().get_service_by_name(service).unwrap();
    service.methods().find(|method| method.name() == name).unwrap()
}

/// The names of a service's methods.
pub(crate) fn methods(service: &str) -> Vec<String> {
    let service = pool().get_service_by_name(service).unwrap();
    service.methods().map(|method| method.name().to_owned()).collect()
}

/// The message of this program as the frozen contract has it.
pub(crate) fn as_frozen(descriptor: MessageDescriptor, bytes: &[u8]) -> DynamicMessage {
    DynamicMessage::decode(descriptor, bytes)
        .unwrap_or_else(|error| panic!("the frozen contract does not read this: {error}"))
}

/// Calls a method with messages that are sent as they are, and returns what came back as the frozen
/// contract reads it, up to the status that ended it.
pub(crate) async fn call(
    channel: Channel,
    method: &MethodDescriptor,
    messages: Vec<Vec<u8>>,
) -> (Vec<DynamicMessage>, Result<(), Status>) {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let mut client = Grpc::new(channel).max_decoding_message_size(16 << 20);
    client.ready().await.unwrap();
    let codec = Frozen(method.output());
    let request = Request::new(tokio_stream::iter(messages));
    let answers = client.streaming(request, PathAndQuery::try_from(path).unwrap(), codec).await;
    let mut answers = match answers {
        Ok(answers) => answers.into_inner(),
        Err(status) => return (Vec::new(), Err(status)),
    };
    let mut all = Vec::new();
    loop {
        match answers.message().await {
            Ok(Some(answer)) => all.push(answer),
            Ok(None) => return (all, Ok(())),
            Err(status) => return (all, Err(status)),
        }
    }
}

/// Sends bytes; reads messages as the frozen contract has them.
#[derive(Clone)]
struct Frozen(MessageDescriptor);

impl Codec for Frozen {
    type Encode = Vec<u8>;
    type Decode = DynamicMessage;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        self.clone()
    }

    fn decoder(&mut self) -> Self {
        self.clone()
    }
}

impl Encoder for Frozen {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, bytes: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        bytes::BufMut::put_slice(buffer, &bytes);
        Ok(())
    }
}

impl Decoder for Frozen {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        let decoded = DynamicMessage::decode(self.0.clone(), buffer)
            .map_err(|error| Status::data_loss(error.to_string()))?;
        Ok(Some(decoded))
    }
}

/// What of a message belongs to a later version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Later {
    /// Fields that are not known, in it and in every message within it.
    Fields,
    /// The same, and values of enumerations that are not known, in place of known ones.
    FieldsAndValues,
}

/// The message as a later version might send it.
pub(crate) fn as_later(message: &DynamicMessage, later: Later) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (field, value) in message.fields() {
        let one = |value: &prost_reflect::Value, bytes: &mut Vec<u8>| {
            let number = field.number();
            match (field.kind(), value) {
                (Kind::Message(_), prost_reflect::Value::Message(inner)) => {
                    delimited(number, &as_later(inner, later), bytes);
                }
                (Kind::Enum(_), _) if later == Later::FieldsAndValues => {
                    varint(u64::from(number) << 3, bytes);
                    varint(LATER_VALUE, bytes);
                }
                _ => {
                    let mut alone = DynamicMessage::new(message.descriptor());
                    let value = if field.is_list() {
                        prost_reflect::Value::List(vec![value.clone()])
                    } else {
                        value.clone()
                    };
                    alone.set_field(&field, value);
                    bytes.extend(alone.encode_to_vec());
                }
            }
        };
        match value {
            prost_reflect::Value::List(values) => {
                values.iter().for_each(|value| one(value, &mut bytes));
            }
            value => one(value, &mut bytes),
        }
    }
    bytes.extend(nothing_known());
    bytes
}

/// A message of which nothing is known.
pub(crate) fn nothing_known() -> Vec<u8> {
    let mut bytes = Vec::new();
    varint(u64::from(LATER) << 3, &mut bytes);
    varint(7, &mut bytes);
    delimited(LATER + 1, b"of a later version", &mut bytes);
    varint(u64::from(LATER + 2) << 3 | 1, &mut bytes);
    bytes.extend([1, 2, 3, 4, 5, 6, 7, 8]);
    varint(u64::from(LATER + 3) << 3 | 5, &mut bytes);
    bytes.extend([1, 2, 3, 4]);
    bytes
}

fn delimited(number: u32, value: &[u8], bytes: &mut Vec<u8>) {
    varint(u64::from(number) << 3 | 2, bytes);
    varint(value.len() as u64, bytes);
    bytes.extend(value);
}

fn varint(mut value: u64, bytes: &mut Vec<u8>) {
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
}

#[test]
fn what_this_program_serves_is_the_frozen_contract_and_more() {
    let now = DescriptorPool::decode(symbolon_proto::FILE_DESCRIPTOR_SET).unwrap();
    for message in pool().all_messages() {
        if !message.full_name().starts_with("symbolon.") {
            continue;
        }
        let here = now.get_message_by_name(message.full_name()).unwrap_or_else(|| {
            panic!("{} is gone", message.full_name());
        });
        for field in message.fields() {
            let same = here.get_field(field.number()).is_some_and(|here| {
                here.name() == field.name()
                    && kind(&here.kind()) == kind(&field.kind())
                    && here.cardinality() == field.cardinality()
            });
            assert!(same, "{} is not what it was", field.full_name());
        }
    }
    for before in pool().all_enums().filter(|one| one.full_name().starts_with("symbolon.")) {
        let here = now.get_enum_by_name(before.full_name()).unwrap();
        for value in before.values() {
            let same = here.get_value(value.number()).map(|here| here.name().to_owned());
            assert_eq!(same.as_deref(), Some(value.name()));
        }
    }
    for before in pool().services() {
        let here = now.get_service_by_name(before.full_name()).unwrap();
        for method in before.methods() {
            let same = here.methods().any(|here| {
                here.name() == method.name()
                    && here.input().full_name() == method.input().full_name()
                    && here.output().full_name() == method.output().full_name()
                    && here.is_client_streaming() == method.is_client_streaming()
                    && here.is_server_streaming() == method.is_server_streaming()
            });
            assert!(same, "{} is not what it was", method.full_name());
        }
    }
}

fn kind(kind: &Kind) -> String {
    match kind {
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(one) => one.full_name().to_owned(),
        other => format!("{other:?}"),
    }
}

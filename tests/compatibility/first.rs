//! The contract as it was first frozen, before anything was added: its clients are answered still.

use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, Value};
use symbolon_exchange::Received;
use symbolon_tests::raw;

use crate::{
    baseline::{as_frozen, call},
    bureau_face::{APPROVAL, BUREAU, assert_goes_on, channel, ordinary, world},
    partner_face::{self, PARTNER},
};

/// Methods of a service as it was then.
fn methods(service: &str) -> Vec<MethodDescriptor> {
    let first = include_bytes!("../../proto/baseline/v1-first.binpb");
    let pool = DescriptorPool::decode(first.as_slice()).unwrap();
    pool.get_service_by_name(service).unwrap().methods().collect()
}

/// What a client of then would have sent: without what it had no field for.
fn as_first(method: &MethodDescriptor, messages: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let each = messages.iter().map(|bytes| as_frozen(method.input(), bytes));
    each.map(|message| prost::Message::encode_to_vec(&without_later(&message))).collect()
}

fn without_later(message: &DynamicMessage) -> DynamicMessage {
    let mut first = DynamicMessage::new(prost_reflect::ReflectMessage::descriptor(message));
    for (field, value) in message.fields() {
        first.set_field(&field, without_later_in(value));
    }
    first
}

fn without_later_in(value: &Value) -> Value {
    match value {
        Value::Message(message) => Value::Message(without_later(message)),
        Value::List(values) => Value::List(values.iter().map(without_later_in).collect()),
        other => other.clone(),
    }
}

#[tokio::test]
async fn clients_of_the_contract_as_it_was_first_frozen_are_answered_but_for_an_approval_of_nobody()
{
    let (world, approver) = world().await;
    let mut standing = Vec::new();
    for (service, profile) in [(BUREAU, &world.profile), (APPROVAL, &approver)] {
        for method in methods(service) {
            let messages = as_first(&method, ordinary(method.name(), &standing));
            let (answers, end) = call(channel(profile), &method, messages).await;
            if method.name() == "ApproveCheck" {
                // The one thing that it asks and then did not: an approval for whoever asks is none.
                let refused = Received::read(&end.unwrap_err());
                assert_eq!(refused.reason.as_deref(), Some("invalid_argument"));
                assert!(refused.sentence.contains("name who may ask"), "{}", refused.sentence);
                continue;
            }
            assert!(end.is_ok(), "{}: {end:?}", method.name());
            if method.name() == "BeginStanding" {
                let last = answers.last().unwrap();
                let kept = last.get_field_by_name("kept").unwrap().as_message().unwrap().clone();
                standing =
                    kept.get_field_by_name("standing_id").unwrap().as_bytes().unwrap().to_vec();
            }
        }
    }
    let shown = raw::credentials(&world.requester);
    let partner = raw::channel(&world.owner, &shown).await.unwrap();
    for method in methods(PARTNER) {
        let messages = as_first(&method, partner_face::ordinary(&world, method.name(), None));
        let (answers, end) = call(partner.clone(), &method, messages).await;
        assert!(end.is_ok() && !answers.is_empty(), "{}: {end:?}", method.name());
    }
    assert_goes_on(&world).await;
}

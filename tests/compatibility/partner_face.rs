//! The partner face, called by a partner of the frozen contract and by one of a later version.

use prost::Message;
use symbolon_exchange::{AgreementText, sign};
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{Label, SignedAgreement};
use symbolon_proto::partner::v1::{
    DownloadTagSetRequest, ExchangeCheckpointsRequest, ExchangeDisclosuresRequest,
    GetLogCheckpointRequest, GetLogConsistencyRequest, GetManifestsRequest,
};
use symbolon_store::KeyName;
use symbolon_tests::{
    World,
    raw::{self, Question, chunk_message, header_message},
};
use time::OffsetDateTime;

use crate::{
    baseline::{Later, as_frozen, as_later, call, method, methods, nothing_known, pool},
    bureau_face::{LISTED, UNLISTED, assert_goes_on, world},
};

pub(crate) const PARTNER: &str = "symbolon.partner.v1.PartnerService";

/// The messages of an ordinary call of each method, as the requester makes it; a header has what a later
/// version might sign in it.
pub(crate) fn ordinary(world: &World, name: &str, later: Option<Later>) -> Vec<Vec<u8>> {
    let agreement_id = world.agreement.terms().id.to_string();
    match name {
        "GetManifests" => vec![
            GetManifestsRequest { agreement_id, agreement_hash: world.agreement.hash().0.to_vec() }
                .encode_to_vec(),
        ],
        "DownloadTagSet" => {
            let now = OffsetDateTime::now_utc();
            let (scope, ..) = world.agreement.scopes_of(&world.owner.code, now).next().unwrap();
            let scope_id = scope.id().0.to_vec();
            let request = DownloadTagSetRequest {
                agreement_id,
                scope_id,
                version: 1,
                offset: 0,
                labels: false,
            };
            vec![request.encode_to_vec()]
        }
        "Check" => check(world, later),
        "GetLogCheckpoint" => {
            vec![GetLogCheckpointRequest { agreement_id, known_size: 0 }.encode_to_vec()]
        }
        "GetLogConsistency" => {
            let request = GetLogConsistencyRequest { agreement_id, first_size: 1, second_size: 2 };
            vec![request.encode_to_vec()]
        }
        "ExchangeCheckpoints" => {
            let request = ExchangeCheckpointsRequest { agreement_id, checkpoints: Vec::new() };
            vec![request.encode_to_vec()]
        }
        "ExchangeAgreement" => {
            let mut file = SignedAgreement::draft(world.agreement.terms()).unwrap();
            world.requester.sign(&mut file).unwrap();
            let text = AgreementText::new(file, Vec::new()).unwrap();
            vec![text.request().unwrap().encode_to_vec()]
        }
        "ExchangeDisclosures" => {
            let request = ExchangeDisclosuresRequest {
                agreement_id,
                letters: Vec::new(),
                padding: Vec::new(),
            };
            vec![request.encode_to_vec()]
        }
        other => panic!("the frozen contract has a method {other} that is not tried here"),
    }
}

fn check(world: &World, later: Option<Later>) -> Vec<Vec<u8>> {
    let values = [(LISTED, None), (UNLISTED, None)];
    let (requester, owner) = (&world.requester, &world.owner);
    let question = Question::new(&world.agreement, requester, owner, IdentifierType::Imo, &values);
    let key = KeyName::Header.read(&requester.folder).unwrap();
    let mut signed = question.header.sign(&key);
    if let Some(later) = later {
        let descriptor = pool().get_message_by_name("symbolon.v1.CheckHeader").unwrap();
        let header = as_later(&as_frozen(descriptor, &signed.document), later);
        signed = sign(&key, Label::CheckHeader, header);
    }
    let chunks = question.chunks.into_iter().map(chunk_message);
    std::iter::once(header_message(signed)).chain(chunks).map(|one| one.encode_to_vec()).collect()
}

#[tokio::test]
async fn partners_of_the_frozen_contract_and_of_a_later_one_are_answered_on_the_partner_face() {
    let (world, _) = world().await;
    let shown = raw::credentials(&world.requester);
    for later in [None, Some(Later::Fields), Some(Later::FieldsAndValues)] {
        for name in methods(PARTNER) {
            let method = method(PARTNER, &name);
            let messages = ordinary(&world, &name, later).into_iter().map(|bytes| {
                let message = as_frozen(method.input(), &bytes);
                later.map_or(bytes, |later| as_later(&message, later))
            });
            let channel = raw::channel(&world.owner, &shown).await.unwrap();
            let (answers, end) = call(channel, &method, messages.collect()).await;
            assert!(end.is_ok(), "{name}, {later:?}: {end:?}");
            assert!(!answers.is_empty(), "{name}");
            for answer in &answers {
                assert!(answer.unknown_fields().next().is_none(), "{name}: {answer:?}");
            }
            if name == "Check" {
                assert!(answers.last().unwrap().has_field_by_name("receipt"), "{answers:?}");
            }
        }
        assert_goes_on(&world).await;
    }
}

#[tokio::test]
async fn a_message_of_which_nothing_is_known_is_refused_with_a_reason() {
    let (world, _) = world().await;
    let shown = raw::credentials(&world.requester);
    for name in methods(PARTNER) {
        let channel = raw::channel(&world.owner, &shown).await.unwrap();
        let (_, end) = call(channel, &method(PARTNER, &name), vec![nothing_known()]).await;
        let status = end.expect_err(&name);
        assert!(!raw::reason_of(&status).is_empty(), "{name}: {status:?}");
    }
    assert_goes_on(&world).await;
}

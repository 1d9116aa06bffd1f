//! The bureau face, called by a client of the frozen contract and by one of a later version.

use std::collections::BTreeMap;

use prost::Message;
use prost_reflect::DynamicMessage;
use symbolon_cli::Profile;
use symbolon_client::{Credentials, bureau, read_certificates};
use symbolon_policy::rules::Role;
use symbolon_proto::{
    bureau::v1::{
        ApproveCheckRequest, BeginStandingRequest, CheckItem, CheckItems, CheckRequest, CheckStart,
        EndStandingRequest, ListCoverageRequest, ListStandingRequest, MatchStandingRequest,
        StandingChange, StandingItem, StandingItems, StatedFacts, SubjectCategory,
        UpdateStandingRequest, UpdateStandingStart, begin_standing_request, check_request,
        update_standing_request,
    },
    v1::Urgency,
};
use symbolon_tests::{
    Offer, World,
    world::{outcomes, reason},
};
use tonic::transport::Channel;

use crate::baseline::{Later, as_frozen, as_later, call, method, methods};

pub(crate) const LISTED: &str = "9074729";
pub(crate) const UNLISTED: &str = "9305219";
pub(crate) const BUREAU: &str = "symbolon.bureau.v1.BureauService";
pub(crate) const APPROVAL: &str = "symbolon.bureau.v1.ApprovalService";

/// A world that lets lists be kept asked, and an approver at the requester.
pub(crate) async fn world() -> (World, Profile) {
    let offer = Offer {
        list: format!("record_id,identifier_type,value,country\nR1,imo,{LISTED},\n"),
        types: vec![symbolon_identifiers::IdentifierType::Imo],
        daily_quota: 100_000,
    };
    let world = World::with_terms(&offer, |terms| {
        terms.standing_days = Some(30);
        let faults = symbolon_mock::CallFault::ALL.iter().map(|fault| fault.purpose());
        terms.purposes.extend(faults);
    })
    .await;
    let path = world.requester.issue_with("approver", &[Role::Approver]).unwrap();
    let approver = Profile::find(Some(&path)).unwrap();
    (world, approver)
}

pub(crate) fn channel(profile: &Profile) -> Channel {
    let roots = read_certificates(&profile.root).unwrap();
    let credentials = Credentials::read(&profile.certificate, &profile.key).unwrap();
    bureau::channel(&profile.endpoint, &roots, &credentials).unwrap()
}

pub(crate) async fn assert_goes_on(world: &World) {
    let report = world.ask(&[("imo", LISTED, ""), ("imo", UNLISTED, "")]).await;
    assert_eq!(outcomes(&report), ["hit", "no_hit"], "{:?}", report.answers);
}

fn start() -> CheckStart {
    let why = reason();
    CheckStart {
        purpose: why.purpose,
        urgency: Urgency::Urgent.into(),
        officer: why.officer,
        case_reference: why.case_reference,
        justification: why.justification,
        timeout: Some(prost_types::Duration { seconds: 20, nanos: 0 }),
        stated: Some(StatedFacts {
            subject_category: SubjectCategory::Object.into(),
            ..StatedFacts::default()
        }),
        ..CheckStart::default()
    }
}

fn item(number: u64, value: &str) -> CheckItem {
    CheckItem {
        r#ref: number,
        identifier_type: "imo".to_owned(),
        value: value.to_owned(),
        country: String::new(),
    }
}

fn standing_items(change: StandingChange, values: &[&str]) -> StandingItems {
    let items = (1..).zip(values).map(|(number, value)| StandingItem {
        r#ref: format!("ship {number}"),
        item: Some(item(number, value)),
        change: change.into(),
    });
    StandingItems { items: items.collect() }
}

/// The messages of an ordinary call of each method.
pub(crate) fn ordinary(name: &str, standing: &[u8]) -> Vec<Vec<u8>> {
    let standing_id = standing.to_vec();
    match name {
        "Check" => {
            let items = vec![item(1, LISTED), item(2, UNLISTED)];
            let parts = [
                check_request::Part::Start(start()),
                check_request::Part::Items(CheckItems { items }),
            ];
            parts.map(|part| CheckRequest { part: Some(part) }.encode_to_vec()).to_vec()
        }
        "ListCoverage" => vec![ListCoverageRequest {}.encode_to_vec()],
        "BeginStanding" => {
            let items = standing_items(StandingChange::Unspecified, &[LISTED, UNLISTED]);
            let parts = [
                begin_standing_request::Part::Start(start()),
                begin_standing_request::Part::Items(items),
            ];
            parts.map(|part| BeginStandingRequest { part: Some(part) }.encode_to_vec()).to_vec()
        }
        "UpdateStanding" => {
            let begin = UpdateStandingStart { standing_id, timeout: None };
            let parts = [
                update_standing_request::Part::Start(begin),
                update_standing_request::Part::Items(standing_items(
                    StandingChange::Remove,
                    &[UNLISTED],
                )),
            ];
            parts.map(|part| UpdateStandingRequest { part: Some(part) }.encode_to_vec()).to_vec()
        }
        "MatchStanding" => vec![MatchStandingRequest { standing_id }.encode_to_vec()],
        "ListStanding" => vec![ListStandingRequest {}.encode_to_vec()],
        "EndStanding" => vec![EndStandingRequest { standing_id }.encode_to_vec()],
        "ApproveCheck" => {
            let request = ApproveCheckRequest {
                case_reference: "case-11".to_owned(),
                purpose: "border_check".to_owned(),
                most_elements: 10,
                valid_for: Some(prost_types::Duration { seconds: 3_600, nanos: 0 }),
                asker: "officer-7".to_owned(),
                identifier_types: Vec::new(),
            };
            vec![request.encode_to_vec()]
        }
        other => panic!("the frozen contract has a method {other} that is not tried here"),
    }
}

#[tokio::test]
async fn clients_of_the_frozen_contract_and_of_a_later_one_are_answered_on_the_bureau_face() {
    let (world, approver) = world().await;
    for later in [None, Some(Later::Fields), Some(Later::FieldsAndValues)] {
        let mut standing = Vec::new();
        for (service, profile) in [(BUREAU, &world.profile), (APPROVAL, &approver)] {
            for name in methods(service) {
                let method = method(service, &name);
                let messages = ordinary(&name, &standing).into_iter().map(|bytes| {
                    let message = as_frozen(method.input(), &bytes);
                    later.map_or(bytes, |later| as_later(&message, later))
                });
                let (answers, end) = call(channel(profile), &method, messages.collect()).await;
                assert!(end.is_ok(), "{name}, {later:?}: {end:?}");
                for answer in &answers {
                    assert!(answer.unknown_fields().next().is_none(), "{name}: {answer:?}");
                }
                match name.as_str() {
                    "Check" => assert_eq!(outcomes_of(&answers), BTreeMap::from([(1, 1), (2, 2)])),
                    "BeginStanding" => {
                        // Items whose change nobody knows do not join.
                        let last = answers.last().unwrap();
                        let kept = inner(last, "kept");
                        let added = number(&kept, "added");
                        assert_eq!(added, 2, "{later:?}");
                        standing = kept
                            .get_field_by_name("standing_id")
                            .unwrap()
                            .as_bytes()
                            .unwrap()
                            .to_vec();
                    }
                    "UpdateStanding" => {
                        let kept = inner(answers.last().unwrap(), "kept");
                        let removed = u64::from(later != Some(Later::FieldsAndValues));
                        assert_eq!(number(&kept, "removed"), removed, "{later:?}");
                        assert_eq!(number(&kept, "added"), 0, "{later:?}");
                    }
                    "MatchStanding" => {
                        let matched = inner(answers.last().unwrap(), "matched");
                        assert_eq!(number(&matched, "hits"), 1);
                    }
                    _ => {}
                }
            }
        }
        assert_goes_on(&world).await;
    }
}

/// The outcome of each item, by its number.
fn outcomes_of(answers: &[DynamicMessage]) -> BTreeMap<u64, i32> {
    let mut outcomes = BTreeMap::new();
    for event in answers.iter().filter(|event| event.has_field_by_name("answers")) {
        let answers = inner(event, "answers");
        let answers = answers.get_field_by_name("answers").unwrap().into_owned();
        for answer in answers.as_list().unwrap() {
            let answer = answer.as_message().unwrap();
            let outcome = answer.get_field_by_name("outcome").unwrap().as_enum_number().unwrap();
            outcomes.insert(number(answer, "ref"), outcome);
        }
    }
    outcomes
}

pub(crate) fn inner(message: &DynamicMessage, field: &str) -> DynamicMessage {
    message.get_field_by_name(field).unwrap().as_message().unwrap().clone()
}

fn number(message: &DynamicMessage, field: &str) -> u64 {
    message.get_field_by_name(field).unwrap().as_u64().unwrap()
}

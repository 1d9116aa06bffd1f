use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use symbolon_cli::Profile;
use symbolon_policy::rules::Role;
use symbolon_proto::bureau::v1::{
    CheckItem, CheckItems, CheckRequest, CheckStart, ListCoverageRequest, Outcome, check_request,
    check_response::Event,
};
use symbolon_tests::World;

use super::{client::Client, start, world};

/// Hits, no hits, a type that nobody offers, and two that cannot be read.
const ITEMS: [(u64, &str, &str, &str); 8] = [
    (1, "imo", "IMO 9074729", ""),
    (2, "imo", "9176187", ""),
    (3, "travel_document", "l898902c3", "UTO"),
    (7, "email", "wanted@example.org", ""),
    (18_446_744_073_709_551_615, "email", "nobody@example.org", ""),
    (9, "phone", "+44 7400 123456", ""),
    (10, "imo", "9074720", ""),
    (11, "no_such_type", "1", ""),
];

/// What an answer comes to, in whichever form it came.
type Said = (String, String, String, String, String, String);

async fn over_grpc(world: &World) -> BTreeSet<Said> {
    let start = CheckStart {
        purpose: "border_check".to_owned(),
        officer: "officer-7".to_owned(),
        case_reference: "case-11".to_owned(),
        timeout: Some(prost_types::Duration { seconds: 20, nanos: 0 }),
        ..CheckStart::default()
    };
    let items = ITEMS
        .iter()
        .map(|(reference, kind, value, country)| CheckItem {
            r#ref: *reference,
            identifier_type: (*kind).to_owned(),
            value: (*value).to_owned(),
            country: (*country).to_owned(),
        })
        .collect();
    let parts =
        [check_request::Part::Start(start), check_request::Part::Items(CheckItems { items })];
    let requests = tokio_stream::iter(parts.map(|part| CheckRequest { part: Some(part) }));
    let mut client = world.profile.connect().unwrap();
    let mut events = client.check(requests).await.unwrap().into_inner();
    let mut said = BTreeSet::new();
    while let Some(event) = events.message().await.unwrap() {
        match event.event.unwrap() {
            Event::Rejected(one) => {
                let none = String::new;
                said.insert((
                    one.r#ref.to_string(),
                    none(),
                    none(),
                    none(),
                    one.reason,
                    one.sentence,
                ));
            }
            Event::Answers(answers) => {
                let source = answers.source.unwrap();
                for one in answers.answers {
                    said.insert((
                        one.r#ref.to_string(),
                        Outcome::try_from(one.outcome).unwrap().as_str_name().to_owned(),
                        source.dataset.clone(),
                        format!(
                            "{} {}",
                            source.set_version,
                            source.desk.clone().unwrap_or_default().phone
                        ),
                        one.reason,
                        one.sentence,
                    ));
                }
            }
            Event::Started(_) | Event::Finished(_) => {}
        }
    }
    said
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn rejected(one: &Value) -> Said {
    let none = String::new;
    (text(&one["ref"]), none(), none(), none(), text(&one["reason"]), text(&one["sentence"]))
}

fn answered(answers: &Value) -> impl Iterator<Item = Said> {
    let source = &answers["source"];
    answers["answers"].as_array().unwrap().iter().map(move |one| {
        (
            text(&one["ref"]),
            text(&one["outcome"]),
            text(&source["dataset"]),
            format!(
                "{} {}",
                text(&source["setVersion"]),
                source["desk"]["phone"].as_str().unwrap_or("")
            ),
            text(&one["reason"]),
            text(&one["sentence"]),
        )
    })
}

fn items() -> Vec<Value> {
    ITEMS
        .iter()
        .map(|(reference, kind, value, country)| {
            json!({"ref": reference, "identifierType": kind, "value": value, "country": country})
        })
        .collect()
}

#[tokio::test]
async fn a_question_gets_the_same_answers_as_over_grpc_at_once_and_as_a_stream() {
    let (world, address) = world(|_| {}).await;
    let client = Client::with_certificate(&address, &world.profile);
    let expected = over_grpc(&world).await;
    assert_eq!(expected.len(), ITEMS.len());

    let answer = client.post("/v1/check", &json!({"start": start(), "items": items()})).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    assert_eq!(answer.header("cache-control"), "no-store");
    let answer = answer.json();
    let found = answer["answers"].as_array().unwrap().iter().flat_map(answered);
    let found = found.chain(answer["rejected"].as_array().unwrap().iter().map(rejected));
    assert_eq!(found.collect::<BTreeSet<_>>(), expected);
    assert_eq!(answer["started"]["accepted"], "6");
    assert_eq!(STANDARD.decode(text(&answer["started"]["checkId"])).unwrap().len(), 16);
    assert!(text(&answer["finished"]["elapsed"]).ends_with('s'));

    // Each item in a line of its own; numbers as strings are read as well.
    let mut lines = json!({"start": start()}).to_string() + "\r\n\n";
    for mut item in items() {
        item["ref"] = json!(item["ref"].to_string());
        lines += &(json!({"items": {"items": [item]}}).to_string() + "\n");
    }
    let kind = [("content-type", "application/x-ndjson; charset=utf-8")];
    let answer = client.send("POST", "/v1/check/stream", &kind, lines).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/x-ndjson"));
    let events: Vec<Value> =
        answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(events.first().unwrap().get("started").is_some());
    assert!(events.last().unwrap().get("finished").is_some());
    let found = events.iter().filter_map(|event| event.get("answers")).flat_map(answered);
    let found = found.chain(events.iter().filter_map(|event| event.get("rejected")).map(rejected));
    assert_eq!(found.collect::<BTreeSet<_>>(), expected);
}

#[tokio::test]
async fn coverage_and_health_say_what_they_say_over_grpc() {
    let (world, address) = world(|_| {}).await;
    let mut client = world.profile.connect().unwrap();
    let expected = client.list_coverage(ListCoverageRequest {}).await.unwrap().into_inner().entries;
    let client = Client::with_certificate(&address, &world.profile);
    let found = client.get("/v1/coverage").await.json();
    let found = found["entries"].as_array().unwrap();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        let source = expected.source.as_ref().unwrap();
        assert_eq!(found["source"]["bureau"], source.bureau);
        assert_eq!(found["source"]["identifierType"], source.identifier_type);
        assert_eq!(found["source"]["setVersion"], source.set_version.to_string());
        let at = time::OffsetDateTime::from_unix_timestamp(source.updated_at.unwrap().seconds);
        let format = &time::format_description::well_known::Rfc3339;
        assert_eq!(found["source"]["updatedAt"], at.unwrap().format(format).unwrap());
        assert_eq!(found["agreementId"], expected.agreement_id);
        assert_eq!(found["dailyQuota"], expected.daily_quota.to_string());
        assert_eq!(found["purposes"], json!(expected.purposes));
        assert_eq!(found["paddedLen"], expected.padded_len.to_string());
    }
    let nobody = Client::nobody(&address, &world.requester);
    let health = nobody.get("/v1/health").await;
    assert_eq!((health.status, health.json()), (200, json!({"status": "SERVING"})));
    let described = nobody.get("/v1/openapi.json").await.json();
    assert_eq!(described["openapi"], "3.1.0");
}

#[tokio::test]
async fn a_list_stays_asked_and_an_approval_is_taken_over_json_too() {
    let (world, address) = world(|terms| terms.standing_days = Some(30)).await;
    let client = Client::with_certificate(&address, &world.profile);
    let item = |name: &str, number: u64, value: &str| json!({"ref": name, "item": {"ref": number, "identifierType": "imo", "value": value}});
    let begin = json!({
        "start": start(),
        "items": [item("known", 1, "9074729"), item("unknown", 2, "9176187"), item("bad", 3, "1")],
    });
    let begun = client.post("/v1/standing/begin", &begin).await;
    assert_eq!(begun.status, 200, "{}", begun.text());
    let begun = begun.json();
    assert_eq!(begun["rejected"][0]["ref"], "3");
    assert_eq!(begun["kept"]["added"], "2");
    let which = json!({"standingId": begun["kept"]["standingId"]});

    let matched = client.post("/v1/standing/match", &which).await.json();
    let hits = matched["lists"][0]["hits"].as_array().unwrap();
    assert_eq!((hits.len(), &hits[0]["ref"]), (1, &json!("known")));
    assert_eq!(
        (&matched["matched"]["hits"], &matched["matched"]["newHits"]),
        (&json!("1"), &json!("1"))
    );

    let listed = client.get("/v1/standing").await.json();
    assert_eq!(listed["checks"][0]["standingId"], which["standingId"]);
    assert_eq!(listed["checks"][0]["entries"], "2");

    let mut gone = item("known", 1, "9074729");
    gone["change"] = json!("STANDING_CHANGE_REMOVE");
    let update = json!({"start": which, "items": [gone]});
    let updated = client.post("/v1/standing/update", &update).await.json();
    assert_eq!(updated["kept"]["removed"], "1");

    let matched = client.post("/v1/standing/match", &which).await.json();
    assert_eq!(matched["matched"]["hits"], "0");
    // It is its analyst's, and nobody else's.
    let other = world.requester.issue_with("other", &[Role::Analyst]).unwrap();
    let other = Client::with_certificate(&address, &Profile::find(Some(&other)).unwrap());
    let unknown = (404, "standing_unknown".to_owned());
    assert_eq!(other.post("/v1/standing/match", &which).await.refusal(), unknown);
    assert_eq!(client.post("/v1/standing/end", &which).await.json(), json!({}));
    assert_eq!(client.post("/v1/standing/end", &which).await.refusal(), unknown);

    let approver = world.requester.issue_with("approver", &[Role::Approver]).unwrap();
    let approver = Client::with_certificate(&address, &Profile::find(Some(&approver)).unwrap());
    let approval = json!({
        "caseReference": "case-11", "purpose": "border_check", "mostElements": 200, "validFor": "3600s",
        "asker": "analyst",
    });
    let approved = approver.post("/v1/approvals", &approval).await;
    assert_eq!(approved.status, 200, "{}", approved.text());
    assert!(text(&approved.json()["validUntil"]).ends_with('Z'));
    let refused = client.post("/v1/approvals", &approval).await.refusal();
    assert_eq!(refused, (403, "role_missing".to_owned()));
}

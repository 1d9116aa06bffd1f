//! What `symbolon mock` says of itself is what it does.

use std::{
    io::BufReader,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::Value;
use symbolon_cli::{
    CliError, Profile,
    asking::{Asked, CheckReport, Reason, StatedFacts, Urgency, ask},
    scenario::{Bureau, read_card},
};
use symbolon_client::{Credentials, PartnerTrust};
use symbolon_identifiers::IdentifierType;
use symbolon_oprf::{Blind, Proof, voprf};
use symbolon_policy::{Agreement, SignedAgreement};
use symbolon_proto::{bureau::v1::SubjectCategory, partner::v1::check_response};
use symbolon_store::{DataFolder, KeyName};
use symbolon_tagset::{MembershipHash, TagSet};
use symbolon_tests::{
    program,
    raw::{self, Question},
};
use tempfile::TempDir;
use tonic::Code;

struct Mock {
    said: Value,
    child: Child,
    folder: TempDir,
}

impl Mock {
    fn start(arguments: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let mut child = Command::new(program())
            .args(["--json", "mock", "--until-input-closes", "--delay", "1", "--dir"])
            .arg(folder.path().join("mock"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let mut values = serde_json::Deserializer::from_reader(said).into_iter();
        let said = values.next().expect("it says what it is").unwrap();
        Self { said, child, folder }
    }

    fn agency(&self) -> Profile {
        let agency = &self.said["bureau_face"]["callers"][0];
        Profile::find(Some(agency["profile"].as_str().unwrap().as_ref())).unwrap()
    }

    fn bureau(&self, folder: &str) -> Bureau {
        let folder = DataFolder::open(&self.folder.path().join("mock").join(folder)).unwrap();
        let card = read_card(&folder.card()).unwrap();
        Bureau {
            code: card.code.clone(),
            folder,
            card,
            bureau_endpoint: String::new(),
            metrics: ([127, 0, 0, 1], 0).into(),
        }
    }

    /// Ends it as the program does that started it: by ending itself.
    fn stop(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

fn reason(purpose: &str) -> Reason {
    let subject_category = if purpose == "missing_person" {
        SubjectCategory::Missing
    } else {
        SubjectCategory::Unspecified
    };
    Reason {
        purpose: purpose.to_owned(),
        offence_class: if purpose == "criminal_investigation" {
            "vehicle_theft".to_owned()
        } else {
            String::new()
        },
        urgency: Urgency::Routine,
        officer: "tester".to_owned(),
        case_reference: format!("case of {purpose}"),
        justification: "a test".to_owned(),
        stated: StatedFacts { subject_category: subject_category.into(), ..StatedFacts::default() },
        bureaus: Vec::new(),
        timeout: Duration::from_secs(20),
        check_id: None,
    }
}

async fn ask_one(
    mock: &Mock,
    why: &Reason,
    identifier: [&str; 3],
) -> Result<CheckReport, CliError> {
    ask_about(mock, why, &[identifier]).await
}

async fn ask_about(
    mock: &Mock,
    why: &Reason,
    identifiers: &[[&str; 3]],
) -> Result<CheckReport, CliError> {
    let asked =
        (1..).zip(identifiers).map(|(reference, [identifier_type, value, country])| Asked {
            reference,
            identifier_type: (*identifier_type).to_owned(),
            value: (*value).to_owned(),
            country: (*country).to_owned(),
        });
    let asked: Vec<_> = asked.collect();
    ask(&mut mock.agency().connect()?, why, &asked, |_, _| {}).await
}

#[tokio::test]
async fn every_identifier_and_purpose_of_the_mock_does_what_it_says() {
    let mock = Mock::start(&[]);
    for one in mock.said["identifiers"].as_array().unwrap() {
        let text = |field: &str| one[field].as_str().unwrap();
        let why = reason(text("purpose"));
        let identifier = [text("identifier_type"), text("value"), text("country")];
        let report = ask_one(&mock, &why, identifier).await.unwrap();
        if text("answer") == "rejected" {
            assert_eq!(report.rejected[0].reason, text("reason"), "{one}");
            continue;
        }
        let [answer] = &report.answers[..] else { panic!("{one}: {report:?}") };
        assert_eq!(
            (answer.outcome, answer.reason.as_str()),
            (text("answer"), text("reason")),
            "{one}"
        );
        assert_eq!(answer.label.is_some(), text("remark").ends_with("label"), "{one}");
    }
    let hit = ["vin", "1M8GDM9AXKP042788", ""];
    let both = [hit, ["vin", "WVWZZZ1JZXW000001", ""]];
    for one in mock.said["purposes"].as_array().unwrap() {
        let text = |field: &str| one[field].as_str().unwrap();
        let mut why = reason(text("purpose"));
        if text("purpose").ends_with("silent") {
            why.timeout = Duration::from_secs(1);
        }
        if text("purpose") == "criminal_investigation" {
            why.stated.subject_category = SubjectCategory::Suspect.into();
        }
        if text("face") == "bureau" {
            call_faults(&mock, &why, hit, text("purpose"), text("reason")).await;
            continue;
        }
        let report = ask_about(&mock, &why, &both).await.unwrap();
        let [answer, other] = &report.answers[..] else { panic!("{one}: {report:?}") };
        assert_eq!(
            (answer.outcome, answer.reason.as_str()),
            (text("shown"), text("reason")),
            "{one}"
        );
        let shown = if text("shown") == "hit" { "no_hit" } else { text("shown") };
        assert_eq!(other.outcome, shown, "{one}");
    }
    for (name, reason_of_refusal) in
        [("inspector", "role_missing"), ("revoked", "certificate_revoked")]
    {
        let callers = mock.said["bureau_face"]["callers"].as_array().unwrap();
        let caller = callers.iter().find(|caller| caller["name"] == name).unwrap();
        let profile = Profile::find(Some(caller["profile"].as_str().unwrap().as_ref())).unwrap();
        let asked = Asked {
            reference: 1,
            identifier_type: "vin".to_owned(),
            value: hit[1].to_owned(),
            country: String::new(),
        };
        let mut client = profile.connect().unwrap();
        let refused = ask(&mut client, &reason("border_check"), &[asked], |_, _| {}).await;
        assert_eq!(refused.unwrap_err().reason, reason_of_refusal);
    }
    let report = ask_one(&mock, &reason("border_check"), hit).await.unwrap();
    assert_eq!(report.answers[0].outcome, "hit");
    holds_the_page_against(&mock.said);
    mock.stop();
}

/// That docs/mock.md has what the mock says of itself, row by row.
fn holds_the_page_against(said: &Value) {
    let page = include_str!("../../docs/mock.md");
    let rows = |cells: &[&str]| {
        let row = format!("| {} |", cells.join(" | "));
        assert!(page.contains(&row), "docs/mock.md has no row {row}");
    };
    let with = |answer: &str, reason: &str| match (answer, reason) {
        ("", "") => "an error without a reason".to_owned(),
        (answer, "") => answer.to_owned(),
        (answer, reason) => format!("{answer}, `{reason}`"),
    };
    for one in said["identifiers"].as_array().unwrap() {
        let text = |field: &str| one[field].as_str().unwrap();
        let value = format!("`{}`", text("value").replace('\n', " ⏎ "));
        let answer = with(text("answer"), text("reason"));
        rows(&[text("identifier_type"), &value, text("country"), &answer, text("remark")]);
    }
    for one in said["purposes"].as_array().unwrap() {
        let text = |field: &str| one[field].as_str().unwrap();
        if !text("face").is_empty() {
            let (purpose, shown) =
                (format!("`{}`", text("purpose")), with(text("shown"), text("reason")));
            rows(&[&purpose, text("what"), &shown]);
        }
    }
    for one in said["partner_face"]["agreements"].as_array().unwrap() {
        if one["remark"] != "" {
            let id = format!("`{}`", one["id"].as_str().unwrap());
            rows(&[&id, one["remark"].as_str().unwrap()]);
        }
    }
}

/// Faults of the bureau face itself: what this project's own client makes of them.
async fn call_faults(mock: &Mock, why: &Reason, hit: [&str; 3], purpose: &str, shown: &str) {
    let limit = Duration::from_secs(3);
    let asked = tokio::time::timeout(limit, ask_one(mock, why, hit)).await;
    match purpose {
        "mock_call_busy" => {
            assert_eq!(asked.unwrap().unwrap_err().reason, shown);
            assert_eq!(ask_one(mock, why, hit).await.unwrap().answers[0].outcome, "hit");
        }
        "mock_call_dropped_once" => {
            assert!(asked.unwrap().is_err());
            assert_eq!(ask_one(mock, why, hit).await.unwrap().answers[0].outcome, "hit");
        }
        "mock_call_internal" => assert_eq!(asked.unwrap().unwrap_err().reason, shown),
        "mock_call_slow" => assert_eq!(asked.unwrap().unwrap().answers[0].outcome, "hit"),
        "mock_call_silent" => assert!(asked.is_err(), "{asked:?}"),
        // The one answer is one that nobody knows yet.
        "mock_call_unknown" => assert_eq!(asked.unwrap().unwrap().answers[0].outcome, "no_answer"),
        // Whatever was said before does not count: a check that is not finished is an error.
        "mock_call_reset" | "mock_call_dropped" | "mock_call_cut" => {
            let error = asked.unwrap().unwrap_err();
            assert!(!error.sentence.is_empty(), "{error:?}");
        }
        other => panic!("{other} is not tried here"),
    }
}

#[tokio::test]
async fn a_partner_finds_in_the_folder_what_it_needs_to_ask_and_meets_the_faults_it_asks_for() {
    let mock = Mock::start(&[]);
    let partner = &mock.said["partner_face"];
    let path = |field: &str| std::path::PathBuf::from(partner[field].as_str().unwrap());
    let (owner, developer) = (mock.bureau("mockland"), mock.bureau("developer"));
    assert_eq!(read_card(&path("owner_card")).unwrap(), owner.card);
    assert_eq!(PartnerTrust::of(&owner.card).unwrap().root, der(&path("root")));
    let credentials = Credentials::read(&path("certificate"), &path("key")).unwrap();
    let header_key = symbolon_policy::SigningKey::from_pkcs8(&der(&path("header_key"))).unwrap();
    assert_eq!(
        header_key.verifying_key(),
        KeyName::Header.read(&developer.folder).unwrap().verifying_key()
    );
    let mut client = raw::connect(&owner, &credentials).await.unwrap();
    for one in partner["agreements"].as_array().unwrap() {
        let text = std::fs::read(one["file"].as_str().unwrap()).unwrap();
        let file = SignedAgreement::from_json(&text).unwrap();
        assert_eq!(file.canonical_text().unwrap(), text);
        assert_eq!(file.hash().unwrap().to_string(), one["hash"].as_str().unwrap());
    }
    let agreement = agreement(&developer).await;
    let of_folder = partner["agreements"].as_array().unwrap().iter();
    let hashes: Vec<_> = of_folder.filter_map(|one| one["hash"].as_str()).collect();
    assert!(hashes.contains(&agreement.hash().to_string().as_str()), "{hashes:?}");
    let manifests = raw::manifests(&mut client, &owner, &agreement).await.unwrap();
    let manifest =
        manifests.iter().find(|one| one.scope.identifier_type == IdentifierType::Vin).unwrap();

    // Properly, with what any RFC 9497 library does.
    let random = ring::rand::SystemRandom::new();
    let input =
        symbolon_identifiers::parse(IdentifierType::Vin, "1M8GDM9AXKP042788", None).unwrap();
    let inputs = [input.oprf_input()];
    let blinds = [Blind::random(&random).unwrap()];
    let blinded = voprf::blind(&inputs, &blinds).unwrap();
    let ask = |purpose: &str| {
        let mut question = Question::of_elements(
            &agreement,
            &developer,
            &owner,
            IdentifierType::Vin,
            blinded.clone(),
        );
        question.header.purpose = purpose.to_owned();
        question.messages(&header_key)
    };
    let finalized = |answers: &[symbolon_proto::partner::v1::CheckResponse]| {
        let Some(check_response::Part::Chunk(chunk)) = &answers[0].part else { panic!() };
        let proof = Proof::from_bytes(&chunk.proof).unwrap();
        voprf::finalize(&manifest.public_key, &inputs, &blinds, &blinded, &chunk.elements, &proof)
    };
    let answers = raw::send(&mut client, ask("border_check")).await.unwrap();
    let output = finalized(&answers).unwrap();
    let set = TagSet::from_bytes(download(&mut client, &agreement, manifest).await).unwrap();
    assert!(set.contains(&MembershipHash(output[0].membership_hash())));
    for purpose in ["mock_other_key", "mock_wrong_proof"] {
        let answers = raw::send(&mut client, ask(purpose)).await.unwrap();
        assert!(finalized(&answers).is_err(), "{purpose}");
    }
    let refused = raw::send(&mut client, ask("mock_quota")).await.unwrap_err();
    assert_eq!(
        (refused.code(), raw::reason_of(&refused).as_str()),
        (Code::ResourceExhausted, "quota_exhausted")
    );
    // The same check again is answered.
    let again = ask("mock_try_again");
    let refused = raw::send(&mut client, again.clone()).await.unwrap_err();
    assert_eq!(raw::reason_of(&refused), "try_again");
    assert!(finalized(&raw::send(&mut client, again).await.unwrap()).is_ok());
    mock.stop();
}

async fn download(
    client: &mut symbolon_proto::partner::v1::partner_service_client::PartnerServiceClient<
        tonic::transport::Channel,
    >,
    agreement: &Agreement,
    manifest: &symbolon_exchange::Manifest,
) -> Vec<u8> {
    let request = symbolon_proto::partner::v1::DownloadTagSetRequest {
        agreement_id: agreement.terms().id.to_string(),
        scope_id: manifest.scope_id().0.to_vec(),
        version: manifest.version,
        offset: 0,
        labels: false,
    };
    let mut pieces = client.download_tag_set(request).await.unwrap().into_inner();
    let mut file = Vec::new();
    while let Some(piece) = pieces.message().await.unwrap() {
        file.extend(piece.data);
    }
    file
}

/// The agreement without faults of its own, as the developers' bureau holds it.
async fn agreement(developer: &Bureau) -> Agreement {
    let store = developer.store().await.unwrap();
    let found = store.agreements().await.unwrap();
    store.close().await;
    found.into_iter().find(|one| one.terms().id.as_str() == "dev").unwrap()
}

/// The only item of a PEM file.
fn der(path: &std::path::Path) -> Vec<u8> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let text = std::fs::read_to_string(path).unwrap();
    let body: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(body).unwrap()
}

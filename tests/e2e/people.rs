//! Roles are separated: everybody does the work that the certificate names and no other's, on the
//! bureau face and at the keyboard, and the log says who did what.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    thread,
};

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair, SanType};
use serde_json::Value;
use symbolon_cli::{
    CliError, Profile,
    asking::{Asked, CheckReport, ask},
    rows::Row,
    scenario::{ADMINISTRATOR, Bureau},
    standing,
};
use symbolon_identifiers::IdentifierType;
use symbolon_policy::rules::Role;
use symbolon_proto::bureau::v1::{ApproveCheckRequest, ListCoverageRequest};
use symbolon_store::{AdministrativeAct, ApprovedQuestion, LogRecord};
use symbolon_tests::{
    Offer, World, program,
    world::{outcomes, reason},
};

const SHIP: &str = "9074729";

/// A profile of somebody with these roles.
fn somebody(bureau: &Bureau, name: &str, roles: &[Role]) -> Profile {
    Profile::find(Some(&bureau.issue_with(name, roles).unwrap())).unwrap()
}

async fn asks(profile: &Profile, items: u64) -> Result<CheckReport, CliError> {
    let asked: Vec<_> = (1..=items)
        .map(|reference| Asked {
            reference,
            identifier_type: "imo".to_owned(),
            value: SHIP.to_owned(),
            country: String::new(),
        })
        .collect();
    ask(&mut profile.connect()?, &reason(), &asked, |_, _| {}).await
}

async fn keeps_asking(profile: &Profile) -> Result<(), CliError> {
    let row = Row {
        line: 2,
        record: "mine".to_owned(),
        identifier_type: "imo".to_owned(),
        value: SHIP.to_owned(),
        country: String::new(),
        change: String::new(),
    };
    standing::begin(&mut profile.connect()?, &reason(), vec![row]).await.map(drop)
}

async fn sees_coverage(profile: &Profile) -> Result<(), CliError> {
    Ok(profile.connect()?.list_coverage(ListCoverageRequest {}).await.map(drop)?)
}

async fn approves(profile: &Profile, elements: u64) -> Result<(), CliError> {
    let request = ApproveCheckRequest {
        case_reference: "case-11".to_owned(),
        purpose: "border_check".to_owned(),
        asker: "officer".to_owned(),
        identifier_types: Vec::new(),
        most_elements: elements,
        valid_for: Some(prost_types::Duration { seconds: 3_600, nanos: 0 }),
    };
    Ok(profile.connect_approver()?.approve_check(request).await.map(drop)?)
}

fn reason_of<T>(result: Result<T, CliError>) -> String {
    result.err().map_or_else(|| "done".to_owned(), |error| error.reason)
}

async fn records(bureau: &Bureau) -> Vec<LogRecord> {
    let store = bureau.store().await.unwrap();
    let entries = store.log_entries(0, 10_000).await.unwrap();
    store.close().await;
    entries.into_iter().filter_map(|entry| entry.record).collect()
}

/// A certificate under the bureau's own root as programs of before issued it: with no role.
fn issue_of_before(bureau: &Bureau, name: &str) -> Profile {
    let read = |path| fs::read_to_string(path).unwrap();
    let root_key = KeyPair::from_pem(&read(bureau.folder.key("bureau-root"))).unwrap();
    let root = read(bureau.folder.certificate("bureau-root"));
    let issuer = Issuer::from_ca_cert_pem(&root, root_key).unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    let id = format!("spiffe://req.symbolon.internal/people/{name}");
    params.subject_alt_names.push(SanType::URI(id.as_str().try_into().unwrap()));
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let person = bureau.folder.person(name);
    fs::create_dir(&person).unwrap();
    fs::write(person.join("certificate.pem"), certificate.pem()).unwrap();
    fs::write(person.join("key.pem"), key.serialize_pem()).unwrap();
    fs::write(person.join("bureau-root.pem"), root).unwrap();
    let profile = Profile::issued(bureau.bureau_endpoint.clone(), name).write(&person).unwrap();
    Profile::find(Some(&profile)).unwrap()
}

#[tokio::test]
async fn everybody_does_the_work_of_the_role_and_no_other() {
    let world = World::with_terms(&Offer::default(), |terms| terms.standing_days = Some(30)).await;
    let bureau = &world.requester;
    let missing = "role_missing";
    // One question, a hundred and one, a standing check, coverage, an approval.
    let work: [(&str, &[Role], [&str; 5]); 7] = [
        ("o", &[Role::Officer], ["done", missing, missing, "done", missing]),
        ("a", &[Role::Analyst], ["done", "done", "done", "done", missing]),
        ("oa", &[Role::Officer, Role::Analyst], ["done", "done", "done", "done", missing]),
        ("l", &[Role::Legal], [missing, missing, missing, "done", missing]),
        ("ap", &[Role::Approver], [missing, missing, missing, "done", "done"]),
        ("i", &[Role::Inspector], [missing, missing, missing, "done", missing]),
        ("ad", &[Role::Administrator], [missing, missing, missing, "done", missing]),
    ];
    for (name, roles, expected) in work {
        let profile = somebody(bureau, name, roles);
        let found = [
            reason_of(asks(&profile, 1).await),
            reason_of(asks(&profile, 101).await),
            reason_of(keeps_asking(&profile).await),
            reason_of(sees_coverage(&profile).await),
            reason_of(approves(&profile, 200).await),
        ];
        assert_eq!(found, expected, "{roles:?}");
    }
    let officer = Profile::find(Some(&bureau.folder.person("o").join("profile.toml"))).unwrap();
    assert_eq!(outcomes(&asks(&officer, 100).await.unwrap()), ["hit"; 100]);
    let sentence = asks(&officer, 101).await.unwrap_err().sentence;
    assert!(sentence.contains("analyst") && sentence.contains("role officer"), "{sentence}");

    let of_before = issue_of_before(bureau, "before");
    for found in [
        reason_of(asks(&of_before, 1).await),
        reason_of(keeps_asking(&of_before).await),
        reason_of(sees_coverage(&of_before).await),
        reason_of(approves(&of_before, 200).await),
    ] {
        assert_eq!(found, missing);
    }
}

#[tokio::test]
async fn log_ins_and_refusals_are_logged_once_a_day_and_refusals_are_counted() {
    let world = World::new(&Offer::default()).await;
    let bureau = &world.requester;
    let lawyer = somebody(bureau, "jurist", &[Role::Legal]);
    let (day, mut client) = (time::OffsetDateTime::now_utc().date(), lawyer.connect().unwrap());
    for _ in 0..3 {
        client.list_coverage(ListCoverageRequest {}).await.unwrap();
        assert_eq!(reason_of(asks(&lawyer, 1).await), "role_missing");
    }
    let id = "spiffe://req.symbolon.internal/people/jurist";
    let all = records(bureau).await;
    let theirs: Vec<_> = all
        .iter()
        .filter_map(|record| match record {
            LogRecord::LoggedIn { by } if by.id == id => Some(("log_in", by)),
            LogRecord::ActRefused { act, by, .. } if by.id == id => Some((act.as_str(), by)),
            _ => None,
        })
        .collect();
    // Around midnight it may be the day after that is logged too.
    if time::OffsetDateTime::now_utc().date() == day {
        let kinds: Vec<_> = theirs.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, ["log_in", "check"]);
    }
    assert_eq!(theirs[0].1.roles, [Role::Legal].into());
    assert!(
        metrics(bureau)
            .await
            .contains("symbolon_bureau_calls_refused_total{reason=\"role_missing\"} 3")
    );
}

async fn metrics(bureau: &Bureau) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(bureau.metrics).await.unwrap();
    let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).await.unwrap();
    page
}

#[tokio::test]
async fn a_revoked_certificate_is_refused_on_an_open_connection_and_a_new_one_of_that_name_is_not()
{
    let world = World::new(&Offer::default()).await;
    let bureau = &world.requester;
    let profile = somebody(bureau, "anna", &[Role::Officer]);
    let mut open = profile.connect().unwrap();
    open.list_coverage(ListCoverageRequest {}).await.unwrap();
    let data = bureau.folder.root();
    let revoked = commanded(
        data,
        &["keys", "revoke", "anna", "--reason", "phone lost", "--as", ADMINISTRATOR],
    );
    assert_eq!(revoked["certificates"].as_array().unwrap().len(), 1);
    let status = open.list_coverage(ListCoverageRequest {}).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::PermissionDenied);
    assert_eq!(CliError::from(status).reason, "certificate_revoked");
    assert_eq!(reason_of(asks(&profile, 1).await), "certificate_revoked");

    let renew = ["keys", "issue", "anna", "--renew", "--role", "officer", "--as", ADMINISTRATOR];
    // Where the holder reaches the node is not said again.
    let elsewhere = ["--endpoint", "https://node.example:7444"];
    commanded(data, &[&renew[..], &elsewhere].concat());
    commanded(data, &renew);
    let renewed = world.requester.folder.person("anna").join("profile.toml");
    assert!(std::fs::read_to_string(renewed).unwrap().contains("https://node.example:7444"));
    commanded(data, &[&renew[..], &["--endpoint", &profile.endpoint]].concat());
    assert_eq!(reason_of(asks(&profile, 1).await), "done");
    let listed = commanded(data, &["keys", "list"]);
    let states: Vec<_> = listed["people"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|person| person["name"] == "anna")
        .map(|person| (person["state"].as_str().unwrap(), person["reason"].as_str()))
        .collect();
    assert!(states.contains(&("revoked", Some("phone lost"))), "{states:?}");
    assert!(states.contains(&("good", None)), "{states:?}");
}

#[tokio::test]
async fn an_approval_covers_questions_of_others_in_its_case() {
    let world = World::new(&Offer::default()).await;
    let bureau = &world.requester;
    let approver = somebody(bureau, "approver", &[Role::Approver]);
    let path = bureau.folder.person("approver").join("profile.toml");
    let path = path.to_str().unwrap();
    let case = ["approve", "--profile", path, "--case", "2026/117", "--purpose", "border_check"];
    let case = [&case[..], &["--for", "o", "--type", "imo"]].concat();
    let approved = done(&[&case[..], &["--most", "50", "--days", "30"]].concat());
    assert_eq!(approved["most_elements"], 50);
    assert_eq!(
        symbolon(&[&case[..], &["--most", "50", "--days", "31"]].concat()).status.code(),
        Some(2)
    );

    let store = bureau.store().await.unwrap();
    let (asker, now) = ("spiffe://req.symbolon.internal/people/o", time::OffsetDateTime::now_utc());
    let question = ApprovedQuestion {
        case_reference: "2026/117",
        purpose: "border_check",
        asker,
        types: [IdentifierType::Imo].into(),
        elements: 50,
    };
    assert_eq!(store.check_approvals(&question, now).await.unwrap(), 1);
    store.close().await;
    let mut client = approver.connect_approver().unwrap();
    for (what, seconds, most, case, asker, kind) in [
        ("too long", 30 * 86_400 + 1, 1, "c", "o", "imo"),
        ("no time", 0, 1, "c", "o", "imo"),
        ("too many", 60, 1_000_001, "c", "o", "imo"),
        ("none", 60, 0, "c", "o", "imo"),
        ("no case", 60, 1, " ", "o", "imo"),
        ("nobody", 60, 1, "c", "", "imo"),
        ("himself", 60, 1, "c", "approver", "imo"),
        ("no type", 60, 1, "c", "o", "ships"),
    ] {
        let request = ApproveCheckRequest {
            case_reference: case.to_owned(),
            purpose: "border_check".to_owned(),
            asker: asker.to_owned(),
            identifier_types: vec![kind.to_owned()],
            most_elements: most,
            valid_for: Some(prost_types::Duration { seconds, nanos: 0 }),
        };
        let status = client.approve_check(request).await.unwrap_err();
        assert_eq!(CliError::from(status).reason, "invalid_argument", "{what}");
    }
}

#[tokio::test]
async fn a_question_about_a_minor_goes_out_once_somebody_else_has_approved_it() {
    let world = World::new(&Offer::default()).await;
    let mut question = reason();
    question.stated.minor = true;
    question.stated.strictly_necessary = true;
    let ship = [("imo", SHIP, "")];
    let alone = world.try_ask(&question, &ship).await.unwrap();
    assert_eq!(outcomes(&alone), ["not_permitted"]);
    assert_eq!(alone.answers[0].reason, "rule_forbids");

    let approver = somebody(&world.requester, "approver", &[Role::Approver]);
    approves(&approver, 2).await.unwrap();
    let approved = world.try_ask(&question, &ship).await.unwrap();
    assert_eq!(outcomes(&approved), ["hit"]);
    // Two identifiers were approved, and by now both are asked.
    assert_eq!(outcomes(&world.try_ask(&question, &ship).await.unwrap()), ["hit"]);
    assert_eq!(outcomes(&world.try_ask(&question, &ship).await.unwrap()), ["not_permitted"]);
    question.case_reference = "another case".to_owned();
    let other = world.try_ask(&question, &ship).await.unwrap();
    assert_eq!(outcomes(&other), ["not_permitted"]);
}

fn symbolon(arguments: &[&str]) -> Output {
    Command::new(program())
        .args(arguments)
        .arg("--json")
        .env_remove("SYMBOLON_AS")
        .output()
        .unwrap()
}

fn done(arguments: &[&str]) -> Value {
    let output = symbolon(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn with_data<'a>(data: &'a Path, arguments: &[&'a str]) -> Vec<&'a str> {
    let (command, rest) = arguments.split_at(2);
    [command, &["--data", data.to_str().unwrap()], rest].concat()
}

fn commanded(data: &Path, arguments: &[&str]) -> Value {
    done(&with_data(data, arguments))
}

fn refused(data: &Path, arguments: &[&str]) -> String {
    let output = symbolon(&with_data(data, arguments));
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    let line = text.lines().find(|line| line.starts_with('{')).unwrap();
    let error: Value = serde_json::from_str(line).unwrap();
    error["error"]["reason"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn at_the_keyboard_nobody_does_anothers_work_and_the_log_says_who_did_what() {
    let world = World::founded(&Offer::default(), |_| {}).await;
    let (bureau, data) = (&world.requester, world.requester.folder.root());
    bureau.issue_with("lawyer", &[Role::Legal]).unwrap();
    bureau.issue_with("approver", &[Role::Approver]).unwrap();
    bureau.issue_with("inspector", &[Role::Inspector]).unwrap();
    let everyone = [ADMINISTRATOR, "lawyer", "approver", "inspector", "officer"];
    let file = world.scratch().join("agreement.json");
    let store = bureau.store().await.unwrap();
    let document = store.agreement_document(&world.agreement.terms().id).await.unwrap().unwrap();
    store.close().await;
    fs::write(&file, document).unwrap();
    let file = file.to_str().unwrap();
    let list = world.scratch().join("list.csv");
    fs::write(&list, "record_id,identifier_type,value,country\nR1,imo,9074729,\n").unwrap();
    let list = list.to_str().unwrap();

    let acts: [(&[&str], &[&str]); 6] = [
        (&["dataset", "create", "ships", "--title", "Ships"], &[ADMINISTRATOR]),
        (&["dataset", "import", "ships", list], &[ADMINISTRATOR]),
        (&["agreement", "suspend", "req-own", "--reason", "a test"], &["lawyer"]),
        (&["agreement", "install", file], &[ADMINISTRATOR]),
        (&["keys", "issue", "new", "--role", "officer"], &[ADMINISTRATOR]),
        (&["keys", "renew"], &[ADMINISTRATOR]),
    ];
    for (act, allowed) in acts {
        assert_eq!(refused(data, act), "person_missing", "{act:?}");
        for person in everyone.iter().filter(|person| !allowed.contains(person)) {
            let reason = refused(data, &[act, &["--as", person]].concat());
            assert_eq!(reason, "role_missing", "{person} does {act:?}");
        }
        for person in allowed {
            commanded(data, &[act, &["--as", person]].concat());
        }
    }

    let all = records(bureau).await;
    let administered: Vec<_> = all
        .iter()
        .filter_map(|record| match record {
            LogRecord::Administered { act, subject, by } => {
                Some((*act, subject.as_str(), by.id.rsplit('/').next().unwrap()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        administered,
        [
            (AdministrativeAct::CreateDataset, "ships", ADMINISTRATOR),
            (AdministrativeAct::ImportDataset, "ships", ADMINISTRATOR),
            (AdministrativeAct::InstallAgreement, "req-own", ADMINISTRATOR),
            (AdministrativeAct::RenewFaces, "REQ", ADMINISTRATOR),
        ]
    );
    let issued = all.iter().filter(|record| {
        matches!(record, LogRecord::CertificateIssued { by, .. } if by.id.ends_with("/administrator"))
    });
    assert_eq!(issued.count(), 1);
    let tried = all
        .iter()
        .filter(|record| matches!(record, LogRecord::ActRefused { act, .. } if act == "command"));
    assert_eq!(tried.count(), everyone.len(), "once a day for each");
}

#[tokio::test]
async fn a_certificate_without_its_key_of_another_bureau_or_revoked_lets_nobody_act() {
    let world = World::founded(&Offer::default(), |_| {}).await;
    let (bureau, data) = (&world.requester, world.requester.folder.root());
    bureau.issue_with("second", &[Role::Administrator]).unwrap();
    let create = ["dataset", "create", "ships", "--title", "Ships", "--as"];

    let stranger = world.owner.folder.person(ADMINISTRATOR);
    let stranger = stranger.to_str().unwrap();
    assert_eq!(refused(data, &[&create[..], &[stranger]].concat()), "person_unproven");

    let stolen = world.scratch().join("stolen");
    fs::create_dir(&stolen).unwrap();
    fs::copy(
        bureau.folder.person(ADMINISTRATOR).join("certificate.pem"),
        stolen.join("certificate.pem"),
    )
    .unwrap();
    fs::copy(bureau.folder.person("officer").join("key.pem"), stolen.join("key.pem")).unwrap();
    let stolen = stolen.to_str().unwrap();
    assert_eq!(refused(data, &[&create[..], &[stolen]].concat()), "person_unproven");

    commanded(data, &["keys", "revoke", ADMINISTRATOR, "--reason", "left", "--as", "second"]);
    assert_eq!(refused(data, &[&create[..], &[ADMINISTRATOR]].concat()), "certificate_revoked");
    // Whole, from where its holder keeps it.
    let second = bureau.folder.person("second");
    commanded(data, &[&create[..], &[second.to_str().unwrap()]].concat());
}

#[tokio::test]
async fn a_bureau_without_administrator_gets_its_first_one_and_no_second_that_way() {
    let world = World::founded(&Offer::default(), |_| {}).await;
    let data = world.requester.folder.root();
    fs::remove_dir_all(world.requester.folder.person(ADMINISTRATOR)).unwrap();
    let issue = |name, role| ["keys", "issue", name, "--role", role];
    assert_eq!(refused(data, &issue("lawyer", "legal")), "person_missing");
    commanded(data, &issue("first", "administrator"));
    assert_eq!(refused(data, &issue("second", "administrator")), "person_missing");
    assert_eq!(
        refused(data, &[&issue("x", "legal")[..], &["--as", "officer"]].concat()),
        "role_missing"
    );
    let both =
        ["keys", "issue", "x", "--role", "legal", "--role", "administrator", "--as", "first"];
    assert_eq!(refused(data, &both), "certificate");
    assert!(!world.requester.folder.person("x").exists());
}

#[tokio::test]
async fn a_file_that_states_approvals_is_loaded_once_another_person_has_approved_that_very_file() {
    let world = World::founded(&Offer::default(), |_| {}).await;
    let (bureau, data) = (&world.requester, world.requester.folder.root());
    bureau.issue_with("approver", &[Role::Approver]).unwrap();
    let file = world.scratch().join("list.csv");
    let rows = "record_id,identifier_type,value,country,minor,strictly_necessary,approvals\n";
    fs::write(&file, format!("{rows}R1,imo,9074729,,yes,yes,2\n")).unwrap();
    let path = file.to_str().unwrap();
    let create = ["dataset", "create", "ships", "--title", "Ships", "--as", ADMINISTRATOR];
    commanded(data, &create);
    let import = ["dataset", "import", "ships", path, "--as", ADMINISTRATOR];
    let approve = ["dataset", "approve", "ships", path, "--as"];
    assert_eq!(refused(data, &[&approve[..], &["approver"]].concat()), "not_proposed");
    assert_eq!(refused(data, &import), "load_not_approved");
    assert_eq!(refused(data, &[&approve[..], &[ADMINISTRATOR]].concat()), "role_missing");
    commanded(data, &[&approve[..], &["approver"]].concat());
    // Another file is another act.
    fs::write(&file, format!("{rows}R1,imo,9074729,,yes,yes,2\nR2,imo,9305219,,yes,yes,2\n"))
        .unwrap();
    assert_eq!(refused(data, &import), "load_not_approved");
    fs::write(&file, format!("{rows}R1,imo,9074729,,yes,yes,2\n")).unwrap();
    // So is another mode, and a second load.
    let replace = [&import[..], &["--replace"]].concat();
    assert_eq!(refused(data, &replace), "load_not_approved");
    assert_eq!(commanded(data, &import)["loaded"], true);
    assert_eq!(refused(data, &import), "load_not_approved");
    commanded(data, &[&approve[..], &["approver", "--replace"]].concat());
    assert_eq!(refused(data, &import), "load_not_approved");
    // The bytes count, and are read once: from a pipe as well.
    let pipe = world.scratch().join("pipe.csv");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (to, approved) = (pipe.clone(), fs::read(&file).unwrap());
    let writer = thread::spawn(move || fs::write(to, approved));
    let pipe = pipe.to_str().unwrap();
    let replace = ["dataset", "import", "ships", pipe, "--replace", "--as", ADMINISTRATOR];
    assert_eq!(commanded(data, &replace)["loaded"], true);
    writer.join().unwrap().unwrap();
    // One that states none needs nobody else.
    fs::write(&file, "record_id,identifier_type,value,country\nR3,imo,9305219,\n").unwrap();
    assert_eq!(commanded(data, &import)["loaded"], true);
}

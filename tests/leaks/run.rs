//! Everything that a requester and an owner do with each other, once, under a tap.

use std::{fs::File, process::Stdio, time::Duration};

use symbolon_cli::{
    asking::{CheckReport, Reason},
    scenario::{Bureau, RunningNode},
};
use symbolon_identifiers::IdentifierType;
use symbolon_oprf::voprf;
use symbolon_tests::{
    Offer, World, program,
    tap::Tap,
    world::{outcomes, reason},
};
use time::OffsetDateTime;
use tokio::process::Command;

use crate::{
    http2::{Direction, Stream},
    inspection::{Finding, everything, search, surroundings},
    needles::{Secret, read},
};

pub(crate) const CHECK: &str = "/symbolon.partner.v1.PartnerService/Check";
pub(crate) const DOWNLOAD: &str = "/symbolon.partner.v1.PartnerService/DownloadTagSet";
pub(crate) const MANIFESTS: &str = "/symbolon.partner.v1.PartnerService/GetManifests";

/// An identifier as an officer puts it: type, value, country.
type Item = (&'static str, &'static str, &'static str);

/// What the owner has, in the officer's spelling.
const LISTED: [Item; 7] = [
    ("mrz", ZONE, ""),
    ("vin", "1M8GDM9AXKP042788", ""),
    ("email", "Wanted.Person@Harbour-Cases.example.org", ""),
    ("iban", "gb29 nwbk 6016 1331 9268 19", ""),
    ("phone", "044 668 18 00", "Switzerland"),
    ("imei", "49-015420-323751-8", ""),
    ("container", "CSQU 305438-3", ""),
];

const LIST: &str = "record_id,identifier_type,value,country\n\
    R1,travel_document,L898902C3,UTO\n\
    R2,vin,1M8GDM9AXKP042788,\n\
    R3,email,wanted.person@harbour-cases.example.org,\n\
    R4,iban,GB29NWBK60161331926819,\n\
    R5,phone,+41446681800,\n\
    R6,imei,490154203237518,\n\
    R7,container,CSQU3054383,\n";

/// ICAO Doc 9303-4, appendix A.
const ZONE: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n\
                    L898902C36UTO7408122F1204159ZE184226B<<<<<10";

/// What the owner does not have. The last but one type is over its quota, the last not agreed.
const NOT_LISTED: [Item; 10] = [
    // ICAO Doc 9303-5, appendix A.
    (
        "mrz",
        "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<",
        "",
    ),
    ("travel_document", "xk 7204-931", "France"),
    ("vin", "WVWZZZ1JZXW000001", ""),
    ("email", "Somebody.Else+Box@quiet-lane.example.net", ""),
    ("iban", "DE89 3704 0044 0532 0130 00", ""),
    ("phone", "+44 (0)20 7946 0958", ""),
    ("imei", "356938035643809", ""),
    ("plate", "HH-ÄÖ 4711E", "DEU"),
    ("container", "MSKU 907032-3", ""),
    ("mmsi", "366 985 330", ""),
];

/// What no node can read: a digit is wrong.
const UNREADABLE: [Item; 3] = [
    ("vin", "1HGCM82633A004353", ""),
    ("iban", "FR14 2004 1010 0505 0001 3M02 607", ""),
    ("container", "TGHU 759933-7", ""),
];

/// Asked while the owner is away, under the id of another check, and for a purpose that nobody
/// agreed on.
const UNANSWERED: [Item; 3] = [
    ("email", "asked.in.vain@closed-office.example.com", ""),
    ("email", "another.question@same-check.example.com", ""),
    ("email", "curious.colleague@no-purpose.example.com", ""),
];

const OFFICER: &str = "Inspectrice Éléonore Vauquelin";
const CASE: &str = "Docket 2031/ZK-55871";
const JUSTIFICATION: &str = "seen leaving the \"Blue Heron\" warehouse at night";
const KINDS: [IdentifierType; 8] = [
    IdentifierType::TravelDocument,
    IdentifierType::Vin,
    IdentifierType::Email,
    IdentifierType::Iban,
    IdentifierType::Phone,
    IdentifierType::Imei,
    IdentifierType::Plate,
    IdentifierType::Container,
];

/// What may differ between two runs.
pub(crate) struct Plan {
    /// The purpose of all checks.
    pub(crate) purpose: String,
    /// The id of the agreement.
    pub(crate) agreement: String,
}

impl Default for Plan {
    fn default() -> Self {
        Self { purpose: "border_check".to_owned(), agreement: "req-own".to_owned() }
    }
}

/// What came of it.
pub(crate) struct Run {
    /// What must not be found.
    pub(crate) secrets: Vec<Secret>,
    /// What was found while the nodes ran or after they had stopped, the owner's own list included.
    pub(crate) findings: Vec<Finding>,
    /// Where was looked, and how many bytes there were.
    pub(crate) places: Vec<(String, usize)>,
    /// How many times a check was answered to its end.
    pub(crate) checks_answered: usize,
    tap: Tap,
}

impl Run {
    /// Founds two bureaus, asks everything there is to ask, and looks everywhere.
    pub(crate) async fn of(plan: &Plan) -> Self {
        let mut tap = Tap::new().await;
        let mut world = tapped(&mut tap, LIST, &KINDS, plan).await;
        let checks_answered = ask_everything(&mut world, plan).await;

        let secrets = secrets(&world).await;
        let mut haystacks = everything(&world, &tap).await;
        world.requester_node.take().unwrap().stop().await.unwrap();
        world.owner_node.take().unwrap().stop().await.unwrap();
        haystacks.extend(everything(&world, &tap).await);

        let findings = search(&secrets, &haystacks);
        let places = haystacks.into_iter().map(|hay| (hay.place, hay.bytes.len())).collect();
        Self { secrets, findings, places, checks_answered, tap }
    }

    /// All calls that passed the tap.
    pub(crate) fn calls(&self) -> Vec<Call> {
        calls(&self.tap)
    }
}

/// Two bureaus with a tap between them, running and ready, whose nodes log all they can.
pub(crate) async fn tapped(
    tap: &mut Tap,
    list: &str,
    types: &[IdentifierType],
    plan: &Plan,
) -> World {
    let offer = Offer { list: list.to_owned(), types: types.to_vec(), ..Offer::default() };
    let endpoint = tap.endpoint();
    let mut world = World::founded(&offer, |terms| {
        terms.id = plan.agreement.parse().unwrap();
        terms.purposes = vec![plan.purpose.clone()];
        let mut parties = terms.parties.iter_mut();
        parties.find(|party| party.code.as_str() == "OWN").unwrap().endpoint = endpoint;
        for offered in &mut terms.datasets[0].types {
            if offered.identifier_type == IdentifierType::Container {
                offered.daily_quota = 1;
            }
        }
    })
    .await;
    tap.listen_in(&world.requester, &world.owner);
    start(&mut world, "owner");
    start(&mut world, "requester");
    world.wait_until_ready().await;
    world
}

/// Starts a node that logs all it can, in a folder of its own where it finds its way to write
/// temporary files.
fn start(world: &mut World, name: &str) {
    let bureau: &Bureau = if name == "owner" { &world.owner } else { &world.requester };
    let around = surroundings(world, name);
    std::fs::create_dir_all(&around).unwrap();
    let log = world.scratch().join(format!("{name}.log"));
    let log = File::options().create(true).append(true).open(log).unwrap();
    let child = Command::new(program())
        .args(["node", "run", "--until-input-closes", "--log-level", "debug"])
        .args(["--log-format", "json", "--data"])
        .arg(bureau.folder.root())
        .current_dir(&around)
        .env("TMPDIR", &around)
        .env("HOME", &around)
        .stdin(Stdio::piped())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let node = Some(RunningNode { child });
    if name == "owner" { world.owner_node = node } else { world.requester_node = node }
}

/// Asks singly and in a batch, twice under one id, over the quota, without agreement, and of an
/// owner that is away. Returns how many checks are answered to their end.
async fn ask_everything(world: &mut World, plan: &Plan) -> usize {
    let why = Reason {
        purpose: plan.purpose.clone(),
        officer: OFFICER.to_owned(),
        case_reference: CASE.to_owned(),
        justification: JUSTIFICATION.to_owned(),
        ..reason()
    };
    let [zone, ..] = LISTED;
    assert_eq!(outcomes(&ask(world, &why, &[zone]).await), ["hit"]);
    let [_, document, ..] = NOT_LISTED;
    assert_eq!(outcomes(&ask(world, &why, &[document]).await), ["no_hit"]);

    // All at once; one container is as many as the quota allows.
    let [not_listed @ .., over_quota, not_agreed] = NOT_LISTED;
    let batch = [LISTED.as_slice(), &not_listed, &UNREADABLE].concat();
    let report = ask(world, &why, &batch).await;
    assert_eq!(report.rejected.len(), UNREADABLE.len());
    let expected = [vec!["hit"; LISTED.len()], vec!["no_hit"; not_listed.len()]].concat();
    assert_eq!(outcomes(&report), expected);

    let report = ask(world, &why, &[over_quota]).await;
    assert_eq!(report.answers[0].reason, "quota_exhausted");
    let report = ask(world, &why, &[not_agreed]).await;
    assert_eq!(report.answers[0].reason, "type_not_agreed");
    assert_eq!(ask(world, &why, &UNREADABLE[..1]).await.rejected.len(), 1);

    let [in_vain, another, no_purpose] = UNANSWERED;
    let named = Reason { check_id: Some([7; 16]), ..why.clone() };
    for _ in 0..2 {
        assert_eq!(outcomes(&ask(world, &named, &LISTED[..3]).await), ["hit"; 3]);
    }
    assert_eq!(world.try_ask(&named, &[another]).await.unwrap_err().reason, "check_id_reused");
    let elsewhere = Reason { purpose: "curiosity".to_owned(), ..why.clone() };
    let report = ask(world, &elsewhere, &[no_purpose]).await;
    assert_eq!(report.answers[0].reason, "purpose_not_agreed");

    world.owner_node.take().unwrap().kill().await.unwrap();
    let named = Reason { check_id: Some([8; 16]), timeout: Duration::from_secs(5), ..why.clone() };
    assert_eq!(outcomes(&ask(world, &named, &[in_vain]).await), ["no_answer"]);
    start(world, "owner");
    world.wait_until_ready().await;
    let again = async || ask(world, &named, &[in_vain]).await;
    let mut report = again().await;
    for _ in 0..100 {
        if report.is_complete() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        report = again().await;
    }
    assert_eq!(outcomes(&report), ["no_hit"]);
    // Two single checks, the batch, two under one id, the last.
    6
}

async fn ask(world: &World, why: &Reason, items: &[Item]) -> CheckReport {
    world.try_ask(why, items).await.unwrap()
}

async fn secrets(world: &World) -> Vec<Secret> {
    let identifier = |(kind, value, country): &Item| Secret::identifier(kind, value, country);
    let identified = [NOT_LISTED.as_slice(), &UNANSWERED].concat();
    let mut secrets: Vec<_> = LISTED.iter().map(|item| identifier(item).listed()).collect();
    secrets.extend(identified.iter().map(identifier));
    let items = [LISTED.as_slice(), &identified].concat();
    add_outputs(world, &items, &mut secrets).await;
    secrets
        .extend(UNREADABLE.map(|(kind, value, country)| Secret::unreadable(kind, value, country)));
    for (name, text) in [
        ("name in the zone", "ERIKSSON<<ANNA<MARIA"),
        ("officer", OFFICER),
        ("case reference", CASE),
        ("justification", JUSTIFICATION),
    ] {
        secrets.push(Secret::text(name, text));
    }
    secrets
}

/// Adds to each secret what the owner's key makes of its identifier.
async fn add_outputs(world: &World, items: &[Item], secrets: &mut [Secret]) {
    let store = world.owner.store().await.unwrap();
    let now = OffsetDateTime::now_utc();
    for (secret, (kind, value, country)) in secrets.iter_mut().zip(items) {
        let identifier = read(kind, value, country).unwrap();
        let scope = world
            .agreement
            .scopes_of(&world.owner.code, now)
            .map(|(scope, ..)| scope)
            .find(|scope| scope.identifier_type == identifier.kind());
        // There is no key for a type that is not agreed.
        let Some(scope) = scope else { continue };
        let key = store.scope_secrets(&scope, now).await.unwrap().key;
        secret.add_output(&voprf::evaluate(&key, &[identifier.oprf_input()]).unwrap()[0]);
    }
    store.close().await;
}

/// Both directions of a call between the nodes.
pub(crate) struct Call {
    /// From the requester.
    pub(crate) question: Stream,
    /// From the owner.
    pub(crate) answer: Stream,
}

impl Call {
    /// Which method.
    pub(crate) fn path(&self) -> &str {
        std::str::from_utf8(self.question.header(":path").unwrap()).unwrap()
    }

    /// Whether it came to its end, with this gRPC status.
    pub(crate) fn ended_with(&self, status: &[u8]) -> bool {
        self.answer.header("grpc-status") == Some(status)
    }

    /// The names of all headers and trailers.
    pub(crate) fn header_names(&self) -> impl Iterator<Item = String> {
        let fields = [&self.question, &self.answer].map(|half| half.headers.iter().flatten());
        fields.into_iter().flatten().map(|(name, _)| String::from_utf8(name.clone()).unwrap())
    }
}

/// All calls that passed the tap, in the order of connections and then of their beginning.
pub(crate) fn calls(tap: &Tap) -> Vec<Call> {
    let mut calls = Vec::new();
    for connection in tap.recording() {
        let mut answers = Direction::read(&connection.to_requester).streams;
        let questions = Direction::read(&connection.to_owner).streams;
        for (id, question) in questions.into_iter().filter(|(_, half)| !half.headers.is_empty()) {
            calls.push(Call { question, answer: answers.remove(&id).unwrap_or_default() });
        }
    }
    calls
}

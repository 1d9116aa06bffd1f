//! What the corpora begin with: small samples of what is right, made from the project's vectors.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use prost::Message as _;
use serde_json::Value;
use symbolon_exchange::refuse;
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{Reason, Refusal, rules::RulePack};
use symbolon_proto::{bureau::v1 as bureau, partner::v1 as partner, v1 as documents};
use symbolon_tagset::{
    DummySecret, Label, LabelParameters, LabelSecret, MembershipHash, Parameters, build,
    build_labels,
};
use time::OffsetDateTime;

const ENCODING: &str = include_str!("../../../docs/vectors/encoding-v1.json");
const IDENTIFIERS: &str = include_str!("../../../crates/identifiers/vectors/identifiers-v1.json");
const TABLES: &str = "[partners.BOR]\nadequacy = \"adequate\"\n";
/// Of each type.
const IDENTIFIERS_OF_A_TYPE: usize = 3;

/// A vector by its path.
pub(crate) fn vector(path: &[&str]) -> Value {
    let mut value = &serde_json::from_str::<Value>(ENCODING).unwrap()["vectors"];
    for name in path {
        value = &value[*name];
    }
    value.clone()
}

fn text(path: &[&str]) -> String {
    vector(path).as_str().unwrap().to_owned()
}

fn bytes(path: &[&str]) -> Vec<u8> {
    hex::decode(text(path)).unwrap()
}

/// What the corpus of a target begins with, each with a name.
pub fn of(target: &str) -> Vec<(String, Vec<u8>)> {
    let one = |bytes: Vec<u8>| vec![("vector".to_owned(), bytes)];
    match target {
        "agreement" => one(vector(&["agreement", "file"]).to_string().into_bytes()),
        "agreement_text" => one(vector(&["agreement", "file"]).to_string().into_bytes()),
        "bureau_check" => {
            one(check().iter().flat_map(prost::Message::encode_length_delimited_to_vec).collect())
        }
        "card" => {
            let parties = vector(&["agreement", "file", "agreement", "parties"]);
            one(parties[0].to_string().into_bytes())
        }
        "certificate" => {
            let party = &vector(&["agreement", "file", "agreement", "parties"])[0];
            one(STANDARD.decode(party["tls_root"].as_str().unwrap()).unwrap())
        }
        "check_header" => one(bytes(&["check_header", "document"])),
        "checkpoint" => vec![
            ("signed".to_owned(), text(&["log", "checkpoint", "note"]).into_bytes()),
            ("cosigned".to_owned(), text(&["log", "checkpoint", "cosigned_note"]).into_bytes()),
        ],
        "csv" => csv(),
        "disclosure" => disclosure(),
        "element_proof" => one(element_opening().encode_to_vec()),
        "elements" => one(bytes(&["blind", "blinded_element"])),
        "evidence" => one(vector(&["element_evidence"]).to_string().into_bytes()),
        "identifiers" => identifiers(|kind, text, country| {
            let kind = IdentifierType::ALL.iter().position(|known| *known == kind).unwrap();
            [&[u8::try_from(kind).unwrap()], country.as_bytes(), b"\n", text.as_bytes()].concat()
        }),
        "label_file" => one(label_file()),
        "lanes" => one((0_u8..64).collect()),
        "log_proof" => proofs(),
        "manifest" => {
            let manifest = &serde_json::from_str::<Value>(ENCODING).unwrap()["manifest"];
            one(hex::decode(manifest["document"].as_str().unwrap()).unwrap())
        }
        "messages" => messages(),
        "mrz" => MRZ.iter().map(|(name, zone)| ((*name).to_owned(), zone.as_bytes().to_vec())).collect(),
        "notice" => one(
            documents::AgreementNotice {
                agreement_id: "req-own-2026".to_owned(),
                agreement_hash: vec![0xee; 32],
                issuer: "OWN".to_owned(),
                kind: documents::NoticeKind::Suspend.into(),
                counter: 1,
                reason: "a review is under way".to_owned(),
                issued_at: Some(timestamp()),
            }
            .encode_to_vec(),
        ),
        "profile" => one(b"endpoint = \"https://127.0.0.1:7444\"\nroot = \"root.pem\"\ncertificate = \"c.pem\"\nkey = \"k.pem\"\nofficer = \"o\"\n".to_vec()),
        "receipt" => one(bytes(&["receipt", "document"])),
        "rule_pack" => one(rule_pack()),
        "status" => {
            let refusal = Refusal::new(Reason::QuotaExhausted, "none left")
                .retry_at(OffsetDateTime::UNIX_EPOCH + time::Duration::minutes(3));
            one(refuse(&refusal, OffsetDateTime::UNIX_EPOCH).details().to_vec())
        }
        "tables" => one(TABLES.as_bytes().to_vec()),
        "tag_set" => one(tag_set()),
        _ => Vec::new(),
    }
}

const MRZ: [(&str, &str); 3] = [
    (
        "td1",
        "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<",
    ),
    ("td2", "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"),
    (
        "td3",
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
    ),
];

fn timestamp() -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: 1_767_323_045, nanos: 0 }
}

/// Some identifiers of each type, in a form of the target's own.
fn identifiers(form: impl Fn(IdentifierType, &str, &str) -> Vec<u8>) -> Vec<(String, Vec<u8>)> {
    let vectors: Vec<Value> = serde_json::from_str(IDENTIFIERS).unwrap();
    let mut seeds = Vec::new();
    for kind in IdentifierType::ALL {
        let of_kind = vectors.iter().filter(|one| {
            one["type"].as_str() == Some(kind.name()) && one["canonical"].is_string()
        });
        for (number, one) in of_kind.take(IDENTIFIERS_OF_A_TYPE).enumerate() {
            let (text, country) =
                (one["input"].as_str().unwrap(), one["country"].as_str().unwrap_or_default());
            seeds.push((format!("{}-{number}", kind.name()), form(*kind, text, country)));
        }
    }
    seeds
}

fn csv() -> Vec<(String, Vec<u8>)> {
    let mut list = "record_id,identifier_type,value,country\n".to_owned();
    for (_, row) in identifiers(|kind, text, country| {
        let quoted = text.replace('"', "\"\"");
        format!("R,{},\"{quoted}\",{country}\n", kind.name()).into_bytes()
    }) {
        list += &String::from_utf8(row).unwrap();
    }
    let missing = include_str!("../../../crates/cli/demo/borealia-missing.csv");
    vec![
        ("list".to_owned(), list.into_bytes()),
        ("details".to_owned(), missing.as_bytes().to_vec()),
        (
            "changes".to_owned(),
            b"record_id;change;identifier_type;value\nR1;remove;vin;1M8GDM9AXKP042788\n".to_vec(),
        ),
    ]
}

fn element_opening() -> documents::ElementOpening {
    let number = |name: &str| {
        u32::try_from(vector(&["element_proof", "proof", name]).as_u64().unwrap()).unwrap()
    };
    documents::ElementOpening {
        scope: number("scope"),
        chunk: number("chunk"),
        elements: number("elements"),
        index: number("index"),
        block: bytes(&["element_proof", "proof", "block"]),
        path: bytes(&["element_proof", "proof", "path"]),
        identifier_type: "vin".to_owned(),
        canonical: text(&["oprf_input", "value"]).into_bytes(),
        blind: bytes(&["blind", "blind"]),
    }
}

fn disclosure() -> Vec<(String, Vec<u8>)> {
    let request = documents::DisclosureRequest {
        request_id: vec![0xd1; 16],
        check_id: vec![0xc1; 16],
        agreement_id: "req-own-2026".to_owned(),
        agreement_hash: vec![0xee; 32],
        requester: "REQ".to_owned(),
        owner: "OWN".to_owned(),
        element: Some(documents::ElementOpening {
            scope: 0,
            chunk: 0,
            elements: 1,
            index: 0,
            block: bytes(&["blind", "blinded_element"]),
            path: Vec::new(),
            ..element_opening()
        }),
        claim: bytes(&["oprf_output", "claim"]),
        receipt: Some(documents::SignedDocument {
            document: bytes(&["receipt", "document"]),
            public_key: bytes(&["receipt", "public_key"]),
            signature: bytes(&["receipt", "signature"]),
        }),
        confirmation: Some(documents::HitConfirmation {
            by: "officer-7".to_owned(),
            role: "verifier".to_owned(),
            by_person: true,
            qualified: true,
            method: "number and photograph".to_owned(),
            at: Some(timestamp()),
        }),
        facts: "a car at the border".to_owned(),
        offence_class: "vehicle_theft".to_owned(),
        purpose: "border_check".to_owned(),
        urgency: "routine".to_owned(),
        subject_category: "object".to_owned(),
        fields: vec!["case_number".to_owned()],
        recipient_authority: "Requestia police".to_owned(),
        use_in_court: false,
        onward_to: String::new(),
        assurances: Vec::new(),
        emergency_reasons: String::new(),
        issued_at: Some(timestamp()),
    };
    let decision = documents::DisclosureDecision {
        request_hash: vec![0xd2; 32],
        request_id: vec![0xd1; 16],
        requester: "REQ".to_owned(),
        owner: "OWN".to_owned(),
        decided_at: Some(timestamp()),
        outcome: Some(documents::disclosure_decision::Outcome::Released(
            documents::ReleasedRecord {
                fields: vec![documents::ReleasedField {
                    field: "case_number".to_owned(),
                    value: "C-7".to_owned(),
                }],
                subject_category: "object".to_owned(),
                handling_code: "H1".to_owned(),
                restriction: String::new(),
                evaluation: "A1".to_owned(),
                keep_until: Some(timestamp()),
                contested: false,
                national_flag: false,
                released_by: "lawyer".to_owned(),
                approved_by: "approver".to_owned(),
            },
        )),
    };
    let withdrawal = documents::DisclosureWithdrawal {
        request_hash: vec![0xd2; 32],
        issued_at: Some(timestamp()),
    };
    let seed = |kind: u8, name: &str, document: Vec<u8>| {
        (name.to_owned(), [vec![kind], document].concat())
    };
    vec![
        seed(0, "request", request.encode_to_vec()),
        seed(1, "decision", decision.encode_to_vec()),
        seed(2, "withdrawal", withdrawal.encode_to_vec()),
    ]
}

fn proofs() -> Vec<(String, Vec<u8>)> {
    let number = |path: &[&str]| vector(path).as_u64().unwrap().to_be_bytes().to_vec();
    let proof = |name: &str, numbers: [&str; 2], hashes: [Vec<u8>; 2]| {
        let [first, second] = numbers.map(|field| number(&["log", name, field]));
        let [one, other] = hashes;
        (name.to_owned(), [first, second, one, other, bytes(&["log", name, "proof"])].concat())
    };
    vec![
        proof(
            "inclusion",
            ["entry_index", "tree_size"],
            [bytes(&["log", "leaf", "leaf_hash"]), bytes(&["log", "inclusion", "root"])],
        ),
        proof(
            "consistency",
            ["first_size", "second_size"],
            [
                bytes(&["log", "consistency", "first_root"]),
                bytes(&["log", "consistency", "second_root"]),
            ],
        ),
    ]
}

/// A check on the bureau face.
fn check() -> [bureau::CheckRequest; 2] {
    let start = bureau::CheckStart {
        purpose: "border_check".to_owned(),
        officer: "officer-7".to_owned(),
        case_reference: "case-11".to_owned(),
        bureaus: vec!["OWN".to_owned()],
        ..bureau::CheckStart::default()
    };
    let items = bureau::CheckItems {
        items: vec![bureau::CheckItem {
            r#ref: 1,
            identifier_type: "vin".to_owned(),
            value: text(&["oprf_input", "value"]),
            country: String::new(),
        }],
    };
    [bureau::check_request::Part::Start(start), bureau::check_request::Part::Items(items)]
        .map(|part| bureau::CheckRequest { part: Some(part) })
}

fn messages() -> Vec<(String, Vec<u8>)> {
    let [start, items] = check();
    let header = documents::SignedDocument {
        document: bytes(&["check_header", "document"]),
        public_key: bytes(&["check_header", "public_key"]),
        signature: bytes(&["check_header", "signature"]),
    };
    let of_partner = |part| partner::CheckRequest { part: Some(part) }.encode_to_vec();
    let seed =
        |kind: u8, name: &str, message: Vec<u8>| (name.to_owned(), [vec![kind], message].concat());
    vec![
        seed(0, "start", start.encode_to_vec()),
        seed(0, "items", items.encode_to_vec()),
        seed(8, "header", of_partner(partner::check_request::Part::Header(header))),
        seed(16, "header-document", bytes(&["check_header", "document"])),
        seed(18, "receipt-document", bytes(&["receipt", "document"])),
    ]
}

fn tag_set() -> Vec<u8> {
    let parameters = Parameters { lambda: 40, scope: [0x5c; 32], version: 1 };
    let hashes = (0_u8..8).map(|i| MembershipHash([i.wrapping_mul(31); 16])).collect();
    let mut file = Vec::new();
    build(&parameters, hashes, &DummySecret::new([9; 32]), &mut file).unwrap();
    file
}

fn label_file() -> Vec<u8> {
    let parameters = LabelParameters {
        scope: [0x5c; 32],
        version: 1,
        padded_len: symbolon_tagset::MIN_PADDED_LEN,
        label_len: 16,
    };
    let label = Label { entry: 3, secret: LabelSecret::new([7; 32]), text: "C-7".to_owned() };
    let mut file = Vec::new();
    build_labels(&parameters, vec![label], &mut file).unwrap();
    file
}

/// A pack of two rules: the whole one takes too long to be tried often.
fn rule_pack() -> Vec<u8> {
    let wanted = ["pack.toml", "BASE-egress.toml", "R03-egress.toml"];
    let files = RulePack::starter_files().iter().filter(|(name, _)| wanted.contains(name));
    files.flat_map(|(name, text)| format!("=== {name}\n{text}\n").into_bytes()).collect()
}

//! What the corpora begin with: small samples of what is right, made from the project's vectors.

mod bureau_face;
mod exports;

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

use self::bureau_face::{approval, check, json_bodies, json_lines, standing_items};

const VECTORS: [&str; 4] = [
    include_str!("../../../docs/vectors/encoding-v1.json"),
    include_str!("../../../docs/vectors/log-v1.json"),
    include_str!("../../../docs/vectors/proofs-v1.json"),
    include_str!("../../../docs/vectors/receipt-v1.json"),
];
const IDENTIFIERS: &str = include_str!("../../../crates/identifiers/vectors/identifiers-v1.json");
const TABLES: &str = "[partners.BOR]\nadequacy = \"adequate\"\n";
/// Bytes of an element.
const ELEMENT_LEN: usize = 32;
/// Of each type.
const IDENTIFIERS_OF_A_TYPE: usize = 3;

/// What the first vector of a kind gives or expects, if it is none that must be refused: the kind, the field,
/// and names of fields in it. It is there, or the corpora would begin with nothing.
pub(crate) fn vector(path: &[&str]) -> Value {
    let [kind, field, within @ ..] = path else { panic!("{path:?} is no path of a vector") };
    let of_kind = vectors_of(kind).into_iter().find(|one| one.get("refused").is_none());
    let found = of_kind.unwrap_or_else(|| panic!("no vector of {kind}"));
    let parts = [&found["given"], &found["expect"]];
    let mut value = parts.into_iter().find_map(|part| part.get(field));
    for name in within {
        value = value.and_then(|value| value.get(name));
    }
    value.unwrap_or_else(|| panic!("no vector has {path:?}")).clone()
}

/// All vectors of a kind.
fn vectors_of(kind: &str) -> Vec<Value> {
    let files = VECTORS.iter().map(|text| serde_json::from_str::<Value>(text).unwrap());
    let all = files.flat_map(|file| file["vectors"].as_array().unwrap().clone());
    all.filter(|one| one["kind"] == kind).collect()
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
        "agreement_answer" => agreement_answers(),
        "agreement_text" => one(vector(&["agreement", "file"]).to_string().into_bytes()),
        "approval" => one(approval().encode_to_vec()),
        "audit_folder" => exports::folders(),
        "bearer" => one(
            format!("Bearer symbolon_{}_{}", "5c".repeat(8), "0123456789abcdef".repeat(4)).into_bytes(),
        ),
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
        "check_header" => one(bytes(&["check_header", "signed", "document"])),
        "checkpoint" => vec![
            ("signed".to_owned(), text(&["checkpoint", "note"]).into_bytes()),
            ("cosigned".to_owned(), text(&["cosignature", "note"]).into_bytes()),
        ],
        "csv" => csv(),
        "disclosure" => disclosure(),
        "element_proof" => one(element_opening().encode_to_vec()),
        "elements" => one(element()),
        "evidence" => one(vector(&["element_evidence", "evidence"]).to_string().into_bytes()),
        "identifiers" => identifiers(|kind, text, country| {
            let kind = IdentifierType::ALL.iter().position(|known| *known == kind).unwrap();
            [&[u8::try_from(kind).unwrap()], country.as_bytes(), b"\n", text.as_bytes()].concat()
        }),
        "json_body" => json_bodies(),
        "json_lines" => json_lines(),
        "label_file" => one(label_file()),
        "lanes" => one((0_u8..64).collect()),
        "log_proof" => proofs(),
        "manifest" => one(bytes(&["manifest", "signed", "document"])),
        "messages" => messages(),
        "mrz" => MRZ.iter().map(|(name, zone)| ((*name).to_owned(), zone.as_bytes().to_vec())).collect(),
        "notice" => one(notice(1, documents::NoticeKind::Suspend).encode_to_vec()),
        "profile" => one(b"endpoint = \"https://127.0.0.1:7444\"\nroot = \"root.pem\"\ncertificate = \"c.pem\"\nkey = \"k.pem\"\nofficer = \"o\"\n".to_vec()),
        "receipt" => one(bytes(&["receipt", "signed", "document"])),
        "rule_pack" => one(rule_pack()),
        "standing_items" => standing_items(),
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
    let file: Value = serde_json::from_str(IDENTIFIERS).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    let mut seeds = Vec::new();
    for kind in IdentifierType::ALL {
        let of_kind = vectors.iter().filter(|one| {
            one["given"]["identifier_type"] == kind.name() && one.get("expect").is_some()
        });
        for (number, one) in of_kind.take(IDENTIFIERS_OF_A_TYPE).enumerate() {
            let given = &one["given"];
            let text = given["text"].as_str().unwrap();
            let country = given["country"].as_str().unwrap_or_default();
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
        canonical: bytes(&["oprf_input", "canonical"]),
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
            block: element(),
            path: Vec::new(),
            ..element_opening()
        }),
        claim: bytes(&["oprf_output", "claim"]),
        receipt: Some(documents::SignedDocument {
            document: bytes(&["receipt", "signed", "document"]),
            public_key: bytes(&["receipt", "signed", "public_key"]),
            signature: bytes(&["receipt", "signed", "signature"]),
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
    let proof = |seed: &str, name: &str, numbers: [&str; 2], hashes: [&str; 2]| {
        let [first, second] = numbers.map(|field| number(&[name, field]));
        let [one, other] = hashes.map(|field| bytes(&[name, field]));
        (seed.to_owned(), [first, second, one, other, bytes(&[name, "proof"])].concat())
    };
    vec![
        proof("inclusion", "log_inclusion", ["entry_index", "tree_size"], ["leaf_hash", "root"]),
        proof(
            "consistency",
            "log_consistency",
            ["first_size", "second_size"],
            ["first_root", "second_root"],
        ),
    ]
}

/// One blinded element.
fn element() -> Vec<u8> {
    let mut chunk = bytes(&["evaluation", "blinded"]);
    chunk.truncate(ELEMENT_LEN);
    chunk
}

fn notice(counter: u64, kind: documents::NoticeKind) -> documents::AgreementNotice {
    documents::AgreementNotice {
        agreement_id: "req-own-2026".to_owned(),
        agreement_hash: vec![0xee; 32],
        issuer: "OWN".to_owned(),
        kind: kind.into(),
        counter,
        reason: "a review is under way".to_owned(),
        issued_at: Some(timestamp()),
    }
}

/// The signatures of the vectors; and one with notices about it, which the target signs itself.
fn agreement_answers() -> Vec<(String, Vec<u8>)> {
    let file = vector(&["agreement", "file", "signatures"]);
    let signatures: Vec<_> = file
        .as_array()
        .unwrap()
        .iter()
        .map(|one| partner::AgreementSignature {
            party: one["party"].as_str().unwrap().to_owned(),
            public_key: hex::decode(one["key"].as_str().unwrap()).unwrap(),
            signature: hex::decode(one["signature"].as_str().unwrap()).unwrap(),
        })
        .collect();
    let own = signatures.iter().filter(|one| one.party == "OWN").cloned().collect();
    let kinds = [documents::NoticeKind::Suspend, documents::NoticeKind::Resume];
    let notices = (1..).zip(kinds).map(|(counter, kind)| documents::SignedDocument {
        document: notice(counter, kind).encode_to_vec(),
        public_key: vec![0; 32],
        signature: vec![0; 64],
    });
    let signed = partner::ExchangeAgreementResponse { signatures, notices: Vec::new() };
    let noticed =
        partner::ExchangeAgreementResponse { signatures: own, notices: notices.collect() };
    vec![
        ("signed".to_owned(), signed.encode_to_vec()),
        ("noticed".to_owned(), noticed.encode_to_vec()),
    ]
}

fn messages() -> Vec<(String, Vec<u8>)> {
    let [start, items] = check();
    let header = documents::SignedDocument {
        document: bytes(&["check_header", "signed", "document"]),
        public_key: bytes(&["check_header", "signed", "public_key"]),
        signature: bytes(&["check_header", "signed", "signature"]),
    };
    let note = text(&["cosignature", "note"]).into_bytes();
    let proof = bytes(&["log_consistency", "proof"]);
    let of_partner = |part| partner::CheckRequest { part: Some(part) }.encode_to_vec();
    let seed =
        |kind: u8, name: &str, message: Vec<u8>| (name.to_owned(), [vec![kind], message].concat());
    vec![
        seed(0, "start", start.encode_to_vec()),
        seed(0, "items", items.encode_to_vec()),
        seed(8, "header", of_partner(partner::check_request::Part::Header(header))),
        seed(16, "header-document", bytes(&["check_header", "signed", "document"])),
        seed(18, "receipt-document", bytes(&["receipt", "signed", "document"])),
        seed(22, "approve", approval().encode_to_vec()),
        seed(
            24,
            "match",
            bureau::MatchStandingRequest { standing_id: vec![0x5d; 16] }.encode_to_vec(),
        ),
        seed(
            30,
            "log-checkpoint",
            partner::GetLogCheckpointResponse {
                checkpoint: note.clone(),
                consistency_proof: proof.clone(),
            }
            .encode_to_vec(),
        ),
        seed(
            32,
            "log-consistency",
            partner::GetLogConsistencyResponse { consistency_proof: proof }.encode_to_vec(),
        ),
        seed(
            33,
            "checkpoints",
            partner::ExchangeCheckpointsResponse { checkpoints: vec![note] }.encode_to_vec(),
        ),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TARGETS;

    #[test]
    fn every_target_begins_with_something_that_it_withstands() {
        for target in TARGETS {
            let seeds = of(target.name);
            assert!(!seeds.is_empty(), "{} begins with nothing", target.name);
            for (name, bytes) in seeds {
                assert!(!bytes.is_empty(), "{}/{name} is empty", target.name);
                assert!(bytes.len() <= target.longest, "{}/{name} is too long", target.name);
                (target.run)(&bytes);
            }
        }
    }

    #[cfg(feature = "program")]
    #[test]
    fn what_strangers_say_rightly_is_taken() {
        let seed = |target: &str, name: &str| {
            of(target).into_iter().find(|(one, _)| one == name).unwrap().1
        };
        assert!(symbolon_node::read_bearer(&seed("bearer", "vector")).is_some());
        let lines = symbolon_node::read_lines(b"application/x-ndjson", vec![b"{}\n\n{}".to_vec()]);
        assert_eq!(lines, Ok(vec![b"{}\n".to_vec(), b"{}".to_vec()]));
        for (name, bytes) in of("standing_items") {
            let message = bureau::UpdateStandingRequest::decode_length_delimited(&bytes[1..]);
            let Some(bureau::update_standing_request::Part::Items(items)) = message.unwrap().part
            else {
                panic!("{name} has no items")
            };
            let read = symbolon_node::read_standing(items.items, bytes[0] == 1).unwrap();
            assert_eq!(read.rejected.len(), 1, "{name}");
        }
    }

    #[cfg(feature = "program")]
    #[test]
    fn the_bodies_of_the_json_face_are_taken() {
        for (name, bytes) in of("json_body") {
            let read = symbolon_node::read_json(bytes[0], &bytes[1..]);
            assert!(read.is_ok(), "{name}: {read:?}");
        }
    }
}

//! Files that a person has from somebody else, and certificates.

use std::sync::OnceLock;

use prost::Message as _;
use symbolon_cli::{
    Profile,
    rows::{Mapping, Rows},
};
use symbolon_client::{ElementEvidence, actor_of, spiffe_id};
use symbolon_node::{read_check, read_json};
use symbolon_policy::{Agreement, SignedAgreement};
use symbolon_proto::bureau::v1::{CheckRequest, check_request::Part};

/// A list, or a file of identifiers to ask about.
pub(crate) fn csv(data: &[u8]) {
    let Ok(mut rows) = Rows::new(data, Mapping::default()) else { return };
    while let Ok(Some(row)) = rows.next_row() {
        if let Ok(row) = row {
            let _ = row.identifier();
        }
    }
}

/// The messages of a check on the bureau face, each after its length.
pub(crate) fn bureau_check(mut data: &[u8]) {
    let mut parts = Vec::new();
    while !data.is_empty() {
        let Ok(message) = CheckRequest::decode_length_delimited(&mut data) else { break };
        parts.extend(message.part);
    }
    checked(parts);
}

/// A byte for the call, then a body of the JSON face, or a line of one.
pub(crate) fn json_body(data: &[u8]) {
    let Some((call, text)) = data.split_first() else { return };
    match read_json(*call, text) {
        Ok(parts) => checked(parts),
        Err(refusal) => {
            assert!(!refusal.sentence.chars().any(char::is_control));
            assert!((1..=512).contains(&refusal.sentence.chars().count()));
        }
    }
}

/// Every item of a check is read or rejected, whichever face it came by.
fn checked(parts: Vec<Part>) {
    let items: usize = parts
        .iter()
        .map(|part| match part {
            Part::Items(items) => items.items.len(),
            Part::Start(_) => 0,
        })
        .sum();
    if let Ok((read, rejected)) = read_check(parts) {
        assert_eq!(read + rejected, items);
    }
}

/// A certificate that somebody shows.
pub(crate) fn certificate(data: &[u8]) {
    let identity = spiffe_id(data).ok();
    if let Ok(actor) = actor_of(data) {
        assert_eq!(identity, Some(actor.id));
    }
}

/// A profile.
pub(crate) fn profile(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = toml::from_str::<Profile>(text);
}

/// What is shown to prove one element of a check, against an agreement that all know.
pub(crate) fn evidence(data: &[u8]) {
    let Ok(evidence) = serde_json::from_slice::<ElementEvidence>(data) else { return };
    let _ = evidence.verify(agreement());
}

/// The agreement of the vectors.
fn agreement() -> &'static Agreement {
    static AGREEMENT: OnceLock<Agreement> = OnceLock::new();
    AGREEMENT.get_or_init(|| {
        let file = crate::seeds::vector(&["element_evidence", "agreement"]).to_string();
        SignedAgreement::from_json(file.as_bytes()).unwrap().verify().unwrap()
    })
}

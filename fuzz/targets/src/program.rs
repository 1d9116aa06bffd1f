//! Files that a person has from somebody else, and certificates.

use std::sync::OnceLock;

use symbolon_cli::{
    Profile,
    rows::{Mapping, Rows},
};
use symbolon_client::{ElementEvidence, actor_of, spiffe_id};
use symbolon_policy::{Agreement, SignedAgreement};

/// A list, or a file of identifiers to ask about.
pub(crate) fn csv(data: &[u8]) {
    let Ok(mut rows) = Rows::new(data, Mapping::default()) else { return };
    while let Ok(Some(row)) = rows.next_row() {
        if let Ok(row) = row {
            let _ = row.identifier();
        }
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

//! What all vectors stand on: fixed keys, one agreement, one scope, one check.

use std::error::Error;

use serde_json::{Value, json};
use symbolon_client::derive_blind;
use symbolon_exchange::{CheckHeader, ChunkPosition, ScopeQuery, chunk_hash, commit};
use symbolon_identifiers::{IdentifierType, parse};
use symbolon_oprf::{Blind, SecretKey, voprf};
use symbolon_policy::{
    AgreementTerms, CheckId, Dataset, Desk, OfferedType, Party, PartyKeys, Scope, SignedAgreement,
    SigningKey, WhoLearns,
};
use symbolon_proto::v1::{ContextCommitments, SignedDocument, Urgency};
use time::{OffsetDateTime, macros::datetime};

pub(super) const WHEN: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);
pub(super) const CHECK: CheckId = CheckId([0xc1; 16]);
pub(super) const VIN: &str = "1M8GDM9AXKP042788";

pub(super) fn scope() -> Result<Scope, Box<dyn Error>> {
    Ok(Scope {
        agreement: "req-own-2026".parse()?,
        agreement_hash: agreement()?.hash()?,
        dataset: "stolen-vehicles".to_owned(),
        identifier_type: IdentifierType::Vin,
        rules_version: 1,
        epoch: 5,
    })
}

pub(super) fn oprf_key() -> Result<SecretKey, Box<dyn Error>> {
    let mut bytes = [0; 32];
    if let Some(first) = bytes.first_mut() {
        *first = 0x2a;
    }
    Ok(SecretKey::from_bytes(&bytes)?)
}

/// An Ed25519 key whose seed is one byte repeated, in PKCS#8 form (RFC 8410).
pub(super) fn signing_key(seed: u8) -> Result<SigningKey, Box<dyn Error>> {
    let prefix = hex::decode("302e020100300506032b657004220420")?;
    Ok(SigningKey::from_pkcs8(&[prefix, vec![seed; 32]].concat())?)
}

pub(super) fn agreement() -> Result<SignedAgreement, Box<dyn Error>> {
    let party = |code: &str, name: &str, root: &str, seed: u8| -> Result<Party, Box<dyn Error>> {
        let key = |place: u8| {
            Ok::<_, Box<dyn Error>>(signing_key(seed.wrapping_add(place))?.verifying_key())
        };
        Ok(Party {
            code: code.parse()?,
            name: name.to_owned(),
            endpoint: format!("https://{}.example:7443", code.to_ascii_lowercase()),
            spiffe_id: format!("spiffe://{}.example/partner-face", code.to_ascii_lowercase()),
            tls_root: root.trim().to_owned(),
            keys: PartyKeys { header: key(0)?, manifest: key(1)?, log: key(2)?, legal: key(3)? },
            desk: Desk {
                name: format!("{name} desk"),
                phone: "+000 555 0100".to_owned(),
                email: format!("desk@{}.example", code.to_ascii_lowercase()),
            },
        })
    };
    let requester = include_str!("../../data/vector-root-requester.b64");
    let owner = include_str!("../../data/vector-root-owner.b64");
    let terms = AgreementTerms {
        format: AgreementTerms::FORMAT.to_owned(),
        id: "req-own-2026".parse()?,
        title: "Requestia and Öwnland: stolen vehicles".to_owned(),
        parties: vec![
            party("REQ", "Requestia", requester, 0x10)?,
            party("OWN", "Öwnland", owner, 0x20)?,
        ],
        datasets: vec![Dataset {
            id: "stolen-vehicles".to_owned(),
            owner: "OWN".parse()?,
            title: "Stolen vehicles".to_owned(),
            who_learns: WhoLearns::Requester,
            labels: None,
            types: vec![OfferedType {
                identifier_type: IdentifierType::Vin,
                rules_version: 1,
                daily_quota: 50_000,
                epoch_budget: None,
            }],
        }],
        purposes: vec!["border_check".to_owned()],
        epoch_days: 90,
        standing_days: None,
        conditions: None,
        valid_from: datetime!(2026-01-01 00:00 UTC),
        valid_until: datetime!(2027-01-01 00:00 UTC),
    };
    let mut signed = SignedAgreement::draft(&terms)?;
    signed.sign(&"REQ".parse()?, &signing_key(0x13)?)?;
    signed.sign(&"OWN".parse()?, &signing_key(0x23)?)?;
    Ok(signed)
}

pub(super) fn header(
    scope: &Scope,
    agreement: &SignedAgreement,
    elements: &[u8],
) -> Result<CheckHeader, Box<dyn Error>> {
    let first = ChunkPosition { scope: 0, chunk: 0, elements: 1 };
    Ok(CheckHeader {
        check_id: CHECK,
        agreement: scope.agreement.clone(),
        agreement_hash: agreement.hash()?,
        requester: "REQ".parse()?,
        owner: "OWN".parse()?,
        scopes: vec![ScopeQuery {
            scope: scope.id(),
            elements: 1,
            chunk_hashes: vec![chunk_hash(&CHECK, &first, elements)],
        }],
        purpose: "border_check".to_owned(),
        offence_class: String::new(),
        urgency: Urgency::Urgent,
        commitments: ContextCommitments {
            officer: commit("officer", &[0x5a; 32], "officer-7").to_vec(),
            case_reference: commit("case_reference", &[0x5b; 32], "case-11").to_vec(),
            justification: commit("justification", &[0x5c; 32], "").to_vec(),
        },
        issued_at: WHEN,
    })
}

/// The one question that is asked: an identifier, its blind, and the signed header.
pub(super) struct Question {
    pub(super) canonical: Vec<u8>,
    pub(super) input: Vec<u8>,
    pub(super) blind: Blind,
    pub(super) blinded: Vec<u8>,
    pub(super) header: SignedDocument,
}

/// The secret that the question's blind is derived from.
pub(super) const BLIND_SECRET: [u8; 32] = [0x5e; 32];

pub(super) fn question() -> Result<Question, Box<dyn Error>> {
    let identifier = parse(IdentifierType::Vin, VIN, None)?;
    let input = identifier.oprf_input();
    let blind = derive_blind(&BLIND_SECRET, &CHECK, IdentifierType::Vin, 7, &input)?;
    let blinded = voprf::additive::blind(&[&input], std::slice::from_ref(&blind))?;
    let header = header(&scope()?, &agreement()?, &blinded)?.sign(&signing_key(0x10)?);
    Ok(Question {
        canonical: identifier.canonical().to_vec(),
        input: input.to_vec(),
        blind,
        blinded,
        header,
    })
}

/// A signed document as a field of a vector.
pub(super) fn signed(document: &SignedDocument) -> Value {
    json!({
        "document": hex::encode(&document.document),
        "public_key": hex::encode(&document.public_key),
        "signature": hex::encode(&document.signature),
    })
}

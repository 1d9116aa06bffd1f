use std::sync::OnceLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use ring::rand::SystemRandom;
use serde_json::Value;
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{
    Agreement, AgreementTerms, BureauCode, Dataset, Desk, OfferedType, Party, PartyKeys,
    SignedAgreement, SigningKey, VerifyingKey, WhoLearns,
};
use time::{OffsetDateTime, macros::datetime};

pub(crate) const FROM: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);
pub(crate) const UNTIL: OffsetDateTime = datetime!(2027-01-01 00:00 UTC);
/// In epoch 0.
pub(crate) const NOW: OffsetDateTime = datetime!(2026-01-15 12:00 UTC);

pub(crate) fn code(text: &str) -> BureauCode {
    text.parse().unwrap()
}

pub(crate) fn signing_key() -> SigningKey {
    let document = SigningKey::generate(&SystemRandom::new()).unwrap();
    SigningKey::from_pkcs8(document.as_ref()).unwrap()
}

/// A certificate, DER in base64, of an authority or of an end entity.
pub(crate) fn certificate(is_ca: bool) -> String {
    let mut params = CertificateParams::default();
    if is_ca {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
    STANDARD.encode(made.der())
}

fn root() -> String {
    static ROOT: OnceLock<String> = OnceLock::new();
    ROOT.get_or_init(|| certificate(true)).clone()
}

pub(crate) struct Bureau {
    pub(crate) party: Party,
    pub(crate) legal: SigningKey,
}

pub(crate) fn bureau(name: &str) -> Bureau {
    let legal = signing_key();
    let public = || signing_key().verifying_key();
    let keys = PartyKeys {
        header: public(),
        manifest: public(),
        log: public(),
        legal: legal.verifying_key(),
    };
    Bureau { party: party(name, keys), legal }
}

pub(crate) fn party(name: &str, keys: PartyKeys) -> Party {
    let small = name.to_ascii_lowercase();
    Party {
        code: code(name),
        name: format!("Bureau of {name}"),
        endpoint: format!("https://{small}.example:7443"),
        spiffe_id: format!("spiffe://{small}.example/partner-face"),
        tls_root: root(),
        keys,
        desk: Desk {
            name: "Desk".to_owned(),
            phone: "+000 555 0100".to_owned(),
            email: format!("desk@{small}.example"),
        },
    }
}

/// Four keys that nobody holds, different for each `number`.
pub(crate) fn hollow_keys(number: u32) -> PartyKeys {
    let key = |role: u8| {
        let mut bytes = [role; 32];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        VerifyingKey(bytes)
    };
    PartyKeys { header: key(1), manifest: key(2), log: key(3), legal: key(4) }
}

pub(crate) fn dataset(id: &str, owner: &str) -> Dataset {
    let offer = |identifier_type: IdentifierType| OfferedType {
        identifier_type,
        rules_version: identifier_type.rules_version(),
        daily_quota: 1_000,
        epoch_budget: None,
    };
    Dataset {
        id: id.to_owned(),
        owner: code(owner),
        title: format!("List {id}"),
        who_learns: WhoLearns::Requester,
        labels: None,
        types: vec![offer(IdentifierType::TravelDocument), offer(IdentifierType::Vin)],
    }
}

/// Terms in which each party offers one dataset.
pub(crate) fn terms(parties: &[&Party]) -> AgreementTerms {
    AgreementTerms {
        format: AgreementTerms::FORMAT.to_owned(),
        id: "test-2026".parse().unwrap(),
        title: "An agreement for tests".to_owned(),
        parties: parties.iter().copied().cloned().collect(),
        datasets: parties
            .iter()
            .map(|party| {
                dataset(&format!("{}-list", party.code).to_lowercase(), party.code.as_str())
            })
            .collect(),
        purposes: vec!["criminal_investigation".to_owned(), "border_control".to_owned()],
        epoch_days: 30,
        standing_days: None,
        conditions: None,
        valid_from: FROM,
        valid_until: UNTIL,
    }
}

pub(crate) fn sign_all(terms: &AgreementTerms, bureaus: &[&Bureau]) -> SignedAgreement {
    let mut signed = SignedAgreement::draft(terms).unwrap();
    for bureau in bureaus {
        signed.sign(&bureau.party.code, &bureau.legal).unwrap();
    }
    signed
}

pub(crate) fn signed_by(bureaus: &[&Bureau]) -> SignedAgreement {
    let parties: Vec<_> = bureaus.iter().map(|bureau| &bureau.party).collect();
    sign_all(&terms(&parties), bureaus)
}

/// In force between FRA and DEU.
pub(crate) fn agreement() -> Agreement {
    signed_by(&[&bureau("FRA"), &bureau("DEU")]).verify().unwrap()
}

/// Reads and verifies a file as a node that is given it would.
pub(crate) fn accept(bytes: &[u8]) -> Result<Agreement, symbolon_policy::AgreementError> {
    SignedAgreement::from_json(bytes)?.verify()
}

pub(crate) fn accept_value(value: &Value) -> Result<Agreement, symbolon_policy::AgreementError> {
    accept(&serde_json::to_vec(value).unwrap())
}

use ring::rand::SystemRandom;
use symbolon_exchange::{
    CanarySet, CheckHeader, CommitmentSalts, ContextFacts, DocumentHash, Manifest, Receipt,
    ScopeQuery, chunks_of, sign_checkpoint,
};
use symbolon_identifiers::IdentifierType;
use symbolon_ledger::{Frontier, InclusionProof, LeafHash};
use symbolon_oprf::SecretKey;
use symbolon_policy::{AgreementHash, CheckId, Scope, ScopeId, SigningKey};
use symbolon_proto::v1::Urgency;
use time::macros::datetime;

pub(crate) fn signing_key() -> SigningKey {
    let document = SigningKey::generate(&SystemRandom::new()).unwrap();
    SigningKey::from_pkcs8(document.as_ref()).unwrap()
}

pub(crate) fn oprf_key() -> SecretKey {
    SecretKey::random(&SystemRandom::new()).unwrap()
}

pub(crate) fn query(scope: u8, elements: u32) -> ScopeQuery {
    let count = chunks_of([elements]).len();
    ScopeQuery { scope: ScopeId([scope; 32]), elements, chunk_hashes: vec![[scope; 32]; count] }
}

pub(crate) fn header() -> CheckHeader {
    let facts = ContextFacts {
        officer: "Officer 1".to_owned(),
        case_reference: "Case 2".to_owned(),
        justification: "Reason 3".to_owned(),
    };
    CheckHeader {
        check_id: CheckId([1; 16]),
        agreement: "fra-deu-2026".parse().unwrap(),
        agreement_hash: AgreementHash([2; 32]),
        requester: "FRA".parse().unwrap(),
        owner: "DEU".parse().unwrap(),
        scopes: vec![query(3, 20_000), query(4, 1)],
        purpose: "border_control".to_owned(),
        offence_class: "theft.vehicle-1".to_owned(),
        urgency: Urgency::Urgent,
        commitments: CommitmentSalts::random(&SystemRandom::new()).unwrap().commit_all(&facts),
        issued_at: datetime!(2026-03-04 05:06:07 UTC),
    }
}

pub(crate) fn manifest_of(key: &SecretKey) -> Manifest {
    let kind = IdentifierType::Vin;
    Manifest {
        scope: Scope {
            agreement: "fra-deu-2026".parse().unwrap(),
            agreement_hash: symbolon_policy::AgreementHash([0xa9; 32]),
            dataset: "stolen-vehicles".to_owned(),
            identifier_type: kind,
            rules_version: kind.rules_version(),
            epoch: 7,
        },
        version: 2,
        public_key: key.public_key(),
        padded_len: 1 << 20,
        lambda: 40,
        file_sha256: [5; 32],
        file_len: 5_000_000,
        previous: Some(DocumentHash([6; 32])),
        canaries: CanarySet::evaluate(key, kind, &SystemRandom::new()).unwrap(),
        issued_at: datetime!(2026-03-04 05:06:07 UTC),
        expires_at: datetime!(2026-03-05 05:06:07 UTC),
        updated_at: datetime!(2026-03-04 04:00:00 UTC),
        labels: None,
    }
}

pub(crate) fn manifest() -> Manifest {
    manifest_of(&oprf_key())
}

pub(crate) fn receipt() -> Receipt {
    receipt_of(&signing_key())
}

/// A receipt whose entry is in the log of `key`.
pub(crate) fn receipt_of(key: &SigningKey) -> Receipt {
    let mut log = Frontier::default();
    leaves().iter().for_each(|leaf| log.append(leaf));
    let root = log.root();
    Receipt {
        check_id: CheckId([1; 16]),
        header_hash: DocumentHash([2; 32]),
        manifests: vec![DocumentHash([3; 32]), DocumentHash([4; 32])],
        evaluated: [5; 32],
        answered: 20_001,
        entry_index: 77,
        leaf_hash: leaves()[77].0,
        issued_at: datetime!(2026-03-04 05:06:08 UTC),
        checkpoint: sign_checkpoint(&"DEU".parse().unwrap(), 80, root, key).to_bytes(),
        inclusion: InclusionProof::of_leaves(&leaves(), 77).unwrap(),
    }
}

fn leaves() -> Vec<LeafHash> {
    (0..80_u8).map(|n| LeafHash::of(&[n])).collect()
}

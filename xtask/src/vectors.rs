//! Test vectors of the encoding layer, for implementations in other languages: everything that is
//! hashed, signed or blinded, with fixed keys.

mod law;
mod log;

use std::{error::Error, fs};

use clap::Args;
use ring::rand::SystemRandom;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use symbolon_client::derive_blind;
use symbolon_exchange::{
    AnswerDigest, CanarySet, CheckHeader, ChunkPosition, DocumentHash, Manifest, Receipt,
    ScopeQuery, chunk_hash, commit,
};
use symbolon_identifiers::{IdentifierType, canary_input, parse};
use symbolon_oprf::{SecretKey, voprf};
use symbolon_policy::{
    AgreementTerms, CheckId, Dataset, Desk, Label, OfferedType, Party, PartyKeys, Scope,
    SignedAgreement, SigningKey, WhoLearns,
};
use symbolon_proto::v1::{ContextCommitments, SignedDocument, Urgency};
use time::{OffsetDateTime, macros::datetime};

use crate::{Outcome, process::root};

const FILE: &str = "docs/vectors/encoding-v1.json";
const ABOUT: &str = "Vectors of Symbolon's encoding layer; docs/protocol.md says what each is. \
                     Bytes are hexadecimal. Made by `cargo xtask vectors --write`.";
const LAW_FILE: &str = "docs/vectors/law-v1.json";
const LAW_ABOUT: &str = "Vectors of what people sign and compare: cards, notices, requests for records; \
                         docs/protocol.md says what each is. Bytes are hexadecimal. Made by `cargo \
                         xtask vectors --write`.";
const WHEN: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);
const CHECK: CheckId = CheckId([0xc1; 16]);
const VIN: &str = "1M8GDM9AXKP042788";

/// Write the test vectors of the encoding layer, or check that they are as the code has it.
#[derive(Debug, Args)]
pub(crate) struct Vectors {
    /// Write the file instead of checking it.
    #[arg(long)]
    write: bool,
}

/// Everything but the manifest comes out the same each time; a manifest holds a proof, which is
/// randomised, so the one in the file is verified instead.
#[derive(PartialEq, Serialize, Deserialize)]
struct File {
    about: String,
    vectors: Value,
    manifest: Value,
}

/// Everything in it comes out the same each time.
#[derive(PartialEq, Serialize, Deserialize)]
struct LawFile {
    about: String,
    vectors: Value,
}

impl LawFile {
    fn made() -> Result<Self, Box<dyn Error>> {
        Ok(Self { about: LAW_ABOUT.to_owned(), vectors: law::vectors(&receipt()?)? })
    }
}

impl Vectors {
    pub(crate) fn run(self) -> Outcome {
        if self.write { Self::write() } else { Self::check() }
    }

    /// Fails if a file is not what the code makes.
    pub(crate) fn check() -> Outcome {
        let file: File = serde_json::from_str(&fs::read_to_string(root().join(FILE))?)?;
        if file.vectors != deterministic()? || file.about != ABOUT {
            return Err(differs(FILE));
        }
        let law: LawFile = serde_json::from_str(&fs::read_to_string(root().join(LAW_FILE))?)?;
        if law != LawFile::made()? {
            return Err(differs(LAW_FILE));
        }
        verify_manifest(&file.manifest)
    }

    fn write() -> Outcome {
        let path = root().join(FILE);
        let kept = fs::read_to_string(&path)
            .ok()
            .and_then(|text| serde_json::from_str::<File>(&text).ok())
            .map(|file| file.manifest)
            .filter(|manifest| verify_manifest(manifest).is_ok());
        let manifest = match kept {
            Some(manifest) => manifest,
            None => make_manifest()?,
        };
        let file = File { about: ABOUT.to_owned(), vectors: deterministic()?, manifest };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, serde_json::to_string_pretty(&file)? + "\n")?;
        let law = serde_json::to_string_pretty(&LawFile::made()?)? + "\n";
        fs::write(root().join(LAW_FILE), law)?;
        Ok(())
    }
}

fn differs(file: &str) -> Box<dyn Error> {
    format!(
        "{file} is not what the code makes. If the protocol was meant to change, that is a new \
         version; else the code is wrong"
    )
    .into()
}

fn deterministic() -> Result<Value, Box<dyn Error>> {
    let identifier = parse(IdentifierType::Vin, VIN, None)?;
    let input = identifier.oprf_input();
    let scope = scope()?;
    let key = oprf_key()?;
    let outputs = voprf::evaluate(&key, &[&input])?;
    let output = outputs.first().ok_or("no output")?;
    let secret = [0x5e; 32];
    let blind = derive_blind(&secret, &CHECK, IdentifierType::Vin, 7, &input)?;
    let blinded = voprf::additive::blind(&[&input], std::slice::from_ref(&blind))?;
    let mut digest = AnswerDigest::default();
    digest.add(&blinded);
    digest.add(b"second chunk");
    let agreement = agreement()?;
    let header_document = header(&scope, &agreement, &blinded)?.sign(&signing_key(0x10)?);
    let log = log::Log::new()?;
    let receipt_document = receipt()?;
    let (chunk, element) = log::element()?;
    let evidence = log::evidence(
        &agreement.verify()?,
        &header_document,
        &receipt_document,
        identifier.canonical(),
        &blinded,
        &*blind.to_bytes(),
    )?;
    Ok(json!({
        "oprf_input": {
            "identifier_type": "vin",
            "rules_version": IdentifierType::Vin.rules_version(),
            "value": VIN,
            "canonical": hex::encode(identifier.canonical()),
            "oprf_input": hex::encode(&*input),
        },
        "canary_input": {
            "identifier_type": "vin",
            "index": 3,
            "oprf_input": hex::encode(canary_input(IdentifierType::Vin, 3)),
        },
        "oprf_output": {
            "secret_key": hex::encode(*key.to_bytes()),
            "public_key": hex::encode(key.public_key().to_bytes()),
            "oprf_input": hex::encode(&*input),
            "output": hex::encode(output.as_bytes()),
            "membership_hash": hex::encode(output.membership_hash()),
            "claim": hex::encode(output.claim()),
            "label_secret": hex::encode(*output.label_secret()),
        },
        "blind": {
            "check_secret": hex::encode(secret),
            "check_id": CHECK.to_string(),
            "identifier_type": "vin",
            "position": 7,
            "oprf_input": hex::encode(&*input),
            "blind": hex::encode(*blind.to_bytes()),
            "blinded_element": hex::encode(&blinded),
        },
        "scope": {
            "agreement_hash": scope.agreement_hash,
            "agreement": scope.agreement,
            "dataset": scope.dataset,
            "identifier_type": "vin",
            "rules_version": scope.rules_version,
            "epoch": scope.epoch,
            "scope_id": scope.id(),
        },
        "chunk_hash": chunk,
        "element_proof": element,
        "commitment": {
            "field": "officer",
            "salt": hex::encode([0x5a; 32]),
            "text": "officer-7",
            "commitment": hex::encode(commit("officer", &[0x5a; 32], "officer-7")),
        },
        "answer_digest": {
            "chunks": [hex::encode(&blinded), hex::encode(b"second chunk")],
            "digest": hex::encode(digest.finish()),
        },
        "agreement": {
            "file": serde_json::from_str::<Value>(&agreement.to_json()?)?,
            "hash": agreement.hash()?,
        },
        "check_header": signed(&header_document, Label::CheckHeader),
        "receipt": signed(&receipt_document, Label::Receipt),
        "log": log.vectors()?,
        "element_evidence": evidence,
    }))
}

/// The element that is asked in the check: its identifier blinded by addition.
fn blinded_element() -> Result<Vec<u8>, Box<dyn Error>> {
    let input = parse(IdentifierType::Vin, VIN, None)?.oprf_input();
    let blind = derive_blind(&[0x5e; 32], &CHECK, IdentifierType::Vin, 7, &input)?;
    Ok(voprf::additive::blind(&[&input], std::slice::from_ref(&blind))?)
}

/// The owner's receipt for the check.
fn receipt() -> Result<SignedDocument, Box<dyn Error>> {
    let blinded = blinded_element()?;
    let header = header(&scope()?, &agreement()?, &blinded)?.sign(&signing_key(0x10)?);
    let mut digest = AnswerDigest::default();
    digest.add(&blinded);
    digest.add(b"second chunk");
    let log = log::Log::new()?;
    let receipt = Receipt {
        check_id: CHECK,
        header_hash: DocumentHash::of(&header.document),
        manifests: vec![DocumentHash([0x3a; 32])],
        evaluated: digest.finish(),
        answered: 1,
        entry_index: log::INDEX,
        leaf_hash: log.leaf()?.0,
        issued_at: WHEN,
        checkpoint: log.checkpoint()?.to_bytes(),
        inclusion: log.inclusion()?,
    };
    Ok(receipt.sign(&log.key))
}

/// The manifest of the fixed scope and key, with fresh canaries.
fn make_manifest() -> Result<Value, Box<dyn Error>> {
    let key = oprf_key()?;
    let manifest = Manifest {
        scope: scope()?,
        version: 2,
        public_key: key.public_key(),
        padded_len: 1_024,
        lambda: 40,
        file_sha256: [0xf1; 32],
        file_len: 5_632,
        previous: Some(DocumentHash([0x9e; 32])),
        canaries: CanarySet::evaluate(&key, IdentifierType::Vin, &SystemRandom::new())?,
        issued_at: WHEN,
        expires_at: WHEN + time::Duration::days(30),
        updated_at: WHEN - time::Duration::hours(1),
        labels: None,
    };
    let hashes = manifest.canaries.membership_hashes(&key.public_key(), IdentifierType::Vin)?;
    let mut value = signed(&manifest.sign(&signing_key(1)?), Label::Manifest);
    if let Some(fields) = value.as_object_mut() {
        let hashes: Vec<_> = hashes.iter().map(|hash| hex::encode(hash.0)).collect();
        fields.insert("canary_membership_hashes".to_owned(), json!(hashes));
    }
    Ok(value)
}

fn verify_manifest(value: &Value) -> Outcome {
    let bytes = |name: &str| -> Result<Vec<u8>, Box<dyn Error>> {
        Ok(hex::decode(value.get(name).and_then(Value::as_str).ok_or("a field is missing")?)?)
    };
    let document = SignedDocument {
        document: bytes("document")?,
        public_key: bytes("public_key")?,
        signature: bytes("signature")?,
    };
    let (manifest, _) = Manifest::verify(&document, &signing_key(1)?.verifying_key())?;
    let key = oprf_key()?.public_key();
    if manifest.scope != scope()? || manifest.public_key != key {
        return Err(format!("the manifest in {FILE} is of another scope or key").into());
    }
    let hashes: Vec<_> = manifest
        .canaries
        .membership_hashes(&key, IdentifierType::Vin)?
        .iter()
        .map(|hash| Value::from(hex::encode(hash.0)))
        .collect();
    if value.get("canary_membership_hashes") == Some(&Value::from(hashes)) {
        Ok(())
    } else {
        Err(format!("the canaries in {FILE} are not what the code makes").into())
    }
}

fn signed(document: &SignedDocument, label: Label) -> Value {
    json!({
        "label": label.as_str(),
        "document": hex::encode(&document.document),
        "document_hash": DocumentHash::of(&document.document).to_string(),
        "public_key": hex::encode(&document.public_key),
        "signature": hex::encode(&document.signature),
    })
}

fn scope() -> Result<Scope, Box<dyn Error>> {
    Ok(Scope {
        agreement: "req-own-2026".parse()?,
        agreement_hash: agreement()?.hash()?,
        dataset: "stolen-vehicles".to_owned(),
        identifier_type: IdentifierType::Vin,
        rules_version: 1,
        epoch: 5,
    })
}

fn oprf_key() -> Result<SecretKey, Box<dyn Error>> {
    let mut bytes = [0; 32];
    if let Some(first) = bytes.first_mut() {
        *first = 0x2a;
    }
    Ok(SecretKey::from_bytes(&bytes)?)
}

/// An Ed25519 key whose seed is one byte repeated, in PKCS#8 form (RFC 8410).
fn signing_key(seed: u8) -> Result<SigningKey, Box<dyn Error>> {
    let prefix = hex::decode("302e020100300506032b657004220420")?;
    Ok(SigningKey::from_pkcs8(&[prefix, vec![seed; 32]].concat())?)
}

fn agreement() -> Result<SignedAgreement, Box<dyn Error>> {
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
    let requester = include_str!("../data/vector-root-requester.b64");
    let owner = include_str!("../data/vector-root-owner.b64");
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

fn header(
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

//! One element of a check, shown to somebody who has the agreement and nothing else of the program's
//! data: who asked it, why, and that the other side logged it.

use serde::{Deserialize, Serialize};
use symbolon_exchange::{CheckHeader, DocumentHash, ElementProof, Receipt, commit};
use symbolon_identifiers::{Identifier, IdentifierType};
use symbolon_oprf::{Blind, voprf};
use symbolon_policy::{Agreement, BureauCode, CheckId};
use symbolon_proto::v1::SignedDocument;
use symbolon_store::StoredDocument;
use thiserror::Error;
use time::OffsetDateTime;

/// A file that shows one element. It holds an identifier in clear, and who asked it why.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElementEvidence {
    /// Always [`ElementEvidence::FORMAT`].
    pub format: String,
    /// The signed header.
    pub header: SignedFile,
    /// That the header names the element.
    pub element: ElementProof,
    /// Registered name of the identifier's type.
    pub identifier_type: String,
    /// The canonical identifier, hexadecimal.
    #[serde(with = "hex::serde")]
    pub canonical: Vec<u8>,
    /// The blind, a scalar of ristretto255, 32 bytes in hexadecimal.
    #[serde(with = "hex::serde")]
    pub blind: Vec<u8>,
    /// Who asked, and why, with the salts of the header's commitments.
    pub facts: EvidenceFacts,
    /// The owner's receipt, if it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Logged>,
}

/// A signed document in a file, hexadecimal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedFile {
    /// What was signed.
    #[serde(with = "hex::serde")]
    pub document: Vec<u8>,
    /// By which key, 32 bytes.
    #[serde(with = "hex::serde")]
    pub public_key: Vec<u8>,
    /// The signature, 64 bytes.
    #[serde(with = "hex::serde")]
    pub signature: Vec<u8>,
}

/// An owner's signed receipt.
pub type Logged = SignedFile;

impl SignedFile {
    /// A stored document as it stands in a file.
    pub fn of(document: &StoredDocument) -> Self {
        Self {
            document: document.document.clone(),
            public_key: document.public_key.clone(),
            signature: document.signature.clone(),
        }
    }

    /// The document as it travels.
    pub fn to_document(&self) -> SignedDocument {
        SignedDocument {
            document: self.document.clone(),
            public_key: self.public_key.clone(),
            signature: self.signature.clone(),
        }
    }
}

/// Who asked and why, with the salts of the commitments in one header (32 bytes each, hexadecimal).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is named as the commitment that it opens")]
pub struct EvidenceFacts {
    pub officer: String,
    pub case_reference: String,
    pub justification: String,
    pub officer_salt: String,
    pub case_reference_salt: String,
    pub justification_salt: String,
}

impl EvidenceFacts {
    /// Whether the header commits to exactly these facts.
    pub(crate) fn are_committed_to(&self, header: &CheckHeader) -> bool {
        let opens = |field: &str, salt: &str, text: &str, commitment: &[u8]| {
            let mut bytes = [0; 32];
            hex::decode_to_slice(salt, &mut bytes).is_ok()
                && commit(field, &bytes, text) == commitment
        };
        let all = &header.commitments;
        opens("officer", &self.officer_salt, &self.officer, &all.officer)
            && opens(
                "case_reference",
                &self.case_reference_salt,
                &self.case_reference,
                &all.case_reference,
            )
            && opens(
                "justification",
                &self.justification_salt,
                &self.justification,
                &all.justification,
            )
    }
}

/// What an element's evidence proves.
pub struct ProvenElement {
    /// The check.
    pub check: CheckId,
    /// Who asked.
    pub requester: BureauCode,
    /// Who was asked.
    pub owner: BureauCode,
    /// When, by the requester's clock.
    pub asked_at: OffsetDateTime,
    /// The declared purpose.
    pub purpose: String,
    /// What was asked.
    pub identifier: Identifier,
    /// The owner's word that it logged the check, if it gave one.
    pub receipt: Option<Receipt>,
    /// Size of the tree in which the owner proved the entry to be.
    pub tree_size: Option<u64>,
}

impl ElementEvidence {
    /// The value of [`ElementEvidence::format`].
    pub const FORMAT: &'static str = "symbolon-element-evidence-v1";

    pub(crate) fn new(
        header: &SignedDocument,
        element: ElementProof,
        kind: IdentifierType,
        canonical: &[u8],
        blind: &Blind,
        facts: EvidenceFacts,
        receipt: Option<Logged>,
    ) -> Self {
        Self {
            format: Self::FORMAT.to_owned(),
            header: SignedFile {
                document: header.document.clone(),
                public_key: header.public_key.clone(),
                signature: header.signature.clone(),
            },
            element,
            identifier_type: kind.name().to_owned(),
            canonical: canonical.to_vec(),
            blind: blind.to_bytes().to_vec(),
            facts,
            receipt,
        }
    }

    /// Proves it under the keys that `agreement` names.
    ///
    /// # Errors
    /// The first step that does not hold.
    pub fn verify(&self, agreement: &Agreement) -> Result<ProvenElement, EvidenceError> {
        if self.format != Self::FORMAT {
            return Err(EvidenceError::Format);
        }
        let signed = self.header.to_document();
        let (id, requester) =
            CheckHeader::claimed_agreement(&signed).map_err(|_| EvidenceError::Header)?;
        let key = agreement.party(&requester).map(|party| party.keys.header);
        let key =
            key.filter(|_| id == agreement.terms().id).ok_or(EvidenceError::OtherAgreement)?;
        let (header, hash) =
            CheckHeader::verify(&signed, &key).map_err(|_| EvidenceError::Header)?;
        if header.agreement_hash != agreement.hash() {
            return Err(EvidenceError::OtherAgreement);
        }
        let kind: IdentifierType =
            self.identifier_type.parse().map_err(|_| EvidenceError::Identifier)?;
        let identifier = Identifier::from_canonical(kind, &self.canonical)
            .map_err(|_| EvidenceError::Identifier)?;
        let blind = self.blind.as_slice().try_into().ok();
        let blind = blind.and_then(|bytes| Blind::from_bytes(bytes).ok());
        let blinded = blind
            .and_then(|blind| voprf::additive::blind(&[identifier.oprf_input()], &[blind]).ok());
        if blinded.as_deref() != self.element.element() || blinded.is_none() {
            return Err(EvidenceError::Element);
        }
        let is_named = header.chunks().iter().any(|(place, chunk_hash)| {
            place.scope == self.element.scope
                && place.chunk == self.element.chunk
                && u32::try_from(place.elements) == Ok(self.element.elements)
                && self.element.verifies(&header.check_id, chunk_hash)
        });
        if !is_named {
            return Err(EvidenceError::NotInHeader);
        }
        if !self.facts.are_committed_to(&header) {
            return Err(EvidenceError::Facts);
        }
        let logged = match &self.receipt {
            Some(receipt) => Some(logged(receipt, &header, hash, agreement)?),
            None => None,
        };
        let (receipt, tree_size) = logged.unzip();
        Ok(ProvenElement {
            check: header.check_id,
            requester: header.requester,
            owner: header.owner,
            asked_at: header.issued_at,
            purpose: header.purpose,
            identifier,
            receipt,
            tree_size,
        })
    }
}

/// The receipt, if it is for this header, and the size of the tree that its entry is proven to be in.
fn logged(
    receipt: &Logged,
    header: &CheckHeader,
    hash: DocumentHash,
    agreement: &Agreement,
) -> Result<(Receipt, u64), EvidenceError> {
    let party = agreement.party(&header.owner).ok_or(EvidenceError::OtherAgreement)?;
    let receipt = Receipt::verify(&receipt.to_document(), &party.keys.log)
        .map_err(|_| EvidenceError::Receipt)?;
    let tree = receipt.logged(&party.code, &party.keys.log).map_err(|_| EvidenceError::Receipt)?;
    if receipt.header_hash != hash || receipt.check_id != header.check_id {
        return Err(EvidenceError::Receipt);
    }
    Ok((receipt, tree.checkpoint().size))
}

/// Why a file proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// Another kind of file.
    #[error("the file is no evidence of an element in the form of this version")]
    Format,
    /// The header cannot be read, or is not signed by the requester's key.
    #[error("the header is not signed by the key that the agreement names for the requester")]
    Header,
    /// The agreement is not the one under which it was asked.
    #[error("the check was not asked under this agreement, or under another text of it")]
    OtherAgreement,
    /// The identifier is none.
    #[error("the identifier cannot be read")]
    Identifier,
    /// Identifier and blind do not give the element.
    #[error("the identifier under this blind is not the element that is shown")]
    Element,
    /// The header does not name the element.
    #[error("the signed header does not name the element at that place")]
    NotInHeader,
    /// The facts are not those that the header commits to.
    #[error("the header commits to another officer, case or justification")]
    Facts,
    /// The receipt does not hold.
    #[error("the owner's receipt is not for this header, or does not hold")]
    Receipt,
}

use std::collections::HashSet;

use prost::Message as _;
use symbolon_policy::{
    AgreementHash, AgreementId, BureauCode, CheckId, Label, ScopeId, SigningKey, VerifyingKey,
};
use symbolon_proto::v1::{self, ContextCommitments, DeclaredContext, SignedDocument, Urgency};
use time::OffsetDateTime;

use crate::{
    chunk::{ChunkPosition, chunks_of},
    limits::{MAX_CHUNKS, MAX_DOCUMENT_LEN, MAX_ELEMENTS, MAX_SCOPES},
    signed::{self, DocumentError, DocumentHash},
    time as timestamp,
};

/// What a requester signs before it asks (see `symbolon.v1.CheckHeader`).
#[derive(Clone, Debug, PartialEq)]
pub struct CheckHeader {
    /// Identity of the check.
    pub check_id: CheckId,
    /// The agreement.
    pub agreement: AgreementId,
    /// Its text.
    pub agreement_hash: AgreementHash,
    /// Who asks.
    pub requester: BureauCode,
    /// Who is asked.
    pub owner: BureauCode,
    /// What is asked, in order.
    pub scopes: Vec<ScopeQuery>,
    /// Declared purpose.
    pub purpose: String,
    /// Declared class of offence; empty where none is.
    pub offence_class: String,
    /// Declared urgency.
    pub urgency: Urgency,
    /// Commitments to what is not declared.
    pub commitments: ContextCommitments,
    /// The requester's clock.
    pub issued_at: OffsetDateTime,
}

/// The elements asked in one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeQuery {
    /// The scope.
    pub scope: ScopeId,
    /// How many elements.
    pub elements: u32,
    /// The hashes of its chunks, in order.
    pub chunk_hashes: Vec<[u8; 32]>,
}

impl CheckHeader {
    /// The chunks in the order in which they travel, each with the hash that was signed.
    pub fn chunks(&self) -> Vec<(ChunkPosition, [u8; 32])> {
        let hashes = self.scopes.iter().flat_map(|scope| scope.chunk_hashes.iter().copied());
        chunks_of(self.scopes.iter().map(|scope| scope.elements)).into_iter().zip(hashes).collect()
    }

    /// All elements of all scopes.
    pub fn element_count(&self) -> u64 {
        self.scopes.iter().map(|scope| u64::from(scope.elements)).sum()
    }

    /// Signs it with the requester's header key.
    pub fn sign(&self, key: &SigningKey) -> SignedDocument {
        signed::sign(key, Label::CheckHeader, self.to_proto().encode_to_vec())
    }

    /// Reads a header without verifying it, to learn which agreement and so which key to verify it
    /// with. Nothing else may be done with what this returns.
    ///
    /// # Errors
    /// When it is not a header.
    pub fn claimed_agreement(
        document: &SignedDocument,
    ) -> Result<(AgreementId, BureauCode), DocumentError> {
        if document.document.len() > MAX_DOCUMENT_LEN {
            return Err(DocumentError::TooLong);
        }
        let header = Self::parse(&document.document)?;
        Ok((header.agreement, header.requester))
    }

    /// The header and the hash of its bytes, if `key` signed it and it keeps to every bound.
    ///
    /// # Errors
    /// When it was not signed by `key` or a field is not as it must be.
    pub fn verify(
        document: &SignedDocument,
        key: &VerifyingKey,
    ) -> Result<(Self, DocumentHash), DocumentError> {
        let bytes = signed::verify(key, Label::CheckHeader, document)?;
        Ok((Self::parse(bytes)?, DocumentHash::of(bytes)))
    }

    fn to_proto(&self) -> v1::CheckHeader {
        v1::CheckHeader {
            check_id: self.check_id.0.to_vec(),
            agreement_id: self.agreement.to_string(),
            agreement_hash: self.agreement_hash.0.to_vec(),
            requester: self.requester.to_string(),
            owner: self.owner.to_string(),
            scopes: self
                .scopes
                .iter()
                .map(|scope| v1::ScopeQuery {
                    scope_id: scope.scope.0.to_vec(),
                    element_count: scope.elements,
                    chunk_hashes: scope.chunk_hashes.concat(),
                })
                .collect(),
            context: Some(DeclaredContext {
                purpose: self.purpose.clone(),
                offence_class: self.offence_class.clone(),
                urgency: self.urgency.into(),
            }),
            commitments: Some(self.commitments.clone()),
            issued_at: Some(timestamp::to_proto(self.issued_at)),
        }
    }

    fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        let header = v1::CheckHeader::decode(bytes).map_err(|_| malformed("encoding"))?;
        let context = header.context.ok_or(malformed("context"))?;
        if !is_code(&context.purpose) || context.purpose.is_empty() {
            return Err(malformed("purpose"));
        }
        if !is_code(&context.offence_class) {
            return Err(malformed("offence class"));
        }
        let commitments = header.commitments.ok_or(malformed("commitments"))?;
        let all = [&commitments.officer, &commitments.case_reference, &commitments.justification];
        if all.iter().any(|commitment| commitment.len() != 32) {
            return Err(malformed("commitments"));
        }
        if header.scopes.is_empty() || header.scopes.len() > MAX_SCOPES {
            return Err(malformed("number of scopes"));
        }
        let scopes = header
            .scopes
            .into_iter()
            .map(parse_scope)
            .collect::<Result<Vec<_>, DocumentError>>()?;
        // Fields that this version does not know are room for more, but not for anything at all: a
        // header is kept.
        let chunks: usize = scopes.iter().map(|scope: &ScopeQuery| scope.chunk_hashes.len()).sum();
        if bytes.len() > 4_096 + 128 * scopes.len() + 32 * chunks {
            return Err(DocumentError::TooLong);
        }
        let different: HashSet<_> = scopes.iter().map(|scope| scope.scope).collect();
        if different.len() != scopes.len() {
            return Err(malformed("list of scopes: one stands twice"));
        }
        Ok(Self {
            check_id: CheckId(
                header.check_id.as_slice().try_into().map_err(|_| malformed("check id"))?,
            ),
            agreement: header.agreement_id.parse().map_err(|_| malformed("agreement id"))?,
            agreement_hash: AgreementHash(
                header
                    .agreement_hash
                    .as_slice()
                    .try_into()
                    .map_err(|_| malformed("agreement hash"))?,
            ),
            requester: header.requester.parse().map_err(|_| malformed("requester"))?,
            owner: header.owner.parse().map_err(|_| malformed("owner"))?,
            scopes,
            purpose: context.purpose,
            offence_class: context.offence_class,
            // A newer requester may know more urgencies; whatever it is, it is not urgent here.
            urgency: Urgency::try_from(context.urgency).unwrap_or_default(),
            commitments,
            issued_at: timestamp::from_proto(header.issued_at).ok_or(malformed("time"))?,
        })
    }
}

fn parse_scope(scope: v1::ScopeQuery) -> Result<ScopeQuery, DocumentError> {
    if scope.element_count == 0 || scope.element_count > MAX_ELEMENTS {
        return Err(malformed("element count"));
    }
    let (hashes, rest) = scope.chunk_hashes.as_chunks::<32>();
    let expected = chunks_of([scope.element_count]).len();
    if !rest.is_empty() || hashes.len() != expected || hashes.len() > MAX_CHUNKS {
        return Err(malformed("list of chunk hashes"));
    }
    Ok(ScopeQuery {
        scope: ScopeId(scope.scope_id.as_slice().try_into().map_err(|_| malformed("scope id"))?),
        elements: scope.element_count,
        chunk_hashes: hashes.to_vec(),
    })
}

fn is_code(text: &str) -> bool {
    text.len() <= 64
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.-".contains(&b))
}

fn malformed(field: &'static str) -> DocumentError {
    DocumentError::Malformed { document: "header", field }
}

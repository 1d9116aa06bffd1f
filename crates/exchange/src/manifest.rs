use prost::Message as _;
use symbolon_identifiers::IdentifierType;
use symbolon_oprf::PublicKey;
use symbolon_policy::{AgreementHash, Label, Scope, ScopeId, SigningKey, VerifyingKey};
use symbolon_proto::v1::{self, SignedDocument};
use symbolon_tagset::{MAX_LABEL_LEN, MIN_LABEL_LEN};
use time::OffsetDateTime;

use crate::{
    canary::CanarySet,
    signed::{self, DocumentError, DocumentHash},
    time as timestamp,
};

/// What an owner publishes with each version of a tag set (see `symbolon.v1.Manifest`).
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// What key and set belong to.
    pub scope: Scope,
    /// Version of the set, from 1.
    pub version: u64,
    /// The scope's OPRF public key.
    pub public_key: PublicKey,
    /// Entries, dummies included.
    pub padded_len: u64,
    /// A tag that is not in the set is found with probability 2^-λ.
    pub lambda: u8,
    /// SHA-256 of the file.
    pub file_sha256: [u8; 32],
    /// Length of the file in bytes.
    pub file_len: u64,
    /// Hash of the manifest before it; `None` in version 1.
    pub previous: Option<DocumentHash>,
    /// The canaries with their evaluation.
    pub canaries: CanarySet,
    /// When it was made.
    pub issued_at: OffsetDateTime,
    /// After this the set must not be used.
    pub expires_at: OffsetDateTime,
    /// When records were last loaded.
    pub updated_at: OffsetDateTime,
    /// The file of sealed labels beside the set, where the agreement releases something at once.
    pub labels: Option<LabelFile>,
}

/// A file of sealed labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelFile {
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// Its length in bytes.
    pub file_len: u64,
    /// Length of each label in bytes.
    pub label_len: u16,
}

impl Manifest {
    /// Signs it with the owner's manifest key.
    pub fn sign(&self, key: &SigningKey) -> SignedDocument {
        signed::sign(key, Label::Manifest, self.to_proto().encode_to_vec())
    }

    /// The manifest and the hash of its bytes, if `key` signed it and it is consistent.
    ///
    /// # Errors
    /// When it was not signed by `key` or a field is not as it must be.
    pub fn verify(
        document: &SignedDocument,
        key: &VerifyingKey,
    ) -> Result<(Self, DocumentHash), DocumentError> {
        let bytes = signed::verify(key, Label::Manifest, document)?;
        Ok((Self::parse(bytes)?, DocumentHash::of(bytes)))
    }

    /// Reads the bytes of a manifest that this node verified or made before it stored them.
    ///
    /// # Errors
    /// When a field is not as it must be.
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        let manifest = v1::Manifest::decode(bytes).map_err(|_| malformed("encoding"))?;
        let scope = parse_scope(manifest.scope.ok_or(malformed("scope"))?)?;
        if manifest.scope_id != scope.id().0 {
            return Err(malformed("scope id"));
        }
        if manifest.version == 0 {
            return Err(malformed("version"));
        }
        Ok(Self {
            scope,
            version: manifest.version,
            public_key: PublicKey::from_bytes(&manifest.oprf_public_key)
                .map_err(|_| malformed("OPRF public key"))?,
            padded_len: manifest.padded_len,
            lambda: u8::try_from(manifest.lambda).map_err(|_| malformed("lambda"))?,
            file_sha256: manifest
                .file_sha256
                .as_slice()
                .try_into()
                .map_err(|_| malformed("file hash"))?,
            file_len: manifest.file_len,
            previous: parse_previous(manifest.version, &manifest.previous_manifest_hash)?,
            canaries: CanarySet::from_proto(manifest.canaries.ok_or(malformed("canaries"))?)
                .ok_or(malformed("canaries"))?,
            issued_at: timestamp::from_proto(manifest.issued_at).ok_or(malformed("time"))?,
            expires_at: timestamp::from_proto(manifest.expires_at).ok_or(malformed("expiry"))?,
            updated_at: timestamp::from_proto(manifest.updated_at)
                .ok_or(malformed("time of update"))?,
            labels: parse_labels(
                &manifest.labels_sha256,
                manifest.labels_file_len,
                manifest.label_len,
            )?,
        })
    }

    fn to_proto(&self) -> v1::Manifest {
        v1::Manifest {
            scope: Some(v1::Scope {
                agreement_id: self.scope.agreement.to_string(),
                dataset: self.scope.dataset.clone(),
                identifier_type: self.scope.identifier_type.name().to_owned(),
                rules_version: self.scope.rules_version.into(),
                epoch: self.scope.epoch,
                agreement_hash: self.scope.agreement_hash.0.to_vec(),
            }),
            scope_id: self.scope.id().0.to_vec(),
            version: self.version,
            oprf_public_key: self.public_key.to_bytes().to_vec(),
            padded_len: self.padded_len,
            lambda: self.lambda.into(),
            file_sha256: self.file_sha256.to_vec(),
            file_len: self.file_len,
            previous_manifest_hash: self.previous.map_or_else(Vec::new, |hash| hash.0.to_vec()),
            canaries: Some(self.canaries.to_proto()),
            issued_at: Some(timestamp::to_proto(self.issued_at)),
            expires_at: Some(timestamp::to_proto(self.expires_at)),
            updated_at: Some(timestamp::to_proto(self.updated_at)),
            labels_sha256: self.labels.map_or_else(Vec::new, |file| file.sha256.to_vec()),
            labels_file_len: self.labels.map_or(0, |file| file.file_len),
            label_len: self.labels.map_or(0, |file| file.label_len.into()),
        }
    }

    /// The scope's id.
    pub fn scope_id(&self) -> ScopeId {
        self.scope.id()
    }
}

fn parse_scope(scope: v1::Scope) -> Result<Scope, DocumentError> {
    Ok(Scope {
        agreement: scope.agreement_id.parse().map_err(|_| malformed("agreement id"))?,
        agreement_hash: AgreementHash(
            scope.agreement_hash.as_slice().try_into().map_err(|_| malformed("agreement hash"))?,
        ),
        dataset: scope.dataset,
        identifier_type: IdentifierType::ALL
            .iter()
            .copied()
            .find(|known| known.name() == scope.identifier_type)
            .ok_or(malformed("identifier type"))?,
        rules_version: u16::try_from(scope.rules_version)
            .map_err(|_| malformed("rules version"))?,
        epoch: scope.epoch,
    })
}

fn parse_previous(version: u64, hash: &[u8]) -> Result<Option<DocumentHash>, DocumentError> {
    match (version, hash) {
        (1, []) => Ok(None),
        (2.., hash) => hash
            .try_into()
            .map(|hash| Some(DocumentHash(hash)))
            .map_err(|_| malformed("previous manifest hash")),
        _ => Err(malformed("previous manifest hash")),
    }
}

fn parse_labels(
    sha256: &[u8],
    file_len: u64,
    label_len: u32,
) -> Result<Option<LabelFile>, DocumentError> {
    if sha256.is_empty() && file_len == 0 && label_len == 0 {
        return Ok(None);
    }
    let sha256 = sha256.try_into().map_err(|_| malformed("hash of labels"))?;
    let label_len = u16::try_from(label_len)
        .ok()
        .filter(|len| (MIN_LABEL_LEN..=MAX_LABEL_LEN).contains(len))
        .ok_or(malformed("length of labels"))?;
    Ok(Some(LabelFile { sha256, file_len, label_len }))
}

fn malformed(field: &'static str) -> DocumentError {
    DocumentError::Malformed { document: "manifest", field }
}

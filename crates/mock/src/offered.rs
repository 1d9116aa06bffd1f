//! Lists that are not as they should be.

use bytes::Bytes;
use prost::Message as _;
use ring::rand::SystemRandom;
use symbolon_exchange::{
    CanaryError, CanarySet, DocumentError, DocumentHash, LabelFile, Manifest, PIECE_LEN,
};
use symbolon_oprf::{Error as OprfError, SecretKey, voprf};
use symbolon_policy::{ScopeId, SigningKey};
use symbolon_proto::{
    partner::v1::{
        DownloadTagSetRequest, DownloadTagSetResponse, GetManifestsRequest, GetManifestsResponse,
    },
    v1::SignedDocument,
};
use symbolon_tagset::{
    DummySecret, Error as TagSetError, Label, LabelParameters, LabelSecret, LabelSummary,
    MembershipHash, Parameters, TagSet, build, build_labels,
};
use thiserror::Error;
use time::OffsetDateTime;
use tonic::{body::Body, codegen::http::Response};

use crate::{
    Faults, ListFault,
    behind::Answered,
    frames::{Frames, answered, framed, message},
    relay::{Next, relay},
};

/// A version of a list: its signed manifest, its file, and its labels.
#[derive(Clone, Debug)]
pub struct Offered {
    /// The manifest.
    pub manifest: Manifest,
    /// The same, signed.
    pub document: SignedDocument,
    /// The file.
    pub file: Vec<u8>,
    /// The labels beside it; empty where there are none.
    pub labels: Vec<u8>,
}

impl Offered {
    /// What was published: the signed manifest with its file and its labels.
    ///
    /// # Errors
    /// When the document is no manifest.
    pub fn published(
        document: &SignedDocument,
        file: Vec<u8>,
        labels: Vec<u8>,
    ) -> Result<Self, OfferError> {
        let manifest = Manifest::parse(&document.document)?;
        Ok(Self { manifest, document: document.clone(), file, labels })
    }

    /// Another version of the list that `before` is, made and signed for `key`. It holds the OPRF inputs
    /// `inputs`, and its canaries if they are wanted.
    ///
    /// # Errors
    /// When the set cannot be made.
    pub fn made(
        before: &Self,
        version: u64,
        key: &SecretKey,
        inputs: &[Vec<u8>],
        with_canaries: bool,
        manifest_key: &SigningKey,
    ) -> Result<Self, OfferError> {
        let scope = before.manifest.scope.clone();
        let kind = scope.identifier_type;
        let canaries = CanarySet::evaluate(key, kind, &SystemRandom::new())?;
        let outputs = voprf::evaluate(key, inputs)?;
        let mut hashes: Vec<_> =
            outputs.iter().map(|output| MembershipHash(output.membership_hash())).collect();
        if with_canaries {
            hashes.extend(canaries.membership_hashes(&key.public_key(), kind)?);
        }
        let lambda = before.manifest.lambda;
        let parameters = Parameters { lambda, scope: scope.id().0, version };
        let mut file = Vec::new();
        let summary = build(&parameters, hashes, &DummySecret::new([9; 32]), &mut file)?;
        let now = OffsetDateTime::now_utc();
        let manifest = Manifest {
            scope,
            version,
            public_key: key.public_key(),
            padded_len: summary.padded_len,
            lambda,
            file_sha256: summary.sha256,
            file_len: summary.file_len,
            previous: (version > 1).then(|| DocumentHash::of(&before.document.document)),
            canaries,
            issued_at: now,
            expires_at: now + time::Duration::days(1),
            updated_at: now,
            labels: None,
        };
        let document = manifest.sign(manifest_key);
        Ok(Self { manifest, document, file, labels: Vec::new() })
    }

    /// The same version with a label of its own making on one OPRF input that is in it; each label takes
    /// `label_len` bytes.
    ///
    /// # Errors
    /// When the labels cannot be made.
    pub fn labelled(
        &self,
        key: &SecretKey,
        input: &[u8],
        text: &str,
        label_len: u16,
        manifest_key: &SigningKey,
    ) -> Result<Self, OfferError> {
        let outputs = voprf::evaluate(key, &[input])?;
        let set = TagSet::from_bytes(self.file.clone())?;
        let labels = outputs.iter().filter_map(|output| {
            Some(Label {
                entry: set.find(&MembershipHash(output.membership_hash()))?,
                secret: LabelSecret::new(*output.label_secret()),
                text: text.to_owned(),
            })
        });
        let parameters = LabelParameters {
            scope: self.manifest.scope_id().0,
            version: self.manifest.version,
            padded_len: self.manifest.padded_len,
            label_len,
        };
        let mut file = Vec::new();
        let LabelSummary { sha256, file_len } =
            build_labels(&parameters, labels.collect(), &mut file)?;
        let labels = Some(LabelFile { sha256, file_len, label_len });
        let manifest = Manifest { labels, ..self.manifest.clone() };
        let document = manifest.sign(manifest_key);
        Ok(Self { manifest, document, file: self.file.clone(), labels: file })
    }
}

/// The fault of the lists that manifests were asked for of.
pub(crate) fn of_manifests(faults: &Faults, asked: &Bytes) -> Option<ListFault> {
    let request = GetManifestsRequest::decode(asked.clone()).ok()?;
    faults.of_list(&request.agreement_id)
}

/// The node's manifests, or what is offered in their place.
pub(crate) async fn manifests(
    faults: &Faults,
    fault: Option<ListFault>,
    answer: Response<Body>,
) -> Answered {
    let (parts, body) = answer.into_parts();
    let mut frames = Frames::new(body);
    let first = frames.next().await?;
    let Some(response) = first
        .as_ref()
        .and_then(message)
        .and_then(|message| GetManifestsResponse::decode(message).ok())
    else {
        // A refusal, which says so in its head.
        return Ok(Response::from_parts(parts, Body::empty()));
    };
    let manifests = response.manifests.into_iter().map(|signed| altered(faults, fault, signed));
    let response = GetManifestsResponse { manifests: manifests.collect() };
    Ok(answered(vec![framed(&response.encode_to_vec())]))
}

fn altered(
    faults: &Faults,
    fault: Option<ListFault>,
    mut signed: SignedDocument,
) -> SignedDocument {
    let key = &faults.keys().manifest;
    let Ok((mut manifest, _)) = Manifest::verify(&signed, &key.verifying_key()) else {
        return signed;
    };
    if let Some(offered) = faults.offered(&manifest.scope_id()) {
        return offered.document;
    }
    match fault {
        Some(ListFault::ForgedManifest) => {
            if let Some(byte) = signed.signature.first_mut() {
                *byte ^= 1;
            }
            signed
        }
        Some(ListFault::ExpiredManifest) => {
            manifest.expires_at = OffsetDateTime::now_utc() - time::Duration::hours(1);
            manifest.sign(key)
        }
        _ => signed,
    }
}

/// The bytes of a list that is offered in place of the node's own.
pub(crate) fn in_place_of_file(faults: &Faults, asked: &Bytes) -> Option<Response<Body>> {
    let request = DownloadTagSetRequest::decode(asked.clone()).ok()?;
    let offered = faults.offered(&ScopeId(request.scope_id.as_slice().try_into().ok()?))?;
    let offset = usize::try_from(request.offset).ok()?;
    let file = if request.labels { offered.labels } else { offered.file };
    let pieces = file.get(offset..)?.chunks(PIECE_LEN);
    let messages = pieces.map(|data| {
        let piece = DownloadTagSetResponse { data: data.to_vec() };
        framed(&piece.encode_to_vec())
    });
    Some(answered(messages.collect()))
}

/// The fault of a list's file.
pub(crate) fn of_file(faults: &Faults, asked: &Bytes) -> Option<ListFault> {
    let request = DownloadTagSetRequest::decode(asked.clone()).ok()?;
    let fault = faults.of_list(&request.agreement_id)?;
    (fault != ListFault::BrokenTransfer || request.offset == 0).then_some(fault)
}

/// The node's file with what the fault makes of it.
pub(crate) fn file(fault: Option<ListFault>, answer: Response<Body>) -> Response<Body> {
    let Some(fault @ (ListFault::AlteredFile | ListFault::BrokenTransfer)) = fault else {
        return answer;
    };
    let (parts, body) = answer.into_parts();
    let body = relay(None, Frames::new(body), move |frame: Bytes| {
        let piece = message(&frame).and_then(|m| DownloadTagSetResponse::decode(m).ok());
        let Some(mut piece) = piece else { return Next::reset() };
        match fault {
            ListFault::BrokenTransfer => {
                piece.data.truncate(piece.data.len() / 2);
                Next::reset().after(framed(&piece.encode_to_vec()))
            }
            _ => {
                piece.data.last_mut().into_iter().for_each(|byte| *byte ^= 1);
                Next::frames(vec![framed(&piece.encode_to_vec())])
            }
        }
    });
    Response::from_parts(parts, body)
}

/// Why a version of a list could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OfferError {
    /// Its canaries.
    #[error(transparent)]
    Canaries(#[from] CanaryError),
    /// Its manifest.
    #[error(transparent)]
    Manifest(#[from] DocumentError),
    /// Its evaluation.
    #[error(transparent)]
    Evaluation(#[from] OprfError),
    /// Its file.
    #[error(transparent)]
    File(#[from] TagSetError),
}

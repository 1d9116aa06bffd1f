//! A requester that speaks the partner face by hand and need not keep to the rules.

use std::{fs, sync::Arc};

use ring::rand::{SecureRandom as _, SystemRandom};
use symbolon_cli::scenario::Bureau;
use symbolon_client::{Credentials, PartnerTrust};
use symbolon_exchange::{CheckHeader, Manifest, ScopeQuery, chunk_hash, chunks_of};
use symbolon_identifiers::{IdentifierType, parse};
use symbolon_oprf::{Blind, voprf};
use symbolon_policy::{Agreement, CheckId, SigningKey};
use symbolon_proto::{
    partner::v1::{
        BlindedChunk, CheckRequest, CheckResponse, GetManifestsRequest, check_request,
        partner_service_client::PartnerServiceClient,
    },
    v1::{ContextCommitments, SignedDocument, Urgency},
};
use symbolon_store::KeyName;
use time::OffsetDateTime;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::{
    Status,
    transport::{Channel, Endpoint, Uri},
};

/// Credentials of a bureau's partner face.
pub fn credentials(bureau: &Bureau) -> Credentials {
    Credentials::read(&bureau.folder.certificate("partner"), &bureau.folder.key("partner")).unwrap()
}

/// The bureau's header key.
pub fn header_key(bureau: &Bureau) -> SigningKey {
    KeyName::Header.read(&bureau.folder).unwrap()
}

/// A client of `owner`'s partner face that shows `credentials`.
///
/// # Errors
/// When the connection or handshake fails.
pub async fn connect(
    owner: &Bureau,
    credentials: &Credentials,
) -> Result<PartnerServiceClient<Channel>, tonic::transport::Error> {
    Ok(PartnerServiceClient::new(channel(owner, credentials).await?)
        .max_encoding_message_size(usize::MAX)
        .max_decoding_message_size(usize::MAX))
}

/// A connection to `owner`'s partner face that shows `credentials`.
///
/// # Errors
/// When the connection or handshake fails.
pub async fn channel(
    owner: &Bureau,
    credentials: &Credentials,
) -> Result<Channel, tonic::transport::Error> {
    let config = PartnerTrust::of(&owner.card).unwrap().client_config(credentials).unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let authority = owner.card.endpoint.strip_prefix("https://").unwrap().to_owned();
    let address = authority.clone();
    Endpoint::from_shared(format!("http://{authority}"))
        .unwrap()
        .connect_with_connector(tower::service_fn(move |_: Uri| {
            let (connector, address) = (connector.clone(), address.clone());
            async move {
                let tcp = TcpStream::connect(address).await?;
                let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
                let tls = connector.connect(name, tcp).await?;
                Ok::<_, std::io::Error>(hyper_util::rt::TokioIo::new(tls))
            }
        }))
        .await
}

/// A question as an honest requester would put it, for the test to spoil.
pub struct Question {
    /// The header.
    pub header: CheckHeader,
    /// The chunks in order.
    pub chunks: Vec<Vec<u8>>,
}

impl Question {
    /// Asks `owner` about `values`, all of type `kind`, in its dataset of the agreement.
    pub fn new(
        agreement: &Agreement,
        requester: &Bureau,
        owner: &Bureau,
        kind: IdentifierType,
        values: &[(&str, Option<&str>)],
    ) -> Self {
        let inputs: Vec<_> = values
            .iter()
            .map(|(value, country)| parse(kind, value, *country).unwrap().oprf_input())
            .collect();
        let random = SystemRandom::new();
        let blinds: Vec<_> = inputs.iter().map(|_| Blind::random(&random).unwrap()).collect();
        let elements = voprf::blind(&inputs, &blinds).unwrap();
        Self::of_elements(agreement, requester, owner, kind, elements)
    }

    /// Asks with these elements, valid or not.
    pub fn of_elements(
        agreement: &Agreement,
        requester: &Bureau,
        owner: &Bureau,
        kind: IdentifierType,
        elements: Vec<u8>,
    ) -> Self {
        let now = OffsetDateTime::now_utc();
        let (scope, ..) = agreement
            .scopes_of(&owner.code, now)
            .find(|(scope, ..)| scope.identifier_type == kind)
            .expect("the type is offered");
        let mut id = [0; 16];
        SystemRandom::new().fill(&mut id).unwrap();
        let check_id = CheckId(id);
        let count = u32::try_from(elements.len() / 32).unwrap();
        let mut chunks = Vec::new();
        let mut rest = elements.as_slice();
        let mut chunk_hashes = Vec::new();
        for position in chunks_of([count]) {
            let (chunk, after) = rest.split_at(position.elements * 32);
            rest = after;
            chunk_hashes.push(chunk_hash(&check_id, &position, chunk));
            chunks.push(chunk.to_vec());
        }
        let header = CheckHeader {
            check_id,
            agreement: agreement.terms().id.clone(),
            agreement_hash: agreement.hash(),
            requester: requester.code.clone(),
            owner: owner.code.clone(),
            scopes: vec![ScopeQuery { scope: scope.id(), elements: count, chunk_hashes }],
            purpose: "border_check".to_owned(),
            offence_class: String::new(),
            urgency: Urgency::Routine,
            commitments: ContextCommitments {
                officer: vec![0; 32],
                case_reference: vec![0; 32],
                justification: vec![0; 32],
            },
            issued_at: now,
        };
        Self { header, chunks }
    }

    /// The messages, signed with `key`.
    pub fn messages(&self, key: &SigningKey) -> Vec<CheckRequest> {
        let header = header_message(self.header.sign(key));
        std::iter::once(header).chain(self.chunks.iter().cloned().map(chunk_message)).collect()
    }
}

/// A header as a message.
pub fn header_message(header: SignedDocument) -> CheckRequest {
    CheckRequest { part: Some(check_request::Part::Header(header)) }
}

/// A chunk as a message.
pub fn chunk_message(elements: Vec<u8>) -> CheckRequest {
    CheckRequest {
        part: Some(check_request::Part::Chunk(BlindedChunk { elements: elements.into() })),
    }
}

/// Sends `messages` as one check and gathers everything that comes back before the end or an error.
///
/// # Errors
/// The status with which the owner refused or broke off.
pub async fn send(
    client: &mut PartnerServiceClient<Channel>,
    messages: Vec<CheckRequest>,
) -> Result<Vec<CheckResponse>, Status> {
    let mut answers = client.check(tokio_stream::iter(messages)).await?.into_inner();
    let mut all = Vec::new();
    while let Some(answer) = answers.message().await? {
        all.push(answer);
    }
    Ok(all)
}

/// The manifests that `owner` offers under `agreement`, verified.
///
/// # Errors
/// The status with which the owner refused.
pub async fn manifests(
    client: &mut PartnerServiceClient<Channel>,
    owner: &Bureau,
    agreement: &Agreement,
) -> Result<Vec<Manifest>, Status> {
    let request = GetManifestsRequest {
        agreement_id: agreement.terms().id.to_string(),
        agreement_hash: agreement.hash().0.to_vec(),
    };
    let manifests = client.get_manifests(request).await?.into_inner().manifests;
    Ok(manifests
        .iter()
        .map(|signed| Manifest::verify(signed, &owner.card.keys.manifest).unwrap().0)
        .collect())
}

/// The reason in a refusal.
pub fn reason_of(status: &Status) -> String {
    symbolon_exchange::Received::read(status)
        .reason
        .unwrap_or_else(|| panic!("a refusal without a reason: {status:?}"))
}

/// All bytes of all files below `folder`, with their paths.
pub fn files_below(folder: &std::path::Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if let Ok(bytes) = fs::read(&path) {
                found.push((path, bytes));
            }
        }
    }
    found
}

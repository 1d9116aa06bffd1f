//! An owner that does not keep to the rules: the partner face of OWN, with its certificates and
//! keys, in the test's own hands. It listens where OWN's node would, while that does not run.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use ring::rand::SystemRandom;
use rustls::{ServerConfig, version::TLS13};
use symbolon_client::crypto_provider;
use symbolon_exchange::{
    AnswerDigest, CanarySet, CheckHeader, DocumentHash, LabelFile, Manifest, PIECE_LEN, Receipt,
    sign_checkpoint,
};
use symbolon_ledger::{InclusionProof, LeafHash, TreeHash};
use symbolon_oprf::{SecretKey, voprf};
use symbolon_policy::{Scope, SigningKey};
use symbolon_proto::{
    partner::v1::{
        CheckRequest, CheckResponse, DownloadTagSetRequest, DownloadTagSetResponse, EvaluatedChunk,
        ExchangeAgreementRequest, ExchangeAgreementResponse, ExchangeCheckpointsRequest,
        ExchangeCheckpointsResponse, ExchangeDisclosuresRequest, ExchangeDisclosuresResponse,
        GetLogCheckpointRequest, GetLogCheckpointResponse, GetLogConsistencyRequest,
        GetLogConsistencyResponse, GetManifestsRequest, GetManifestsResponse, check_request,
        check_response,
        partner_service_server::{PartnerService, PartnerServiceServer},
    },
    v1::SignedDocument,
};
use symbolon_store::{KeyName, StoredManifest};
use symbolon_tagset::{
    DEFAULT_LAMBDA, DummySecret, LabelParameters, LabelSecret, MembershipHash, Parameters, TagSet,
    build, build_labels,
};
use symbolon_tests::{World, raw};
use time::OffsetDateTime;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
    sync::mpsc,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::{
    Request, Response, Status, Streaming,
    transport::server::{Connected, Server},
};

/// How it treats a check.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Answering {
    /// By the rules.
    Honestly,
    /// With another key than it published.
    WithAnotherKey,
    /// The same, with the proof of an honest evaluation.
    WithAForeignProof,
    /// By the rules, but for the first element, in place of which it answers the second.
    WithSwappedElements,
    /// It ends after the first chunk.
    Halfway,
    /// It breaks off with a transport's error after the first chunk.
    Breaking,
    /// It signs before it has answered everything.
    SigningEarly,
    /// It signs for other elements than it answered.
    SigningForOthers,
    /// It signs for another check.
    SigningForAnotherCheck,
    /// It signs for another header of the same check.
    SigningForAnotherHeader,
    /// It signs with its manifest key.
    SigningWithAnotherKey,
    /// Its proof is for another entry than it names.
    ProvingAnotherEntry,
    /// The checkpoint that its proof leads to is signed with its manifest key.
    WithACheckpointOfAnotherKey,
    /// That checkpoint is of another bureau's log.
    WithACheckpointOfAnotherLog,
    /// Its proof leads nowhere.
    WithoutACheckpoint,
    /// It does not sign.
    NotSigning,
    /// It never answers.
    Never,
}

/// The only entry of the log that it makes up.
const LEAF: LeafHash = LeafHash([0x1f; 32]);

/// A version of the list that it offers.
#[derive(Clone)]
pub(crate) struct Offered {
    pub(crate) manifest: Manifest,
    pub(crate) document: SignedDocument,
    pub(crate) file: Vec<u8>,
    /// The labels beside it; empty where there are none.
    pub(crate) labels: Vec<u8>,
}

struct State {
    answering: Answering,
    offered: Offered,
}

/// The service; cheap to clone.
#[derive(Clone)]
pub(crate) struct FakeOwner {
    state: Arc<Mutex<State>>,
    pub(crate) scope: Scope,
    pub(crate) key: Arc<SecretKey>,
    pub(crate) other_key: Arc<SecretKey>,
    manifest_key: Arc<SigningKey>,
    log_key: Arc<SigningKey>,
    // Its own, so that its connections end with it.
    runtime: Arc<Mutex<Option<Runtime>>>,
}

impl FakeOwner {
    /// Takes the place of the owner's node, which must not run, and answers honestly until told
    /// otherwise. There must be one scope.
    pub(crate) async fn of(world: &World) -> Self {
        let owner = &world.owner;
        let now = OffsetDateTime::now_utc();
        let scopes: Vec<_> =
            world.agreement.scopes_of(&owner.code, now).map(|(scope, ..)| scope).collect();
        let [scope]: [Scope; 1] = scopes.try_into().unwrap();
        let store = owner.store().await.unwrap();
        let key = store.scope_secrets(&scope, now).await.unwrap().key;
        let newest = store.newest_manifest(&scope.id()).await.unwrap().unwrap();
        store.close().await;
        let file = std::fs::read(owner.folder.own_set(&scope.id(), newest.version)).unwrap();
        let labels = owner.folder.own_labels(&scope.id(), newest.version);
        let labels = std::fs::read(labels).unwrap_or_default();
        let read = |name: KeyName| Arc::new(name.read(&owner.folder).unwrap());
        let fake = Self {
            state: Arc::new(Mutex::new(State {
                answering: Answering::Honestly,
                offered: Offered::stored(&newest, file, labels),
            })),
            scope,
            key: Arc::new(key),
            other_key: Arc::new(SecretKey::random(&SystemRandom::new()).unwrap()),
            manifest_key: read(KeyName::Manifest),
            log_key: read(KeyName::Log),
            runtime: Arc::default(),
        };
        fake.listen(world);
        fake
    }

    /// Listens where the owner's node would.
    fn listen(&self, world: &World) {
        let credentials = raw::credentials(&world.owner);
        let mut config = ServerConfig::builder_with_provider(crypto_provider())
            .with_protocol_versions(&[&TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(credentials.chain, credentials.key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let address = world.owner.card.endpoint.strip_prefix("https://").unwrap();
        let listener = std::net::TcpListener::bind(address).unwrap();
        listener.set_nonblocking(true).unwrap();
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (sender, incoming) = mpsc::channel::<io::Result<Connection>>(8);
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((tcp, _)) = listener.accept().await {
                if let Ok(tls) = acceptor.accept(tcp).await {
                    let _ = sender.send(Ok(Connection(tls))).await;
                }
            }
        });
        let service = PartnerServiceServer::new(self.clone())
            .max_decoding_message_size(usize::MAX)
            .max_encoding_message_size(usize::MAX);
        runtime.spawn(
            Server::builder()
                .add_service(service)
                .serve_with_incoming(ReceiverStream::new(incoming)),
        );
        *self.runtime.lock().unwrap() = Some(runtime);
    }

    pub(crate) fn answer(&self, answering: Answering) {
        self.state.lock().unwrap().answering = answering;
    }

    pub(crate) fn offer(&self, offered: &Offered) {
        self.state.lock().unwrap().offered = offered.clone();
    }

    pub(crate) fn offered(&self) -> Offered {
        self.state.lock().unwrap().offered.clone()
    }

    /// A next version of the list: made and signed under `key`, holding what `hashes` says, beside
    /// its canaries if they are wanted.
    pub(crate) fn make(
        &self,
        version: u64,
        key: &SecretKey,
        inputs: &[Vec<u8>],
        with_canaries: bool,
    ) -> Offered {
        let before = self.offered();
        let kind = self.scope.identifier_type;
        let canaries = CanarySet::evaluate(key, kind, &SystemRandom::new()).unwrap();
        let mut hashes: Vec<_> = voprf::evaluate(key, inputs)
            .unwrap()
            .iter()
            .map(|output| MembershipHash(output.membership_hash()))
            .collect();
        if with_canaries {
            hashes.extend(canaries.membership_hashes(&key.public_key(), kind).unwrap());
        }
        let parameters = Parameters { lambda: DEFAULT_LAMBDA, scope: self.scope.id().0, version };
        let mut file = Vec::new();
        let summary = build(&parameters, hashes, &DummySecret::new([9; 32]), &mut file).unwrap();
        let now = OffsetDateTime::now_utc();
        let manifest = Manifest {
            scope: self.scope.clone(),
            version,
            public_key: key.public_key(),
            padded_len: summary.padded_len,
            lambda: DEFAULT_LAMBDA,
            file_sha256: summary.sha256,
            file_len: summary.file_len,
            previous: (version > 1).then(|| DocumentHash::of(&before.document.document)),
            canaries,
            issued_at: now,
            expires_at: now + time::Duration::days(1),
            updated_at: now,
            labels: None,
        };
        let document = manifest.sign(&self.manifest_key);
        Offered { manifest, document, file, labels: Vec::new() }
    }

    /// The same version with a label of its own making on one input, each of `label_len` bytes.
    pub(crate) fn labelled(
        &self,
        offered: &Offered,
        input: &[u8],
        text: &str,
        label_len: u16,
    ) -> Offered {
        let outputs = voprf::evaluate(&self.key, &[input]).unwrap();
        let set = TagSet::from_bytes(offered.file.clone()).unwrap();
        let label = symbolon_tagset::Label {
            entry: set.find(&MembershipHash(outputs[0].membership_hash())).unwrap(),
            secret: LabelSecret::new(*outputs[0].label_secret()),
            text: text.to_owned(),
        };
        let parameters = LabelParameters {
            scope: self.scope.id().0,
            version: offered.manifest.version,
            padded_len: offered.manifest.padded_len,
            label_len,
        };
        let mut labels = Vec::new();
        let summary = build_labels(&parameters, vec![label], &mut labels).unwrap();
        let file = LabelFile { sha256: summary.sha256, file_len: summary.file_len, label_len };
        let manifest = Manifest { labels: Some(file), ..offered.manifest.clone() };
        let document = manifest.sign(&self.manifest_key);
        Offered { manifest, document, file: offered.file.clone(), labels }
    }

    /// Ends it, with all its connections: its port is free again.
    pub(crate) async fn stop(&self) {
        if let Some(runtime) = self.runtime.lock().unwrap().take() {
            runtime.shutdown_background();
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }

    async fn respond(
        self,
        header: SignedDocument,
        mut requests: Streaming<CheckRequest>,
        answers: mpsc::Sender<Result<CheckResponse, Status>>,
    ) {
        let (answering, offered) = {
            let state = self.state.lock().unwrap();
            (state.answering, state.offered.clone())
        };
        let random = SystemRandom::new();
        let mut digest = AnswerDigest::default();
        let mut answered = 0;
        let mut chunks = 0;
        let send = |part| {
            let answers = answers.clone();
            async move {
                let _ = answers.send(Ok(CheckResponse { part: Some(part) })).await;
            }
        };
        while let Ok(Some(request)) = requests.message().await {
            let Some(check_request::Part::Chunk(chunk)) = request.part else { return };
            let key = match answering {
                Answering::WithAnotherKey | Answering::WithAForeignProof => &self.other_key,
                _ => &self.key,
            };
            let mut evaluated = voprf::blind_evaluate(key, &chunk.elements, &random).unwrap();
            if answering == Answering::WithAForeignProof {
                evaluated.proof =
                    voprf::blind_evaluate(&self.key, &chunk.elements, &random).unwrap().proof;
            }
            if answering == Answering::WithSwappedElements {
                evaluated.elements.rotate_left(32);
            }
            digest.add(&evaluated.elements);
            answered += evaluated.elements.len() as u64 / 32;
            chunks += 1;
            if answering == Answering::SigningEarly && chunks == 1 {
                break;
            }
            send(check_response::Part::Chunk(EvaluatedChunk {
                elements: evaluated.elements.into(),
                proof: evaluated.proof.to_bytes().to_vec(),
            }))
            .await;
            match answering {
                Answering::Halfway => return,
                Answering::Breaking => {
                    let _ = answers.send(Err(Status::internal("h2 protocol error"))).await;
                    return;
                }
                _ => {}
            }
        }
        if answering == Answering::NotSigning {
            return;
        }
        let (parsed, header_hash) = CheckHeader::verify(
            &header,
            &symbolon_policy::VerifyingKey(header.public_key.as_slice().try_into().unwrap()),
        )
        .unwrap();
        let mut receipt = Receipt {
            check_id: parsed.check_id,
            header_hash,
            manifests: vec![DocumentHash::of(&offered.document.document)],
            evaluated: digest.finish(),
            answered,
            entry_index: 0,
            leaf_hash: LEAF.0,
            issued_at: OffsetDateTime::now_utc(),
            checkpoint: sign_checkpoint(&parsed.owner, 1, TreeHash(LEAF.0), &self.log_key)
                .to_bytes(),
            inclusion: InclusionProof::of_leaves(&[LEAF], 0).unwrap(),
        };
        match answering {
            Answering::SigningForOthers => receipt.evaluated[0] ^= 1,
            Answering::SigningForAnotherCheck => receipt.check_id.0[0] ^= 1,
            Answering::SigningForAnotherHeader => receipt.header_hash.0[0] ^= 1,
            Answering::ProvingAnotherEntry => receipt.leaf_hash[0] ^= 1,
            Answering::WithACheckpointOfAnotherKey => {
                let key = &self.manifest_key;
                let tree = TreeHash(LEAF.0);
                receipt.checkpoint = sign_checkpoint(&parsed.owner, 1, tree, key).to_bytes();
            }
            Answering::WithACheckpointOfAnotherLog => {
                let other = &parsed.requester;
                let tree = TreeHash(LEAF.0);
                receipt.checkpoint = sign_checkpoint(other, 1, tree, &self.log_key).to_bytes();
            }
            Answering::WithoutACheckpoint => receipt.checkpoint.clear(),
            _ => {}
        }
        let key = match answering {
            Answering::SigningWithAnotherKey => &self.manifest_key,
            _ => &self.log_key,
        };
        send(check_response::Part::Receipt(receipt.sign(key))).await;
    }
}

impl Offered {
    fn stored(stored: &StoredManifest, file: Vec<u8>, labels: Vec<u8>) -> Self {
        Self {
            manifest: Manifest::parse(&stored.document.document).unwrap(),
            document: SignedDocument {
                document: stored.document.document.clone(),
                public_key: stored.document.public_key.clone(),
                signature: stored.document.signature.clone(),
            },
            file,
            labels,
        }
    }
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl PartnerService for FakeOwner {
    async fn get_manifests(
        &self,
        _request: Request<GetManifestsRequest>,
    ) -> Result<Response<GetManifestsResponse>, Status> {
        let (answering, document) = {
            let state = self.state.lock().unwrap();
            (state.answering, state.offered.document.clone())
        };
        if answering == Answering::Never {
            std::future::pending::<()>().await;
        }
        Ok(Response::new(GetManifestsResponse { manifests: vec![document] }))
    }

    type DownloadTagSetStream = Answers<DownloadTagSetResponse>;

    async fn download_tag_set(
        &self,
        request: Request<DownloadTagSetRequest>,
    ) -> Result<Response<Self::DownloadTagSetStream>, Status> {
        let request = request.into_inner();
        let offset = usize::try_from(request.offset).unwrap();
        let offered = self.offered();
        let file = if request.labels { offered.labels } else { offered.file };
        let pieces: Vec<_> = file[offset..]
            .chunks(PIECE_LEN)
            .map(|data| Ok(DownloadTagSetResponse { data: data.to_vec() }))
            .collect();
        Ok(Response::new(Box::pin(tokio_stream::iter(pieces))))
    }

    async fn get_log_checkpoint(
        &self,
        _request: Request<GetLogCheckpointRequest>,
    ) -> Result<Response<GetLogCheckpointResponse>, Status> {
        Err(Status::unavailable("no log is shown here"))
    }

    async fn get_log_consistency(
        &self,
        _request: Request<GetLogConsistencyRequest>,
    ) -> Result<Response<GetLogConsistencyResponse>, Status> {
        Err(Status::unavailable("no log is shown here"))
    }

    async fn exchange_agreement(
        &self,
        _request: Request<ExchangeAgreementRequest>,
    ) -> Result<Response<ExchangeAgreementResponse>, Status> {
        Err(Status::unavailable("no agreement is exchanged here"))
    }

    async fn exchange_checkpoints(
        &self,
        _request: Request<ExchangeCheckpointsRequest>,
    ) -> Result<Response<ExchangeCheckpointsResponse>, Status> {
        Err(Status::unavailable("no log is shown here"))
    }

    async fn exchange_disclosures(
        &self,
        _request: Request<ExchangeDisclosuresRequest>,
    ) -> Result<Response<ExchangeDisclosuresResponse>, Status> {
        Err(Status::unavailable("no record is released here"))
    }

    type CheckStream = Answers<CheckResponse>;

    async fn check(
        &self,
        request: Request<Streaming<CheckRequest>>,
    ) -> Result<Response<Self::CheckStream>, Status> {
        let mut requests = request.into_inner();
        let answering = self.state.lock().unwrap().answering;
        if answering == Answering::Never {
            std::future::pending::<()>().await;
        }
        let Some(check_request::Part::Header(header)) =
            requests.message().await?.and_then(|message| message.part)
        else {
            return Err(Status::internal("no header"));
        };
        let (sender, answers) = mpsc::channel(4);
        tokio::spawn(self.clone().respond(header, requests, sender));
        Ok(Response::new(Box::pin(ReceiverStream::new(answers))))
    }
}

/// A TLS connection as the server wants it.
struct Connection(TlsStream<TcpStream>);

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

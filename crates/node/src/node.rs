use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use symbolon_client::{
    AgreementBook, Compute, ContactBook, Credentials, Requester, RuleBook, Rules, TlsError,
};
use symbolon_policy::Party;
use symbolon_proto::bureau::v1::{
    approval_service_server::ApprovalServiceServer, bureau_service_server::BureauServiceServer,
};
use symbolon_store::{
    Adoption, DataFolder, ExchangeMark, FolderError, NodeConfig, NodeLock, Store, StoreError,
};
use thiserror::Error;
use time::OffsetDateTime;
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tonic::{server::NamedService as _, transport::Server};
use tower::layer::util::Identity;

use crate::{
    accept::accept,
    bureau_face::{Authority, BureauFace, Coverage},
    disclosure::Examiner,
    escalation::Escalation,
    jobs::Jobs,
    json_face::{Caller, JsonFace},
    logging::{FolderPath, event},
    metrics::{self, Metrics},
    own_log::OwnLog,
    partner_face::{PartnerFace, Places},
    peer::Peer,
    publish::{DecidedBefore, Publisher},
    published::Published,
    stopping::until_stopped,
    tls, unread,
    watch::OwnerWatch,
    wire::Wire,
};

const KEEP_ALIVE: Duration = Duration::from_secs(20);
const STREAMS_A_CONNECTION: u32 = 256;

/// A bureau's node, ready to run: keys read, database open, ports taken.
pub struct Node {
    folder: DataFolder,
    config: NodeConfig,
    store: Store,
    partner: TcpListener,
    bureau: TcpListener,
    metrics_listener: TcpListener,
    json: Option<TcpListener>,
    // Held as long as the node lives.
    _lock: NodeLock,
}

impl Node {
    /// Checks the data folder, opens everything and takes the ports.
    ///
    /// # Errors
    /// Names what is missing, damaged, open to others, or in use.
    pub async fn prepare(folder: DataFolder) -> Result<Self, NodeError> {
        let lock = folder.lock()?;
        let config = NodeConfig::read(&folder)?;
        let store = Store::open(folder.clone()).await?;
        Ok(Self {
            partner: listen(config.partner_listen).await?,
            bureau: listen(config.bureau_listen).await?,
            metrics_listener: listen(config.metrics_listen).await?,
            json: match config.json_listen {
                Some(address) => Some(listen(address).await?),
                None => None,
            },
            folder,
            config,
            store,
            _lock: lock,
        })
    }

    /// Serves both faces until `stop` resolves, then finishes what is in flight.
    ///
    /// # Errors
    /// When certificates cannot be used, or the agreements in the database are damaged.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) -> Result<(), NodeError> {
        self.run_behind(Identity::new(), Identity::new(), stop).await
    }

    /// The same with something between the services of the two faces and the network.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_behind(
        self,
        partner_wire: impl Wire,
        bureau_wire: impl Wire,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<(), NodeError> {
        let code = self.config.code.clone();
        let credentials =
            |name: &str| Credentials::read(&self.folder.certificate(name), &self.folder.key(name));
        let (partner_credentials, bureau_credentials) =
            (credentials("partner")?, credentials("bureau")?);
        let bureau_roots =
            symbolon_client::read_certificates(&self.folder.certificate("bureau-root"))?;
        let (book, contacts) = (AgreementBook::default(), ContactBook::default());
        let card = read_card(&self.folder)?;
        let (rules, adoption) = Rules::in_force(&self.store).await?;
        say_rules(&rules, adoption.as_ref());
        let rule_book = RuleBook::new(rules);
        let partner_tls =
            tls::partner_face(code.clone(), book.clone(), contacts.clone(), &partner_credentials)?;
        let bureau_tls = tls::bureau_face(&bureau_roots, &bureau_credentials)?;
        let json_tls = tls::json_face(&bureau_roots, &bureau_credentials)?;

        let compute = Compute::default();
        let metrics = Arc::new(Metrics::default());
        let published = Published::default();
        let requester = Requester::new(
            code.clone(),
            self.store.clone(),
            book.clone(),
            rule_book.clone(),
            partner_credentials,
            compute.clone(),
        );
        let own_log = OwnLog::new(requester.log_watch(), Arc::clone(&metrics));
        let jobs = Jobs {
            store: self.store.clone(),
            us: code.clone(),
            book: book.clone(),
            contacts: contacts.clone(),
            rules: rule_book.clone(),
            publisher: Publisher {
                us: code.clone(),
                store: self.store.clone(),
                published: published.clone(),
                rules: rule_book.clone(),
                decided: DecidedBefore::default(),
                compute: Compute::background(),
                metrics: Arc::clone(&metrics),
            },
            requester: requester.clone(),
            metrics: Arc::clone(&metrics),
            every: Duration::from_secs(self.config.refresh_seconds.max(1)),
            own_log: own_log.clone(),
            checkpoint_every: Duration::from_secs(self.config.checkpoint_seconds.max(1)),
            retention: time::Duration::days(self.config.retention_days.max(1).into()),
            examiner: Examiner {
                us: code.clone(),
                store: self.store.clone(),
                book: book.clone(),
                rules: rule_book.clone(),
                metrics: Arc::clone(&metrics),
                escalation: Escalation::new(self.config.escalation.as_ref(), Arc::clone(&metrics)),
            },
            disclosure_cadence_seconds: self.config.disclosure_cadence_seconds,
            disclosure_every: Duration::from_secs(self.config.disclosure_exchange_seconds.max(1)),
            watch: OwnerWatch {
                us: code.clone(),
                store: self.store.clone(),
                metrics: Arc::clone(&metrics),
            },
        };
        jobs.remember_endings().await?;
        let mut known = ExchangeMark::default();
        jobs.read_agreements(&mut known).await?;
        requester.restore_sets().await?;
        self.store.tidy_standing().await?;
        // Nothing is answered before the log was held against what was signed.
        own_log.keep(OffsetDateTime::now_utc()).await;

        let partner_face = PartnerFace {
            us: code.clone(),
            store: self.store.clone(),
            book: book.clone(),
            contacts,
            card,
            rules: rule_book,
            published,
            compute: compute.clone(),
            own_log,
            metrics: Arc::clone(&metrics),
            checks: Places::new(self.config.most_checks_at_once),
            transfers: PartnerFace::transfers(),
            deadline: Duration::from_secs(self.config.check_deadline_seconds),
        };
        let bureau_face = BureauFace {
            store: self.store.clone(),
            authority: Authority::new(self.store.clone()),
            coverage: Coverage { us: code.clone(), book, sets: requester.sets().clone() },
            requester,
            compute,
            metrics: Arc::clone(&metrics),
            checks: Arc::new(Semaphore::new(self.config.most_checks_at_once)),
        };
        let unavailable =
            |error: tonic_reflection::server::Error| NodeError::Service(error.to_string());
        let reflection = bureau_face_described().build_v1().map_err(unavailable)?;
        // What most published clients speak still.
        let reflection_alpha = bureau_face_described().build_v1alpha().map_err(unavailable)?;
        let (health, health_service) = tonic_health::server::health_reporter();
        let partner_service = partner_face.into_service();
        let approval_service = bureau_face.approval_service();
        let bureau_service = bureau_face.clone().into_service();
        mark_serving(&health, &partner_service).await;
        mark_serving(&health, &bureau_service).await;
        mark_serving(&health, &approval_service).await;

        let agreements = jobs.book.all().len();
        let (stopping, stopped) = watch::channel(false);
        event!(
            info,
            "the node serves",
            bureau = code,
            folder = FolderPath(self.folder.root()),
            agreements = agreements,
            partner_face = address(&self.partner)?,
            bureau_face = address(&self.bureau)?,
            metrics =
                metrics::address(&self.metrics_listener).unwrap_or(self.config.metrics_listen),
        );
        let mut tasks = JoinSet::new();
        tasks.spawn({
            let signal = until_stopped(stopped.clone());
            let incoming = accept(
                self.partner,
                TlsAcceptor::from(Arc::new(partner_tls)),
                Arc::clone(&metrics),
                Peer::of,
            );
            let router = server()
                .layer(unread::reasons(metrics.checks_refused.clone()))
                .layer(partner_wire)
                .add_service(partner_service)
                .add_service(health_service.clone());
            async move { log_end(router.serve_with_incoming_shutdown(incoming, signal).await) }
        });
        tasks.spawn({
            let signal = until_stopped(stopped.clone());
            let incoming = accept(
                self.bureau,
                TlsAcceptor::from(Arc::new(bureau_tls)),
                Arc::clone(&metrics),
                Peer::of,
            );
            let router = server()
                .layer(unread::reasons(metrics.bureau_refused.clone()))
                .layer(bureau_wire)
                .add_service(bureau_service)
                .add_service(approval_service)
                .add_service(health_service)
                .add_service(reflection)
                .add_service(reflection_alpha);
            async move { log_end(router.serve_with_incoming_shutdown(incoming, signal).await) }
        });
        if let Some(listener) = self.json {
            event!(info, "the JSON face is open", json_face = address(&listener)?);
            let acceptor = TlsAcceptor::from(Arc::new(json_tls));
            let incoming = accept(listener, acceptor, Arc::clone(&metrics), Caller::of);
            tasks.spawn(JsonFace::new(bureau_face, stopped.clone()).serve(incoming));
        }
        tasks.spawn(metrics::serve(self.metrics_listener, metrics, until_stopped(stopped.clone())));
        let adoptions = adoption.map_or(0, |adoption| adoption.number);
        tasks.spawn(jobs.run(known, adoptions, stopped));

        stop.await;
        event!(info, "the node is stopping; it finishes what is in flight");
        let _ = stopping.send(true);
        let grace = Duration::from_secs(self.config.stop_grace_seconds);
        let all = async { while tasks.join_next().await.is_some() {} };
        if timeout(grace, all).await.is_err() {
            event!(warn, "some calls were not finished in time and were broken off");
            tasks.shutdown().await;
        }
        self.store.close().await;
        event!(info, "the node has stopped");
        Ok(())
    }
}

/// Says which rules are in force, at the start and when others come into force.
pub(crate) fn say_rules(rules: &Rules, adoption: Option<&Adoption>) {
    if rules.are_damaged() {
        event!(
            warn,
            "the rules in force cannot be read, so everything is denied; `symbolon rules show` says \
             why",
            rules = rules.hash,
        );
    } else if let Some(adoption) = adoption {
        event!(info, "rules are in force", rules = rules.hash, adoption = adoption.number);
    } else {
        event!(
            info,
            "no rules have been adopted: the starter pack with empty tables is in force",
            rules = rules.hash,
        );
    }
}

fn server() -> Server {
    Server::builder()
        .max_concurrent_streams(STREAMS_A_CONNECTION)
        .http2_keepalive_interval(Some(KEEP_ALIVE))
        .http2_keepalive_timeout(Some(KEEP_ALIVE))
        .initial_stream_window_size(4 << 20)
        .initial_connection_window_size(16 << 20)
}

/// What the bureau face serves, for server reflection. The partner face's messages are left out of the
/// list: they are not served there.
fn bureau_face_described() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(symbolon_proto::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        // So that clients can show the details of a refusal.
        .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
        .with_service_name(BureauServiceServer::<BureauFace>::NAME)
        .with_service_name(ApprovalServiceServer::<BureauFace>::NAME)
        .with_service_name("grpc.health.v1.Health")
        .with_service_name("grpc.reflection.v1.ServerReflection")
}

async fn mark_serving<S: tonic::server::NamedService>(
    health: &tonic_health::server::HealthReporter,
    _service: &S,
) {
    health.set_serving::<S>().await;
}

fn log_end(result: Result<(), tonic::transport::Error>) {
    if result.is_err() {
        event!(warn, "a face ended with an error");
    }
}

/// This bureau, as partners know it.
fn read_card(folder: &DataFolder) -> Result<Party, FolderError> {
    let path = folder.card();
    let bytes = std::fs::read(&path).map_err(|source| FolderError::io("read", &path, source))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| FolderError::io("read", &path, io::Error::other(error.to_string())))
}

async fn listen(address: SocketAddr) -> Result<TcpListener, NodeError> {
    TcpListener::bind(address).await.map_err(|source| NodeError::Listen { address, source })
}

fn address(listener: &TcpListener) -> Result<SocketAddr, NodeError> {
    listener.local_addr().map_err(|error| NodeError::Service(error.to_string()))
}

/// Why a node does not run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NodeError {
    /// A file or folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A port.
    #[error(
        "could not listen on {address}: {source}. Change the address in node.toml, or stop what uses it"
    )]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A service could not be put together.
    #[error("a service could not be started: {0}")]
    Service(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

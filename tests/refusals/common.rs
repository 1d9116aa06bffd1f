//! What the tests of this crate share.

use std::{
    ffi::OsStr,
    io,
    path::Path,
    process::{Command, Output},
    sync::Arc,
    time::Duration,
};

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair, SanType};
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName, version::TLS13};
use serde_json::Value;
use symbolon_cli::{
    asking::{CheckReport, Reason},
    rows::Mapping,
    scenario::{ADMINISTRATOR, Bureau, RunningNode, agree, dataset, simple_terms},
};
use symbolon_client::{Credentials, crypto_provider, read_certificates};
use symbolon_identifiers::IdentifierType;
use symbolon_policy::Agreement;
use symbolon_store::LogRecord;
use symbolon_tests::{
    Offer, World, program,
    raw::Question,
    world::{DATASET, outcomes, reason},
};
use time::OffsetDateTime;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint, Uri};

/// A ship's number on the owner's list, and one that is not.
pub(crate) const LISTED: &str = "9074729";
pub(crate) const UNLISTED: &str = "9305219";

/// A list with one ship: the smallest world.
pub(crate) fn ships(daily_quota: u64) -> Offer {
    Offer {
        list: format!("record_id,identifier_type,value,country\nR1,imo,{LISTED},\n"),
        types: vec![IdentifierType::Imo],
        daily_quota,
    }
}

/// A question about `count` ships at most two, as an honest requester puts it.
pub(crate) fn about_ships(world: &World, values: &[&str]) -> Question {
    let values: Vec<_> = values.iter().map(|value| (*value, None)).collect();
    let (requester, owner) = (&world.requester, &world.owner);
    Question::new(&world.agreement, requester, owner, IdentifierType::Imo, &values)
}

/// An honest check of two elements still gets hit and no hit.
pub(crate) async fn assert_goes_on(world: &World) {
    let report = world.ask(&[("imo", LISTED, ""), ("imo", UNLISTED, "")]).await;
    assert_eq!(outcomes(&report), ["hit", "no_hit"], "{:?}", report.answers);
}

/// How many elements the owner has counted today.
pub(crate) async fn counted(world: &World) -> u64 {
    let store = world.owner.store().await.unwrap();
    let usage = store.quota_usage(OffsetDateTime::now_utc()).await.unwrap();
    store.close().await;
    usage.iter().map(|one| one.used).sum()
}

/// All that stands in the owner's log.
pub(crate) async fn owners_log(world: &World) -> Vec<LogRecord> {
    let store = world.owner.store().await.unwrap();
    let entries = store.log_entries(0, 100_000).await.unwrap();
    store.close().await;
    entries.into_iter().filter_map(|entry| entry.record).collect()
}

/// A reason with a limit of its own.
pub(crate) fn within(seconds: u64) -> Reason {
    Reason { timeout: Duration::from_secs(seconds), ..reason() }
}

/// Asks about the listed ship, and waits at most `seconds`.
pub(crate) async fn ask_within(world: &World, seconds: u64) -> CheckReport {
    world.try_ask(&within(seconds), &[("imo", LISTED, "")]).await.unwrap()
}

/// Asks about the listed ship until the first answer has this outcome, for at most 20 seconds.
pub(crate) async fn ask_until(world: &World, outcome: &str) -> CheckReport {
    let mut last = String::new();
    for _ in 0..40 {
        // The requester's node may be starting.
        match world.try_ask(&within(10), &[("imo", LISTED, "")]).await {
            Ok(report) if report.answers[0].outcome == outcome => return report,
            Ok(report) => last = format!("{:?}", report.answers),
            Err(error) => last = error.sentence,
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("never {outcome}: {last}\nowner: {}", world.log("owner"));
}

/// Runs the program to its end; what needs a person is done by the administrator, unless said
/// otherwise.
pub(crate) fn symbolon<S: AsRef<OsStr>>(arguments: &[S]) -> Output {
    Command::new(program())
        .args(arguments)
        .env_remove("SYMBOLON_PROFILE")
        .env("SYMBOLON_AS", ADMINISTRATOR)
        .output()
        .unwrap()
}

/// The same with `--json`; standard output as JSON, and the exit code.
pub(crate) fn symbolon_json(arguments: &[&str]) -> (Value, i32) {
    let mut all = vec!["--json"];
    all.extend(arguments);
    let output = symbolon(&all);
    let code = output.status.code().unwrap();
    (serde_json::from_slice(&output.stdout).unwrap_or(Value::Null), code)
}

/// The reason that a failed command gave on standard error, with its sentence.
pub(crate) fn failure_of(arguments: &[&str]) -> (String, String) {
    let mut all = vec!["--json"];
    all.extend(arguments);
    let output = symbolon(&all);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    let line = text.lines().find(|line| line.starts_with('{')).expect(&text);
    let error: Value = serde_json::from_str(line).unwrap();
    let field = |name: &str| error["error"][name].as_str().unwrap().to_owned();
    (field("reason"), field("sentence"))
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The sum of a metric over its labels.
pub(crate) async fn metric(bureau: &Bureau, name: &str) -> f64 {
    let mut stream = TcpStream::connect(bureau.metrics).await.unwrap();
    let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).await.unwrap();
    page.lines()
        .filter(|line| line.starts_with(name))
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
        .sum()
}

/// Resident memory of a node's process in MiB, and the most it ever had.
pub(crate) fn memory_of(node: &RunningNode) -> (u64, u64) {
    let id = node.child.id().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        let kibibytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kibibytes / 1024
    };
    (field("VmRSS"), field("VmHWM"))
}

/// Sends a signal to a node's process.
pub(crate) fn signal(node: &RunningNode, name: &str) {
    let id = node.child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
}

/// A third bureau, THI, founded beside the others; its node does not run.
pub(crate) fn third_bureau(world: &World) -> Bureau {
    Bureau::found(&world.scratch().join("thi"), "THI", "Thirdland").unwrap()
}

/// An agreement under which OWN answers THI as it does REQ.
pub(crate) async fn may_ask_owner(world: &World, third: &Bureau) -> Agreement {
    let owner = &world.owner;
    let offered = dataset(DATASET, &owner.code, "Ownland list", &[IdentifierType::Imo], 100);
    let terms = simple_terms("thi-own", "Third", &[third, owner], vec![offered]).unwrap();
    agree(&terms, &[third, owner]).await.unwrap()
}

/// An agreement under which THI answers REQ about ships, and a list with the listed one.
pub(crate) async fn answers_requester(world: &World, third: &Bureau) -> Agreement {
    let list = ships(100_000).list;
    third.load("thi-list", "Third list", list.as_bytes(), Mapping::default()).await.unwrap();
    let offered = dataset("thi-list", &third.code, "Third list", &[IdentifierType::Imo], 100_000);
    let requester = &world.requester;
    let terms = simple_terms("req-thi", "Third", &[requester, third], vec![offered]).unwrap();
    agree(&terms, &[requester, third]).await.unwrap()
}

/// Credentials for `identity` under the partner root of `issuer`.
pub(crate) fn issued_by(issuer: &Bureau, identity: &str) -> Credentials {
    let read = |path| std::fs::read_to_string(path).unwrap();
    let root_key = KeyPair::from_pem(&read(issuer.folder.key("partner-root"))).unwrap();
    let root = read(issuer.folder.certificate("partner-root"));
    let root = Issuer::from_ca_cert_pem(&root, root_key).unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "a face");
    params.subject_alt_names.push(SanType::URI(identity.try_into().unwrap()));
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &root).unwrap();
    Credentials {
        chain: vec![certificate.der().clone()],
        key: key.serialize_der().try_into().unwrap(),
    }
}

/// The two faces of a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Face {
    Partner,
    Bureau,
}

impl Face {
    /// Where it is, as host and port.
    pub(crate) fn address(self, bureau: &Bureau) -> String {
        let endpoint = match self {
            Self::Partner => &bureau.card.endpoint,
            Self::Bureau => &bureau.bureau_endpoint,
        };
        endpoint.strip_prefix("https://").unwrap().to_owned()
    }

    /// How an ordinary TLS client would connect to it.
    pub(crate) fn client(self, bureau: &Bureau, credentials: Option<&Credentials>) -> ClientConfig {
        self.client_with(bureau, credentials, crypto_provider())
    }

    pub(crate) fn client_with(
        self,
        bureau: &Bureau,
        credentials: Option<&Credentials>,
        provider: Arc<rustls::crypto::CryptoProvider>,
    ) -> ClientConfig {
        let root = match self {
            Self::Partner => "partner-root",
            Self::Bureau => "bureau-root",
        };
        let mut roots = RootCertStore::empty();
        for root in read_certificates(&bureau.folder.certificate(root)).unwrap() {
            roots.add(root).unwrap();
        }
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match credentials {
            None => builder.with_no_client_auth(),
            Some(own) => {
                builder.with_client_auth_cert(own.chain.clone(), own.key.clone_key()).unwrap()
            }
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        config
    }
}

/// The key exchange of a connection that the node at `address` accepts, or why it does not. In TLS
/// 1.3 the client knows only once the server has spoken.
pub(crate) async fn handshake(address: &str, config: ClientConfig) -> io::Result<String> {
    let tcp = TcpStream::connect(address).await?;
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let mut tls = TlsConnector::from(Arc::new(config)).connect(name, tcp).await?;
    let mut first = [0; 1];
    let read = tokio::time::timeout(Duration::from_secs(5), tls.read_exact(&mut first));
    read.await.map_err(io::Error::other)??;
    let (_, connection) = tls.get_ref();
    Ok(format!("{:?}", connection.negotiated_key_exchange_group().unwrap().name()))
}

/// A channel of an ordinary TLS client.
pub(crate) async fn channel(
    address: &str,
    config: ClientConfig,
) -> Result<Channel, tonic::transport::Error> {
    let connector = TlsConnector::from(Arc::new(config));
    let there = address.to_owned();
    Endpoint::from_shared(format!("http://{address}"))
        .unwrap()
        .connect_with_connector(tower::service_fn(move |_: Uri| {
            let (connector, there) = (connector.clone(), there.clone());
            async move {
                let tcp = TcpStream::connect(there).await?;
                let name = ServerName::try_from("127.0.0.1").unwrap();
                let tls = connector.connect(name, tcp).await?;
                Ok::<_, io::Error>(hyper_util::rt::TokioIo::new(tls))
            }
        }))
        .await
}

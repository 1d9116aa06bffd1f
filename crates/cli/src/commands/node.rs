use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use symbolon_node::{
    BureauFacts, LogFormat, LogLevel, Node as RunningNode, found_bureau, start_logging,
};
use symbolon_policy::{BureauCode, Desk};
use symbolon_store::{AdministrativeAct, DataFolder, Store};
use time::OffsetDateTime;
use tokio::{
    io::AsyncReadExt as _,
    signal::unix::{SignalKind, signal},
};

use super::{DONE, keys::issue_first};
use crate::{CliError, card::read_card, output::Output, typed::Typed};

/// Found a bureau, run its node, show its card.
#[derive(Debug, Subcommand)]
pub(super) enum Node {
    /// Found a bureau: a data folder with keys, certificates, configuration and card.
    Init(Box<Init>),
    /// Run a bureau's node until it is told to stop (SIGTERM or Ctrl-C).
    Run(Run),
    /// Print this bureau's card: what partners need for an agreement. Confirm it by voice.
    Card(Card),
}

#[derive(Debug, Args)]
pub(super) struct Init {
    /// The new data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    /// Code of the bureau: two or three capital letters, as a rule its country's ISO 3166-1 code.
    #[arg(long)]
    code: BureauCode,
    /// Name of the bureau.
    #[arg(long)]
    name: String,
    /// Where the partner face listens.
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:7443")]
    partner_listen: SocketAddr,
    /// How partners reach it: https://host:port.
    #[arg(long, value_name = "URL")]
    partner_endpoint: String,
    /// Where the bureau face listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7444")]
    bureau_listen: SocketAddr,
    /// Host name or address by which officers and agencies reach the bureau face; may be repeated.
    #[arg(long = "bureau-host", value_name = "HOST", default_values = ["localhost", "127.0.0.1"])]
    bureau_hosts: Vec<String>,
    /// Where metrics and health are served, unencrypted: keep it on a closed network.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7445")]
    metrics_listen: SocketAddr,
    /// Where the JSON form of the bureau face listens, for places where gRPC cannot go; nowhere unless
    /// given.
    #[arg(long, value_name = "ADDRESS")]
    json_listen: Option<SocketAddr>,
    /// Domain of the bureau's SPIFFE identities; CODE.symbolon.internal unless given.
    #[arg(long, value_name = "DOMAIN")]
    trust_domain: Option<String>,
    /// Desk that partners call after a hit, at any hour.
    #[arg(long, value_name = "NAME")]
    desk_name: String,
    /// Its telephone.
    #[arg(long, value_name = "NUMBER")]
    desk_phone: String,
    /// Its electronic mail.
    #[arg(long, value_name = "ADDRESS")]
    desk_email: String,
    /// Name of the first administrator, who gets a certificate: small letters, digits, hyphens and
    /// dots.
    #[arg(long, value_name = "NAME", default_value = "administrator")]
    administrator: String,
}

#[derive(Debug, Args)]
pub(super) struct Run {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    /// From which level on events are written to standard error.
    #[arg(long, value_enum, default_value_t = Level::Info)]
    log_level: Level,
    /// How events are written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    log_format: Format,
    /// Stop when standard input closes, so that a node never outlives the program that started it.
    #[arg(long, hide = true)]
    until_input_closes: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Level {
    Warn,
    Info,
    Debug,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub(super) struct Card {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    /// Print the card's fingerprint only, to be read out to the other bureau.
    #[arg(long)]
    fingerprint: bool,
}

#[derive(Serialize)]
struct Fingerprint {
    fingerprint: String,
}

#[derive(Serialize)]
struct Founded {
    data: PathBuf,
    card: PathBuf,
    administrator: PathBuf,
}

impl Node {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        match self {
            Self::Init(init) => init.run(output).await,
            Self::Run(run) => run.run().await,
            Self::Card(card) => {
                let only_fingerprint = card.fingerprint;
                let card = read_card(&DataFolder::open(&card.data)?.card())?;
                let fingerprint = card.fingerprint()?;
                if only_fingerprint {
                    let shown = Fingerprint { fingerprint: fingerprint.to_string() };
                    output.result(&shown, || fingerprint.spoken());
                    return Ok(DONE);
                }
                // Beside the card and not in it: who gets the card gets the fingerprint by voice.
                output.note(&format!("fingerprint, to be read out: {}", fingerprint.spoken()));
                output.result(&card, || serde_json::to_string_pretty(&card).unwrap_or_default());
                Ok(DONE)
            }
        }
    }
}

impl Init {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let trust_domain = self.trust_domain.unwrap_or_else(|| {
            format!("{}.symbolon.internal", self.code.as_str().to_ascii_lowercase())
        });
        let facts = BureauFacts {
            code: self.code,
            name: self.name,
            trust_domain,
            partner_listen: self.partner_listen,
            partner_endpoint: self.partner_endpoint,
            bureau_listen: self.bureau_listen,
            bureau_hosts: self.bureau_hosts,
            metrics_listen: self.metrics_listen,
            json_listen: self.json_listen,
            desk: Desk { name: self.desk_name, phone: self.desk_phone, email: self.desk_email },
        };
        let folder = found_bureau(&self.data, &facts, OffsetDateTime::now_utc())?;
        let store = Store::open(folder.clone()).await?;
        let endpoint = format!("https://{}", facts.bureau_listen);
        let (administrator, actor) =
            issue_first(&folder, &store, &self.administrator, endpoint).await?;
        let (act, code) = (AdministrativeAct::FoundBureau, facts.code.as_str());
        store.log_administration(act, code, &actor, OffsetDateTime::now_utc()).await?;
        store.close().await;
        let founded =
            Founded { data: folder.root().to_owned(), card: folder.card(), administrator };
        output.result(&founded, || {
            let here = |words: &str| Typed::command(words).at(&founded.data);
            let by_administrator = |words: &str| here(words).by(&self.administrator);
            format!(
                "Founded {} ({}) in {}. Its administrator is {}: what changes the bureau is done --as \
                 a person, and logged.\nNext:\n  {} --role legal NAME   for whoever proposes \
                 agreements\n  {} --role approver NAME   for whoever approves them\n  {} --role \
                 officer NAME   for whoever asks\n  {} ID --title TITLE\n  symbolon agreement draft \
                 …   with this bureau's card {} and the partner's\n  {}",
                facts.name,
                facts.code,
                founded.data.display(),
                self.administrator,
                by_administrator("keys issue"),
                by_administrator("keys issue"),
                by_administrator("keys issue"),
                by_administrator("dataset create"),
                founded.card.display(),
                here("node run"),
            )
        });
        Ok(DONE)
    }
}

impl Run {
    async fn run(self) -> Result<u8, CliError> {
        let format = match self.log_format {
            Format::Text => LogFormat::Text,
            Format::Json => LogFormat::Json,
        };
        start_logging(format, self.log_level.into());
        let node = RunningNode::prepare(DataFolder::open(&self.data)?).await?;
        let unavailable = |error: std::io::Error| CliError::new("system", error.to_string());
        let mut terminate = signal(SignalKind::terminate()).map_err(unavailable)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(unavailable)?;
        let until_input_closes = self.until_input_closes;
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                // A terminal sends Ctrl-C to the whole group; who started us decides when we stop.
                _ = interrupt.recv(), if !until_input_closes => {}
                () = input_closed(), if until_input_closes => {}
            }
        };
        node.run(stop).await?;
        Ok(DONE)
    }
}

impl From<Level> for LogLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::Warn => Self::Warn,
            Level::Info => Self::Info,
            Level::Debug => Self::Debug,
        }
    }
}

/// Until standard input closes, as it does when the program that started this one ends.
pub(super) async fn input_closed() {
    let mut input = tokio::io::stdin();
    let mut buffer = [0; 64];
    while input.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
}

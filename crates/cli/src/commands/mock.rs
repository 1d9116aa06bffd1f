mod bureaus;
mod described;
mod fixed;

use std::{
    net::SocketAddr,
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser as _},
};
use symbolon_mock::{Fault, Faults};
use symbolon_node::{LogFormat, Node, NodeError, start_logging};
use symbolon_store::DataFolder;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::JoinSet,
};
use tower::layer::util::Identity;

use self::{
    bureaus::{Bureaus, Places},
    described::Described,
    fixed::AGENCY,
};
use super::{
    DONE,
    node::{Level, input_closed},
    replaceable::Replaceable,
};
use crate::{CliError, Profile, output::Output, scenario::wait_for_coverage};

const REPLACEABLE: Replaceable = Replaceable { name: "mock", bureaus: &["home", "mockland"] };
const READY_WITHIN: Duration = Duration::from_secs(60);

/// A bureau and a partner that misbehaves on demand, for tests of programs that ask.
///
/// Runs Homeland, whose bureau face programs of agencies call, and Mockland, whose partner face
/// programs of other bureaus call: real nodes with a fixed list, certificates for both in a folder, and
/// something between Mockland and the network that delays, refuses, alters and breaks off answers when a
/// check's purpose asks for it. docs/mock.md has the table. Never use it for real data.
#[derive(Debug, Args)]
pub(super) struct Mock {
    /// Where data folders and certificates go. A mock that was there before is replaced.
    #[arg(long, value_name = "FOLDER", default_value = "symbolon-mock")]
    dir: PathBuf,
    /// Where the bureau face listens; a free port of this machine unless given.
    #[arg(long, value_name = "ADDRESS")]
    bureau_listen: Option<SocketAddr>,
    /// Where the partner face listens; a free port of this machine unless given.
    #[arg(long, value_name = "ADDRESS")]
    partner_listen: Option<SocketAddr>,
    /// Host name by which both are reached, for instance that of a container.
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// What happens to every check whose purpose asks for nothing else.
    #[arg(long, value_name = "NAME", value_parser = fault())]
    fault: Option<Fault>,
    /// How many seconds the slow ones take.
    #[arg(long, value_name = "SECONDS", default_value_t = 3)]
    delay: u64,
    /// End after so many seconds instead of staying up.
    #[arg(long, value_name = "SECONDS")]
    exit_after: Option<u64>,
    /// End when standard input closes, as it does when the program ends that started this one.
    #[arg(long)]
    until_input_closes: bool,
    /// From which level on events of the nodes are written to standard error; none unless given.
    #[arg(long, value_enum)]
    log_level: Option<Level>,
}

fn fault() -> impl clap::builder::TypedValueParser<Value = Fault> {
    PossibleValuesParser::new(Fault::ALL.iter().map(|fault| fault.code())).try_map(|code| {
        Fault::named(&code).ok_or_else(|| format!("there is no fault called {code}"))
    })
}

impl Mock {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let began = Instant::now();
        if let Some(level) = self.log_level {
            start_logging(LogFormat::Text, level.into());
        }
        let root = REPLACEABLE.empty(&self.dir)?;
        let places = Places {
            bureau: self.bureau_listen,
            partner: self.partner_listen,
            host: self.host.clone(),
        };
        let bureaus = Bureaus::found(&root, &places).await?;
        let faults = Faults::of(&bureaus.mock.folder)?;
        faults.delay(Duration::from_secs(self.delay));
        faults.always(self.fault);
        bureaus.fix(&faults)?;
        let mut nodes = Nodes::new();
        nodes.start(&bureaus.mock.folder, &faults, false).await?;
        nodes.start(&bureaus.home.folder, &faults, true).await?;
        let partner = bureaus.hand_out(&root)?;
        bureaus.publish(&faults, READY_WITHIN).await?;
        let person = bureaus.home.folder.person(AGENCY);
        let profile = Profile::find(Some(&person.join("profile.toml")))?;
        wait_for_coverage(&profile, READY_WITHIN).await?;
        let described =
            Described::of(&root, &bureaus, &partner, Duration::from_secs(self.delay), began)?;
        output.result(&described, || described.text());
        self.until_told(&mut nodes).await?;
        nodes.stop().await?;
        Ok(DONE)
    }

    /// Until something says that it is enough, or a node ends by itself.
    async fn until_told(&self, nodes: &mut Nodes) -> Result<(), CliError> {
        let unavailable = |error: std::io::Error| CliError::new("system", error.to_string());
        let mut terminate = signal(SignalKind::terminate()).map_err(unavailable)?;
        let exit_after = self.exit_after.map(Duration::from_secs);
        tokio::select! {
            result = tokio::signal::ctrl_c() => result.map_err(unavailable),
            _ = terminate.recv() => Ok(()),
            () = input_closed(), if self.until_input_closes => Ok(()),
            () = tokio::time::sleep(exit_after.unwrap_or_default()), if exit_after.is_some() => Ok(()),
            result = nodes.ended() => result,
        }
    }
}

/// The nodes, in this process.
struct Nodes {
    running: JoinSet<Result<(), NodeError>>,
    stop: watch::Sender<bool>,
}

impl Nodes {
    fn new() -> Self {
        Self { running: JoinSet::new(), stop: watch::Sender::new(false) }
    }

    /// Starts a node with faults before its bureau face, if that is the one that is called, or else
    /// before its partner face.
    async fn start(
        &mut self,
        folder: &DataFolder,
        faults: &Faults,
        is_home: bool,
    ) -> Result<(), CliError> {
        let node = Node::prepare(folder.clone()).await?;
        let mut told = self.stop.subscribe();
        let stop = async move {
            // An error means that nobody is left who could tell.
            let _ = told.wait_for(|stop| *stop).await;
        };
        let faults = faults.clone();
        self.running.spawn(async move {
            if is_home {
                node.run_behind(Identity::new(), faults.bureau_wire(), stop).await
            } else {
                node.run_behind(faults.partner_wire(), Identity::new(), stop).await
            }
        });
        Ok(())
    }

    /// Waits until one ends, which none does before it is told to.
    async fn ended(&mut self) -> Result<(), CliError> {
        match self.running.join_next().await {
            Some(Ok(Err(error))) => Err(error.into()),
            _ => Err(CliError::new("node", "a node of the mock ended by itself; see --log-level")),
        }
    }

    async fn stop(mut self) -> Result<(), CliError> {
        let _ = self.stop.send(true);
        while let Some(ended) = self.running.join_next().await {
            ended.map_err(|error| CliError::new("node", error.to_string()))??;
        }
        Ok(())
    }
}

//! Two bureaus on this machine, one that owns lists and one that asks, as a bureau would set them
//! up: nodes as processes, everything else by the `symbolon` program.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use symbolon_cli::scenario::{ADMINISTRATOR, Bureau, RunningNode, agree, dataset, simple_terms};
use symbolon_identifiers::IdentifierType;
use symbolon_store::NodeConfig;
use tempfile::TempDir;

use crate::{
    Fallible,
    usage::{Used, measured},
    wire::Wire,
};

/// Beyond what any work here asks in a day.
const DAILY_QUOTA: u64 = 1 << 50;
/// A million identifiers on a slow machine take longer than a node usually allows.
const DEADLINE: Duration = Duration::from_secs(6 * 3_600);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// The check was done, but some question got no answer; see the program's help.
const INCOMPLETE: i32 = 3;

/// The two, agreed with each other about e-mail addresses.
pub(crate) struct Pair {
    pub(crate) owner: Bureau,
    pub(crate) requester: Bureau,
    /// What passes between their nodes.
    pub(crate) wire: Wire,
    program: PathBuf,
    profile: PathBuf,
    owner_node: Option<RunningNode>,
    requester_node: Option<RunningNode>,
    folder: TempDir,
}

impl Pair {
    /// Founds both. The owner offers empty datasets of these ids; their titles are the same.
    pub(crate) async fn found(program: &Path, datasets: &[&str]) -> Fallible<Self> {
        let folder = tempfile::tempdir()?;
        let mut owner = Bureau::found(&folder.path().join("owner"), "OWN", "Owner")?;
        let requester = Bureau::found(&folder.path().join("requester"), "REQ", "Requester")?;
        for bureau in [&owner, &requester] {
            let mut config = NodeConfig::read(&bureau.folder)?;
            config.check_deadline_seconds = DEADLINE.as_secs();
            config.write(&bureau.folder)?;
        }
        let wire = Wire::to(&owner.card.endpoint).await?;
        owner.card.endpoint = wire.endpoint();
        let offered = datasets
            .iter()
            .map(|id| dataset(id, &owner.code, id, &[IdentifierType::Email], DAILY_QUOTA))
            .collect();
        let mut terms = simple_terms("pair", "A pair", &[&owner, &requester], offered)?;
        terms.standing_days = Some(30);
        agree(&terms, &[&owner, &requester]).await?;
        for bureau in [&owner, &requester] {
            bureau.adopt_permissive_rules().await?;
        }
        let profile = requester.issue("analyst")?;
        let pair = Self {
            owner,
            requester,
            wire,
            program: program.to_owned(),
            profile,
            owner_node: None,
            requester_node: None,
            folder,
        };
        for id in datasets {
            pair.run(pair.at(&pair.owner, &["dataset", "create", id, "--title", id]), "create")?;
        }
        Ok(pair)
    }

    /// A folder for files.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts the owner's node and waits until it has published so many lists.
    pub(crate) async fn start_owner(&mut self, lists: u64) -> Fallible<u32> {
        let node = self.owner.start(&self.program, self.log("owner-node")?)?;
        let process = node.child.id().ok_or("the owner's node has ended")?;
        self.owner_node = Some(node);
        self.wait_until_published(lists).await?;
        Ok(process)
    }

    /// Starts the requester's node and waits until it holds so many lists.
    pub(crate) async fn start_requester(&mut self, lists: u64) -> Fallible<u32> {
        let node = self.requester.start(&self.program, self.log("requester-node")?)?;
        let process = node.child.id().ok_or("the requester's node has ended")?;
        self.requester_node = Some(node);
        wait_for_metric(self.requester.metrics, "symbolon_partner_sets_held", lists).await?;
        Ok(process)
    }

    /// Versions that the owner's node has published since its start.
    pub(crate) fn published(&self) -> u64 {
        metric(self.owner.metrics, "symbolon_sets_published_total").unwrap_or(0)
    }

    /// Waits until there are so many.
    pub(crate) async fn wait_until_published(&self, versions: u64) -> Fallible<()> {
        wait_for_metric(self.owner.metrics, "symbolon_sets_published_total", versions).await
    }

    /// A command at a bureau's data folder.
    pub(crate) fn at(&self, bureau: &Bureau, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .env("SYMBOLON_DATA", bureau.folder.root())
            .env("SYMBOLON_AS", ADMINISTRATOR);
        command
    }

    /// A command of the requester's analyst.
    pub(crate) fn analyst(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).env("SYMBOLON_PROFILE", &self.profile);
        command
    }

    /// Loads a file into one of the owner's datasets.
    pub(crate) fn import(&self, dataset: &str, file: &Path, more: &[&str]) -> Fallible<Used> {
        let mut command = self.at(&self.owner, &["dataset", "import", dataset]);
        command.arg(file).args(more);
        self.run(command, "import")
    }

    /// Asks about a file; answers go to `answers`, to be read with [`crate::answers`].
    pub(crate) fn check(&self, file: &Path, answers: &Path) -> Fallible<Used> {
        let mut command = self.analyst(&["check", "--all", "--timeout", "600", "--csv"]);
        command.arg(file);
        self.run_into(command, "check", File::create(answers)?.into())
    }

    /// Runs a command; what it prints goes to its log.
    pub(crate) fn run(&self, command: Command, name: &str) -> Fallible<Used> {
        let log = self.log(name)?;
        self.run_into(command, name, log)
    }

    /// The same, with what it prints going elsewhere.
    pub(crate) fn run_into(
        &self,
        mut command: Command,
        name: &str,
        output: Stdio,
    ) -> Fallible<Used> {
        command.stdin(Stdio::null()).stdout(output).stderr(self.log(name)?);
        // What is incomplete shows in the answers, which are compared.
        let is_fine = |status: ExitStatus| status.success() || status.code() == Some(INCOMPLETE);
        measured(&mut command, is_fine).map_err(|error| {
            let log = std::fs::read_to_string(self.log_path(name)).unwrap_or_default();
            format!("{error}\n{log}").into()
        })
    }

    /// Stops both nodes.
    pub(crate) async fn stop(mut self) -> Fallible<()> {
        for node in [self.requester_node.take(), self.owner_node.take()].into_iter().flatten() {
            node.stop().await?;
        }
        Ok(())
    }

    fn log_path(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.log"))
    }

    fn log(&self, name: &str) -> Fallible<Stdio> {
        let file = File::options().create(true).append(true).open(self.log_path(name))?;
        Ok(file.into())
    }
}

async fn wait_for_metric(at: SocketAddr, name: &str, at_least: u64) -> Fallible<()> {
    let began = Instant::now();
    while began.elapsed() < DEADLINE {
        if metric(at, name).is_some_and(|value| value >= at_least) {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Err(format!("{name} did not reach {at_least}").into())
}

/// One value of a node's metrics; `None` while it does not answer.
fn metric(at: SocketAddr, name: &str) -> Option<u64> {
    let mut connection = TcpStream::connect(at).ok()?;
    connection.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let request = format!("GET /metrics HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).ok()?;
    let mut page = String::new();
    connection.read_to_string(&mut page).ok()?;
    page.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

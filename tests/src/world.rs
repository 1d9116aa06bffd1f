//! Two bureaus that a test sets up, runs and asks.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

use symbolon_cli::{
    Profile,
    asking::{Asked, CheckReport, Reason, StatedFacts, Urgency, ask},
    rows::Mapping,
    scenario::{Bureau, RunningNode, agree, dataset, simple_terms, wait_for_coverage},
};
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{Agreement, AgreementTerms};
use tempfile::TempDir;
use tokio::{net::TcpStream, time::sleep};

/// The `symbolon` binary, built if it is not there or out of date.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let test = env::current_exe().unwrap();
        // target/PROFILE/deps/test → target/PROFILE
        let folder = test.ancestors().nth(2).unwrap().to_owned();
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        // With the features that the tests were built with: nothing is compiled twice.
        build.args(["build", "--quiet", "--workspace", "--all-targets"]);
        if folder.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success(), "the program does not build");
        folder.join("symbolon")
    })
}

/// What the owner of a [`World`] offers.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The owner's list, as CSV: record_id,identifier_type,value,country.
    pub list: String,
    /// Types in the agreement.
    pub types: Vec<IdentifierType>,
    /// Elements a day for each type.
    pub daily_quota: u64,
}

impl Default for Offer {
    fn default() -> Self {
        Self {
            list: "record_id,identifier_type,value,country\n\
                   R1,travel_document,L898902C3,UTO\n\
                   R2,vin,1M8GDM9AXKP042788,\n\
                   R3,imo,9074729,\n\
                   R4,email,wanted@example.org,\n\
                   R5,iban,GB29 NWBK 6016 1331 9268 19,\n"
                .to_owned(),
            types: vec![
                IdentifierType::TravelDocument,
                IdentifierType::Vin,
                IdentifierType::Imo,
                IdentifierType::Email,
                IdentifierType::Iban,
            ],
            daily_quota: 10_000,
        }
    }
}

/// Two bureaus: REQ asks, OWN answers. Their nodes run as processes, with logs in files.
pub struct World {
    /// The bureau that asks.
    pub requester: Bureau,
    /// The bureau that answers.
    pub owner: Bureau,
    /// The agreement between them.
    pub agreement: Agreement,
    /// An officer's profile at the requester.
    pub profile: Profile,
    /// The requester's node, while it runs.
    pub requester_node: Option<RunningNode>,
    /// The owner's node, while it runs.
    pub owner_node: Option<RunningNode>,
    folder: TempDir,
}

/// Id of the owner's dataset.
pub const DATASET: &str = "own-list";

impl World {
    /// Both bureaus founded, agreed, loaded, running, and their sets exchanged.
    pub async fn new(offer: &Offer) -> Self {
        Self::with_terms(offer, |_| {}).await
    }

    /// The same, with the terms changed before anyone signs.
    pub async fn with_terms(offer: &Offer, change: impl FnOnce(&mut AgreementTerms)) -> Self {
        let mut world = Self::founded(offer, change).await;
        world.start_owner();
        world.start_requester();
        world.wait_until_ready().await;
        world
    }

    /// Founded, agreed and loaded, but no node runs yet.
    pub async fn founded(offer: &Offer, change: impl FnOnce(&mut AgreementTerms)) -> Self {
        let folder = TempDir::new().unwrap();
        let requester = Bureau::found(&folder.path().join("req"), "REQ", "Requestia").unwrap();
        let owner = Bureau::found(&folder.path().join("own"), "OWN", "Ownland").unwrap();
        let loaded = owner
            .load(DATASET, "Ownland list", offer.list.as_bytes(), Mapping::default())
            .await
            .unwrap();
        assert!(loaded.rejected.is_empty(), "{:?}", loaded.rejected);
        let offered =
            dataset(DATASET, &owner.code, "Ownland list", &offer.types, offer.daily_quota);
        let mut terms =
            simple_terms("req-own", "Test agreement", &[&requester, &owner], vec![offered])
                .unwrap();
        change(&mut terms);
        let agreement = agree(&terms, &[&requester, &owner]).await.unwrap();
        requester.issue("officer").unwrap();
        let person = requester.folder.person("officer");
        let profile = Profile::find(Some(&person.join("profile.toml"))).unwrap();
        Self {
            requester,
            owner,
            agreement,
            profile,
            requester_node: None,
            owner_node: None,
            folder,
        }
    }

    /// Starts (or restarts) the requester's node; its log is appended to.
    pub fn start_requester(&mut self) {
        let log = self.log_of("requester");
        self.requester_node = Some(self.requester.start(program(), log).unwrap());
    }

    /// Starts (or restarts) the owner's node; its log is appended to.
    pub fn start_owner(&mut self) {
        let log = self.log_of("owner");
        self.owner_node = Some(self.owner.start(program(), log).unwrap());
    }

    /// Waits until the requester holds the owner's sets, and the owner listens if its node was started:
    /// sets that were held before a restart say nothing about it.
    pub async fn wait_until_ready(&self) {
        if self.owner_node.is_some() {
            self.wait_until_the_owner_listens().await;
        }
        wait_for_coverage(&self.profile, Duration::from_secs(60)).await.unwrap_or_else(|error| {
            panic!("{error}\nrequester: {}\nowner: {}", self.log("requester"), self.log("owner"))
        });
    }

    async fn wait_until_the_owner_listens(&self) {
        let address = self.owner.card.endpoint.strip_prefix("https://").unwrap();
        let began = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            assert!(began.elapsed() < Duration::from_secs(60), "owner: {}", self.log("owner"));
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// What a node (`requester` or `owner`) has logged so far.
    pub fn log(&self, node: &str) -> String {
        fs::read_to_string(self.log_path(node)).unwrap_or_default()
    }

    /// A folder for the test's own files.
    pub fn scratch(&self) -> &Path {
        self.folder.path()
    }

    /// Asks through the requester's node as its officer.
    pub async fn ask(&self, items: &[(&str, &str, &str)]) -> CheckReport {
        self.try_ask(&reason(), items).await.unwrap()
    }

    /// The same, with a reason of the test's own, and errors returned.
    pub async fn try_ask(
        &self,
        reason: &Reason,
        items: &[(&str, &str, &str)],
    ) -> Result<CheckReport, symbolon_cli::CliError> {
        let asked: Vec<_> = (1_u64..)
            .zip(items)
            .map(|(reference, (kind, value, country))| Asked {
                reference,
                identifier_type: (*kind).to_owned(),
                value: (*value).to_owned(),
                country: (*country).to_owned(),
            })
            .collect();
        ask(&mut self.profile.connect()?, reason, &asked, |_, _| {}).await
    }

    fn log_path(&self, node: &str) -> PathBuf {
        self.folder.path().join(format!("{node}.log"))
    }

    fn log_of(&self, node: &str) -> Stdio {
        let file = File::options().create(true).append(true).open(self.log_path(node)).unwrap();
        Stdio::from(file)
    }
}

/// A reason that the agreements of these tests allow.
pub fn reason() -> Reason {
    Reason {
        purpose: "border_check".to_owned(),
        offence_class: String::new(),
        urgency: Urgency::Routine,
        officer: "officer-7".to_owned(),
        case_reference: "case-11".to_owned(),
        justification: "the grounds of the test".to_owned(),
        stated: StatedFacts::default(),
        bureaus: Vec::new(),
        timeout: Duration::from_secs(20),
        check_id: None,
    }
}

/// The outcomes of a report in the order asked, one source each.
pub fn outcomes(report: &CheckReport) -> Vec<&'static str> {
    report.answers.iter().map(|answer| answer.outcome).collect()
}

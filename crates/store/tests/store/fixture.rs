use std::{fs, path::Path, sync::OnceLock};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
};
use sqlx::{
    Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{
    Agreement, AgreementId, AgreementTerms, BureauCode, CheckId, Dataset, Desk, OfferedType, Party,
    PartyKeys, Scope, ScopeShare, SignedAgreement, SigningKey, WhoLearns,
    rules::{
        Adequacy, EgressFacts, ElementCounts, Facts, IngressFacts, LoggedDecision, RulesHash,
        Ruling, Urgency,
    },
};
use symbolon_store::{
    Admission, Admitted, ApprovedQuestion, AskedHeader, DataFolder, DecidedHeader, LogEntry,
    LogRecord, NewCheck, NodeConfig, NodeKeys, NotAdmitted, PartnerCounts, Store, StoredDocument,
};
use tempfile::TempDir;
use time::{Duration, OffsetDateTime, macros::datetime};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-03-04 23:59:50 UTC);
pub(crate) const EPOCH_ENDS: OffsetDateTime = datetime!(2026-03-31 00:00 UTC);
pub(crate) const AGREEMENT: &str = "test-2026";

/// A data folder with configuration and keys, as `node init` leaves it.
pub(crate) fn found(root: &Path) -> DataFolder {
    let folder = DataFolder::create(root).unwrap();
    NodeKeys::generate(&folder).unwrap();
    config().write(&folder).unwrap();
    folder
}

pub(crate) fn config() -> NodeConfig {
    let listen = |port| ([127, 0, 0, 1], port).into();
    NodeConfig::new(
        code("DEU"),
        "Bureau of DEU".to_owned(),
        listen(7443),
        listen(7444),
        listen(9090),
    )
}

/// A fresh store that lives as long as this.
pub(crate) struct Home {
    pub(crate) store: Store,
    pub(crate) folder: DataFolder,
    _root: TempDir,
}

impl Home {
    pub(crate) async fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let folder = found(root.path());
        Self { store: Store::open(folder.clone()).await.unwrap(), folder, _root: root }
    }

    /// Another handle on the same folder, as another process would have.
    pub(crate) async fn other_handle(&self) -> Store {
        Store::open(DataFolder::open(self.folder.root()).unwrap()).await.unwrap()
    }

    /// Closes the store and opens it again.
    pub(crate) async fn reopen(&mut self) {
        self.store.close().await;
        self.store = self.other_handle().await;
    }

    /// A connection to the database beside the store: someone with the file in hand.
    pub(crate) async fn raw(&self) -> SqliteConnection {
        raw(&self.folder).await
    }
}

pub(crate) async fn raw(folder: &DataFolder) -> SqliteConnection {
    let options = SqliteConnectOptions::new()
        .filename(folder.database())
        .journal_mode(SqliteJournalMode::Wal);
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// Copies the database with the files beside it to `to`, or back from there.
pub(crate) fn copy_database(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

pub(crate) fn code(text: &str) -> BureauCode {
    text.parse().unwrap()
}

pub(crate) fn agreement_id() -> AgreementId {
    AGREEMENT.parse().unwrap()
}

pub(crate) fn scope_of(dataset: &str, kind: IdentifierType, epoch: u32) -> Scope {
    Scope {
        agreement: agreement_id(),
        agreement_hash: symbolon_policy::AgreementHash([0xa9; 32]),
        dataset: dataset.to_owned(),
        identifier_type: kind,
        rules_version: kind.rules_version(),
        epoch,
    }
}

pub(crate) fn share(kind: IdentifierType, elements: u64, daily_quota: u64) -> ScopeShare {
    let scope = scope_of("list", kind, 0);
    ScopeShare {
        id: scope.id(),
        scope,
        elements,
        daily_quota,
        epoch_budget: 1 << 53,
        shared_budget: None,
        epoch_ends: EPOCH_ENDS,
    }
}

pub(crate) fn document(text: &str) -> StoredDocument {
    StoredDocument {
        document: text.as_bytes().to_vec(),
        public_key: vec![1; 32],
        signature: vec![2; 64],
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest(&SHA256, bytes).as_ref().try_into().unwrap()
}

/// A check of FRA, to be admitted.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) requester: &'static str,
    pub(crate) check: CheckId,
    pub(crate) agreement: &'static str,
    pub(crate) header: &'static str,
    pub(crate) shares: Vec<ScopeShare>,
    pub(crate) at: OffsetDateTime,
}

impl Asked {
    pub(crate) fn new(check: u64, shares: Vec<ScopeShare>) -> Self {
        Self {
            requester: "FRA",
            check: check_id(check),
            agreement: AGREEMENT,
            header: "a header",
            shares,
            at: NOW,
        }
    }

    pub(crate) async fn admit(&self, store: &Store) -> Result<Admitted, NotAdmitted> {
        self.admit_if(store, |_| self.decision(true)).await
    }

    pub(crate) async fn admit_if(
        &self,
        store: &Store,
        decide: impl FnMut(PartnerCounts) -> LoggedDecision + Send,
    ) -> Result<Admitted, NotAdmitted> {
        let header = document(self.header);
        let admission = Admission {
            requester: &code(self.requester),
            check: self.check,
            agreement: &self.agreement.parse().unwrap(),
            header: &header,
            header_hash: sha256(&header.document),
            shares: &self.shares,
            purpose: "border_control",
            urgency: Urgency::Routine,
            at: self.at,
        };
        store.admit_check(&admission, decide).await
    }

    /// What rules say to it.
    pub(crate) fn decision(&self, permitted: bool) -> LoggedDecision {
        let elements =
            self.shares.iter().map(|share| (share.scope.identifier_type, share.elements)).collect();
        decided(permitted, IngressFacts { elements, ..IngressFacts::default() })
    }
}

/// A question about so many identifiers that rules permit or not, perhaps under a derogation.
pub(crate) fn question(permitted: bool, elements: u64, adequacy: Adequacy) -> LoggedDecision {
    let elements = ElementCounts::of(IdentifierType::Vin, elements);
    let facts = EgressFacts { elements, partner_adequacy: adequacy, ..EgressFacts::default() };
    decided(permitted, facts)
}

/// A question about one identifier under this agreement, permitted.
pub(crate) fn question_under(agreement: &str) -> LoggedDecision {
    let elements = ElementCounts::of(IdentifierType::Vin, 1);
    let agreement = agreement.to_owned();
    decided(true, EgressFacts { elements, agreement, ..EgressFacts::default() })
}

pub(crate) const ASKER: &str = "spiffe://deu.example/people/asker";
pub(crate) const CASE: &str = "2026/117";

/// A header to FRA about one identifier, which rules let be sent.
pub(crate) fn header_under(agreement: &str) -> DecidedHeader {
    DecidedHeader {
        header: AskedHeader {
            owner: code("FRA"),
            agreement: agreement.parse().unwrap(),
            header: document("asked"),
        },
        shares: Vec::new(),
        counts: PartnerCounts::default(),
        decision: question_under(agreement),
    }
}

/// Asks FRA about one identifier under these agreements, a day after NOW for each number.
pub(crate) async fn ask(home: &Home, number: u8, agreements: &[&str]) {
    let at = NOW + Duration::DAY * i32::from(number);
    let permitted = agreements.iter().map(|agreement| header_under(agreement)).collect();
    let question = ApprovedQuestion {
        case_reference: CASE,
        purpose: "border_check",
        asker: ASKER,
        types: [IdentifierType::Vin].into(),
        elements: 1,
    };
    let check = NewCheck {
        check: check_id(number.into()),
        opening: b"opening",
        permitted,
        forbidden: Vec::new(),
        approved: Some((question, 0)),
        watched: None,
        at,
    };
    let again = |place: usize, _| question_under(agreements[place]);
    home.store.record_asked(check, again).await.unwrap();
}

fn decided(permitted: bool, facts: impl Into<Facts>) -> LoggedDecision {
    let ruling = Ruling { permitted, deciding: Vec::new(), faults: Vec::new() };
    LoggedDecision { rules: RulesHash([5; 32]), facts: facts.into(), ruling }
}

pub(crate) fn check_id(number: u64) -> CheckId {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    CheckId(id)
}

/// Elements counted of FRA for a type on the day of `at`.
pub(crate) async fn used(store: &Store, kind: IdentifierType, at: OffsetDateTime) -> u64 {
    store
        .quota_usage(at)
        .await
        .unwrap()
        .into_iter()
        .filter(|usage| usage.requester == "FRA" && usage.identifier_type == kind.name())
        .map(|usage| usage.used)
        .sum()
}

pub(crate) async fn whole_log(store: &Store) -> Vec<LogEntry> {
    store.log_entries(0, u32::MAX).await.unwrap()
}

pub(crate) async fn records(store: &Store) -> Vec<LogRecord> {
    whole_log(store).await.into_iter().filter_map(|entry| entry.record).collect()
}

/// SQLite's own view of whether the file is whole.
pub(crate) async fn assert_whole(folder: &DataFolder) {
    let mut raw = raw(folder).await;
    let (verdict,): (String,) =
        sqlx::query_as("PRAGMA integrity_check").fetch_one(&mut raw).await.unwrap();
    assert_eq!(verdict, "ok");
    let broken: Vec<(String,)> = sqlx::query_as("SELECT \"table\" FROM pragma_foreign_key_check")
        .fetch_all(&mut raw)
        .await
        .unwrap();
    assert!(broken.is_empty(), "{broken:?}");
    raw.close().await.unwrap();
}

/// What a snapshot of a dataset shows: ids and canonical bytes, in order of these.
pub(crate) async fn ids_in(
    store: &Store,
    dataset: &str,
    kind: IdentifierType,
) -> Vec<(u64, Vec<u8>)> {
    let mut snapshot = store.snapshot(dataset, kind).await.unwrap();
    let mut held = Vec::new();
    while let Some(piece) = snapshot.next_piece(0).await.unwrap() {
        let piece = piece.identifiers().unwrap();
        held.extend(piece.iter().map(|(id, one)| (*id, one.canonical().to_vec())));
    }
    assert_eq!(snapshot.identifiers, held.len() as u64);
    assert!(held.iter().all(|(id, _)| *id <= snapshot.last_identifier));
    held
}

pub(crate) async fn held_in(store: &Store, dataset: &str, kind: IdentifierType) -> Vec<Vec<u8>> {
    ids_in(store, dataset, kind).await.into_iter().map(|(_, canonical)| canonical).collect()
}

pub(crate) async fn held(store: &Store, kind: IdentifierType) -> Vec<Vec<u8>> {
    held_in(store, "list", kind).await
}

fn root() -> String {
    static ROOT: OnceLock<String> = OnceLock::new();
    ROOT.get_or_init(|| {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        STANDARD.encode(made.der())
    })
    .clone()
}

/// Two bureaus that can sign agreements again and again.
pub(crate) struct Parties {
    all: Vec<(Party, SigningKey)>,
}

impl Parties {
    pub(crate) fn new() -> Self {
        let key = || {
            let document = SigningKey::generate(&SystemRandom::new()).unwrap();
            SigningKey::from_pkcs8(document.as_ref()).unwrap()
        };
        let all = ["FRA", "DEU"]
            .map(|name| {
                let legal = key();
                let keys = PartyKeys {
                    header: key().verifying_key(),
                    manifest: key().verifying_key(),
                    log: key().verifying_key(),
                    legal: legal.verifying_key(),
                };
                let party = Party {
                    code: code(name),
                    name: name.to_owned(),
                    endpoint: "https://bureau.example:7443".to_owned(),
                    spiffe_id: format!("spiffe://{name}.example/face"),
                    tls_root: root(),
                    keys,
                    desk: Desk {
                        name: "Desk".to_owned(),
                        phone: "+000 555 0100".to_owned(),
                        email: "desk@bureau.example".to_owned(),
                    },
                };
                (party, legal)
            })
            .into();
        Self { all }
    }

    /// An agreement signed by both, and its file.
    pub(crate) fn agree(&self, id: &str, title: &str) -> (Agreement, String) {
        self.agree_on(id, title, |_| {})
    }

    /// The same with other terms.
    pub(crate) fn agree_on(
        &self,
        id: &str,
        title: &str,
        change: impl FnOnce(&mut AgreementTerms),
    ) -> (Agreement, String) {
        let kind = IdentifierType::Vin;
        let offered = OfferedType {
            identifier_type: kind,
            rules_version: kind.rules_version(),
            daily_quota: 100,
            epoch_budget: None,
        };
        let mut terms = AgreementTerms {
            format: AgreementTerms::FORMAT.to_owned(),
            id: id.parse().unwrap(),
            title: title.to_owned(),
            parties: self.all.iter().map(|(party, _)| party.clone()).collect(),
            datasets: vec![Dataset {
                id: "list".to_owned(),
                owner: code("DEU"),
                title: "List".to_owned(),
                who_learns: WhoLearns::Requester,
                labels: None,
                types: vec![offered],
            }],
            purposes: vec!["border_control".to_owned()],
            epoch_days: 30,
            standing_days: None,
            conditions: None,
            valid_from: datetime!(2026-01-01 00:00 UTC),
            valid_until: datetime!(2027-01-01 00:00 UTC),
        };
        change(&mut terms);
        let mut signed = SignedAgreement::draft(&terms).unwrap();
        for (party, legal) in &self.all {
            signed.sign(&party.code, legal).unwrap();
        }
        (signed.verify().unwrap(), signed.to_json().unwrap())
    }
}

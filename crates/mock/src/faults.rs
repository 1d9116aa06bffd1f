use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use prost_reflect::DescriptorPool;
use ring::rand::SystemRandom;
use symbolon_exchange::{CheckHeader, DocumentHash};
use symbolon_oprf::{Error as OprfError, SecretKey};
use symbolon_policy::{AgreementId, CheckId, ScopeId, SigningKey};
use symbolon_store::{DataFolder, FolderError, KeyName};
use thiserror::Error;

use crate::{BureauWire, CallFault, Fault, ListFault, Offered, PartnerWire};

/// How long a slow bureau takes unless told otherwise.
const DELAY: Duration = Duration::from_secs(3);

/// How a bureau misbehaves, and when. Cheap to clone; all clones are the same.
///
/// What is asked for a purpose named after a fault meets that fault. Beside that a fault can be fixed
/// for all checks, or for those under an agreement.
#[derive(Clone)]
pub struct Faults(Arc<Inner>);

struct Inner {
    keys: OwnKeys,
    state: Mutex<State>,
}

/// What it takes to sign for something else than the node did.
pub(crate) struct OwnKeys {
    pub(crate) log: SigningKey,
    pub(crate) manifest: SigningKey,
    /// A key of the function that was never published.
    pub(crate) other: SecretKey,
}

struct State {
    delay: Duration,
    silent: bool,
    withholds_log_proofs: bool,
    contract: Option<DescriptorPool>,
    always: Option<Fault>,
    of_agreement: HashMap<AgreementId, Fault>,
    of_list: HashMap<AgreementId, ListFault>,
    offered: HashMap<ScopeId, Offered>,
    seen_checks: HashSet<(CheckId, AgreementId)>,
    seen_cases: HashSet<(CallFault, String)>,
}

impl Faults {
    /// None yet beside those asked for by purpose, of the bureau in `folder`, whose keys sign what is
    /// wrong.
    ///
    /// # Errors
    /// When a key cannot be read, or the system gives no randomness.
    pub fn of(folder: &DataFolder) -> Result<Self, FaultsError> {
        let keys = OwnKeys {
            log: KeyName::Log.read(folder)?,
            manifest: KeyName::Manifest.read(folder)?,
            other: SecretKey::random(&SystemRandom::new())?,
        };
        let state = State {
            delay: DELAY,
            silent: false,
            withholds_log_proofs: false,
            contract: None,
            always: None,
            of_agreement: HashMap::new(),
            of_list: HashMap::new(),
            offered: HashMap::new(),
            seen_checks: HashSet::new(),
            seen_cases: HashSet::new(),
        };
        Ok(Self(Arc::new(Inner { keys, state: Mutex::new(state) })))
    }

    /// What stands before the bureau's partner face.
    pub fn partner_wire(&self) -> PartnerWire {
        PartnerWire(self.clone())
    }

    /// What stands before its bureau face.
    pub fn bureau_wire(&self) -> BureauWire {
        BureauWire(self.clone())
    }

    /// How long a slow bureau takes.
    pub fn delay(&self, delay: Duration) {
        self.state().delay = delay;
    }

    /// Whether the partner face says nothing at all, whatever is called.
    pub fn silence(&self, silent: bool) {
        self.state().silent = silent;
    }

    /// Whether it refuses to prove that what it signed earlier belongs to its log; it shows its newest
    /// checkpoint all the same.
    pub fn withhold_log_proofs(&self, withholds: bool) {
        self.state().withholds_log_proofs = withholds;
    }

    /// Both faces know no more than this contract, as those of an older bureau, and do nothing else wrong.
    pub fn know_only(&self, contract: DescriptorPool) {
        self.state().contract = Some(contract);
    }

    /// What happens to every check whose purpose asks for nothing else.
    pub fn always(&self, fault: Option<Fault>) {
        self.state().always = fault;
    }

    /// What happens to every check under an agreement whose purpose asks for nothing else.
    pub fn under(&self, agreement: AgreementId, fault: Fault) {
        self.state().of_agreement.insert(agreement, fault);
    }

    /// What is wrong with the lists offered under an agreement.
    pub fn lists_under(&self, agreement: AgreementId, fault: ListFault) {
        self.state().of_list.insert(agreement, fault);
    }

    /// Offers this version of a scope's list in place of the node's own.
    pub fn offer(&self, offered: Offered) {
        self.state().offered.insert(offered.manifest.scope_id(), offered);
    }

    pub(crate) fn keys(&self) -> &OwnKeys {
        &self.0.keys
    }

    pub(crate) fn delay_now(&self) -> Duration {
        self.state().delay
    }

    pub(crate) fn is_silent(&self) -> bool {
        self.state().silent
    }

    pub(crate) fn contract(&self) -> Option<DescriptorPool> {
        self.state().contract.clone()
    }

    pub(crate) fn withholds_log_proofs(&self) -> bool {
        self.state().withholds_log_proofs
    }

    pub(crate) fn of_check(&self, header: &CheckHeader) -> Option<Fault> {
        let state = self.state();
        Fault::of_purpose(&header.purpose)
            .or_else(|| state.of_agreement.get(&header.agreement).copied())
            .or(state.always)
    }

    pub(crate) fn of_list(&self, agreement: &str) -> Option<ListFault> {
        self.state().of_list.get(&agreement.parse().ok()?).copied()
    }

    pub(crate) fn offered(&self, scope: &ScopeId) -> Option<Offered> {
        self.state().offered.get(scope).cloned()
    }

    /// The manifests that a receipt has to name, where they are not the node's own.
    pub(crate) fn offered_for(&self, header: &CheckHeader) -> Vec<Option<DocumentHash>> {
        let state = self.state();
        let offered = header.scopes.iter().map(|query| state.offered.get(&query.scope));
        offered.map(|offered| offered.map(|one| DocumentHash::of(&one.document.document))).collect()
    }

    /// Whether this is the first attempt of a check.
    pub(crate) fn is_first_attempt(&self, header: &CheckHeader) -> bool {
        self.state().seen_checks.insert((header.check_id, header.agreement.clone()))
    }

    /// Whether this is the first call for a case that meets this fault.
    pub(crate) fn is_first_call(&self, fault: CallFault, case: &str) -> bool {
        self.state().seen_cases.insert((fault, case.to_owned()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is a single assignment or insertion: a panic elsewhere leaves nothing half done.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a bureau cannot misbehave.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FaultsError {
    /// A key cannot be read.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The system gave no randomness.
    #[error("no key could be made: {0}")]
    Key(#[from] OprfError),
}

use std::sync::{Arc, PoisonError, RwLock};

use symbolon_policy::{
    Agreement, BureauCode, Reason, Refusal,
    rules::{
        EgressFacts, Facts, IngressFacts, LegalTables, LoggedDecision, RulePack, RuleSet,
        RuleSetError, RulesHash, Ruling,
    },
};
use symbolon_store::{Adoption, InForce, PartnerCounts, Store, StoreError};

/// The rules by which a bureau decides, with its legal tables.
#[derive(Debug)]
pub struct Rules {
    /// The pack. Where what is in force cannot be read, one that denies everything.
    pub pack: RulePack,
    /// The tables.
    pub tables: LegalTables,
    /// Identifies both, also where they cannot be read.
    pub hash: RulesHash,
    damaged: bool,
}

impl Rules {
    /// The pack that comes with the program, and empty tables: in force until a bureau adopts its
    /// own.
    ///
    /// # Errors
    /// Never in a sound build.
    pub fn starter() -> Result<Self, RuleSetError> {
        RuleSet::starter().map(Self::from)
    }

    /// What stands in for rules that are in force and cannot be read: denies everything, and says
    /// why.
    pub fn damaged(hash: RulesHash, why: &str) -> Self {
        let pack = RulePack::denying(format!(
            "the rules in force ({hash}) cannot be read: {why}. Two people adopt sound ones"
        ));
        Self { pack, tables: LegalTables::default(), hash, damaged: true }
    }

    /// What two people have put in force, with the adoption; else the starter pack. Takes a moment:
    /// every rule passes the gate again.
    ///
    /// # Errors
    /// When the database fails, or this program's own pack does not load. Damage is no error: what is
    /// damaged denies everything.
    pub async fn in_force(store: &Store) -> Result<(Self, Option<Adoption>), StoreError> {
        let damage = StoreError::Damaged { what: "rules in force" };
        let adoption = match store.adoption_in_force().await? {
            InForce::Nothing => {
                let starter = tokio::task::spawn_blocking(Self::starter).await;
                return match starter {
                    Ok(Ok(rules)) => Ok((rules, None)),
                    _ => Err(damage),
                };
            }
            InForce::Contradicted { rules, adoption } => {
                let why = "the log does not say that they, and nothing after them, were adopted";
                return Ok((Self::damaged(rules, why), adoption));
            }
            InForce::Adopted(adoption) => adoption,
        };
        let hash = adoption.rules;
        let files = store.rule_files(&hash).await?;
        let load = move || match RuleSet::load(files) {
            Ok(set) if set.hash == hash => Self::from(set),
            Ok(set) => Self::damaged(hash, &format!("what is kept hashes to {}", set.hash)),
            Err(error) => Self::damaged(hash, &error.to_string()),
        };
        let rules = tokio::task::spawn_blocking(load).await.map_err(|_| damage)?;
        Ok((rules, Some(adoption)))
    }

    /// Whether what is in force cannot be read, so that everything is denied.
    pub fn are_damaged(&self) -> bool {
        self.damaged
    }

    /// Whether `us` has promised in `agreement` to decide by the pack that is in force, or promised
    /// nothing. Rules that cannot be read deny everything anyway, and say why.
    ///
    /// # Errors
    /// When it has promised another pack: nothing is asked, answered or released under it then.
    pub fn are_as_promised(&self, agreement: &Agreement, us: &BureauCode) -> Result<(), Refusal> {
        if self.damaged { Ok(()) } else { agreement.holds_promise(us, &self.pack.hash()) }
    }

    /// May this bureau's officer ask this? What tables and counts say is entered here.
    pub fn decide_egress(&self, mut facts: EgressFacts, counts: PartnerCounts) -> LoggedDecision {
        self.tables.enter_egress(&mut facts);
        facts.elements_today = counts.today;
        facts.derogation_elements_window = counts.derogation;
        let ruling = self.pack.decide_egress(&facts);
        LoggedDecision { rules: self.hash, facts: Facts::Egress(facts), ruling }
    }

    /// Does this bureau answer this? What tables and counts say is entered here.
    pub fn decide_ingress(&self, mut facts: IngressFacts, counts: PartnerCounts) -> LoggedDecision {
        self.tables.enter_ingress(&mut facts);
        facts.elements_today = counts.today;
        facts.elements_window = counts.window;
        facts.derogation_elements_window = counts.derogation;
        let ruling = self.pack.decide_ingress(&facts);
        LoggedDecision { rules: self.hash, facts: Facts::Ingress(facts), ruling }
    }
}

/// What a person or partner is told of a decision that forbids: sentences and sources of the rules
/// that made it. What exactly was damaged or failed stays in this bureau's own log.
pub fn rule_refusal(ruling: &Ruling) -> Refusal {
    if ruling.faults.is_empty() {
        return Refusal::new(Reason::RuleForbids, ruling.explanation());
    }
    Refusal::new(
        Reason::RulesDamaged,
        "this bureau's rules could not be applied, and what cannot be decided is refused; its \
         administrator and its lawyers find the cause with `symbolon rules show`",
    )
}

impl From<RuleSet> for Rules {
    fn from(set: RuleSet) -> Self {
        Self { pack: set.pack, tables: set.tables, hash: set.hash, damaged: false }
    }
}

/// The rules that are in force in this node now; replaced whole when others are adopted.
#[derive(Clone, Debug)]
pub struct RuleBook {
    page: Arc<RwLock<Arc<Rules>>>,
}

impl RuleBook {
    /// A book that has `rules` in force.
    pub fn new(rules: Rules) -> Self {
        Self { page: Arc::new(RwLock::new(Arc::new(rules))) }
    }

    /// Those in force now.
    pub fn current(&self) -> Arc<Rules> {
        // Only whole values are ever stored, so a panic elsewhere leaves nothing half written.
        Arc::clone(&self.page.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts others in force.
    pub fn replace(&self, rules: Rules) {
        *self.page.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
    }
}

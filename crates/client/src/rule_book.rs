use std::sync::{Arc, PoisonError, RwLock};

use symbolon_policy::rules::{LegalTables, RuleError, RulePack};

/// The rules by which a bureau decides, with its legal tables.
#[derive(Debug)]
pub struct Rules {
    /// The pack.
    pub pack: RulePack,
    /// The tables.
    pub tables: LegalTables,
}

impl Rules {
    /// The pack that comes with the program, and empty tables: in force until a bureau adopts its
    /// own.
    ///
    /// # Errors
    /// Never in a sound build.
    pub fn starter() -> Result<Self, RuleError> {
        Ok(Self { pack: RulePack::starter()?, tables: LegalTables::default() })
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

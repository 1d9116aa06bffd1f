use serde::{Deserialize, Serialize};
use symbolon_policy::rules::SubjectCategory;
use zeroize::Zeroize;

/// What an officer states about a question beyond purpose, offence, officer and case. Stays at this
/// bureau, sealed with the check; its rules decide on it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize)]
#[serde(default, deny_unknown_fields)]
pub struct StatedFacts {
    /// Whom or what the question concerns.
    #[zeroize(skip)]
    pub subject_category: SubjectCategory,
    /// Whether the person concerned is a minor.
    pub minor: bool,
    /// Whether the question is strictly necessary; why is in the justification.
    pub strictly_necessary: bool,
    /// Code of the legal basis; empty if none is named.
    pub legal_basis: String,
    /// Whether the question shows special categories of data.
    pub special_categories: bool,
    /// Whether people were selected by special categories alone.
    pub special_categories_only: bool,
    /// Whether the matter is predominantly political, military, religious or racial.
    pub political_matter: bool,
    /// Whether a lawyer has reviewed that.
    pub political_matter_reviewed: bool,
    /// Whether the act was found to be an offence in both countries.
    pub dual_criminality_confirmed: bool,
    /// Whether date, time, recipient, justification and data of the derogation are recorded.
    pub derogation_documented: bool,
}

impl Default for StatedFacts {
    fn default() -> Self {
        Self {
            subject_category: SubjectCategory::Unknown,
            minor: false,
            strictly_necessary: false,
            legal_basis: String::new(),
            special_categories: false,
            special_categories_only: false,
            political_matter: false,
            political_matter_reviewed: false,
            dual_criminality_confirmed: false,
            derogation_documented: false,
        }
    }
}

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident => $code:literal,)*) => {
        /// What a person should look at.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum FindingKind {
            $($(#[$doc])* $variant,)*
        }

        impl FindingKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable code.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }
        }
    };
}

kinds! {
    /// A partner has used most of a day's quota.
    QuotaNearlyUsed => "quota_nearly_used",
    /// A partner, or all partners of an agreement together, have used most of an epoch's budget.
    BudgetNearlyUsed => "budget_nearly_used",
    /// A partner asks much more in a day than it used to.
    Volume => "volume",
    /// A partner asks much more in an hour than it used to.
    Rate => "rate",
    /// A partner asks at hours at which it did not use to.
    UnusualHours => "unusual_hours",
    /// At this pace an epoch's budget is used up before the epoch ends.
    SlopeOfBudget => "slope_of_budget",
    /// A partner asks other types than it used to.
    MixOfTypes => "mix_of_types",
    /// A partner declares the same for every check.
    OneContext => "one_context",
    /// A partner declares many checks to be emergencies.
    Emergencies => "emergencies",
    /// A person of this bureau asked values next to each other.
    OwnNeighbours => "own_neighbours",
    /// This bureau asked the same identifier again and again.
    OwnRepeats => "own_repeats",
    /// A person of this bureau asked an identifier of their own.
    OwnIdentifier => "own_identifier",
}

impl FindingKind {
    /// Whether it is about this bureau's own people, and not about a partner.
    pub fn is_own(self) -> bool {
        matches!(self, Self::OwnNeighbours | Self::OwnRepeats | Self::OwnIdentifier)
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is no kind of finding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no kind of finding has this code")]
pub struct UnknownFindingKind;

impl FromStr for FindingKind {
    type Err = UnknownFindingKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text).ok_or(UnknownFindingKind)
    }
}

/// A pattern that was seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Which.
    pub kind: FindingKind,
    /// What was seen, in one sentence for a person.
    pub sentence: String,
    /// The number that was seen; its unit is in the sentence.
    pub seen: u64,
    /// The number above which it is unusual.
    pub usual: u64,
}

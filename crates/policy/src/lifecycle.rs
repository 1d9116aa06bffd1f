//! The life of one agreement text at one node: from a draft to its end.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{BureauCode, validate::Invalid};

/// Where an agreement text stands at a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AgreementState {
    /// Known here, and signed by nobody.
    Draft,
    /// Signed by some of its parties.
    Proposed,
    /// Signed by every party; its validity has not begun, or nobody has looked since. A party may
    /// have suspended it already.
    Countersigned,
    /// In force.
    Active,
    /// One party or several have suspended it: nothing is asked or answered until all have resumed.
    Suspended,
    /// Ended by a party, or replaced by another text that all parties signed. Its keys are
    /// destroyed.
    Revoked,
    /// Its validity is over. Its keys are destroyed.
    Expired,
}

impl AgreementState {
    /// All of them, in the order of a life.
    pub const ALL: [Self; 7] = [
        Self::Draft,
        Self::Proposed,
        Self::Countersigned,
        Self::Active,
        Self::Suspended,
        Self::Revoked,
        Self::Expired,
    ];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Proposed => "proposed",
            Self::Countersigned => "countersigned",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }

    /// Whether nothing follows any more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Revoked | Self::Expired)
    }

    /// Whether every party has signed and it is not over: what a node keeps keys and lists for.
    pub fn is_in_place(self) -> bool {
        matches!(self, Self::Countersigned | Self::Active | Self::Suspended)
    }
}

impl fmt::Display for AgreementState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for AgreementState {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| Invalid::new("state of an agreement", "one of the seven states"))
    }
}

/// What can happen to an agreement text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
#[non_exhaustive]
pub enum AgreementStep {
    /// A party has signed, and others have not yet.
    Propose,
    /// The last party has signed.
    Countersign,
    /// Its validity begins.
    Begin,
    /// A party stops everything under it, at once.
    Suspend {
        /// Which party.
        party: BureauCode,
    },
    /// A party takes its own suspension back.
    Resume {
        /// Which party.
        party: BureauCode,
    },
    /// A party ends it for good.
    Revoke {
        /// Which party.
        party: BureauCode,
    },
    /// Another text under the same id, signed by every party, takes its place.
    Replace,
    /// Its validity is over.
    Expire,
    /// The database was restored from a backup of before its end; what lies outside the database
    /// remembers it.
    Remember,
}

impl AgreementStep {
    /// The stable code.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Propose => "propose",
            Self::Countersign => "countersign",
            Self::Begin => "begin",
            Self::Suspend { .. } => "suspend",
            Self::Resume { .. } => "resume",
            Self::Revoke { .. } => "revoke",
            Self::Replace => "replace",
            Self::Expire => "expire",
            Self::Remember => "remember",
        }
    }

    /// The party whose step it is, where it is one's.
    pub fn party(&self) -> Option<&BureauCode> {
        match self {
            Self::Suspend { party } | Self::Resume { party } | Self::Revoke { party } => {
                Some(party)
            }
            _ => None,
        }
    }
}

/// The life of a text so far: its state, and who has suspended it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgreementLife {
    // INVARIANT: `suspended_by` is not empty in `Suspended`, and empty in every other state but
    // `Countersigned`.
    state: AgreementState,
    suspended_by: BTreeSet<BureauCode>,
}

impl AgreementLife {
    /// A text that nobody has signed.
    pub fn draft() -> Self {
        Self { state: AgreementState::Draft, suspended_by: BTreeSet::new() }
    }

    /// A life read back from where it was kept; `None` where state and suspensions contradict each
    /// other.
    pub fn restore(
        state: AgreementState,
        suspended_by: impl IntoIterator<Item = BureauCode>,
    ) -> Option<Self> {
        let suspended_by: BTreeSet<_> = suspended_by.into_iter().collect();
        let agree = match state {
            AgreementState::Countersigned => true,
            AgreementState::Suspended => !suspended_by.is_empty(),
            _ => suspended_by.is_empty(),
        };
        agree.then_some(Self { state, suspended_by })
    }

    /// Where it stands.
    pub fn state(&self) -> AgreementState {
        self.state
    }

    /// Who has suspended it.
    pub fn suspended_by(&self) -> &BTreeSet<BureauCode> {
        &self.suspended_by
    }

    /// The life after a step.
    ///
    /// # Errors
    /// When the step cannot follow: nothing changes then.
    pub fn after(&self, step: &AgreementStep) -> Result<Self, IllegalStep> {
        use AgreementState as State;
        let refused = || IllegalStep::NotFromHere { step: step.as_str(), state: self.state };
        let plain = |state| Self { state, suspended_by: BTreeSet::new() };
        match (step, self.state) {
            (_, State::Revoked | State::Expired) => Err(IllegalStep::Over { state: self.state }),
            (AgreementStep::Propose, State::Draft | State::Proposed) => Ok(plain(State::Proposed)),
            (AgreementStep::Countersign, State::Draft | State::Proposed) => {
                Ok(plain(State::Countersigned))
            }
            (AgreementStep::Begin, State::Countersigned) => {
                let mut next = self.clone();
                next.state =
                    if next.suspended_by.is_empty() { State::Active } else { State::Suspended };
                Ok(next)
            }
            // A party whose clock is ahead may suspend before the validity has begun here: it begins
            // suspended then.
            (
                AgreementStep::Suspend { party },
                State::Countersigned | State::Active | State::Suspended,
            ) => {
                let mut next = self.clone();
                if self.state == State::Active {
                    next.state = State::Suspended;
                }
                if next.suspended_by.insert(party.clone()) {
                    Ok(next)
                } else {
                    Err(IllegalStep::SuspendedAlready { party: party.clone() })
                }
            }
            (AgreementStep::Resume { party }, State::Countersigned | State::Suspended) => {
                let mut next = self.clone();
                if !next.suspended_by.remove(party) {
                    return Err(IllegalStep::NotItsSuspension {
                        party: party.clone(),
                        suspended_by: self.suspended_by.clone(),
                    });
                }
                if self.state == State::Suspended && next.suspended_by.is_empty() {
                    next.state = State::Active;
                }
                Ok(next)
            }
            (
                AgreementStep::Revoke { .. } | AgreementStep::Replace,
                State::Countersigned | State::Active | State::Suspended,
            ) => Ok(plain(State::Revoked)),
            (AgreementStep::Expire, _) => Ok(plain(State::Expired)),
            (AgreementStep::Remember, _) => Ok(plain(State::Revoked)),
            _ => Err(refused()),
        }
    }
}

/// Why a step was not taken.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum IllegalStep {
    /// The step does not follow on the state.
    #[error("{}", not_from_here(step, *state))]
    NotFromHere {
        /// Which step.
        step: &'static str,
        /// Where the agreement stands.
        state: AgreementState,
    },
    /// Nothing follows.
    #[error("the agreement is {state}; nothing follows on that, and a new one must be signed")]
    Over {
        /// How it ended.
        state: AgreementState,
    },
    /// Who has not suspended cannot resume.
    #[error("{party} has not suspended this agreement; {}", who_resumes(suspended_by))]
    NotItsSuspension {
        /// Which party.
        party: BureauCode,
        /// Who has suspended it.
        suspended_by: BTreeSet<BureauCode>,
    },
    /// Once is enough.
    #[error("{party} has suspended this agreement already")]
    SuspendedAlready {
        /// Which party.
        party: BureauCode,
    },
}

fn not_from_here(step: &str, state: AgreementState) -> String {
    let (taken, instead) = match step {
        "propose" | "countersign" => (
            "be signed again",
            "every party has signed this text. To sign another one under its id, name its file, or, \
             once a partner has proposed it, the first digits of its hash",
        ),
        "suspend" => (
            "be suspended",
            "not every party has signed it. Leave it unsigned if it is not to come into force",
        ),
        "resume" => ("be resumed", "nobody has suspended it"),
        "revoke" => (
            "be revoked",
            "not every party has signed it. Leave it unsigned if it is not to come into force",
        ),
        "replace" => ("be replaced", "only a text that every party has signed is"),
        _ => ("begin", "a text begins once, after every party has signed it"),
    };
    format!("an agreement that is {state} cannot {taken}: {instead}")
}

fn who_resumes(suspended_by: &BTreeSet<BureauCode>) -> String {
    let parties: Vec<_> = suspended_by.iter().map(BureauCode::as_str).collect();
    match parties.as_slice() {
        [] => "nobody has".to_owned(),
        [one] => format!("{one} has, and must resume it"),
        several => format!("{} have, and each must resume its own", several.join(" and ")),
    }
}

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use symbolon_exchange::ContextFacts;
use symbolon_policy::{BureauCode, rules::Role};
use symbolon_proto::v1::Urgency;
use symbolon_store::StoredStanding;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{plan::QuestionContext, stated::StatedFacts};

/// Who keeps what asked, and why: the reasons of the first check, which later ones declare again.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub(super) struct StandingOpening {
    pub(super) agency: String,
    pub(super) purpose: String,
    offence_class: String,
    urgency: i32,
    officer: String,
    pub(super) case_reference: String,
    justification: String,
    /// Absent in standing checks of a time before officers stated any of it.
    #[serde(default)]
    stated: StatedFacts,
    bureaus: Vec<String>,
}

impl StandingOpening {
    pub(super) fn of(context: &QuestionContext) -> Self {
        Self {
            agency: context.agency.clone(),
            purpose: context.purpose.clone(),
            offence_class: context.offence_class.clone(),
            urgency: context.urgency.into(),
            officer: context.facts.officer.clone(),
            case_reference: context.facts.case_reference.clone(),
            justification: context.facts.justification.clone(),
            stated: context.stated.clone(),
            bureaus: context.bureaus.iter().map(BureauCode::to_string).collect(),
        }
    }

    pub(super) fn to_bytes(&self) -> Option<Zeroizing<Vec<u8>>> {
        serde_json::to_vec(self).ok().map(Zeroizing::new)
    }

    pub(super) fn read(standing: &StoredStanding) -> Option<Self> {
        serde_json::from_slice(&standing.opening).ok()
    }

    /// The question that it asks again, now by somebody with `roles`.
    pub(super) fn context(&self, roles: BTreeSet<Role>) -> QuestionContext {
        QuestionContext {
            purpose: self.purpose.clone(),
            offence_class: self.offence_class.clone(),
            urgency: Urgency::try_from(self.urgency).unwrap_or_default(),
            facts: ContextFacts {
                officer: self.officer.clone(),
                case_reference: self.case_reference.clone(),
                justification: self.justification.clone(),
            },
            stated: self.stated.clone(),
            agency: self.agency.clone(),
            roles,
            bureaus: self.bureaus.iter().filter_map(|code| code.parse().ok()).collect(),
        }
    }
}

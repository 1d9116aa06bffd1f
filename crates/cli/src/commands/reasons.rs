use std::time::Duration;

use clap::Args;

use crate::{Profile, asking::Reason};

/// Who asks, why, and whom: the same for all that asks partners.
#[derive(Debug, Args)]
pub(super) struct Reasons {
    /// What the check is for; must be agreed with the bureaus asked. `symbolon coverage --json`
    /// lists purposes.
    #[arg(long, default_value = "border_check")]
    purpose: String,
    /// The case that it belongs to. It stays sealed at this bureau.
    #[arg(long = "case", value_name = "REFERENCE", default_value = "none given")]
    case_reference: String,
    /// The grounds for asking. They stay sealed at this bureau.
    #[arg(long, default_value = "")]
    justification: String,
    /// Class of offence, where an agreement asks for one.
    #[arg(long, value_name = "CODE", default_value = "")]
    offence_class: String,
    /// Somebody is being held up.
    #[arg(long)]
    urgent: bool,
    /// Who asks; the name in the profile unless given. It stays sealed at this bureau.
    #[arg(long)]
    officer: Option<String>,
    /// Code of a bureau to ask; may be repeated. All partners unless given.
    #[arg(long = "bureau", value_name = "CODE")]
    bureaus: Vec<String>,
}

impl Reasons {
    pub(super) fn reason(&self, profile: &Profile, timeout: u64) -> Reason {
        Reason {
            purpose: self.purpose.clone(),
            offence_class: self.offence_class.clone(),
            urgent: self.urgent,
            officer: self.officer.clone().unwrap_or_else(|| profile.officer.clone()),
            case_reference: self.case_reference.clone(),
            justification: self.justification.clone(),
            bureaus: self.bureaus.clone(),
            timeout: Duration::from_secs(timeout),
            check_id: None,
        }
    }
}

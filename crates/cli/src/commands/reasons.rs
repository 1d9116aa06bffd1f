use std::time::Duration;

use clap::{Args, ValueEnum};
use symbolon_proto::{
    bureau::v1::{StatedFacts, SubjectCategory},
    v1::Urgency,
};

use crate::{Profile, asking::Reason};

/// What comes of a question, and where its reasons are explained.
pub(super) const ANSWERS: &str = "\
Answers:
  hit            the list holds a record: unconfirmed, call the desk
  no hit         this list, as of its date, holds none
  not permitted  agreement, rules or a quota do not let it be asked; [code] says why
  no answer      the bureau was not reached, or cannot be trusted; never the same as no hit
docs/integrating.md lists every [code] with what to do.

Exit status:
  0  every question got hit or no hit
  1  failed; nothing can be said of any question
  2  wrong usage
  3  some question got no answer or was not permitted, or could not be read; or there was nobody to ask";

/// Who asks, why, and whom: the same for all that asks partners.
#[derive(Debug, Args)]
pub(super) struct Reasons {
    /// What the check is for; must be agreed with the bureaus asked. `symbolon coverage` shows for which
    /// purposes each list is open.
    #[arg(long, value_name = "CODE", default_value = "border_check")]
    purpose: String,
    /// The case that it belongs to, for instance 2026/117; rules may ask for one. It stays sealed at this bureau.
    #[arg(long = "case", value_name = "REFERENCE", default_value = "")]
    case_reference: String,
    /// The grounds for asking. They stay sealed at this bureau.
    #[arg(long, default_value = "")]
    justification: String,
    /// Class of offence, where an agreement or a rule asks for one: a code such as fraud, from the
    /// bureau's tables.
    #[arg(long, value_name = "CODE", default_value = "")]
    offence_class: String,
    /// Somebody is being held up.
    #[arg(long)]
    urgent: bool,
    /// There is imminent danger to life; why is in the justification.
    #[arg(long, conflicts_with = "urgent")]
    emergency: bool,
    /// Who asks; the name in the profile unless given. It stays sealed at this bureau.
    #[arg(long)]
    officer: Option<String>,
    /// Code of a bureau to ask, for instance BOR; may be repeated. All partners unless given.
    #[arg(long = "bureau", value_name = "CODE")]
    bureaus: Vec<String>,
    // Last: its heading goes over every argument that follows.
    #[command(flatten)]
    stated: Stated,
}

/// What this bureau's rules decide on beyond that. It stays sealed at this bureau.
#[derive(Debug, Args)]
#[command(next_help_heading = "Stated for this bureau's rules")]
struct Stated {
    /// Whom or what the question concerns.
    #[arg(long, value_enum, value_name = "CATEGORY")]
    subject: Option<Subject>,
    /// The person concerned is a minor.
    #[arg(long)]
    minor: bool,
    /// The question is strictly necessary; why is in the justification.
    #[arg(long)]
    strictly_necessary: bool,
    /// Code of the legal basis.
    #[arg(long, value_name = "CODE", default_value = "")]
    legal_basis: String,
    /// The question shows origin, opinions, belief, health, genetic data or sexual life.
    #[arg(long)]
    special_categories: bool,
    /// People were selected by such data alone.
    #[arg(long, requires = "special_categories")]
    special_categories_only: bool,
    /// The matter is predominantly political, military, religious or racial.
    #[arg(long)]
    political_matter: bool,
    /// A lawyer has reviewed that.
    #[arg(long, requires = "political_matter")]
    political_matter_reviewed: bool,
    /// The act was found to be an offence in both countries.
    #[arg(long)]
    dual_criminality_confirmed: bool,
    /// Date, time, recipient, justification and data of the derogation are recorded.
    #[arg(long)]
    derogation_documented: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Subject {
    Suspect,
    Convicted,
    Victim,
    Witness,
    Missing,
    Contact,
    Object,
}

impl Stated {
    fn facts(&self) -> StatedFacts {
        let subject_category = match self.subject {
            None => SubjectCategory::Unspecified,
            Some(Subject::Suspect) => SubjectCategory::Suspect,
            Some(Subject::Convicted) => SubjectCategory::Convicted,
            Some(Subject::Victim) => SubjectCategory::Victim,
            Some(Subject::Witness) => SubjectCategory::Witness,
            Some(Subject::Missing) => SubjectCategory::Missing,
            Some(Subject::Contact) => SubjectCategory::Contact,
            Some(Subject::Object) => SubjectCategory::Object,
        };
        StatedFacts {
            subject_category: subject_category.into(),
            minor: self.minor,
            strictly_necessary: self.strictly_necessary,
            legal_basis: self.legal_basis.clone(),
            special_categories: self.special_categories,
            special_categories_only: self.special_categories_only,
            political_matter: self.political_matter,
            political_matter_reviewed: self.political_matter_reviewed,
            dual_criminality_confirmed: self.dual_criminality_confirmed,
            derogation_documented: self.derogation_documented,
        }
    }
}

impl Reasons {
    pub(super) fn reason(&self, profile: &Profile, timeout: u64) -> Reason {
        Reason {
            purpose: self.purpose.clone(),
            offence_class: self.offence_class.clone(),
            urgency: match (self.emergency, self.urgent) {
                (true, _) => Urgency::Emergency,
                (false, true) => Urgency::Urgent,
                (false, false) => Urgency::Routine,
            },
            officer: self.officer.clone().unwrap_or_else(|| profile.officer.clone()),
            case_reference: self.case_reference.clone(),
            justification: self.justification.clone(),
            stated: self.stated.facts(),
            bureaus: self.bureaus.clone(),
            timeout: Duration::from_secs(timeout),
            check_id: None,
        }
    }
}

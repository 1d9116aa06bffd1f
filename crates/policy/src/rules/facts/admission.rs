use std::collections::BTreeSet;

use symbolon_identifiers::IdentifierType;

use super::{facts, texts};
use crate::rules::{Adequacy, RetentionClass, SubjectCategory};

facts! {
    /// What the owner knows of a record when it builds the set that an agreement's parties test.
    ///
    /// The default is a fresh record of a travel document, with no flag, for an agreement with one
    /// other party.
    AdmissionFacts {
        /// Id of the agreement.
        agreement: String = "own-partner".to_owned(),
        /// The dataset.
        dataset: String = "stolen-documents".to_owned(),
        /// Codes of the other parties to the agreement.
        parties: BTreeSet<String> = texts(&["XXA"]),
        /// The lowest ground on which data may go to one of these parties' countries.
        parties_adequacy: Adequacy = Adequacy::Adequate,
        /// Codes of the bureaus from which the record is kept.
        excluded_countries: BTreeSet<String> = BTreeSet::new(),
        /// Codes of the bureaus of countries whose persecution the person fears.
        feared_countries: BTreeSet<String> = BTreeSet::new(),
        /// Which identifier of the record would enter.
        #[serde(with = "crate::agreement::type_name")]
        identifier_type: IdentifierType = IdentifierType::TravelDocument,
        /// Whom or what the record concerns.
        subject_category: SubjectCategory = SubjectCategory::Unknown,
        /// Whether the person concerned is a minor.
        minor: bool = false,
        /// Whether it is stated why entering it is strictly necessary.
        strictly_necessary: bool = false,
        /// Whether the record shows special categories of data.
        special_categories: bool = false,
        /// Whether the information was obtained in obvious violation of human rights.
        provenance_violation: bool = false,
        /// Whether the matter is predominantly political, military, religious or racial.
        political_matter: bool = false,
        /// Whether a lawyer has reviewed that.
        political_matter_reviewed: bool = false,
        /// Whether a national flag suspends the action that the record asks for.
        national_flag: bool = false,
        /// Whether a person has looked at that flag in this case.
        national_flag_reviewed: bool = false,
        /// Whether the person concerned contests the record.
        contested: bool = false,
        /// Whether the record says so.
        contested_marked: bool = false,
        /// Whether the record's own last day has passed.
        expired: bool = false,
        /// Whether the source from which the record came has erased it.
        erased_at_source: bool = false,
        /// How long a record of its kind may stay.
        retention_class: RetentionClass = RetentionClass::Persons3Years,
        /// Its age in days.
        age_days: u64 = 0,
        /// Whether keeping it longer was assessed for this record, and recorded.
        extension_assessed: bool = false,
        /// Whether the record is held back for an operation.
        frozen: bool = false,
        /// Hours since that began or was last renewed.
        freeze_hours: u64 = 0,
        /// Whether a judicial authority has authorised it.
        freeze_authorised: bool = false,
        /// Whether the dataset has its data protection impact assessment.
        dpia_done: bool = true,
        /// Whether the dataset never leaves the country.
        never_leaves: bool = false,
        /// Whether entering records of this dataset was found proportionate, with an estimate of
        /// the hits.
        proportionality_assessed: bool = true,
        /// Whether the registry has loaded any details of the record. Without, every flag of it is the
        /// plain one, because nobody has said otherwise.
        details_present: bool = true,
        /// Whether records of this dataset enter only with details.
        details_required: bool = false,
        /// How many people have approved entering it, as the registry says.
        approvals: u64 = 0,
    }
}

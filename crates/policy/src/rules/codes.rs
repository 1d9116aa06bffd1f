//! The closed lists that facts are made of. In the schema each is an enumerated entity type, so a
//! rule that names a code which does not exist is refused when it is loaded.

#[cfg(feature = "rules")]
use std::sync::LazyLock;

#[cfg(feature = "rules")]
use cedar_policy::{EntityId, EntityTypeName, EntityUid};
use serde::{Deserialize, Serialize};
#[cfg(feature = "rules")]
use symbolon_identifiers::IdentifierType;

/// A code of a closed list.
#[cfg(feature = "rules")]
pub(super) trait Code: Copy + Ord + 'static {
    /// All codes of the list.
    fn all() -> &'static [Self];

    /// As a rule writes it, for instance `Urgency::"urgent"`. `None` only if the type's name were
    /// no Cedar name.
    fn uid(self) -> Option<EntityUid>;
}

#[cfg(feature = "rules")]
fn uid(kind: Option<&EntityTypeName>, code: &str) -> Option<EntityUid> {
    Some(EntityUid::from_type_name_and_id(kind?.clone(), EntityId::new(code)))
}

macro_rules! codes {
    ($(
        $(#[$doc:meta])*
        $name:ident as $entity:literal {
            $($(#[$code_doc:meta])* $variant:ident = $code:literal,)*
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize,
        )]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$code_doc])* #[serde(rename = $code)] $variant,)*
        }

        impl $name {
            /// All codes of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The one with this stable code.
            pub fn named(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == code)
            }

            /// The stable code, as examples and log records write it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }
        }

        #[cfg(feature = "rules")]
        impl Code for $name {
            fn all() -> &'static [Self] {
                Self::ALL
            }

            fn uid(self) -> Option<EntityUid> {
                static KIND: LazyLock<Option<EntityTypeName>> =
                    LazyLock::new(|| $entity.parse().ok());
                uid(KIND.as_ref(), self.as_str())
            }
        }
    )*};
}

codes! {
    /// What somebody at a bureau may do. Separated: nobody has all.
    Role as "Role" {
        /// Asks in single cases.
        Officer = "officer",
        /// Asks in bulk and keeps standing checks.
        Analyst = "analyst",
        /// Writes and signs agreements and rules.
        Legal = "legal",
        /// Approves what needs a second person.
        Approver = "approver",
        /// Reads logs and opens commitments.
        Inspector = "inspector",
        /// Runs the node.
        Administrator = "administrator",
    }

    /// Whom or what a question or a record concerns.
    SubjectCategory as "SubjectCategory" {
        /// Suspected of an offence.
        Suspect = "suspect",
        /// Convicted of an offence.
        Convicted = "convicted",
        /// Victim of an offence.
        Victim = "victim",
        /// Witness.
        Witness = "witness",
        /// Missing, or to be identified.
        Missing = "missing",
        /// In contact with a suspect or convict.
        Contact = "contact",
        /// No person but a thing.
        Object = "object",
        /// Not said.
        Unknown = "unknown",
    }

    /// How soon an answer matters.
    Urgency as "Urgency" {
        /// No one waits.
        Routine = "routine",
        /// A person is being held up.
        Urgent = "urgent",
        /// Imminent danger to life.
        Emergency = "emergency",
    }

    /// In what way is asked.
    CheckMode as "CheckMode" {
        /// One matter at a time: at most ten identifiers under one case.
        Single = "single",
        /// A list at once: more than that.
        Batch = "batch",
        /// A list that is kept and matched against later versions of the sets.
        Standing = "standing",
    }

    /// On what ground personal data may go to a partner's country at all.
    Adequacy as "Adequacy" {
        /// An adequacy decision.
        Adequate = "adequate",
        /// Appropriate safeguards, for instance a binding agreement.
        Safeguards = "safeguards",
        /// Neither; a derogation in a single case.
        Derogation = "derogation",
        /// No ground.
        None = "none",
    }

    /// What a bureau has ruled out with a partner, or a partner with it.
    Restriction as "Restriction" {
        /// Everything.
        All = "all",
        /// Identifiers of persons: documents, national numbers, telephones, mail, accounts.
        Persons = "persons",
        /// Identifiers of things: vehicles, vessels, aircraft, containers, handsets.
        Objects = "objects",
        /// Lists at once.
        Bulk = "bulk",
        /// Standing checks.
        Standing = "standing",
    }

    /// A field of a record that may be asked for after a hit.
    DisclosedField as "Field" {
        /// Names.
        Name = "name",
        /// Other names.
        Alias = "alias",
        /// Date of birth.
        DateOfBirth = "date_of_birth",
        /// Nationality or nationalities.
        Nationality = "nationality",
        /// Place and country of birth.
        PlaceOfBirth = "place_of_birth",
        /// Gender.
        Gender = "gender",
        /// When the data were acquired.
        AcquisitionDate = "acquisition_date",
        /// Where the data were acquired.
        AcquisitionPlace = "acquisition_place",
        /// For which offence the data were acquired.
        AcquisitionOffence = "acquisition_offence",
        /// The owner's case number.
        CaseNumber = "case_number",
        /// The authority in charge.
        Authority = "authority",
        /// What a thing looks like: make, model, colour, flag.
        ObjectDescription = "object_description",
        /// Why a thing is on the list: stolen, lost, revoked, wanted as evidence.
        ObjectStatus = "object_status",
        /// A picture of a person.
        Photograph = "photograph",
        /// Where a person lives.
        Address = "address",
        /// Who granted asylum.
        AsylumAuthority = "asylum_authority",
        /// Health.
        Health = "health",
        /// Anything written freely.
        FreeText = "free_text",
    }

    /// What a recipient may do with what it gets.
    HandlingCode as "HandlingCode" {
        /// No code was set.
        None = "none",
        /// For any fight against crime.
        H0 = "H0",
        /// Not in court without permission.
        H1 = "H1",
        /// Not passed on without permission.
        H2 = "H2",
        /// A restriction in words, for a person to read.
        H3 = "H3",
    }

    /// How long a record may stay.
    RetentionClass as "RetentionClass" {
        /// Persons, one year.
        Persons1Year = "persons_1_year",
        /// Persons, three years.
        Persons3Years = "persons_3_years",
        /// Persons, five years.
        Persons5Years = "persons_5_years",
        /// Things, ten years.
        Objects10Years = "objects_10_years",
    }
}

#[cfg(feature = "rules")]
impl Code for IdentifierType {
    fn all() -> &'static [Self] {
        Self::ALL
    }

    fn uid(self) -> Option<EntityUid> {
        static KIND: LazyLock<Option<EntityTypeName>> =
            LazyLock::new(|| "IdentifierType".parse().ok());
        uid(KIND.as_ref(), self.name())
    }
}

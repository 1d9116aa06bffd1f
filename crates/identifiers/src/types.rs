//! One module per identifier type: its rule, check digit and display form.

mod aircraft;
mod container;
mod email;
mod iban;
mod imei;
mod imo;
mod mmsi;
mod national_id;
mod phone;
mod plate;
mod travel_document;
mod vin;

use zeroize::Zeroizing;

pub use phone::national_form as phone_national_form;
pub(crate) use travel_document::from_fields as travel_document_from_fields;

use crate::{IdentifierType, ParseError, Warning};

/// What a type's parser gives.
pub(crate) struct Parsed {
    pub(crate) canonical: Zeroizing<String>,
    pub(crate) country: Option<&'static str>,
    pub(crate) document_code: Option<[u8; 2]>,
    pub(crate) warnings: Vec<Warning>,
}

impl Parsed {
    fn new(canonical: impl Into<Zeroizing<String>>) -> Self {
        Self {
            canonical: canonical.into(),
            country: None,
            document_code: None,
            warnings: Vec::new(),
        }
    }

    fn of_issuer(issuer: &'static str, number: &str) -> Self {
        let mut parsed = Self::new(format!("{issuer}{number}"));
        parsed.country = Some(issuer);
        parsed
    }

    fn warn(mut self, warning: impl IntoIterator<Item = Warning>) -> Self {
        self.warnings.extend(warning);
        self
    }
}

pub(crate) fn parse(
    kind: IdentifierType,
    value: &str,
    country: Option<&str>,
) -> Result<Parsed, ParseError> {
    match kind {
        IdentifierType::TravelDocument => travel_document::parse(value, country),
        IdentifierType::NationalId => national_id::parse(value, country),
        IdentifierType::Vin => vin::parse(value),
        IdentifierType::Plate => plate::parse(value, country),
        IdentifierType::Imo => imo::parse(value),
        IdentifierType::Mmsi => mmsi::parse(value),
        IdentifierType::Aircraft => aircraft::parse(value),
        IdentifierType::Phone => phone::parse(value, country),
        IdentifierType::Email => email::parse(value),
        IdentifierType::Iban => iban::parse(value),
        IdentifierType::Imei => imei::parse(value),
        IdentifierType::Container => container::parse(value),
    }
}

/// Display form of canonical text.
pub(crate) fn display(kind: IdentifierType, canonical: &str) -> String {
    let without_issuer = || canonical.get(3..).unwrap_or_default().to_owned();
    match kind {
        IdentifierType::TravelDocument | IdentifierType::NationalId | IdentifierType::Plate => {
            without_issuer()
        }
        IdentifierType::Imo => format!("IMO {canonical}"),
        IdentifierType::Aircraft => aircraft::display(canonical),
        IdentifierType::Phone => phone::display(canonical),
        IdentifierType::Iban => iban::display(canonical),
        IdentifierType::Imei => imei::display(canonical),
        IdentifierType::Container => container::display(canonical),
        IdentifierType::Vin | IdentifierType::Mmsi | IdentifierType::Email => canonical.to_owned(),
    }
}

/// Other canonical texts under which a source may hold the same thing.
pub(crate) fn other_forms(kind: IdentifierType, canonical: &str) -> Vec<String> {
    match kind {
        IdentifierType::TravelDocument => travel_document::other_forms(canonical),
        IdentifierType::NationalId => national_id::other_forms(canonical),
        IdentifierType::Plate => plate::other_forms(canonical),
        IdentifierType::Email => email::other_forms(canonical),
        _ => Vec::new(),
    }
}

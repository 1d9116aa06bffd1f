//! The closed list of identifier types and what each of them needs.

use core::fmt;
use core::str::FromStr;

/// A type of identifier that can be compared between bureaus.
///
/// The name and the rules version of the type are part of every OPRF input, so two types never
/// share a key even where their canonical bytes are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum IdentifierType {
    /// Passport, visa, identity card used to travel: issuing state and number (ICAO Doc 9303).
    TravelDocument,
    /// Number a state gives a person or an organisation: issuer and number.
    NationalId,
    /// Vehicle identification number (ISO 3779), 17 characters.
    Vin,
    /// Registration mark on a number plate: country and mark.
    Plate,
    /// IMO ship identification number (Resolution A.1117(30)) or IMO company number, 7 digits.
    Imo,
    /// Maritime mobile service identity (ITU-R M.585), 9 digits.
    Mmsi,
    /// Aircraft nationality and registration mark (ICAO Annex 7).
    Aircraft,
    /// Telephone number (ITU-T E.164).
    Phone,
    /// E-mail address (RFC 5321, RFC 6531).
    Email,
    /// International bank account number (ISO 13616).
    Iban,
    /// International mobile equipment identity (3GPP TS 23.003), keyed on 14 digits.
    Imei,
    /// Freight container number (ISO 6346), 11 characters.
    Container,
}

/// What the country argument of [`parse`](crate::parse) means for a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CountryRole {
    /// The country is not looked at.
    Unused,
    /// The state that issued the document or number; part of the canonical bytes.
    Issuer,
    /// The country whose dialling rules apply to a number written in national form.
    DiallingDefault,
}

impl IdentifierType {
    /// Every type, in the order of the enumeration.
    pub const ALL: &[Self] = &[
        Self::TravelDocument,
        Self::NationalId,
        Self::Vin,
        Self::Plate,
        Self::Imo,
        Self::Mmsi,
        Self::Aircraft,
        Self::Phone,
        Self::Email,
        Self::Iban,
        Self::Imei,
        Self::Container,
    ];

    /// Stable machine name, lower-case ASCII with underscores, at most 255 bytes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TravelDocument => "travel_document",
            Self::NationalId => "national_id",
            Self::Vin => "vin",
            Self::Plate => "plate",
            Self::Imo => "imo",
            Self::Mmsi => "mmsi",
            Self::Aircraft => "aircraft",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Iban => "iban",
            Self::Imei => "imei",
            Self::Container => "container",
        }
    }

    /// Name for people, in English.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::TravelDocument => "Travel document",
            Self::NationalId => "National number",
            Self::Vin => "Vehicle identification number",
            Self::Plate => "Number plate",
            Self::Imo => "IMO number",
            Self::Mmsi => "MMSI",
            Self::Aircraft => "Aircraft registration",
            Self::Phone => "Telephone number",
            Self::Email => "E-mail address",
            Self::Iban => "IBAN",
            Self::Imei => "IMEI",
            Self::Container => "Container number",
        }
    }

    /// Version of the canonicalisation rules of this type.
    ///
    /// Any change that gives one input other canonical bytes raises it; partners with different
    /// versions must refuse each other instead of comparing.
    #[must_use]
    pub fn rules_version(self) -> u16 {
        1
    }

    /// Whether [`parse`](crate::parse) refuses a value of this type without a country.
    ///
    /// A machine-readable zone names its issuer, so a travel document given as one is the
    /// exception; a phone number in national form is the other way round (it needs a country
    /// although the type does not).
    #[must_use]
    pub fn needs_country(self) -> bool {
        self.country_role() == CountryRole::Issuer
    }

    /// What the country argument means for this type.
    #[must_use]
    pub fn country_role(self) -> CountryRole {
        match self {
            Self::TravelDocument | Self::NationalId | Self::Plate => CountryRole::Issuer,
            Self::Phone => CountryRole::DiallingDefault,
            Self::Vin
            | Self::Imo
            | Self::Mmsi
            | Self::Aircraft
            | Self::Email
            | Self::Iban
            | Self::Imei
            | Self::Container => CountryRole::Unused,
        }
    }
}

impl fmt::Display for IdentifierType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text is not the name of an identifier type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown identifier type; use travel_document, national_id, vin, plate, imo, mmsi, aircraft, phone, email, iban, imei or container"
)]
pub struct UnknownIdentifierType;

impl FromStr for IdentifierType {
    type Err = UnknownIdentifierType;

    /// Accepts [`name`](Self::name) and common other names, whatever the case, spaces, hyphens
    /// and underscores.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let key: String =
            text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        match key.as_str() {
            "traveldocument" | "traveldoc" | "passport" | "passportnumber" | "passportno"
            | "document" | "visa" | "mrz" => Ok(Self::TravelDocument),
            "nationalid"
            | "nationalidentitynumber"
            | "nationalidnumber"
            | "nationalnumber"
            | "identitynumber"
            | "idnumber"
            | "nid"
            | "taxid"
            | "taxnumber" => Ok(Self::NationalId),
            "vin" | "chassis" | "chassisnumber" | "vehicleidentificationnumber" => Ok(Self::Vin),
            "plate"
            | "numberplate"
            | "licenseplate"
            | "licenceplate"
            | "vehicleplate"
            | "vehicleregistration" => Ok(Self::Plate),
            "imo" | "imonumber" | "imono" => Ok(Self::Imo),
            "mmsi" | "mmsinumber" => Ok(Self::Mmsi),
            "aircraft" | "aircrafttail" | "tailnumber" | "tail" | "aircraftregistration" => {
                Ok(Self::Aircraft)
            }
            "phone" | "phonenumber" | "telephone" | "telephonenumber" | "mobile" | "msisdn"
            | "tel" => Ok(Self::Phone),
            "email" | "emailaddress" | "mail" => Ok(Self::Email),
            "iban" | "bankaccount" => Ok(Self::Iban),
            "imei" | "imeisv" => Ok(Self::Imei),
            "container" | "containernumber" | "iso6346" => Ok(Self::Container),
            _ => Err(UnknownIdentifierType),
        }
    }
}

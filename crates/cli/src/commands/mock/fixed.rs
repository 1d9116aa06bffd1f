//! What is fixed: identifiers and what comes of asking about each, and the people who may ask.

use symbolon_identifiers::IdentifierType;
use symbolon_mock::Fault;
use symbolon_policy::rules::Role;

/// What comes of asking the bureau face about an identifier, for a purpose that asks for no fault.
pub(super) struct Fixed {
    pub(super) identifier_type: &'static str,
    pub(super) value: &'static str,
    pub(super) country: &'static str,
    /// `hit`, `no_hit`, `not_permitted`, `no_answer` or `rejected`.
    pub(super) answer: &'static str,
    /// The reason, where there is one.
    pub(super) reason: &'static str,
    pub(super) remark: &'static str,
}

const fn fixed(
    [identifier_type, value, country]: [&'static str; 3],
    [answer, reason]: [&'static str; 2],
    remark: &'static str,
) -> Fixed {
    Fixed { identifier_type, value, country, answer, reason, remark }
}

pub(super) const IDENTIFIERS: &[Fixed] = &[
    fixed(["travel_document", "C01X00T47", "DEU"], ["hit", ""], ""),
    fixed(["travel_document", "c01x 00t47", "Germany"], ["hit", ""], "the same, spelled otherwise"),
    fixed(["travel_document", "C01X00T48", "DEU"], ["no_hit", ""], ""),
    fixed(
        [
            "mrz",
            "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
            "",
        ],
        ["hit", ""],
        "a scanned passport",
    ),
    fixed(["vin", "1M8GDM9AXKP042788", ""], ["hit", ""], ""),
    fixed(["vin", "WVWZZZ1JZXW000001", ""], ["no_hit", ""], ""),
    fixed(["plate", "B AB 1234", "DEU"], ["hit", ""], ""),
    fixed(["plate", "B AB 4321", "DEU"], ["no_hit", ""], ""),
    fixed(["imo", "9074729", ""], ["hit", ""], ""),
    fixed(["imo", "9305219", ""], ["no_hit", ""], ""),
    fixed(["phone", "+49 30 901820", ""], ["hit", ""], ""),
    fixed(["phone", "+44 7400 123456", ""], ["no_hit", ""], ""),
    fixed(["email", "wanted@example.org", ""], ["hit", ""], ""),
    fixed(["email", "nobody@example.org", ""], ["no_hit", ""], ""),
    fixed(["imei", "490154203237518", ""], ["hit", ""], "after the delay"),
    fixed(["imei", "356938035643809", ""], ["no_hit", ""], "after the delay"),
    fixed(["iban", "GB29 NWBK 6016 1331 9268 19", ""], ["not_permitted", "type_not_agreed"], ""),
    fixed(["container", "CSQU3054383", ""], ["not_permitted", "quota_exhausted"], ""),
    fixed(["mmsi", "371307485", ""], ["no_answer", "unreachable"], ""),
    fixed(["aircraft", "HB-HAH", ""], ["no_answer", "proof_invalid"], ""),
    fixed(["vin", "1M8GDM9AXKP042789", ""], ["rejected", "check_digit"], ""),
    fixed(["travel_document", "C01X00T47", ""], ["rejected", "country_required"], ""),
    fixed(["shoe_size", "42", ""], ["rejected", "unknown_type"], ""),
];

/// The list, as CSV.
pub(super) const LIST: &str = "record_id,identifier_type,value,country\n\
    MOK-1,travel_document,C01X00T47,DEU\n\
    MOK-2,travel_document,L898902C3,UTO\n\
    MOK-3,vin,1M8GDM9AXKP042788,\n\
    MOK-4,plate,B AB 1234,DEU\n\
    MOK-5,imo,9074729,\n\
    MOK-6,phone,+49 30 901820,\n\
    MOK-7,email,wanted@example.org,\n\
    MOK-8,imei,490154203237518,\n\
    MOK-9,container,CSQU3054383,\n\
    MOK-10,mmsi,371307485,\n\
    MOK-11,aircraft,HB-HAH,\n";

/// Types that are answered by the rules.
pub(super) const ANSWERED: &[IdentifierType] = &[
    IdentifierType::TravelDocument,
    IdentifierType::Vin,
    IdentifierType::Plate,
    IdentifierType::Imo,
    IdentifierType::Phone,
    IdentifierType::Email,
];

/// Types that are offered under an agreement of their own, whose checks all meet a fault.
pub(super) const FAULTY: &[(&str, IdentifierType, Fault)] = &[
    ("mock-slow", IdentifierType::Imei, Fault::Slow),
    ("mock-quota", IdentifierType::Container, Fault::QuotaExhausted),
    ("mock-unreachable", IdentifierType::Mmsi, Fault::Unreachable),
    ("mock-other-key", IdentifierType::Aircraft, Fault::OtherKey),
];

/// Purposes that ask for no fault, and what happens.
pub(super) const PURPOSES: [(&str, &str); 2] = [
    ("border_check", "Everything is answered by the rules."),
    (
        "criminal_investigation",
        "Everything is answered by the rules, which want an offence class, and whom it concerns.",
    ),
];

/// A missing child's passport: a hit with a label, which the owner's rules release at once.
pub(super) const MISSING: Fixed = fixed(
    ["travel_document", "YD5521907", "ITA"],
    ["hit", ""],
    "only for the purpose missing_person, by a subject of category missing: with a label",
);
pub(super) const MISSING_LIST: &str = include_str!("../../../demo/borealia-missing.csv");

/// Somebody who has a certificate of the bureau face.
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) roles: &'static [Role],
    pub(super) remark: &'static str,
}

pub(super) const AGENCY: &str = "agency";
pub(super) const REVOKED: &str = "revoked";

pub(super) const PEOPLE: &[Person] = &[
    Person {
        name: AGENCY,
        roles: &[Role::Officer, Role::Analyst],
        remark: "may ask anything, and keep standing checks",
    },
    Person {
        name: "officer",
        roles: &[Role::Officer],
        remark: "may ask about 100 identifiers at once; for more: role_missing",
    },
    Person {
        name: "inspector",
        roles: &[Role::Inspector],
        remark: "may see coverage and not ask: role_missing",
    },
    Person {
        name: REVOKED,
        roles: &[Role::Officer, Role::Analyst],
        remark: "was revoked: certificate_revoked",
    },
];

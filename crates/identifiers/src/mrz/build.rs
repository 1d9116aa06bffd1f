//! Specimen zones around a document number, for tests and demonstrations.

use super::check_digit::compute;
use crate::{Identifier, IdentifierType};

const NAME: &str = "SPECIMEN<<";
const BIRTH: &str = "700101";
const EXPIRY: &str = "300101";

/// A passport-size zone (TD3, two lines of 44 parted by a line break) around the number of a travel
/// document, with invented name, dates and sex.
///
/// `None` for another type, and for a number of more than nine characters, which TD3 has no room
/// for.
#[must_use]
pub fn to_mrz_td3(identifier: &Identifier) -> Option<String> {
    let (issuer, number) = document(identifier)?;
    if number.len() > 9 {
        return None;
    }
    let first = format!("{:<<44}", format!("P<{issuer}{NAME}"));
    let number = format!("{number:<<9}");
    let mut second = format!(
        "{number}{}{issuer}{BIRTH}{}<{EXPIRY}{}{:<<14}0",
        compute(&number),
        compute(BIRTH),
        compute(EXPIRY),
        ""
    );
    let covered = composite(&second, &[(0, 10), (13, 20), (21, 43)]);
    second.push_str(&covered.to_string());
    Some(format!("{first}\n{second}"))
}

/// An identity-card-size zone (TD1, three lines of 30 parted by line breaks) around the number of a
/// travel document, with invented name, dates and sex. A number of more than nine characters runs
/// over into the optional data (ICAO Doc 9303-5 note j).
///
/// `None` for another type.
#[must_use]
pub fn to_mrz_td1(identifier: &Identifier) -> Option<String> {
    let (issuer, number) = document(identifier)?;
    let (principal, digit, over) = match number.split_at_checked(9) {
        Some((principal, rest)) if !rest.is_empty() => {
            (principal.to_owned(), "<".to_owned(), format!("{rest}{}", compute(number)))
        }
        _ => {
            let padded = format!("{number:<<9}");
            let digit = compute(&padded).to_string();
            (padded, digit, String::new())
        }
    };
    if over.len() > 15 {
        return None;
    }
    let first = format!("I<{issuer}{principal}{digit}{over:<<15}");
    let mut second =
        format!("{BIRTH}{}<{EXPIRY}{}{issuer}{:<<11}", compute(BIRTH), compute(EXPIRY), "");
    let both = format!("{first}{second}");
    let covered = composite(&both, &[(5, 30), (30, 37), (38, 45), (48, 59)]);
    second.push_str(&covered.to_string());
    Some(format!("{first}\n{second}\n{:<<30}", NAME))
}

fn document(identifier: &Identifier) -> Option<(&str, &str)> {
    (identifier.kind() == IdentifierType::TravelDocument)
        .then(|| identifier.text().split_at_checked(3))
        .flatten()
}

fn composite(zone: &str, covers: &[(usize, usize)]) -> u32 {
    let covered: String = covers.iter().filter_map(|(from, to)| zone.get(*from..*to)).collect();
    compute(&covered)
}

//! Maritime mobile service identity, ITU-R M.585.
//!
//! Canonical: the nine digits. Accepted are the forms of the recommendation, `MID` being three
//! maritime identification digits, the first of them 2 to 7: ship `MID……`, group of ships
//! `0MID…`, coast station `00MID…`, aircraft in search and rescue `111MID…`, handheld `8MID…`, craft
//! of a parent ship `98MID…`, aid to navigation `99MID…`, and the locators `970…`, `972…`, `974…`.
//! There is no check digit. Digits of a country that the ITU has not assigned are accepted with a
//! warning, because ships do transmit invented identities.

use crate::normalise::{self, Text};
use crate::types::Parsed;
use crate::{ErrorCode, IdentifierType, ParseError, Warning, placeholder};

const KIND: IdentifierType = IdentifierType::Mmsi;

pub(super) fn parse(value: &str) -> Result<Parsed, ParseError> {
    let text = strip_label(normalise::code(KIND, value, |_| false)?);
    normalise::only_digits(KIND, &text)?;
    if text.len() != 9 {
        return Err(ParseError::new(
            KIND,
            ErrorCode::WrongLength,
            format!("there are {} digits and there must be 9", text.len()),
        ));
    }
    if placeholder::is_one_character(text.chars()) {
        return Err(placeholder::refusal(KIND));
    }
    let number = text.text();
    let assigned = match country_digits(&number) {
        Some(start) => {
            let mid = number.get(start..start + 3).unwrap_or_default();
            if !mid.starts_with(['2', '3', '4', '5', '6', '7']) {
                return Err(ParseError::new(
                    KIND,
                    ErrorCode::UnknownPrefix,
                    "the digits that name the country must start with 2 to 7; read the number once more",
                )
                .at(text.position(start)));
            }
            mid.parse().is_ok_and(is_assigned)
        }
        None => true,
    };
    Ok(Parsed::new(number)
        .warn((!assigned).then_some(Warning::MmsiCountryNotAssigned))
        .warn([Warning::CheckDigitNotVerified]))
}

fn strip_label(text: Text) -> Text {
    text.without_prefix("MMSI")
}

/// Where the maritime identification digits stand; `None` for locators, which have none.
fn country_digits(number: &str) -> Option<usize> {
    if ["970", "972", "974"].iter().any(|p| number.starts_with(p)) {
        return None;
    }
    Some(if number.starts_with("111") {
        3
    } else if ["00", "98", "99"].iter().any(|p| number.starts_with(p)) {
        2
    } else if number.starts_with(['0', '8']) {
        1
    } else {
        0
    })
}

fn is_assigned(mid: u16) -> bool {
    ASSIGNED.iter().any(|(first, last)| (*first..=*last).contains(&mid))
}

/// Maritime identification digits assigned by the ITU (Table of MIDs), as closed ranges.
const ASSIGNED: &[(u16, u16)] = &[
    (201, 216),
    (218, 220),
    (224, 259),
    (261, 279),
    (301, 301),
    (303, 312),
    (314, 314),
    (316, 316),
    (319, 319),
    (321, 321),
    (323, 323),
    (325, 325),
    (327, 327),
    (329, 332),
    (334, 334),
    (336, 336),
    (338, 339),
    (341, 341),
    (343, 343),
    (345, 345),
    (347, 348),
    (350, 359),
    (361, 362),
    (364, 364),
    (366, 379),
    (401, 401),
    (403, 403),
    (405, 405),
    (408, 408),
    (410, 410),
    (412, 414),
    (416, 417),
    (419, 419),
    (422, 423),
    (425, 425),
    (428, 428),
    (431, 432),
    (434, 434),
    (436, 438),
    (440, 441),
    (443, 443),
    (445, 445),
    (447, 447),
    (450, 451),
    (453, 453),
    (455, 455),
    (457, 457),
    (459, 459),
    (461, 461),
    (463, 463),
    (466, 466),
    (468, 468),
    (470, 473),
    (475, 475),
    (477, 478),
    (501, 501),
    (503, 503),
    (506, 506),
    (508, 508),
    (510, 512),
    (514, 516),
    (518, 518),
    (520, 520),
    (523, 523),
    (525, 525),
    (529, 529),
    (531, 531),
    (533, 533),
    (536, 536),
    (538, 538),
    (540, 540),
    (542, 542),
    (544, 544),
    (546, 546),
    (548, 548),
    (550, 550),
    (553, 553),
    (555, 555),
    (557, 557),
    (559, 559),
    (561, 561),
    (563, 567),
    (570, 570),
    (572, 572),
    (574, 574),
    (576, 578),
    (601, 601),
    (603, 603),
    (605, 605),
    (607, 613),
    (615, 622),
    (624, 627),
    (629, 638),
    (642, 642),
    (644, 645),
    (647, 647),
    (649, 650),
    (654, 657),
    (659, 672),
    (674, 679),
    (701, 701),
    (710, 710),
    (720, 720),
    (725, 725),
    (730, 730),
    (735, 735),
    (740, 740),
    (745, 745),
    (750, 750),
    (755, 755),
    (760, 760),
    (765, 765),
    (770, 770),
    (775, 775),
];

//! When two identifiers lie next to each other: in the run of digits that an issuer counts up.

use symbolon_identifiers::IdentifierType;
use zeroize::Zeroizing;

/// Values whose numbers differ by no more than this are always found to be next to each other, and
/// by twice as much or more never.
const NEAR: u64 = 5;
/// Steps of at most this make a run.
const STEP: u64 = 2;
/// Fewer values than this make none: of a million telephone numbers of one country a few thousand
/// lie in pairs by chance, and next to none in fours.
const SHORTEST_RUN: usize = 4;
/// A longer run of digits does not fit the number.
const MOST_DIGITS: usize = 18;

/// An identifier as a number within a series: what stands around the digits, and their value.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Serial {
    kind: IdentifierType,
    around: Zeroizing<Vec<u8>>,
    number: u64,
}

impl Serial {
    /// The last run of digits of an identifier, check digits aside: neighbours differ in these by
    /// other amounts. `None` where it has no digit, or the run is too long to be a counter.
    pub(super) fn of(kind: IdentifierType, canonical: &[u8]) -> Option<Self> {
        let canonical = without_check_digits(kind, canonical);
        let end = canonical.iter().rposition(u8::is_ascii_digit)?.checked_add(1)?;
        let head = canonical.get(..end)?;
        let start = head.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |at| at + 1);
        let digits = head.get(start..)?;
        if digits.len() > MOST_DIGITS {
            return None;
        }
        let number = digits.iter().try_fold(0_u64, |number, digit| {
            number.checked_mul(10)?.checked_add(u64::from(digit.checked_sub(b'0')?))
        })?;
        // The length counts too: 0099 and 100 are of two series.
        let length = u8::try_from(digits.len()).ok()?;
        let tail = canonical.get(end..)?;
        let around =
            Zeroizing::new([canonical.get(..start)?, &[0, length], tail].concat());
        Some(Self { kind, around, number })
    }

    /// The two neighbourhoods of twice [`NEAR`] numbers that it lies in. Two values at most [`NEAR`]
    /// apart share one of them at least.
    pub(super) fn neighbourhoods(&self) -> [Zeroizing<Vec<u8>>; 2] {
        let width = NEAR.saturating_mul(2);
        [(0_u8, self.number), (1, self.number.saturating_add(NEAR))].map(|(which, number)| {
            let place = number.checked_div(width).unwrap_or(0);
            let kind = self.kind.name().as_bytes();
            Zeroizing::new([&[which], kind, b"\0", &self.around, &place.to_be_bytes()].concat())
        })
    }
}

/// For each value whether it lies in a run: four different ones or more, each at most two from the
/// next.
pub(super) fn in_runs(serials: &[Option<Serial>]) -> Vec<bool> {
    let mut sorted: Vec<(&Serial, usize)> = serials
        .iter()
        .enumerate()
        .filter_map(|(place, serial)| Some((serial.as_ref()?, place)))
        .collect();
    sorted.sort_unstable();
    let mut in_run = vec![false; serials.len()];
    let continues = |(one, _): &(&Serial, usize), (next, _): &(&Serial, usize)| {
        one.kind == next.kind
            && one.around == next.around
            && next.number.saturating_sub(one.number) <= STEP
    };
    for run in sorted.chunk_by(continues) {
        // Equal values do not make a run.
        let steps = run.windows(2).filter(|two| match two {
            [(one, _), (next, _)] => one.number != next.number,
            _ => false,
        });
        if steps.count() + 1 < SHORTEST_RUN {
            continue;
        }
        for (_, place) in run {
            if let Some(flag) = in_run.get_mut(*place) {
                *flag = true;
            }
        }
    }
    in_run
}

/// Without what follows from the rest by a rule.
fn without_check_digits(kind: IdentifierType, canonical: &[u8]) -> Zeroizing<Vec<u8>> {
    let kept: Vec<u8> = match kind {
        IdentifierType::Imo | IdentifierType::Container => {
            canonical.split_last().map_or(canonical, |(_, head)| head).to_vec()
        }
        // Country, two check digits, account.
        IdentifierType::Iban => canonical
            .iter()
            .enumerate()
            .filter(|(place, _)| !(2..4).contains(place))
            .map(|(_, byte)| *byte)
            .collect(),
        // The ninth character checks the others, in America.
        IdentifierType::Vin => canonical
            .iter()
            .enumerate()
            .filter(|(place, _)| *place != 8)
            .map(|(_, byte)| *byte)
            .collect(),
        // In most states the last digit of a personal number checks the others.
        IdentifierType::NationalId => match canonical.split_last() {
            Some((last, head)) if last.is_ascii_digit() => head.to_vec(),
            _ => canonical.to_vec(),
        },
        _ => canonical.to_vec(),
    };
    Zeroizing::new(kept)
}

#[cfg(test)]
mod tests {
    use symbolon_identifiers::{Identifier, parse};

    use super::*;

    fn serial(kind: IdentifierType, value: &str, country: Option<&str>) -> Serial {
        of(&parse(kind, value, country).unwrap()).unwrap()
    }

    fn of(identifier: &Identifier) -> Option<Serial> {
        Serial::of(identifier.kind(), identifier.canonical())
    }

    fn phones(last: impl IntoIterator<Item = u64>) -> Vec<Option<Serial>> {
        let phone = |n| Some(serial(IdentifierType::Phone, &format!("+4930{n:08}"), None));
        last.into_iter().map(phone).collect()
    }

    fn share_a_neighbourhood(one: &Serial, other: &Serial) -> bool {
        one.neighbourhoods().iter().zip(other.neighbourhoods()).any(|(a, b)| **a == *b)
    }

    #[test]
    fn values_up_to_five_apart_share_a_neighbourhood_and_ten_apart_do_not() {
        for base in 20_000_000..20_000_020 {
            let [here] = &phones([base])[..] else { panic!() };
            let here = here.as_ref().unwrap();
            for step in 0..=5 {
                let there = phones([base + step]);
                assert!(share_a_neighbourhood(here, there[0].as_ref().unwrap()), "{base} {step}");
            }
            for step in 10..40 {
                let there = phones([base + step]);
                assert!(!share_a_neighbourhood(here, there[0].as_ref().unwrap()), "{base} {step}");
            }
        }
    }

    #[test]
    fn a_run_is_found_in_any_order_and_what_is_apart_is_not() {
        let all = phones([20_000_007, 30_000_000, 20_000_005, 20_000_008, 20_000_006, 20_000_100]);
        assert_eq!(in_runs(&all), [true, false, true, true, true, false]);
        assert_eq!(in_runs(&phones([20_000_000, 20_000_001, 20_000_002])), [false; 3]);
        assert_eq!(in_runs(&phones([20_000_000; 8])), [false; 8]);
        assert_eq!(in_runs(&phones((0..8).map(|n| 20_000_000 + n * 3))), [false; 8]);
    }

    #[test]
    fn check_digits_do_not_hide_neighbours() {
        // Of the next numbers, whatever check digit makes them valid.
        let next = |kind, head: &str| {
            let valid = (0..10).find_map(|digit| parse(kind, &format!("{head}{digit}"), None).ok());
            of(&valid.unwrap()).unwrap()
        };
        for (kind, one, other) in [
            (IdentifierType::Imo, "907472", "907473"),
            (IdentifierType::Container, "CSQU305438", "CSQU305439"),
        ] {
            assert!(share_a_neighbourhood(&next(kind, one), &next(kind, other)), "{kind}");
        }
    }

    #[test]
    fn types_and_issuers_are_series_of_their_own() {
        let document = |country| serial(IdentifierType::TravelDocument, "A1234567", Some(country));
        assert!(!share_a_neighbourhood(&document("FRA"), &document("ITA")));
        assert!(share_a_neighbourhood(&document("FRA"), &document("FRA")));
    }

    #[test]
    fn what_holds_no_digit_has_no_neighbours() {
        let mail = parse(IdentifierType::Email, "nobody@bureau.example", None).unwrap();
        assert!(of(&mail).is_none());
        assert_eq!(in_runs(&[None, None, None, None]), [false; 4]);
    }
}

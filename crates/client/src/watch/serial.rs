//! When two identifiers lie next to each other: in the run of digits that an issuer counts up.

use std::hash::{BuildHasher as _, Hash as _, Hasher as _, RandomState};

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

/// An identifier as a number within a series: the last run of digits, and what stands around it.
pub(super) struct Serial<'a> {
    kind: IdentifierType,
    /// The canonical bytes before and after the digits, check digits aside.
    around: [&'a [u8]; 3],
    digits: u8,
    number: u64,
}

impl<'a> Serial<'a> {
    /// `None` where a value has no digit, or where the run is too long to be a counter.
    pub(super) fn of(kind: IdentifierType, canonical: &'a [u8]) -> Option<Self> {
        let (head, rest) = without_check_digits(kind, canonical)?;
        let end = rest.iter().rposition(u8::is_ascii_digit)?.checked_add(1)?;
        let (front, tail) = rest.split_at_checked(end)?;
        let start = front.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |at| at + 1);
        let (before, digits) = front.split_at_checked(start)?;
        if digits.len() > MOST_DIGITS {
            return None;
        }
        let number = digits.iter().try_fold(0_u64, |number, digit| {
            number.checked_mul(10)?.checked_add(u64::from(digit.checked_sub(b'0')?))
        })?;
        // How many digits there are counts too: 0099 and 100 are of two series.
        let digits = u8::try_from(digits.len()).ok()?;
        Some(Self { kind, around: [head, before, tail], digits, number })
    }

    /// Where it lies on one line of all numbers: those of one series as they follow one another, and
    /// those of two far apart, but for a chance that does not count.
    fn place(&self, series: &RandomState) -> u64 {
        let mut hasher = series.build_hasher();
        self.kind.hash(&mut hasher);
        hasher.write_u8(self.digits);
        for part in self.around {
            hasher.write(part);
            // No byte of a text.
            hasher.write_u8(0xff);
        }
        hasher.finish().wrapping_add(self.number)
    }

    /// The two neighbourhoods of twice [`NEAR`] numbers that it lies in. Two values at most [`NEAR`]
    /// apart share one of them at least.
    pub(super) fn neighbourhoods(&self) -> [Zeroizing<Vec<u8>>; 2] {
        let width = NEAR.saturating_mul(2);
        let [head, before, tail] = self.around;
        [(0_u8, self.number), (1, self.number.saturating_add(NEAR))].map(|(which, number)| {
            let place = number.checked_div(width).unwrap_or(0).to_be_bytes();
            let front = [which, self.digits];
            let kind = self.kind.name().as_bytes();
            let parts = [&front, kind, b"\0", head, before, b"\0", &place, tail];
            Zeroizing::new(parts.concat())
        })
    }
}

/// For each value whether it lies in a run: four different ones or more, each at most two from the
/// next.
pub(super) fn in_runs(serials: &[Option<Serial<'_>>]) -> Vec<bool> {
    let series = RandomState::new();
    let mut sorted: Vec<(u64, usize)> = serials
        .iter()
        .enumerate()
        .filter_map(|(index, serial)| Some((serial.as_ref()?.place(&series), index)))
        .collect();
    sorted.sort_unstable();
    let mut in_run = vec![false; serials.len()];
    for (_, index) in runs(&sorted, |(place, _)| *place).flatten() {
        if let Some(flag) = in_run.get_mut(*index) {
            *flag = true;
        }
    }
    in_run
}

/// How many values lie in runs. Of a million, it sorts a million numbers and no more.
pub(super) fn count_in_runs<'a>(serials: impl Iterator<Item = Serial<'a>>) -> usize {
    let series = RandomState::new();
    let mut places: Vec<u64> = serials.map(|serial| serial.place(&series)).collect();
    places.sort_unstable();
    runs(&places, |place| *place).map(<[u64]>::len).sum()
}

fn runs<T>(sorted: &[T], place: impl Fn(&T) -> u64 + Copy) -> impl Iterator<Item = &[T]> {
    sorted.chunk_by(move |one, next| place(next).wrapping_sub(place(one)) <= STEP).filter(
        move |run| {
            let pairs = run.iter().zip(run.iter().skip(1));
            // Equal values do not make a run.
            let steps = pairs.filter(|(one, next)| place(one) != place(next)).count();
            steps.saturating_add(1) >= SHORTEST_RUN
        },
    )
}

/// What stands before and after a check digit, which follows from the rest by a rule: neighbours
/// would differ in it by any amount.
fn without_check_digits(kind: IdentifierType, canonical: &[u8]) -> Option<(&[u8], &[u8])> {
    let nothing: &[u8] = &[];
    let (last, head) = canonical.split_last()?;
    Some(match kind {
        IdentifierType::Imo | IdentifierType::Container => (nothing, head),
        // In most states the last digit of a personal number checks the others.
        IdentifierType::NationalId if last.is_ascii_digit() => (nothing, head),
        // Country, two check digits, account.
        IdentifierType::Iban => (canonical.get(..2)?, canonical.get(4..)?),
        // The ninth character checks the others, in America.
        IdentifierType::Vin => (canonical.get(..8)?, canonical.get(9..)?),
        _ => (nothing, canonical),
    })
}

#[cfg(test)]
mod tests {
    use symbolon_identifiers::{Identifier, parse};

    use super::*;

    fn read(kind: IdentifierType, value: &str, country: Option<&str>) -> Identifier {
        parse(kind, value, country).unwrap()
    }

    fn phones(last: impl IntoIterator<Item = u64>) -> Vec<Identifier> {
        let phone = |n| read(IdentifierType::Phone, &format!("+4930{n:08}"), None);
        last.into_iter().map(phone).collect()
    }

    fn of(identifier: &Identifier) -> Option<Serial<'_>> {
        Serial::of(identifier.kind(), identifier.canonical())
    }

    fn runs_of(identifiers: &[Identifier]) -> Vec<bool> {
        let in_run = in_runs(&identifiers.iter().map(of).collect::<Vec<_>>());
        let count = in_run.iter().filter(|one| **one).count();
        assert_eq!(count_in_runs(identifiers.iter().filter_map(of)), count);
        in_run
    }

    fn share_a_neighbourhood(one: &Identifier, other: &Identifier) -> bool {
        let [one, other] = [one, other].map(|value| of(value).unwrap().neighbourhoods());
        one.iter().zip(other).any(|(a, b)| **a == *b)
    }

    #[test]
    fn values_up_to_five_apart_share_a_neighbourhood_and_ten_apart_do_not() {
        for base in 20_000_000..20_000_020 {
            let all = phones(base..base + 40);
            for (step, there) in all.iter().enumerate() {
                let near = share_a_neighbourhood(&all[0], there);
                assert!(near || step > 5, "{base} {step}");
                assert!(!near || step < 10, "{base} {step}");
            }
        }
    }

    #[test]
    fn a_run_is_found_in_any_order_and_what_is_apart_is_not() {
        let all = phones([20_000_007, 30_000_000, 20_000_005, 20_000_008, 20_000_006, 20_000_100]);
        assert_eq!(runs_of(&all), [true, false, true, true, true, false]);
        assert_eq!(runs_of(&phones([20_000_000, 20_000_001, 20_000_002])), [false; 3]);
        assert_eq!(runs_of(&phones([20_000_000; 8])), [false; 8]);
        assert_eq!(runs_of(&phones((0..8).map(|n| 20_000_000 + n * 3))), [false; 8]);
    }

    #[test]
    fn check_digits_do_not_hide_neighbours() {
        // Of the next numbers, whatever check digit makes them valid.
        let next = |kind, head: &str| {
            (0..10).find_map(|digit| parse(kind, &format!("{head}{digit}"), None).ok()).unwrap()
        };
        for (kind, one, other) in [
            (IdentifierType::Imo, "907472", "907473"),
            (IdentifierType::Container, "CSQU305438", "CSQU305439"),
        ] {
            assert!(share_a_neighbourhood(&next(kind, one), &next(kind, other)), "{kind}");
        }
    }

    #[test]
    fn issuers_are_series_of_their_own() {
        let document = |country| read(IdentifierType::TravelDocument, "A1234567", Some(country));
        assert!(!share_a_neighbourhood(&document("FRA"), &document("ITA")));
        assert!(share_a_neighbourhood(&document("FRA"), &document("FRA")));
    }

    #[test]
    fn what_holds_no_digit_has_no_neighbours() {
        let mail = read(IdentifierType::Email, "nobody@bureau.example", None);
        assert!(of(&mail).is_none());
        assert_eq!(in_runs(&[None, None, None, None]), [false; 4]);
    }
}

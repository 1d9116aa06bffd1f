//! Check digit of ICAO Doc 9303-3 section 4.9: weights 7, 3, 1 modulo 10.

/// What a check digit position says about its field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum CheckDigit {
    Fits,
    /// Filler for a field that is all fillers.
    Filler,
    Wrong,
}

pub(super) fn check_digit(field: &str, digit: char) -> CheckDigit {
    if digit == '<' && field.chars().all(|c| c == '<') {
        return CheckDigit::Filler;
    }
    if digit.to_digit(10) == Some(compute(field)) { CheckDigit::Fits } else { CheckDigit::Wrong }
}

pub(super) fn compute(field: &str) -> u32 {
    field
        .chars()
        .zip([7, 3, 1].into_iter().cycle())
        .map(|(c, weight)| c.to_digit(36).unwrap_or_default() * weight)
        .sum::<u32>()
        % 10
}

/// Whether the number holds a character that looks like another of the same value modulo 10, so
/// that the check digit cannot tell them apart: 6 and G, 1 and L, I and S.
pub(crate) fn has_blind_spot(number: &str) -> bool {
    number.contains(['6', 'G', '1', 'L', 'I', 'S'])
}

//! National numbers with their check digits.

use super::digits::{numbers, text, weighted};
use super::identifiers::fill;
use super::spelling::shaped;
use crate::chance::Rng;

type MakeNumber = fn(&mut Rng) -> String;

pub(super) const NATIONAL_IDS: &[(&str, MakeNumber)] = &[
    ("BRA", brazil),
    ("CHL", chile),
    ("COL", colombia),
    ("ESP", spain),
    ("EST", estonia),
    ("IRN", iran),
    ("ITA", italy),
    ("MEX", mexico),
    ("NLD", netherlands),
    ("NOR", norway),
    ("POL", poland),
    ("TUR", turkey),
];

/// Cadastro de pessoas físicas.
fn brazil(rng: &mut Rng) -> String {
    let mut digits = numbers(&fill(rng, "ddddddddd"));
    for first in [10, 11] {
        let weights: Vec<u32> = (2..=first).rev().collect();
        digits.push(match weighted(&digits, &weights) % 11 {
            0 | 1 => 0,
            rest => 11 - rest,
        });
    }
    shaped(&text(&digits), "###.###.###-##")
}

/// Rol único tributario.
fn chile(rng: &mut Rng) -> String {
    let number = fill(rng, "1ddddddd");
    let check = match 11 - weighted(&numbers(&number), &[3, 2, 7, 6, 5, 4, 3, 2]) % 11 {
        11 => '0',
        10 => 'K',
        digit => char::from_digit(digit, 10).unwrap_or_default(),
    };
    shaped(&format!("{number}{check}"), "##.###.###-#")
}

/// Cédula de ciudadanía, which has no check digit.
fn colombia(rng: &mut Rng) -> String {
    let pattern = rng.pick(&["1.0nd.ddd.ddd", "nd.ddd.ddd"]);
    fill(rng, pattern)
}

/// Documento nacional de identidad, or the number of a foreigner.
fn spain(rng: &mut Rng) -> String {
    const CHECKS: &str = "TRWAGMYFPDXBNJZSQVHLCKE";
    let check = |number: usize| CHECKS.chars().nth(number % 23).unwrap_or_default();
    if rng.percent(20) {
        let digits = fill(rng, "ddddddd");
        let (series, letter) = *rng.pick(&[(0, 'X'), (1, 'Y')]);
        let value: usize = digits.parse().unwrap_or_default();
        return format!("{letter}-{digits}-{}", check(series * 10_000_000 + value));
    }
    let digits = fill(rng, "nddddddd");
    format!("{digits}-{}", check(digits.parse().unwrap_or_default()))
}

/// Isikukood.
fn estonia(rng: &mut Rng) -> String {
    let sex = rng.char("34");
    let born = Birth::of_last_century(rng);
    let head = fill(rng, &format!("{sex}{}ddd", born.year_month_day()));
    let digits = numbers(&head);
    let first = weighted(&digits, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
    let second = weighted(&digits, &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11;
    let check = if first == 10 { second % 10 } else { first };
    format!("{head}{check}")
}

/// Code of the national card.
fn iran(rng: &mut Rng) -> String {
    let head = fill(rng, "0nddddddd");
    let rest = weighted(&numbers(&head), &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    let check = if rest < 2 { rest } else { 11 - rest };
    shaped(&format!("{head}{check}"), "###-######-#")
}

/// Codice fiscale.
fn italy(rng: &mut Rng) -> String {
    let born = Birth::of_last_century(rng);
    let month = "ABCDEHLMPRST".chars().nth(born.month.saturating_sub(1)).unwrap_or('A');
    let day = born.day + if rng.percent(50) { 40 } else { 0 };
    let town = rng.pick(&["H501", "F205", "L219", "F839", "D969", "A944", "D612", "G273"]);
    let name = fill(rng, "cccccc");
    let head = format!("{name}{:02}{month}{day:02}{town}", born.year);
    let sum: u32 = head
        .chars()
        .enumerate()
        .map(|(index, c)| if index % 2 == 0 { italian_odd(c) } else { ordinal(c) })
        .sum();
    let check = char::from_digit(10 + sum % 26, 36).unwrap_or_default().to_ascii_uppercase();
    shaped(&format!("{head}{check}"), "### ### ##### #####")
}

fn ordinal(c: char) -> u32 {
    let value = c.to_digit(36).unwrap_or_default();
    if value < 10 { value } else { value - 10 }
}

fn italian_odd(c: char) -> u32 {
    const VALUES: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    let index = usize::try_from(ordinal(c)).unwrap_or_default();
    VALUES.get(index).copied().unwrap_or_default()
}

/// Clave única de registro de población.
fn mexico(rng: &mut Rng) -> String {
    let born = Birth::of_last_century(rng).year_month_day();
    let vowel = rng.char("AEIOU");
    let sex = rng.char("HM");
    let state = rng.pick(&["DF", "JC", "NL", "VZ", "PL", "SR", "YN", "OC", "CH", "BC"]);
    let head = fill(rng, &format!("c{vowel}cc{born}{sex}{state}cccd"));
    let sum: u32 =
        head.chars().zip((2..=18).rev()).map(|(c, weight)| mexican_value(c) * weight).sum();
    format!("{head}{}", (10 - sum % 10) % 10)
}

/// Ñ stands between N and O.
fn mexican_value(c: char) -> u32 {
    let value = c.to_digit(36).unwrap_or_default();
    if c > 'N' { value + 1 } else { value }
}

/// Burgerservicenummer.
fn netherlands(rng: &mut Rng) -> String {
    loop {
        let head = fill(rng, "nddddddd");
        let check = weighted(&numbers(&head), &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
        if check < 10 {
            return shaped(&format!("{head}{check}"), "####.##.###");
        }
    }
}

/// Fødselsnummer.
fn norway(rng: &mut Rng) -> String {
    let control = |digits: &[u32], weights: &[u32]| (11 - weighted(digits, weights) % 11) % 11;
    loop {
        let born = Birth::of_last_century(rng);
        let century = rng.char("01234");
        let date = format!("{:02}{:02}{:02}", born.day, born.month, born.year);
        let mut digits = numbers(&fill(rng, &format!("{date}{century}dd")));
        digits.push(control(&digits, &[3, 7, 6, 1, 8, 9, 4, 5, 2]));
        digits.push(control(&digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]));
        if !digits.contains(&10) {
            return shaped(&text(&digits), "###### #####");
        }
    }
}

/// Powszechny elektroniczny system ewidencji ludności.
fn poland(rng: &mut Rng) -> String {
    let born = Birth::of_last_century(rng);
    let head = fill(rng, &format!("{}dddd", born.year_month_day()));
    let sum = weighted(&numbers(&head), &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]);
    format!("{head}{}", (10 - sum % 10) % 10)
}

/// Kimlik numarası.
fn turkey(rng: &mut Rng) -> String {
    let mut digits = numbers(&fill(rng, "ndddddddd"));
    let odd = weighted(&digits, &[1, 0, 1, 0, 1, 0, 1, 0, 1]);
    let even = weighted(&digits, &[0, 1, 0, 1, 0, 1, 0, 1, 0]);
    // 40 is more than the four even places can sum to, and keeps the difference above zero.
    digits.push((odd * 7 + 40 - even) % 10);
    digits.push(digits.iter().sum::<u32>() % 10);
    text(&digits)
}

struct Birth {
    year: usize,
    month: usize,
    day: usize,
}

impl Birth {
    /// In the nineteen-hundreds, where none of these schemes has to mark the century.
    fn of_last_century(rng: &mut Rng) -> Self {
        Self { year: 45 + rng.below(55), month: 1 + rng.below(12), day: 1 + rng.below(28) }
    }

    fn year_month_day(&self) -> String {
        format!("{:02}{:02}{:02}", self.year, self.month, self.day)
    }
}

//! Schemes of the Americas.

use super::arithmetic::{digit, is_date, is_digits, last, luhn, weighted};
use super::scheme::Strength::Likely;
use super::scheme::{Scheme, scheme};

pub(super) const SCHEMES: &[Scheme] = &[
    // AFIP Resolución General 10/97.
    scheme(
        "ARG",
        "CUIT/CUIL",
        Likely,
        |n| is_digits(n, 11),
        |n| (11 - weighted(n, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 == last(n),
    ),
    // Receita Federal, Instrução Normativa RFB 1548/2015.
    scheme("BRA", "CPF", Likely, |n| is_digits(n, 11), cpf),
    // Receita Federal, Instrução Normativa RFB 1863/2018.
    scheme("BRA", "CNPJ", Likely, |n| is_digits(n, 14), cnpj),
    // Employment and Social Development Canada, SIN code of practice.
    scheme("CAN", "social insurance number", Likely, |n| is_digits(n, 9), luhn),
    // Decreto con Fuerza de Ley 3 of 1969.
    scheme("CHL", "RUT", Likely, is_rut, rut),
    // DIAN Orden Administrativa 4 of 1989; companies start with 8 or 9.
    scheme(
        "COL",
        "NIT",
        Likely,
        |n| is_digits(n, 10) && n.starts_with(['8', '9']),
        |n| nit_digit(n.get(..9).unwrap_or_default()) == char::from_digit(last(n), 10),
    ),
    // Junta Central Electoral.
    scheme("DOM", "cédula", Likely, |n| is_digits(n, 11), luhn),
    // Registro Civil: province, third digit below 6, modulo 10.
    scheme("ECU", "cédula", Likely, |n| is_digits(n, 10) && digit(n, 2) < 6, luhn),
    // RENAP: nine digits with check digit, then department and municipality.
    scheme(
        "GTM",
        "CUI",
        Likely,
        |n| is_digits(n, 13),
        |n| weighted(n, &[2, 3, 4, 5, 6, 7, 8, 9]) % 11 == digit(n, 8),
    ),
    // Diario Oficial de la Federación, 18 October 2021, annex.
    scheme("MEX", "CURP", Likely, is_curp, curp),
    // SUNAT Resolución 210-2004.
    scheme(
        "PER",
        "RUC",
        Likely,
        |n| is_digits(n, 11),
        |n| (11 - weighted(n, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 10 == last(n),
    ),
    // Dirección General Impositiva.
    scheme(
        "URY",
        "RUT",
        Likely,
        |n| is_digits(n, 12),
        |n| (11 - weighted(n, &[4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11 == last(n),
    ),
    // SENIAT Providencia 0073.
    scheme("VEN", "RIF", Likely, is_rif, rif),
];

fn cpf(number: &str) -> bool {
    let check = |weights: &[u32]| match weighted(number, weights) % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    check(&[10, 9, 8, 7, 6, 5, 4, 3, 2]) == digit(number, 9)
        && check(&[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) == digit(number, 10)
}

fn cnpj(number: &str) -> bool {
    let check = |weights: &[u32]| match weighted(number, weights) % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    check(&[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) == digit(number, 12)
        && check(&[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) == digit(number, 13)
}

/// Nine characters, or eight that end in K: eight digits may be a number without check digit.
fn is_rut(number: &str) -> bool {
    let body = number.get(..number.len().saturating_sub(1)).unwrap_or_default();
    let ends_in_k = number.ends_with('K');
    is_digits(body, 8) && (ends_in_k || is_digits(number, 9)) || is_digits(body, 7) && ends_in_k
}

fn rut(number: &str) -> bool {
    let body = number.get(..number.len().saturating_sub(1)).unwrap_or_default();
    let sum: u32 = body
        .chars()
        .rev()
        .zip((2..=7).cycle())
        .map(|(c, weight)| c.to_digit(10).unwrap_or_default() * weight)
        .sum();
    let expected = match 11 - sum % 11 {
        11 => '0',
        10 => 'K',
        other => char::from_digit(other, 10).unwrap_or('?'),
    };
    number.ends_with(expected)
}

/// Check digit of a NIT of nine digits.
pub(super) fn nit_digit(body: &str) -> Option<char> {
    if !is_digits(body, 9) {
        return None;
    }
    let rest = weighted(body, &[41, 37, 29, 23, 19, 17, 13, 7, 3]) % 11;
    char::from_digit(if rest > 1 { 11 - rest } else { rest }, 10)
}

fn is_curp(number: &str) -> bool {
    let bytes = number.as_bytes();
    bytes.len() == 18
        && bytes.iter().take(4).all(u8::is_ascii_uppercase)
        && bytes.iter().skip(4).take(6).all(u8::is_ascii_digit)
        && is_date(number, 4)
        && matches!(bytes.get(10), Some(b'H' | b'M' | b'X'))
        && bytes.iter().skip(11).take(5).all(u8::is_ascii_uppercase)
        && bytes.last().is_some_and(u8::is_ascii_digit)
}

fn curp(number: &str) -> bool {
    const ORDER: &str = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ";
    let sum: usize = number
        .chars()
        .take(17)
        .zip((2..=18).rev())
        .map(|(c, weight)| ORDER.chars().position(|o| o == c).unwrap_or_default() * weight)
        .sum();
    u32::try_from((10 - sum % 10) % 10) == Ok(last(number))
}

fn is_rif(number: &str) -> bool {
    number.starts_with(['V', 'E', 'J', 'P', 'G', 'C'])
        && is_digits(number.get(1..).unwrap_or_default(), 9)
}

fn rif(number: &str) -> bool {
    let letter = match number.chars().next() {
        Some('V') => 1,
        Some('E') => 2,
        Some('J' | 'C') => 3,
        Some('P') => 4,
        _ => 5,
    };
    let digits = number.get(1..).unwrap_or_default();
    let sum = letter * 4 + weighted(digits, &[3, 2, 7, 6, 5, 4, 3, 2]);
    let expected = match 11 - sum % 11 {
        10 | 11 => 0,
        other => other,
    };
    expected == last(digits)
}

//! Schemes of Europe, with Russia and Turkey.

use super::arithmetic::{digit, is_digits, last, luhn, mod_11_10, modulo, weighted};
use super::scheme::Strength::{Certain, Likely, Possible};
use super::scheme::{Scheme, scheme};

pub(super) const SCHEMES: &[Scheme] = &[
    // Royal decree of 3 April 1984; from 2000 the number is preceded by 2.
    scheme(
        "BEL",
        "national register number",
        Likely,
        |n| is_digits(n, 11),
        |n| {
            let body = n.get(..9).unwrap_or_default();
            let check = modulo(n.get(9..).unwrap_or_default(), 100);
            97 - modulo(body, 97) == check || 97 - modulo(&format!("2{body}"), 97) == check
        },
    ),
    scheme("BIH", "JMB", Likely, is_jmbg, jmbg),
    scheme("HRV", "JMBG", Possible, is_jmbg, jmbg),
    scheme("MKD", "EMBG", Likely, is_jmbg, jmbg),
    scheme("MNE", "JMBG", Likely, is_jmbg, jmbg),
    scheme("SRB", "JMBG", Likely, is_jmbg, jmbg),
    scheme("SVN", "EMŠO", Likely, is_jmbg, jmbg),
    // Tax identification number of Serbia, ISO 7064 MOD 11,10.
    scheme("SRB", "PIB", Likely, |n| is_digits(n, 9), mod_11_10),
    // Ordinance on the EGN, 1977.
    scheme(
        "BGR",
        "EGN",
        Likely,
        |n| is_digits(n, 10),
        |n| weighted(n, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10 == last(n),
    ),
    // Federal ordinance on the business identification number (UIDV), and EAN-13 for the AHV number.
    scheme(
        "CHE",
        "UID",
        Likely,
        |n| is_digits(n.strip_prefix("CHE").unwrap_or_default(), 9),
        |n| {
            let n = n.get(3..).unwrap_or_default();
            (11 - weighted(n, &[5, 4, 3, 2, 7, 6, 5, 4]) % 11) % 11 == last(n)
        },
    ),
    scheme(
        "CHE",
        "AHV number",
        Likely,
        |n| is_digits(n, 13) && n.starts_with("756"),
        |n| (10 - weighted(n, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]) % 10) % 10 == last(n),
    ),
    // Act 133/2000 section 13 (divisible by 11); 8 digits: business identification number.
    scheme("CZE", "rodné číslo", Likely, |n| is_digits(n, 10), birth_number),
    scheme("CZE", "IČO", Likely, |n| is_digits(n, 8), ico),
    scheme("SVK", "rodné číslo or tax number", Likely, |n| is_digits(n, 10), birth_number),
    scheme("SVK", "IČO", Likely, |n| is_digits(n, 8), ico),
    // Abgabenordnung section 139b.
    scheme("DEU", "tax identification number", Likely, |n| is_digits(n, 11), mod_11_10),
    // Real Decreto 1553/2005 article 11.
    scheme("ESP", "DNI", Certain, |n| is_dni(n, 8), dni),
    scheme("ESP", "NIE", Certain, |n| is_dni(n, 7) && n.starts_with(['X', 'Y', 'Z']), dni),
    // Standard EVS 585:2007 and Lithuanian register act: two rounds of weights.
    scheme("EST", "isikukood", Likely, |n| is_digits(n, 11), baltic),
    scheme("LTU", "asmens kodas", Likely, |n| is_digits(n, 11), baltic),
    // Act 661/2009 chapter 2; form of decree 128/2010 as changed in 2022.
    scheme("FIN", "henkilötunnus", Certain, is_hetu, hetu),
    scheme(
        "FIN",
        "business identity code",
        Likely,
        |n| is_digits(n, 8),
        |n| (11 - weighted(n, &[7, 9, 10, 5, 8, 4, 2]) % 11) % 11 == last(n),
    ),
    // INSEE: NIR with key modulo 97; SIREN and SIRET by Luhn.
    scheme("FRA", "NIR", Likely, is_nir, nir),
    scheme("FRA", "SIREN", Likely, |n| is_digits(n, 9), luhn),
    scheme("FRA", "SIRET", Likely, |n| is_digits(n, 14), luhn),
    // Ministry of Finance, circular POL 1282/1996.
    scheme(
        "GRC",
        "AFM",
        Likely,
        |n| is_digits(n, 9),
        |n| weighted(n, &[256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10 == last(n),
    ),
    // Act on the personal identification number, ISO 7064 MOD 11,10.
    scheme("HRV", "OIB", Likely, |n| is_digits(n, 11), mod_11_10),
    // Decreto ministeriale 12 March 1974.
    scheme("ITA", "codice fiscale", Certain, is_codice_fiscale, codice_fiscale),
    scheme("ITA", "partita IVA", Likely, |n| is_digits(n, 11), luhn),
    // Codes given since 2017 start with 32 and carry no check digit.
    scheme(
        "LVA",
        "personas kods",
        Possible,
        |n| is_digits(n, 11) && n < "32",
        |n| (1101 - weighted(n, &[1, 6, 3, 7, 9, 10, 5, 8, 4, 2])) % 11 == last(n),
    ),
    // Wet algemene bepalingen burgerservicenummer, eleven test.
    scheme(
        "NLD",
        "BSN",
        Likely,
        |n| is_digits(n, 9),
        |n| weighted(n, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11 == last(n),
    ),
    // Folkeregisterforskriften section 2-2.
    scheme(
        "NOR",
        "fødselsnummer",
        Likely,
        |n| is_digits(n, 11),
        |n| {
            (11 - weighted(n, &[3, 7, 6, 1, 8, 9, 4, 5, 2]) % 11) % 11 == digit(n, 9)
                && (11 - weighted(n, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 == last(n)
        },
    ),
    scheme(
        "NOR",
        "organisation number",
        Likely,
        |n| is_digits(n, 9),
        |n| (11 - weighted(n, &[3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 == last(n),
    ),
    // Act on population records of 24 September 2010; tax numbers act of 13 October 1995.
    scheme(
        "POL",
        "PESEL",
        Likely,
        |n| is_digits(n, 11),
        |n| (10 - weighted(n, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10) % 10 == last(n),
    ),
    scheme(
        "POL",
        "NIP",
        Likely,
        |n| is_digits(n, 10),
        |n| weighted(n, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == last(n),
    ),
    // Decreto-Lei 14/2013; other nine-digit numbers exist.
    scheme(
        "PRT",
        "NIF",
        Possible,
        |n| is_digits(n, 9),
        |n| (11 - weighted(n, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11 % 10 == last(n),
    ),
    // Law 105/1996.
    scheme(
        "ROU",
        "CNP",
        Likely,
        |n| is_digits(n, 13),
        |n| match weighted(n, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11 {
            10 => last(n) == 1,
            rest => last(n) == rest,
        },
    ),
    // Order MMV-7-6/435 of the tax service; ten digits are also a domestic passport.
    scheme(
        "RUS",
        "INN",
        Possible,
        |n| is_digits(n, 10),
        |n| weighted(n, &[2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10 == last(n),
    ),
    scheme(
        "RUS",
        "INN",
        Likely,
        |n| is_digits(n, 12),
        |n| {
            weighted(n, &[7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10 == digit(n, 10)
                && weighted(n, &[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10 == last(n)
        },
    ),
    // Order 165n of the Ministry of Finance, 2017.
    scheme(
        "RUS",
        "OGRN",
        Likely,
        |n| is_digits(n, 13),
        |n| modulo(n.get(..12).unwrap_or_default(), 11) % 10 == last(n),
    ),
    scheme(
        "RUS",
        "OGRNIP",
        Likely,
        |n| is_digits(n, 15),
        |n| modulo(n.get(..14).unwrap_or_default(), 13) % 10 == last(n),
    ),
    // Federal law 27-FZ of 1996.
    scheme(
        "RUS",
        "SNILS",
        Likely,
        |n| is_digits(n, 11),
        |n| {
            weighted(n, &[9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101 % 100
                == modulo(n.get(9..).unwrap_or_default(), 100)
        },
    ),
    // Population registration act, Luhn over the last ten digits.
    scheme("SWE", "personal or organisation number", Likely, |n| is_digits(n, 10), luhn),
    scheme(
        "SWE",
        "personal number",
        Likely,
        |n| is_digits(n, 12),
        |n| luhn(n.get(2..).unwrap_or_default()),
    ),
    // Tax number of Slovenia, with or without SI.
    scheme(
        "SVN",
        "tax number",
        Possible,
        |n| is_digits(n.trim_start_matches("SI"), 8),
        |n| {
            let n = n.trim_start_matches("SI");
            (11 - weighted(n, &[8, 7, 6, 5, 4, 3, 2]) % 11) % 11 % 10 == last(n)
        },
    ),
    // Law 5490 article 46.
    scheme(
        "TUR",
        "T.C. kimlik numarası",
        Certain,
        |n| is_digits(n, 11) && !n.starts_with('0'),
        |n| {
            let odd = weighted(n, &[1, 0, 1, 0, 1, 0, 1, 0, 1]);
            let even = weighted(n, &[0, 1, 0, 1, 0, 1, 0, 1]);
            (odd * 7 + even * 9) % 10 == digit(n, 9) && weighted(n, &[1; 10]) % 10 == last(n)
        },
    ),
    // Cabinet resolution on the state register of natural persons.
    scheme(
        "UKR",
        "RNOKPP",
        Likely,
        |n| is_digits(n, 10),
        |n| weighted(n, &[10, 5, 7, 9, 4, 6, 10, 5, 7]) % 11 % 10 == last(n),
    ),
    scheme("UKR", "EDRPOU", Likely, |n| is_digits(n, 8), edrpou),
];

fn is_jmbg(number: &str) -> bool {
    is_digits(number, 13)
}

fn jmbg(number: &str) -> bool {
    (11 - weighted(number, &[7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 == last(number)
}

fn birth_number(number: &str) -> bool {
    let body = modulo(number.get(..9).unwrap_or_default(), 11);
    modulo(number, 11) == 0 || (body == 10 && last(number) == 0)
}

fn ico(number: &str) -> bool {
    (11 - weighted(number, &[8, 7, 6, 5, 4, 3, 2]) % 11) % 10 == last(number)
}

fn is_dni(number: &str, digits: usize) -> bool {
    let count = number.chars().filter(char::is_ascii_digit).count();
    let body = number.get(..number.len().saturating_sub(1)).unwrap_or_default();
    number.len() == 9
        && count == digits
        && number.ends_with(|c: char| c.is_ascii_uppercase())
        && body.chars().skip(1).all(|c| c.is_ascii_digit())
}

fn dni(number: &str) -> bool {
    let body = number.get(..8).unwrap_or_default();
    let body = body.replace('X', "0").replace('Y', "1").replace('Z', "2");
    number.chars().last() == dni_letter(&body)
}

/// Control letter of the eight digits of a DNI.
pub(super) fn dni_letter(digits: &str) -> Option<char> {
    let index = usize::try_from(modulo(digits, 23)).ok()?;
    "TRWAGMYFPDXBNJZSQVHLCKE".chars().nth(index)
}

fn baltic(number: &str) -> bool {
    let first = weighted(number, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
    let second = weighted(number, &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11;
    let expected = match (first, second) {
        (10, 10) => 0,
        (10, second) => second,
        (first, _) => first,
    };
    expected == last(number)
}

/// `DDMMYY`, a century letter unless it is a hyphen, three digits, control character.
fn is_hetu(number: &str) -> bool {
    let middle = number.get(6..number.len().saturating_sub(1)).unwrap_or_default();
    let serial = middle.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let century = middle.len().saturating_sub(serial.len());
    number.get(..6).is_some_and(|date| is_digits(date, 6))
        && century <= 1
        && middle.starts_with(|c: char| c.is_ascii_digit() || matches!(c, 'A'..='F' | 'U'..='Y'))
        && is_digits(serial, 3)
        && number.ends_with(|c: char| c.is_ascii_uppercase())
}

fn hetu(number: &str) -> bool {
    let digits: String = number
        .get(..number.len().saturating_sub(1))
        .unwrap_or_default()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    let index = usize::try_from(modulo(&digits, 31)).unwrap_or_default();
    number.chars().last() == "0123456789ABCDEFHJKLMNPRSTUVWXY".chars().nth(index)
}

fn is_nir(number: &str) -> bool {
    let digits = number.replacen("2A", "19", 1).replacen("2B", "18", 1);
    is_digits(number, 15)
        || (is_digits(&digits, 15) && matches!(number.get(5..7), Some("2A" | "2B")))
}

fn nir(number: &str) -> bool {
    let (department, rest) = match number.get(5..7) {
        Some("2A") => ("19", number),
        Some("2B") => ("18", number),
        _ => (number.get(5..7).unwrap_or_default(), number),
    };
    let body = format!(
        "{}{department}{}",
        rest.get(..5).unwrap_or_default(),
        rest.get(7..13).unwrap_or_default()
    );
    97 - modulo(&body, 97) == modulo(number.get(13..).unwrap_or_default(), 100)
}

/// Six letters, then digits or the letters that stand for digits when two people would share a code.
fn is_codice_fiscale(number: &str) -> bool {
    let bytes = number.as_bytes();
    let number_like = |b: u8| b.is_ascii_digit() || b"LMNPQRSTUV".contains(&b);
    bytes.len() == 16
        && bytes.iter().enumerate().all(|(index, b)| match index {
            0..=5 | 11 | 15 => b.is_ascii_uppercase(),
            8 => b"ABCDEHLMPRST".contains(b),
            _ => number_like(*b),
        })
}

fn codice_fiscale(number: &str) -> bool {
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    let sum: u32 = number
        .chars()
        .take(15)
        .enumerate()
        .map(|(index, c)| {
            let value = c
                .to_digit(10)
                .or_else(|| u32::from(c).checked_sub(u32::from('A')))
                .unwrap_or_default();
            if index % 2 == 0 {
                usize::try_from(value)
                    .ok()
                    .and_then(|value| ODD.get(value))
                    .copied()
                    .unwrap_or_default()
            } else {
                value
            }
        })
        .sum();
    number.chars().last() == char::from_u32(u32::from('A') + sum % 26)
}

fn edrpou(number: &str) -> bool {
    let middle = ("30000000".."60000000").contains(&number);
    let (first, second): (&[u32], &[u32]) = if middle {
        (&[7, 1, 2, 3, 4, 5, 6], &[9, 3, 4, 5, 6, 7, 8])
    } else {
        (&[1, 2, 3, 4, 5, 6, 7], &[3, 4, 5, 6, 7, 8, 9])
    };
    let expected = match weighted(number, first) % 11 {
        10 => weighted(number, second) % 11 % 10,
        rest => rest,
    };
    expected == last(number)
}

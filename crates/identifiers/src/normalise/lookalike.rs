//! Cyrillic and Greek capitals that look like a Latin capital.

/// The Latin capital that looks like this Cyrillic or Greek capital.
///
/// These are the letters number plates of Cyrillic and Greek countries are limited to (Vienna
/// Convention on Road Traffic, annex 2: marks must be readable as Latin capitals), and the series
/// letters of their documents; a letter without a twin is not mapped, because two offices would
/// transliterate it in two ways.
pub(crate) fn latin_lookalike(c: char) -> Option<char> {
    Some(match c {
        'А' | 'Α' => 'A',
        'В' | 'Β' => 'B',
        'С' | 'Ϲ' => 'C',
        'Е' | 'Ε' => 'E',
        'Н' | 'Η' => 'H',
        'І' | 'Ι' | 'Ӏ' | 'İ' => 'I',
        'Ј' => 'J',
        'К' | 'Κ' => 'K',
        'М' | 'Μ' => 'M',
        'Ν' => 'N',
        'О' | 'Ο' => 'O',
        'Р' | 'Ρ' => 'P',
        'Ѕ' => 'S',
        'Т' | 'Τ' => 'T',
        'У' | 'Υ' => 'Y',
        'Х' | 'Χ' => 'X',
        'Ζ' => 'Z',
        _ => return None,
    })
}

"""Common normalisation: docs/identifiers.md, sections 2 and 3."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import regex

from ..errors import Refused

MOST_CHARACTERS = 1_024

INVISIBLE = frozenset(
    chr(code)
    for first, last in (
        (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
        (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
        (0xE0100, 0xE01EF),
    )
    for code in range(first, last + 1)
)  # fmt: skip
DASHES = frozenset("-\u058a\u05be\u1806\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2e3a\u2e3b\u30a0")
MARKS = frozenset("./\\_()[]\u00b7\u2022\u2027\u2219\u22c5\u30fb\u3002\u2044\u2215")
QUOTES = frozenset("\"'`\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a")
ENUMERATION = frozenset(",;|\u060c\u3001")
_LOOK_ALIKES = """
A 0410 0391   B 0412 0392   C 0421        E 0415 0395   H 041D 0397
I 0406 0399 04C0 0130       J 0408        K 041A 039A   M 041C 039C
N 039D        O 041E 039F   P 0420 03A1   S 0405        T 0422 03A4
X 0425 03A7   Y 0423 03A5   Z 0396
"""
PLACEHOLDERS = frozenset(
    """NA NONE NULL NIL NAN UNK UNKNOWN UNKNOWNNUMBER NOTAVAILABLE NOTAPPLICABLE NOTKNOWN NOTGIVEN NOTPROVIDED
    NOTSTATED NONUMBER NOPASSPORT TBC TBD PENDING TEST MISSING EMPTY UNDEFINED INCONNU NEANT AUCUN UNBEKANNT
    KEINE DESCONOCIDO NINGUNO SINNUMERO SN SD DESCONHECIDO SCONOSCIUTO NESSUNO ONBEKEND BILINMIYOR
    NEIZVESTNO""".split()
)
# Assigned in Unicode 15.0, which this Python's tables may be too old for.
_NEW_DIGITS = (0x11F50, 0x1E4F0)


def _look_alikes() -> dict[str, str]:
    found, latin = {}, ""
    for word in _LOOK_ALIKES.split():
        if len(word) == 1:
            latin = word
        else:
            found[chr(int(word, 16))] = latin
    return found


LOOK_ALIKES = _look_alikes()


def is_space(c: str) -> bool:
    return regex.match(r"\p{White_Space}", c) is not None


def is_separator(c: str) -> bool:
    return c in MARKS or c in DASHES or c in INVISIBLE or is_space(c)


def is_alphabetic(c: str) -> bool:
    return regex.match(r"\p{Alphabetic}", c) is not None


def is_alphanumeric(c: str) -> bool:
    return regex.match(r"[\p{Alphabetic}\p{N}]", c) is not None


def is_ascii_digit(c: str) -> bool:
    return "0" <= c <= "9"


def is_ascii_letter(c: str) -> bool:
    return "A" <= c <= "Z"


def digit(c: str) -> str | None:
    """The ASCII digit for a decimal digit of any script."""
    value = unicodedata.decimal(c, None)
    if value is None:
        for first in _NEW_DIGITS:
            if first <= ord(c) < first + 10:
                return str(ord(c) - first)
        return None
    return str(value)


def upper(c: str) -> str:
    raised = c.upper()
    return raised if len(raised) == 1 else c


def strip_space(value: str) -> str:
    return regex.sub(r"^\p{White_Space}+|\p{White_Space}+$", "", value)


@dataclass(frozen=True)
class Char:
    """A character, and where in the text as given it comes from."""

    c: str
    at: int


class Text(list[Char]):
    """Characters with their places."""

    def __str__(self) -> str:
        return "".join(char.c for char in self)

    def from_index(self, start: int, stop: int | None = None) -> Text:
        return Text(self[start:stop])


def placed(value: str) -> Text:
    return Text(Char(c, at) for at, c in enumerate(value))


def nfkc(text: Text) -> Text:
    """NFKC of the whole, each result at the place of the first character that it is made of."""
    result, group = Text(), Text()

    def flush() -> None:
        if group:
            result.extend(Char(c, group[0].at) for c in unicodedata.normalize("NFKC", str(group)))
            group.clear()

    for char in text:
        together = unicodedata.normalize("NFKC", str(group) + char.c)
        apart = unicodedata.normalize("NFKC", str(group)) + unicodedata.normalize("NFKC", char.c)
        starts = unicodedata.combining(unicodedata.normalize("NFKD", char.c)[0]) == 0
        if starts and together == apart:
            flush()
        group.append(char)
    flush()
    return result


def check_size(value: str) -> None:
    if len(value) > MOST_CHARACTERS:
        raise Refused("too_long", position=MOST_CHARACTERS)


def check_decimal(value: str) -> None:
    """Step 2: a spreadsheet took the number for a decimal."""
    if regex.fullmatch(r"[0-9]{5,}\.00?", strip_space(value)):
        raise Refused("malformed", position=value.rindex("."))


def after_number_sign(text: Text) -> Text:
    """Step 3."""
    start = 0
    while start < len(text) and is_separator(text[start].c) and text[start].c != ".":
        start += 1
    head = [char.c for char in text[start : start + 3]]
    if head and head[0] in "#＃№":
        return text.from_index(start + 1)
    if head and head[0] in "Nn":
        if len(head) > 1 and head[1] in "º°":
            return text.from_index(start + 2)
        if len(head) > 2 and head[1] in "OoRr" and head[2] in ".:":
            raise Refused("label_in_value", position=text[start].at)
    return text


def without_ends(text: Text) -> Text:
    def droppable(char: Char) -> bool:
        return char.c in QUOTES or is_separator(char.c)

    start, stop = 0, len(text)
    while start < stop and droppable(text[start]):
        start += 1
    while stop > start and droppable(text[stop - 1]):
        stop -= 1
    return text.from_index(start, stop)


def refuse_character(char: Char) -> Refused:
    reason = "more_than_one_value" if char.c in ENUMERATION else "character_not_allowed"
    return Refused(reason, position=char.at)


def kept(text: Text, extra: frozenset[str] | None = None, alphabetic: bool = False) -> Text:
    """Step 6."""
    result = Text()
    for char in text:
        c = digit(char.c)
        if c is None:
            c = upper(char.c)
            c = LOOK_ALIKES.get(c, c)
        if is_ascii_digit(c) or is_ascii_letter(c) or (extra and c in extra) or (alphabetic and is_alphabetic(c)):
            result.append(Char(c, char.at))
        elif not is_separator(char.c):
            raise refuse_character(char)
    return result


def normalise(value: str, extra: str = "", alphabetic: bool = False) -> Text:
    """All of section 2."""
    check_size(value)
    check_decimal(value)
    text = without_ends(nfkc(after_number_sign(placed(value))))
    result = kept(text, frozenset(extra), alphabetic)
    refuse_placeholder(result)
    return result


def refuse_placeholder(text: Text) -> None:
    """Step 7."""
    if not text:
        raise Refused("empty")
    if str(text) in PLACEHOLDERS:
        raise Refused("placeholder")


def refuse_repeated(text: Text | str) -> None:
    """One character repeated, three or more."""
    characters = str(text)
    if len(characters) >= 3 and len(set(characters)) == 1:
        raise Refused("placeholder")


def refuse_letters(text: Text) -> None:
    for char in text:
        if not is_ascii_digit(char.c):
            raise Refused("character_not_allowed", position=char.at)


def without_label(text: Text, *labels: str) -> Text:
    """Words in front, each once, dropped if something follows."""
    for label in labels:
        if len(text) > len(label) and str(text).startswith(label):
            text = text.from_index(len(label))
    return text

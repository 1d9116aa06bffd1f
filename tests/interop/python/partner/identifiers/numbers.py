"""Things with a number of their own: docs/identifiers.md, sections 7.3 to 7.7 and 7.10 to 7.12."""

from __future__ import annotations

import regex

from ..errors import Refused
from . import country as countries
from .text import (
    Text,
    is_ascii_digit,
    is_ascii_letter,
    normalise,
    refuse_letters,
    refuse_repeated,
    without_label,
)

VIN_VALUES = {c: int(c) for c in "0123456789"} | {
    c: value
    for letters, value in (
        ("AJ", 1), ("BKS", 2), ("CLT", 3), ("DMU", 4), ("ENV", 5), ("FW", 6), ("GPX", 7), ("HY", 8), ("RZ", 9),
    )
    for c in letters
}  # fmt: skip
VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
MARKS = frozenset(
    """2 3A 3B 3C 3D 3X 4K 4L 4O 4R 4W 4X 5A 5B 5H 5N 5R 5T 5U 5V 5W 5X 5Y 6O 6V 6W 6Y 7O 7P 7Q 7T 8P 8Q 8R 9A
    9G 9H 9J 9K 9L 9M 9N 9O 9Q 9S 9T 9U 9V 9XR 9Y A2 A3 A4O A5 A6 A7 A8 A9C AP B C C2 C3 C5 C6 C9 CC CCCP CN CP CR
    CS CU CX D D2 D4 D6 DQ E3 E5 E7 EC EI EJ EK EP ER ES ET EW EX EY EZ F G H4 HA HB HC HH HI HK HL HP HR HS HV HZ
    I J2 J3 J5 J6 J7 J8 JA JU JY LN LV LX LY LZ M N OB OD OE OH OK OM OO OY P P2 P4 PH PJ PK PP PR PS PT PU PZ RA
    RDPL RF RP S2 S5 S7 S9 SE SP ST SU SX T2 T3 T7 T8 T9 TC TF TG TI TJ TL TN TR TS TT TU TY TZ UK UN UP UR V2 V3
    V4 V5 V6 V7 V8 VH VN VP VQ VT XA XB XC XT XU XW XY XZ YA YI YJ YK YL YN YR YS YU YV Z Z3 Z6 Z8 ZA ZJ ZK ZP ZS
    ZT ZU""".split()
)
_IBAN = """15 NO; 16 BE; 18 DK FI FK FO GL NL SD; 19 MK SI; 20 AT BA EE KZ LT LU MN XK; 21 CH HR LI LV;
22 BG BH CR DE GB GE IE ME RS VA; 23 AE GI IL IQ OM SO TL; 24 AD CZ ES MD PK RO SA SE SK TN VG;
25 AO CV GW LY MZ PT ST; 26 DZ IR IS TR; 27 BI CF CG CM DJ FR GA GQ GR IT KM MC MG MR SM TD;
28 AL AZ BF BJ BY CI CY DO GT HN HU LB MA ML NE NI PL SN SV TG; 29 BR EG PS QA UA; 30 JO KW MU YE; 31 MT SC;
32 LC; 33 RU"""
IBAN_LENGTHS = {
    country: int(length) for group in _IBAN.split(";") for length, *rest in [group.split()] for country in rest
}


def _length(text: Text, *lengths: int) -> None:
    if len(text) not in lengths:
        raise Refused("wrong_length")


def vin(value: str) -> tuple[str, str]:
    text = normalise(value)
    if len(text) == 20 and str(text).startswith("VIN"):
        text = text.from_index(3)
    for char in text:
        if char.c in "IOQ":
            raise Refused("character_not_allowed", position=char.at)
    _length(text, 17)
    refuse_repeated(text)
    number = str(text)
    total = sum(VIN_VALUES[c] * weight for c, weight in zip(number, VIN_WEIGHTS, strict=True)) % 11
    if number[0] in "12345L" and number[8] != "0123456789X"[total]:
        raise Refused("check_digit", position=text[8].at)
    return number, number


def plate(value: str, country: str | None) -> tuple[str, str]:
    issuer = countries.require(country, for_plate=True)
    text = normalise(value, alphabetic=True)
    if set(str(text)) == {"0"}:
        raise Refused("placeholder")
    if len(text) > 12:
        raise Refused("too_long", position=text[12].at)
    return issuer + str(text), str(text)


def imo(value: str) -> tuple[str, str]:
    text = without_label(normalise(value), "IMO", "NUMBER", "NO")
    refuse_letters(text)
    _length(text, 7)
    refuse_repeated(text)
    digits = [int(char.c) for char in text]
    ship = sum(d * w for d, w in zip(digits, (7, 6, 5, 4, 3, 2), strict=False)) % 10
    company = (11 - sum(d * w for d, w in zip(digits, (8, 6, 4, 2, 9, 7), strict=False)) % 11) % 10
    if digits[6] not in (ship, company):
        raise Refused("check_digit", position=text[6].at)
    return str(text), f"IMO {text}"


def mmsi(value: str) -> tuple[str, str]:
    text = without_label(normalise(value), "MMSI")
    refuse_letters(text)
    _length(text, 9)
    refuse_repeated(text)
    number = str(text)
    if not number.startswith(("970", "972", "974")):
        start = 0
        if number.startswith("111"):
            start = 3
        elif number.startswith(("00", "98", "99")):
            start = 2
        elif number.startswith(("0", "8")):
            start = 1
        if number[start] not in "234567":
            raise Refused("unknown_prefix", position=text[start].at)
    return number, number


def aircraft(value: str) -> tuple[str, str]:
    text = normalise(value)
    mark = str(text)
    if len(mark) > 10:
        raise Refused("too_long", position=text[10].at)
    prefix = next((mark[:n] for n in range(min(4, len(mark) - 1), 0, -1) if mark[:n] in MARKS), None)
    if prefix is None:
        raise Refused("unknown_prefix", position=text[0].at)
    rest = mark[len(prefix) :]
    if prefix == "N":
        if len(rest) > 5 or not regex.fullmatch(r"[1-9][0-9]*[A-HJ-NP-Z]{0,2}", rest):
            raise Refused("malformed", position=text[len(prefix)].at)
    elif len(rest) < 2:
        raise Refused("too_short")
    return mark, mark if prefix in ("N", "JA", "HL", "YV") else f"{prefix}-{rest}"


def iban(value: str) -> tuple[str, str]:
    text = without_label(normalise(value), "IBAN")
    number = str(text)
    if number[:2] not in IBAN_LENGTHS:
        raise Refused("unknown_prefix", position=text[0].at)
    _length(text, IBAN_LENGTHS[number[:2]])
    if not regex.fullmatch("[0-9]{2}", number[2:4]):
        raise Refused("malformed", position=text[2].at)
    turned = int("".join(str(int(c, 36)) for c in number[4:] + number[:4]))
    if turned % 97 != 1 or number[2:4] in ("00", "01", "99"):
        raise Refused("check_digit", position=text[2].at)
    return number, " ".join(number[i : i + 4] for i in range(0, len(number), 4))


def _luhn(digits: str) -> str:
    """The digit that makes the sum of 15 divisible by ten."""
    total = 0
    for i, c in enumerate(digits):
        doubled = int(c) * (1 + i % 2)
        total += doubled // 10 + doubled % 10
    return str(-total % 10)


def imei(value: str) -> tuple[str, str]:
    text = without_label(normalise(value), "IMEI", "SV")
    refuse_letters(text)
    _length(text, 14, 15, 16, 17)
    number = str(text)
    expected = _luhn(number[:14])
    if len(number) in (15, 17) and number[14] not in (expected, "0"):
        raise Refused("check_digit", position=text[14].at)
    refuse_repeated(number[:14])
    return number[:14], number[:14] + expected


def _container_values() -> dict[str, int]:
    values = {c: int(c) for c in "0123456789"}
    value = 10
    for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        value += value % 11 == 0
        values[c] = value
        value += 1
    return values


CONTAINER_VALUES = _container_values()


def container(value: str) -> tuple[str, str]:
    text = normalise(value)
    _length(text, 11)
    for i, char in enumerate(text):
        if not (is_ascii_letter(char.c) if i < 4 else is_ascii_digit(char.c)):
            raise Refused("malformed", position=char.at)
    number = str(text)
    if number[3] not in "UJZ":
        raise Refused("unknown_prefix", position=text[3].at)
    total = sum(CONTAINER_VALUES[c] * 2**i for i, c in enumerate(number[:10]))
    if int(number[10]) != total % 11 % 10:
        raise Refused("check_digit", position=text[10].at)
    return number, f"{number[:4]} {number[4:10]} {number[10]}"

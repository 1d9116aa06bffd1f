"""Travel documents and national numbers: docs/identifiers.md, sections 7.1 and 7.2."""

from __future__ import annotations

import regex

from ..errors import Refused
from . import country as countries
from . import mrz
from .text import (
    INVISIBLE,
    QUOTES,
    Text,
    check_size,
    digit,
    is_alphanumeric,
    is_ascii_digit,
    is_separator,
    nfkc,
    normalise,
    placed,
    refuse_placeholder,
    refuse_repeated,
    upper,
)

LABELS = ("PASSPORT", "PASAPORTE", "PASSEPORT", "REISEPASS", "PASSAPORTO", "DOCUMENT", "NUMBER", "TRAVELDOC")


def refuse_several(value: str) -> None:
    """One value."""
    start, first_found = 0, False
    for at, c in enumerate(value + "\n"):
        if c in "/\\\uff0f\u2215\r\n":
            part = [c for c in value[start:at] if is_alphanumeric(c)]
            if len(part) >= 7 and any(digit(c) is not None for c in part):
                if first_found:
                    raise Refused("more_than_one_value", position=start - 1)
                first_found = True
            start = at + 1


def _limits(number: Text, most: int) -> None:
    refuse_placeholder(number)
    refuse_repeated(number)
    if len(number) < 4:
        raise Refused("too_short")
    if len(number) > most:
        raise Refused("too_long")


def _has_digit(number: Text) -> None:
    if not any(is_ascii_digit(char.c) for char in number):
        raise Refused("no_digit")


def travel_document(value: str, country: str | None) -> tuple[str, str]:
    """Canonical and display."""
    check_size(value)
    zone = mrz.squeeze(value)
    if mrz.is_zone(zone):
        issuer, number = mrz.read(zone)
        if not countries.is_blank(country):
            given = countries.document_issuer(countries.resolve(country))
            if given != issuer:
                raise Refused("country_mismatch")
        _limits(number, 22)
        _has_digit(number)
        return issuer + str(number), str(number)
    given = countries.require(country)
    refuse_several(value)
    number = Text(char for char in normalise(value, extra="<") if char.c != "<")
    refuse_placeholder(number)
    refuse_repeated(number)
    if str(number).startswith(LABELS):
        raise Refused("label_in_value", position=number[0].at)
    _limits(number, 22)
    _has_digit(number)
    shown = _without_names(str(number), given)
    return countries.document_issuer(given) + shown, shown


def _without_names(number: str, alpha3: str) -> str:
    names = countries.names_without_dropping(alpha3)
    while True:
        for name in names:
            rest = number.removesuffix(name)
            if rest != number and len(rest) >= 4 and any(map(is_ascii_digit, rest)):
                number = rest
                break
        else:
            return number


def national_id(value: str, country: str | None) -> tuple[str, str]:
    issuer = countries.require(country)
    check_size(value)
    refuse_several(value)
    number = normalise(value, extra="Ñ&" if issuer == "MEX" else "")
    refuse_repeated(number)
    if len(number) < 4:
        raise Refused("too_short")
    if len(number) > 24:
        raise Refused("too_long")
    _has_digit(number)
    text = str(number)
    if _fails(issuer, text):
        raise Refused("check_digit", position=number[-1].at)
    if issuer == "PAN":
        text = _panama(value) or text
    return issuer + text, text


def _panama(value: str) -> str | None:
    """Three parts, of which the hyphens say where each ends."""
    parts, part = [], ""
    for char in nfkc(placed(value)):
        if char.c in INVISIBLE:
            continue
        if is_separator(char.c):
            parts.append(part)
            part = ""
        else:
            part += digit(char.c) or upper(char.c)
    parts = [part for part in [*parts, part] if part]
    if len(parts) != 3 or any(c in QUOTES for part in parts for c in part):
        return None
    forms = (r"(?=.{1,4}$)[0-9]*(?:E|N|PE|PI|AV|NT)?", r"[0-9]{1,4}", r"[0-9]{1,6}")
    fits = all(regex.fullmatch(form, part) for form, part in zip(forms, parts, strict=True))
    return "-".join(parts) if fits else None


def _fails(issuer: str, number: str) -> bool:
    """Whether the number has a form that no other of its issuer has, and a wrong check digit."""
    checks = {"ESP": _spain, "FIN": _finland, "ITA": _italy, "TUR": _turkey, "CHN": _china}
    check = checks.get(issuer)
    return check is not None and check(number) is False


def _spain(number: str) -> bool | None:
    if regex.fullmatch(r"[0-9]{8}[A-Z]", number):
        value = int(number[:8])
    elif regex.fullmatch(r"[XYZ][0-9]{7}[A-Z]", number):
        value = int(str("XYZ".index(number[0])) + number[1:8])
    else:
        return None
    return number[-1] == "TRWAGMYFPDXBNJZSQVHLCKE"[value % 23]


def _finland(number: str) -> bool | None:
    form = regex.fullmatch(r"([0-9]{6})[A-FU-Y]?([0-9]{3})([A-Z])", number)
    if not form:
        return None
    return form[3] == "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(form[1] + form[2]) % 31]


_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)


def _italy(number: str) -> bool | None:
    d = "[0-9LMNPQRSTUV]"
    if not regex.fullmatch(rf"[A-Z]{{6}}{d}{d}[ABCDEHLMPRST]{d}{d}[A-Z]{d}{d}{d}[A-Z]", number):
        return None
    values = [int(c) if is_ascii_digit(c) else ord(c) - 65 for c in number[:15]]
    total = sum(_ODD[value] if i % 2 == 0 else value for i, value in enumerate(values))
    return number[15] == chr(65 + total % 26)


def _turkey(number: str) -> bool | None:
    if not regex.fullmatch(r"[1-9][0-9]{10}", number):
        return None
    d = [int(c) for c in number]
    tenth = (7 * sum(d[0:9:2]) + 9 * sum(d[1:9:2])) % 10
    return d[9] == tenth and d[10] == sum(d[:10]) % 10


def _china(number: str) -> bool | None:
    form = regex.fullmatch(r"[0-9]{6}(18|19|20)[0-9]{2}([0-9]{2})([0-9]{2})[0-9]{3}[0-9X]", number)
    if not form or not (1 <= int(form[2]) <= 12 and 1 <= int(form[3]) <= 31):
        return None
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(c) * weight for c, weight in zip(number, weights, strict=False))
    return number[17] == "10X98765432"[total % 11] or _social_credit(number)


def _social_credit(number: str) -> bool:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    if not set(number) <= set(alphabet):
        return False
    total = sum(alphabet.index(c) * pow(3, i, 31) for i, c in enumerate(number[:17]))
    return alphabet.index(number[17]) == (31 - total % 31) % 31

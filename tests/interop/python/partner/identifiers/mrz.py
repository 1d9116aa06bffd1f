"""Machine-readable zones: docs/identifiers.md, section 6."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import Refused
from . import country
from .text import INVISIBLE, Char, Text, digit, is_ascii_digit, is_ascii_letter, is_space, nfkc, placed

Range = tuple[int, int]


@dataclass(frozen=True)
class Layout:
    """Ranges without their end, and the places of check digits."""

    number: Range
    birth: Range | None = None
    expiry: Range | None = None
    optional: Range | None = None
    personal_digit: int | None = None
    composite: tuple[Range, ...] = ()
    composite_digit: int | None = None
    runs_over: bool = False


TD1 = Layout((5, 14), (30, 36), (38, 44), (15, 30), None, ((5, 30), (30, 37), (38, 45), (48, 59)), 59, True)
TD2 = Layout((36, 45), (49, 55), (57, 63), (64, 71), None, ((36, 46), (49, 56), (57, 71)), 71, True)
TD3 = Layout((44, 53), (57, 63), (65, 71), (72, 86), 86, ((44, 54), (57, 64), (65, 87)), 87)
MRV_A = Layout((44, 53), (57, 63), (65, 71), (72, 88))
MRV_B = Layout((36, 45), (49, 55), (57, 63), (64, 72))
FRENCH = Layout((36, 48), (63, 69), None, None, None, ((0, 71),), 71)


def squeeze(value: str) -> Text:
    result = Text()
    for char in nfkc(placed(value)):
        if is_space(char.c) or char.c in INVISIBLE:
            continue
        c = {"«": "<<", "‹": "<"}.get(char.c) or digit(char.c) or char.c
        if len(c) == 1 and "a" <= c <= "z":
            c = c.upper()
        result.extend(Char(one, char.at) for one in c)
    return result


def is_zone(squeezed: Text) -> bool:
    return len(squeezed) >= 28 and any(char.c == "<" for char in squeezed)


def _value(c: str) -> int:
    return 0 if c == "<" else int(c, 36)


def check_digit(covered: str) -> str:
    return str(sum(_value(c) * (7, 3, 1)[i % 3] for i, c in enumerate(covered)) % 10)


def _layout(text: str) -> Layout:
    visa = text.startswith("V")
    if len(text) == 90:
        return TD1
    if len(text) == 88:
        return MRV_A if visa else TD3
    if len(text) == 72:
        if text.startswith("IDFRA") and not any(is_ascii_digit(c) for c in text[49:63]):
            return FRENCH
        return MRV_B if visa else TD2
    raise Refused("mrz_size")


def read(zone: Text) -> tuple[str, Text]:
    """Issuer and number."""
    for char in zone:
        if not (is_ascii_digit(char.c) or is_ascii_letter(char.c) or char.c == "<"):
            raise Refused("character_not_allowed", position=char.at)
    text = str(zone)
    layout = _layout(text)
    issuer = country.code_in_zone(text[2:5].rstrip("<"))
    if issuer is None:
        raise Refused("country_unknown", position=zone[2].at)
    number = _number(zone, text, layout, issuer)
    _check_rest(zone, text, layout)
    if not number:
        raise Refused("mrz_field", position=zone[layout.number[0]].at)
    return country.document_issuer(issuer), number


def _cut(text: str, span: Range) -> str:
    return text[span[0] : span[1]]


def _verify(zone: Text, covered: str, at: int, may_be_empty: bool = False) -> None:
    found = zone[at].c
    if may_be_empty and found == "<" and set(covered) <= {"<"}:
        return
    if found != check_digit(covered):
        raise Refused("check_digit", position=zone[at].at)


def _number(zone: Text, text: str, layout: Layout, issuer: str) -> Text:
    start, stop = layout.number
    field, at = zone.from_index(start, stop), stop
    optional = zone.from_index(*layout.optional) if layout.optional else Text()
    ran_over = layout.runs_over and text[at] == "<" and str(optional)[:1] not in ("<", "")
    if ran_over:
        more = optional.from_index(0, (str(optional) + "<").index("<"))
        covered = Text([*field, *more[:-1]])
        _verify(zone, str(covered), layout.optional[0] + len(more) - 1)
        field = covered
    else:
        _verify(zone, str(field), at)
    number = Text(char for char in field if char.c != "<")
    internal = text[:2] == "PN" and issuer == "RUS" and not ran_over
    if internal and number and optional and is_ascii_digit(optional[0].c):
        number = Text([*number[:3], optional[0], *number[3:]])
    return number


def _check_rest(zone: Text, text: str, layout: Layout) -> None:
    for span in (layout.birth, layout.expiry):
        if span is not None:
            _verify(zone, _cut(text, span), span[1], may_be_empty=True)
    if layout.personal_digit is not None and layout.optional is not None:
        _verify(zone, _cut(text, layout.optional), layout.personal_digit, may_be_empty=True)
    if layout.composite_digit is not None:
        covered = "".join(_cut(text, span) for span in layout.composite)
        _verify(zone, covered, layout.composite_digit)

"""Issuers: docs/identifiers.md, section 5, and docs/tables/issuers-v1.json."""

from __future__ import annotations

import json
import unicodedata
from functools import cache
from pathlib import Path

import regex

from ..errors import Refused
from .text import is_alphanumeric, strip_space

TABLES = Path(__file__).resolve().parents[5] / "docs" / "tables"
MOST_BYTES = 200
DROPPED = ("THE", "OF", "AND")
FORMER = ("PREVIOUSLY", "FORMERLY", "FORMER", "NOW", "ALSO", "EX", "AKA")
SIGNS = dict(
    pair.split()
    for pair in ("A AUT,B BEL,D DEU,E ESP,F FRA,H HUN,I ITA,L LUX,M MLT,N NOR,P PRT,S SWE,V VAT".split(","))
)
_APOSTROPHES = "'\u2018\u2019\u02bc`"

_TABLE = json.loads((TABLES / "issuers-v1.json").read_text(encoding="utf-8"))
ISSUERS = {row["alpha3"]: row for row in _TABLE["issuers"]}
ALPHA2 = {row["alpha2"]: row["alpha3"] for row in _TABLE["issuers"] if "alpha2" in row}
DOCUMENT_ISSUER: dict[str, str] = _TABLE["document_issuer"]


def _words(text: str) -> list[str]:
    decomposed = unicodedata.normalize("NFKD", text)
    kept = "".join(
        c if is_alphanumeric(c) else " "
        for c in decomposed
        if not unicodedata.category(c).startswith("M") and c != "." and c not in _APOSTROPHES
    )
    return kept.upper().split()


def fold(text: str) -> str:
    words = _words(text)
    if len(words) <= 1:
        return "".join(words)
    return "".join("SAINT" if word == "ST" else word for word in words if word not in DROPPED)


def _names() -> dict[str, str]:
    """What a folded text means: aliases before codes before names."""
    found: dict[str, str] = {}
    for alpha3, row in ISSUERS.items():
        for name in (row["title"], *row["names"]):
            found.setdefault(fold(name), alpha3)
    found.update(ALPHA2)
    found.update({code: code for code in ISSUERS})
    found.update(_TABLE["code_aliases"])
    return found


_LOOK_UP = _names()
_AMBIGUOUS = {fold(name) for name in _TABLE["ambiguous_names"]}
_NO_ISSUER = {fold(name) for name in _TABLE["not_an_issuer"]}


def _look_up_once(text: str) -> str | None:
    folded = fold(text)
    if folded in _AMBIGUOUS:
        raise Refused("country_ambiguous")
    if folded in _LOOK_UP:
        return _LOOK_UP[folded]
    if folded in _NO_ISSUER:
        raise Refused("country_not_an_issuer")
    return None


def _look_up(text: str) -> str | None:
    """Step 4."""
    found = _look_up_once(text)
    if found is None and "," in text:
        before, after = text.split(",", 1)
        found = _look_up_once(f"{after} {before}")
    return found


def _parts(text: str) -> list[str]:
    """Step 5."""
    pieces = regex.split(r"[()\[\];/]", text.replace(". ", ";"))
    leading = regex.compile(rf"^\s*(?:{'|'.join(FORMER)})\b:?", regex.IGNORECASE)
    result = []
    for piece in pieces:
        while (shorter := leading.sub("", piece)) != piece:
            piece = shorter
        if piece.strip():
            result.append(piece.strip())
    return result


@cache
def resolve(country: str, for_plate: bool = False) -> str:
    """The code of a country argument that is not blank."""
    text = strip_space(country)
    if len(text.encode()) > MOST_BYTES:
        raise Refused("country_unknown")
    if for_plate and text.upper() in SIGNS:
        return SIGNS[text.upper()]
    found = _look_up(text)
    if found is None:
        several = {code for part in _parts(text) if (code := _look_up(part)) is not None}
        if len(several) > 1:
            raise Refused("country_ambiguous")
        found = next(iter(several), None)
    if found is None:
        raise Refused("country_unknown")
    return found


def is_blank(country: str | None) -> bool:
    return country is None or strip_space(country) == ""


def require(country: str | None, for_plate: bool = False) -> str:
    if is_blank(country):
        raise Refused("country_required")
    return resolve(country, for_plate)


def document_issuer(alpha3: str) -> str:
    return DOCUMENT_ISSUER.get(alpha3, alpha3)


def code_in_zone(code: str) -> str | None:
    """A code in a machine-readable zone."""
    if code in _TABLE["code_aliases"]:
        return _TABLE["code_aliases"][code]
    return code if code in ISSUERS else None


def names_without_dropping(alpha3: str) -> list[str]:
    """Title and names, folded without dropping words, of four or more characters."""
    row = ISSUERS[alpha3]
    folded = ("".join(_words(name)) for name in (row["title"], *row["names"]))
    return [name for name in folded if len(name) >= 4]

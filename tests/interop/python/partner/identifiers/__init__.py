"""Identifiers: text as people write it to the bytes that are compared. docs/identifiers.md."""

from __future__ import annotations

from dataclasses import dataclass

from .. import framing
from ..errors import Refused
from . import documents, numbers
from .country import ISSUERS
from .email import email
from .phone import phone

RULES_VERSION = 1
WITH_ISSUER = frozenset({"travel_document", "national_id", "plate"})
_WITH_COUNTRY = {
    "travel_document": documents.travel_document,
    "national_id": documents.national_id,
    "plate": numbers.plate,
    "phone": phone,
}
_WITHOUT = {
    "vin": numbers.vin,
    "imo": numbers.imo,
    "mmsi": numbers.mmsi,
    "aircraft": numbers.aircraft,
    "email": email,
    "iban": numbers.iban,
    "imei": numbers.imei,
    "container": numbers.container,
}


@dataclass(frozen=True)
class Identifier:
    """A value in its one right spelling."""

    identifier_type: str
    canonical: str
    display: str

    def oprf_input(self) -> bytes:
        return framing.oprf_input(self.identifier_type, RULES_VERSION, self.canonical.encode())


def parse(identifier_type: str, value: str, country: str | None = None) -> Identifier:
    """Reads a value, or raises `Refused` with the reason of section 4."""
    if identifier_type in _WITH_COUNTRY:
        canonical, display = _WITH_COUNTRY[identifier_type](value, country)
    else:
        canonical, display = _WITHOUT[identifier_type](value)
    return Identifier(identifier_type, canonical, display)


def from_canonical(identifier_type: str, stored: bytes) -> Identifier:
    """Stored bytes, if this version would produce them."""
    try:
        text = stored.decode()
        country = None
        if identifier_type in WITH_ISSUER:
            country, text = text[:3], text[3:]
            if country not in ISSUERS:
                raise Refused("not_canonical")
        identifier = parse(identifier_type, text, country)
    except (Refused, UnicodeDecodeError) as error:
        raise Refused("not_canonical") from error
    if identifier.canonical.encode() != stored:
        raise Refused("not_canonical")
    return identifier

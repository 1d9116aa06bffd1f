"""Agreements and cards: docs/protocol.md, section 6."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from . import framing, signing
from .errors import Refused, require

LABEL = "Symbolon-v1-Agreement"
FIELDS = {
    "format", "id", "title", "parties", "datasets", "purposes", "epoch_days", "standing_days",
    "conditions", "valid_from", "valid_until",
}  # fmt: skip
OPTIONAL = {"standing_days", "conditions"}
PARTY_FIELDS = {"code", "name", "endpoint", "spiffe_id", "tls_root", "keys", "desk"}
KEYS = ("header", "manifest", "log", "legal")
DAY = timedelta(days=1)


def canonical(value: Any) -> bytes:
    """RFC 8785, for what terms may hold: no fractions, whole numbers from 0 to 2^53, ASCII names."""
    _check(value)
    # With ASCII names, the order of UTF-16 code units is that of the characters.
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _check(value: Any) -> None:
    if isinstance(value, dict):
        require(all(name.isascii() for name in value), "no_canonical_form", "a name outside ASCII")
        for inner in value.values():
            _check(inner)
    elif isinstance(value, list):
        for inner in value:
            _check(inner)
    elif isinstance(value, int):
        # A boolean is an int to Python, and has a canonical form.
        require(0 <= value <= 2**53, "no_canonical_form", "a number that is too large or negative")
    else:
        require(isinstance(value, str), "no_canonical_form", f"{type(value).__name__} is not allowed")


def parse(text: str | bytes) -> Any:
    """JSON in which no object has a name twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        require(len({name for name, _ in pairs}) == len(pairs), "not_json", "a name stands twice")
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=once)
    except ValueError as error:
        raise Refused("not_json", str(error)) from error


def fingerprint(card: dict[str, Any]) -> bytes:
    """Of a card, section 6.1."""
    return sha256(b"Symbolon-v1-Card\0" + canonical(card)).digest()


@dataclass(frozen=True)
class Scope:
    """What belongs to one key and one list."""

    dataset: str
    identifier_type: str
    rules_version: int
    epoch: int
    scope_id: bytes


class Agreement:
    """Terms that all parties have signed."""

    def __init__(self, file: dict[str, Any]) -> None:
        require(set(file) == {"agreement", "signatures"}, "form", "unknown or missing fields")
        self.terms = file["agreement"]
        self.text = canonical(self.terms)
        self.hash = sha256(self.text).digest()
        names = set(self.terms)
        require(FIELDS - OPTIONAL <= names <= FIELDS, "form", "unknown or missing fields")
        require(self.terms["format"] == "symbolon-agreement-v1", "form", "unknown format")
        self.id: str = self.terms["id"]
        require(re.fullmatch("[a-z0-9-]{3,64}", self.id) is not None, "form", "id")
        self.parties: dict[str, Any] = {party["code"]: party for party in self.terms["parties"]}
        for party in self.terms["parties"]:
            require(set(party) == PARTY_FIELDS, "form", "fields of a party")
        signed = {}
        for signature in file["signatures"]:
            code = signature["party"]
            require(code in self.parties, "not_a_party", code)
            require(signature["key"] == self.parties[code]["keys"]["legal"], "key", code)
            message = signing.labelled(LABEL, self.text)
            signing.verify_raw(bytes.fromhex(signature["key"]), bytes.fromhex(signature["signature"]), message)
            signed[code] = signature
        require(set(signed) == set(self.parties), "unsigned", "a party has not signed")
        self.valid_from = _time(self.terms["valid_from"])
        self.valid_until = _time(self.terms["valid_until"])

    def key(self, party: str, kind: str) -> bytes:
        return bytes.fromhex(self.parties[party]["keys"][kind])

    def epoch(self, at: datetime) -> int:
        require(self.valid_from <= at < self.valid_until, "validity", "not in force")
        return (at - self.valid_from) // DAY // self.terms["epoch_days"]

    def offered_by(self, owner: str, at: datetime | None = None) -> list[Scope]:
        """The scopes that `owner` offers now."""
        epoch = self.epoch(at or datetime.now(UTC))
        return [
            Scope(
                dataset["id"],
                offered["identifier_type"],
                offered["rules_version"],
                epoch,
                framing.scope_id(
                    self.hash, self.id, dataset["id"], offered["identifier_type"], offered["rules_version"], epoch
                ),
            )
            for dataset in self.terms["datasets"]
            if dataset["owner"] == owner
            for offered in dataset["types"]
        ]


def _time(text: str) -> datetime:
    # Before Python 3.11 the letter is not understood.
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def sign(terms: dict[str, Any], party: str, key: Ed25519PrivateKey) -> dict[str, str]:
    """One party's signature, as the file holds it."""
    return {
        "party": party,
        "key": signing.public_bytes(key).hex(),
        "signature": key.sign(signing.labelled(LABEL, canonical(terms))).hex(),
    }

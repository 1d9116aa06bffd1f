"""What the live tests share: a party that has just founded itself, and its agreement with Borealia."""

from __future__ import annotations

import csv
import functools
import json
import tempfile
from pathlib import Path

import party
from partner import founding, identifiers
from partner.agreement import Agreement
from partner.face import List, Owner
from partner.grpc import Status

BATCH = Path(__file__).resolve().parents[4] / "crates" / "cli" / "demo" / "check-batch.csv"
PURPOSE = "border_check"
# Removed when the tests end.
FOLDER = tempfile.TemporaryDirectory()
TEXTS = {"officer": "officer-1", "case_reference": "2026/1", "justification": ""}


@functools.cache
def agreed() -> tuple[founding.Party, Agreement, dict]:
    folder = Path(FOLDER.name)
    member = founding.found(folder / "utopia", "UTO", "Utopia", "https://uto.example:7443")
    return member, party.agree(member), party.owner_card()


def owner() -> Owner:
    member, agreement, card = agreed()
    return Owner(member, agreement, party.OWNER, party.channel(member, card))


@functools.cache
def lists() -> list[List]:
    """Waits until the owner has published all of them."""

    def all_there() -> list[List] | None:
        asked = owner()
        with asked.channel:
            try:
                found = asked.manifests()
            except Status as status:
                # It has signed, and has not put it in force yet.
                if status.reason == "agreement_unknown":
                    return None
                raise
            return asked.lists() if len(found) == len(party.TYPES) else None

    return party.wait_for("Borealia's lists", all_there)


def rows(every: int) -> list[dict[str, str]]:
    """Rows of the demo's batch, spelled as people spell."""
    with BATCH.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))[::every]


def container() -> dict[str, list[bytes]]:
    """One that Borealia's list holds."""
    return {"container": [identifiers.parse("container", "DMOU 038046 0").oprf_input()]}


def symbolon_check(batch: list[dict[str, str]]) -> dict:
    """What Arcadia's officer gets from Borealia with the program itself."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["identifier_type", "value", "country"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(batch)
        file.flush()
        arguments = ("--json", "check", "--csv", file.name, "--bureau", party.OWNER, "--case", "interop")
        return json.loads(party.symbolon(*arguments, fails=True))

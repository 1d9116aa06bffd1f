"""Makes a party of this machine's own and comes to an agreement with Borealia of the demo:

    python party.py FOLDER CODE NAME

Expects the environment that `cargo xtask interop` gives. Of the program only Borealia's side is used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from partner import agreement, face, founding
from partner.agreement import Agreement
from partner.grpc import Channel

OWNER, DATASET = "BOR", "bor-watchlist"
TYPES = (
    "travel_document", "national_id", "vin", "plate", "imo", "mmsi", "aircraft", "phone", "email", "iban", "imei",
    "container",
)  # fmt: skip
PATIENCE = 120
T = TypeVar("T")


def symbolon(*arguments: str, fails: bool = False) -> str:
    """What the program prints."""
    done = subprocess.run([os.environ["SYMBOLON_PROGRAM"], *arguments], capture_output=True, text=True)
    if done.returncode and not fails:
        raise SystemExit(f"symbolon {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def borealia(*arguments: str, person: str | None = None) -> str:
    acting = ("--as", person) if person else ()
    return symbolon(*arguments, "--data", os.environ["BOR_DATA"], *acting)


def wait_for(what: str, look: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + PATIENCE
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise SystemExit(f"waited {PATIENCE} s for {what}")
        time.sleep(0.2)
    return found


def owner_card() -> dict[str, Any]:
    return json.loads(borealia("node", "card"))


def channel(party: founding.Party, card: dict[str, Any]) -> Channel:
    return Channel(card, party.certificate, party.key)


def agree(party: founding.Party) -> Agreement:
    """Borealia's people know the card, both sides sign, and Borealia's node says so."""
    card_file, owner_file = party.folder / "card.json", party.folder / "owner.json"
    borealia("contact", "add", str(card_file), "--fingerprint", party.fingerprint(), person="lawyer")
    owner = owner_card()
    owner_file.write_text(json.dumps(owner), encoding="utf-8")
    name = f"{party.code.lower()}-bor"
    draft = symbolon(
        "agreement", "draft", "--id", name, "--title", f"{party.card['name']} and Borealia",
        "--party", str(card_file), "--party", str(owner_file),
        "--offer", f"{OWNER}:{DATASET}:Borealian watchlist:{','.join(TYPES)}:100000",
        "--purpose", "border_check",
    )  # fmt: skip
    terms = agreement.parse(draft)["agreement"]
    ours = agreement.sign(terms, party.code, party.signing_key("legal"))
    text = agreement.canonical(terms)

    def shown() -> list[dict[str, str]] | None:
        # Until the node has seen the new contact, it breaks off the handshake.
        try:
            with channel(party, owner) as open_channel:
                return face.exchange_agreement(open_channel, text, [ours])
        except OSError:
            return None

    held = wait_for("Borealia's node to know the card", shown)
    if [signature["party"] for signature in held] != [party.code]:
        raise SystemExit(f"Borealia holds other signatures: {held}")
    borealia("agreement", "propose", name, person="lawyer")
    borealia("agreement", "approve", name, person="approver")

    def both() -> list[dict[str, str]] | None:
        held = shown()
        return held if held and len(held) == 2 else None

    signatures = wait_for("Borealia's signature", both)
    file = {"agreement": terms, "signatures": signatures}
    (party.folder / "agreement.json").write_text(json.dumps(file, indent=2, ensure_ascii=False), encoding="utf-8")
    return Agreement(file)


def main() -> None:
    folder, code, name = sys.argv[1:]
    # It offers nothing, so nobody needs to reach it.
    party = founding.found(Path(folder), code, name, f"https://{code.lower()}.example:7443")
    agreed = agree(party)
    print(f"{party.code} and {OWNER} agree on {agreed.id}, {agreed.hash.hex()}")


if __name__ == "__main__":
    main()

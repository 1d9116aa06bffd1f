"""The compiled core gives what every conforming implementation gives."""

import json
from pathlib import Path
from typing import Any

import pytest
from symbolon import Agreement, InvalidIdentifier, NotTrusted, _core, parse

REPOSITORY = Path(__file__).resolve().parents[3]
ROWS = json.loads((REPOSITORY / "crates/identifiers/vectors/identifiers-v1.json").read_text())


def _vectors() -> list[dict[str, Any]]:
    """Read every file: a list of vectors each, or an object with one vector of each kind."""
    found = []
    for path in sorted((REPOSITORY / "docs/vectors").glob("*.json")):
        vectors = json.loads(path.read_text()).get("vectors", [])
        if isinstance(vectors, dict):
            vectors = [{"kind": kind, "given": one} for kind, one in vectors.items()]
        found += [
            {"kind": one["kind"], "refused": "refused" in one}
            | one.get("given", {})
            | one.get("expect", {})
            for one in vectors
        ]
    return found


VECTORS = _vectors()


def of_kind(*kinds: str) -> list[dict[str, Any]]:
    found = [one for one in VECTORS if one["kind"] in kinds]
    assert found, f"there are no vectors of the kind {kinds}"
    return found


def field(vector: dict[str, Any], *names: str) -> Any:
    return next(vector[name] for name in names if name in vector)


def test_every_row_of_the_identifiers_comes_out_as_it_must() -> None:
    for row in ROWS:
        given = (row["type"], row["input"], row.get("country"))
        if "error" in row:
            with pytest.raises(InvalidIdentifier) as refused:
                parse(*given)
            assert refused.value.reason == row["error"], row
            continue
        read = parse(*given)
        assert read.canonical == row["canonical"].encode(), row
        assert read.display == row["display"], row
        assert read.oprf_input.hex() == row["oprf_input"], row


def test_canary_inputs() -> None:
    for one in of_kind("canary_input"):
        made = _core.canary_input(one["identifier_type"], one["index"])
        assert made.hex() == one["oprf_input"]


def test_scope_ids() -> None:
    for one in of_kind("scope", "scope_id"):
        made = _core.scope_id(
            bytes.fromhex(one["agreement_hash"]),
            field(one, "agreement_id", "agreement"),
            one["dataset"],
            one["identifier_type"],
            one["rules_version"],
            one["epoch"],
        )
        assert made.hex() == one["scope_id"]


def test_chunk_hashes_and_digests_and_commitments() -> None:
    for one in of_kind("chunk_hash"):
        if one["refused"]:
            continue
        check, elements = bytes.fromhex(one["check_id"]), bytes.fromhex(one["elements"])
        made = _core.chunk_hash(check, one["scope_index"], one["chunk_index"], elements)
        assert made.hex() == one["chunk_hash"]
    for one in of_kind("answer_digest"):
        chunks = [bytes.fromhex(chunk) for chunk in one["chunks"]]
        assert _core.answer_digest(chunks).hex() == one["digest"]
    for one in of_kind("commitment"):
        made = _core.commitment(one["field"], bytes.fromhex(one["salt"]), one["text"])
        assert made.hex() == one["commitment"]


def test_derived_blinds() -> None:
    for one in of_kind("blind"):
        blind, element = _core.derived_blind(
            bytes.fromhex(field(one, "check_secret", "secret")),
            bytes.fromhex(one["check_id"]),
            one["identifier_type"],
            one["position"],
            bytes.fromhex(one["oprf_input"]),
        )
        assert blind.hex() == one["blind"]
        assert element.hex() == field(one, "added", "blinded", "element", "blinded_element")


def test_outputs_from_end_to_end() -> None:
    for one in of_kind("oprf_output"):
        inputs = [bytes.fromhex(one["oprf_input"])]
        (made,) = _core.finalized(bytes.fromhex(one["secret_key"]), bytes(range(32)), inputs)
        assert made.hex() == one["output"]


def test_agreements_are_taken_or_refused() -> None:
    for one in of_kind("agreement"):
        text = json.dumps(one["file"]).encode()
        if one["refused"]:
            with pytest.raises(NotTrusted):
                Agreement.read(text)
        else:
            assert Agreement.read(text).hash.hex() == one["hash"]


def test_a_term_that_was_changed_after_signing_is_found() -> None:
    signed = next(one for one in of_kind("agreement") if not one["refused"])
    altered = json.dumps(signed["file"]).replace('"daily_quota": ', '"daily_quota": 9')
    with pytest.raises(NotTrusted) as refused:
        Agreement.read(altered.encode())
    assert refused.value.reason == "agreement_invalid"

"""The compiled core gives what every conforming implementation gives."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from symbolon import Agreement, InvalidIdentifier, NotTrusted, _core, parse

REPOSITORY = Path(__file__).resolve().parents[3]
ROWS = json.loads((REPOSITORY / "crates/identifiers/vectors/identifiers-v1.json").read_text())["vectors"]


def _vectors() -> list[dict[str, Any]]:
    """Read every file; what is given and expected of a vector stand side by side here."""
    found = []
    for path in sorted((REPOSITORY / "docs/vectors").glob("*-v1.json")):
        found += [
            {"kind": one["kind"], "refused": "refused" in one} | one["given"] | one.get("expect", {})
            for one in json.loads(path.read_text())["vectors"]
        ]
    return found


VECTORS = _vectors()


def of_kind(*kinds: str) -> list[dict[str, Any]]:
    found = [one for one in VECTORS if one["kind"] in kinds]
    assert found, f"there are no vectors of the kind {kinds}"
    return found


def test_every_row_of_the_identifiers_comes_out_as_it_must() -> None:
    for row in ROWS:
        given = row["given"]
        asked = (given["identifier_type"], given["text"], given.get("country"))
        if "refused" in row:
            with pytest.raises(InvalidIdentifier) as refused:
                parse(*asked)
            assert refused.value.reason == row["refused"]["reason"], row
            continue
        read, expect = parse(*asked), row["expect"]
        assert read.canonical == expect["canonical"].encode(), row
        assert read.display == expect["display"], row
        assert read.oprf_input.hex() == expect["oprf_input"], row


def test_canary_inputs() -> None:
    for one in of_kind("canary_input"):
        made = _core.canary_input(one["identifier_type"], one["index"])
        assert made.hex() == one["oprf_input"]


def test_scope_ids() -> None:
    for one in of_kind("scope_id"):
        made = _core.scope_id(
            bytes.fromhex(one["agreement_hash"]),
            one["agreement_id"],
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
            bytes.fromhex(one["secret"]),
            bytes.fromhex(one["check_id"]),
            one["identifier_type"],
            one["position"],
            bytes.fromhex(one["oprf_input"]),
        )
        assert blind.hex() == one["blind"]
        assert element.hex() == one["added"]


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


def signed(one: dict[str, Any]) -> tuple[bytes, bytes, bytes]:
    document, public_key, signature = (
        bytes.fromhex(one[part]) for part in ("document", "public_key", "signature")
    )
    return document, public_key, signature


def test_manifests_are_taken_or_refused() -> None:
    for one in of_kind("manifest"):
        asked = (*signed(one["signed"]), bytes.fromhex(one["manifest_key"]))
        if one["refused"]:
            with pytest.raises(NotTrusted):
                _core.manifest_facts(*asked)
            continue
        scope, version, key, length, canaries = _core.manifest_facts(*asked)
        assert scope.hex() == one["scope_id"]
        assert key.hex() == one["oprf_public_key"]
        assert (version, length) == (one["version"], one["file_len"])
        assert [canary.hex() for canary in canaries] == one["canary_membership_hashes"]


def test_receipts_are_taken_or_refused() -> None:
    for one in of_kind("receipt"):
        try:
            facts = _core.receipt_facts(
                *signed(one["signed"]), one["owner"], bytes.fromhex(one["log_key"])
            )
        except NotTrusted:
            assert one["refused"], one
            continue
        chunks = [bytes.fromhex(chunk) for chunk in one["evaluated_chunks"]]
        asked = (
            bytes.fromhex(one["check_id"]),
            hashlib.sha256(bytes.fromhex(one["header"]["document"])).digest(),
            [bytes.fromhex(digest) for digest in one["manifest_hashes"]],
            _core.answer_digest(chunks),
            sum(len(chunk) for chunk in chunks) // 32,
        )
        assert (facts[:5] == asked) != one["refused"], one
        if not one["refused"]:
            assert facts[4:6] == (one["answered"], one["entry_index"])
            assert facts[6].hex() == one["leaf_hash"]


def test_proofs_of_a_log_are_taken_or_refused() -> None:
    for one in of_kind("log_inclusion", "log_consistency"):
        proof = bytes.fromhex(one["proof"])
        try:
            if one["kind"] == "log_inclusion":
                leaf, root = bytes.fromhex(one["leaf_hash"]), bytes.fromhex(one["root"])
                _core.verify_inclusion(leaf, one["entry_index"], one["tree_size"], root, proof)
            else:
                first, second = (bytes.fromhex(one[name]) for name in ("first_root", "second_root"))
                sizes = one["first_size"], one["second_size"]
                _core.verify_consistency(sizes[0], first, sizes[1], second, proof)
        except NotTrusted:
            assert one["refused"], one
        else:
            assert not one["refused"], one

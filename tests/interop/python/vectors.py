"""Runs every vector of the project: `python vectors.py` names those that do not hold."""

from __future__ import annotations

import functools
import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema

from partner import (
    agreement,
    checkpoint,
    contract,
    documents,
    framing,
    identifiers,
    labels,
    merkle,
    ristretto,
    signing,
    tagset,
    voprf,
)
from partner.errors import Refused, require

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = ROOT / "docs" / "vectors" / "schema.json"
FILES = sorted(
    [
        *(path for path in (ROOT / "docs" / "vectors").glob("*.json") if path != SCHEMA),
        *(ROOT / "crates" / "identifiers" / "vectors").glob("*.json"),
    ]
)

Given = dict[str, Any]
unhex = bytes.fromhex


def identifier(given: Given) -> Given:
    kind, country = given["identifier_type"], given.get("country")
    found = identifiers.parse(kind, given["text"], country)
    require(identifiers.from_canonical(kind, found.canonical.encode()) == found, "stored")
    shown_country = found.canonical[:3] if kind in identifiers.WITH_ISSUER else None
    require(identifiers.parse(kind, found.display, shown_country) == found, "display")
    return {
        "canonical": found.canonical,
        "display": found.display,
        "oprf_input": found.oprf_input().hex(),
    }


def oprf_input(given: Given) -> Given:
    canonical = unhex(given["canonical"])
    framed = framing.oprf_input(given["identifier_type"], given["rules_version"], canonical)
    return {"oprf_input": framed.hex()}


def canary_input(given: Given) -> Given:
    framed = framing.canary_input(given["identifier_type"], given["rules_version"], given["index"])
    return {"oprf_input": framed.hex()}


def oprf_output(given: Given) -> Given:
    key = ristretto.scalar(unhex(given["secret_key"]))
    output = voprf.evaluate(key, unhex(given["oprf_input"]))
    return {
        "public_key": (ristretto.GENERATOR * key).encode().hex(),
        "output": output.hex(),
        "membership_hash": output[:16].hex(),
        "claim": output[16:32].hex(),
        "label_secret": output[32:].hex(),
    }


def scope_id(given: Given) -> Given:
    made = framing.scope_id(
        unhex(given["agreement_hash"]),
        given["agreement_id"],
        given["dataset"],
        given["identifier_type"],
        given["rules_version"],
        given["epoch"],
    )
    return {"scope_id": made.hex()}


def blind(given: Given) -> Given:
    data = unhex(given["oprf_input"])
    scalar = framing.derive_blind(
        unhex(given["secret"]), unhex(given["check_id"]), given["identifier_type"], given["position"], data
    )
    return {
        "blind": scalar.to_bytes(32, "little").hex(),
        "added": voprf.blind_by_addition(data, scalar).encode().hex(),
    }


def chunk_hash(given: Given) -> Given:
    made = framing.chunk_hash(
        unhex(given["check_id"]), given["scope_index"], given["chunk_index"], unhex(given["elements"])
    )
    return {"chunk_hash": made.hex()}


def commitment(given: Given) -> Given:
    return {"commitment": framing.commitment(given["field"], unhex(given["salt"]), given["text"]).hex()}


def answer_digest(given: Given) -> Given:
    return {"digest": framing.answer_digest([unhex(chunk) for chunk in given["chunks"]]).hex()}


def signed_agreement(given: Given) -> Given:
    # Through text, since a file is what is read.
    read = agreement.Agreement(agreement.parse(json.dumps(given["file"])))
    return {"canonical": read.text.decode(), "hash": read.hash.hex()}


def check_header(given: Given) -> Given:
    signed = documents.signed_document(given["signed"])
    document = signing.verify(given["label"], unhex(given["key"]), signed)
    header = contract.decode(contract.document("CheckHeader"), document)
    return {
        "document_hash": signing.document_hash(document).hex(),
        "fields": {
            "check_id": header.check_id.hex(),
            "agreement_id": header.agreement_id,
            "agreement_hash": header.agreement_hash.hex(),
            "requester": header.requester,
            "owner": header.owner,
            "scopes": [
                {
                    "scope_id": scope.scope_id.hex(),
                    "element_count": scope.element_count,
                    "chunk_hashes": scope.chunk_hashes.hex(),
                }
                for scope in header.scopes
            ],
            "purpose": header.context.purpose,
            "offence_class": header.context.offence_class,
            "urgency": {1: "routine", 2: "urgent", 3: "emergency"}.get(header.context.urgency, "routine"),
            "commitments": {
                field: getattr(header.commitments, field).hex()
                for field in ("officer", "case_reference", "justification")
            },
            "issued_at": header.issued_at.seconds,
        },
    }


def card_fingerprint(given: Given) -> Given:
    return {"fingerprint": agreement.fingerprint(given["card"]).hex()}


def document(name: str) -> Callable[[Given], Given]:
    """Verifies a document of that message, and gives each of its fields."""

    def read(given: Given) -> Given:
        signed = documents.signed_document(given["signed"])
        verified = signing.verify(given["label"], unhex(given["key"]), signed)
        message = contract.decode(contract.document(name), verified)
        return {"document_hash": signing.document_hash(verified).hex(), "fields": contract.fields(message)}

    return read


def disclosure_request(given: Given) -> Given:
    found = document("DisclosureRequest")(given)
    element = found["fields"]["element"]
    data = framing.oprf_input(element["identifier_type"], 1, unhex(element["canonical"]))
    opened = voprf.blind_by_addition(data, ristretto.scalar(unhex(element["blind"]))).encode()
    place = element["index"] % 16 * 32
    require(unhex(element["block"])[place : place + 32] == opened, "element", "blind and identifier give another")
    return found


def disclosure_events(given: Given) -> Given:
    leaves = [log_leaf(event)["leaf_hash"] for event in given["events"]]
    return {"leaves": leaves, **log_root({"leaves": leaves})}


def evaluation(given: Given) -> Given:
    inputs = [unhex(data) for data in given["oprf_inputs"]]
    blinds = [ristretto.scalar(unhex(scalar)) for scalar in given["blinds"]]
    public_key = ristretto.decode(unhex(given["public_key"]))
    added = given["blinding"] == "addition"
    apply = voprf.blind_by_addition if added else voprf.blind
    blinded = [apply(data, scalar) for data, scalar in zip(inputs, blinds, strict=True)]
    require(b"".join(e.encode() for e in blinded).hex() == given["blinded"], "blinded")
    evaluated = voprf.unpack(unhex(given["evaluated"]))
    voprf.verify(public_key, blinded, evaluated, unhex(given["proof"]))
    outputs = []
    for data, scalar, element in zip(inputs, blinds, evaluated, strict=True):
        unblinded = (
            voprf.unblind_by_addition(element, scalar, public_key) if added else voprf.unblind(element, scalar)
        )
        outputs.append(voprf.finalize(data, unblinded).hex())
    return {"outputs": outputs}


def manifest(given: Given) -> Given:
    require(given["label"] == documents.MANIFEST, "label")
    read = documents.read_manifest(documents.signed_document(given["signed"]), unhex(given["manifest_key"]))
    return {
        "document_hash": read.hash.hex(),
        "scope_id": read.message.scope_id.hex(),
        "version": read.message.version,
        "oprf_public_key": read.public_key.encode().hex(),
        "padded_len": read.message.padded_len,
        "lambda": getattr(read.message, "lambda"),
        "file_len": read.message.file_len,
        "label_len": read.message.label_len,
        "expires_at": read.message.expires_at.seconds,
        "canary_membership_hashes": [tag.hex() for tag in read.canary_hashes],
    }


def receipt(given: Given) -> Given:
    require(given["label"] == documents.RECEIPT, "label")
    asked = documents.Asked(
        given["owner"],
        unhex(given["log_key"]),
        unhex(given["check_id"]),
        unhex(given["header"]["document"]),
        [unhex(digest) for digest in given["manifest_hashes"]],
        [unhex(chunk) for chunk in given["evaluated_chunks"]],
    )
    read = documents.read_receipt(documents.signed_document(given["signed"]), asked)
    return {
        "document_hash": read.hash.hex(),
        "answered": read.message.answered,
        "entry_index": read.message.entry_index,
        "leaf_hash": read.message.leaf_hash.hex(),
        "tree_size": read.checkpoint.size,
        "issued_at": read.message.issued_at.seconds,
    }


def log_leaf(given: Given) -> Given:
    label = b"Symbolon-v1-LogEntry\0"
    committed = framing.sha256(label + unhex(given["salt"]) + given["record"].encode()).digest()
    return {"commitment": committed.hex(), "leaf_hash": merkle.leaf_hash(committed).hex()}


def log_root(given: Given) -> Given:
    return {"root": merkle.root([unhex(leaf) for leaf in given["leaves"]]).hex()}


def log_inclusion(given: Given) -> Given:
    merkle.verify_inclusion(
        unhex(given["leaf_hash"]),
        given["entry_index"],
        given["tree_size"],
        unhex(given["root"]),
        unhex(given["proof"]),
    )
    return {}


def log_consistency(given: Given) -> Given:
    merkle.verify_consistency(
        given["first_size"],
        unhex(given["first_root"]),
        given["second_size"],
        unhex(given["second_root"]),
        unhex(given["proof"]),
    )
    return {}


def log_checkpoint(given: Given) -> Given:
    read = checkpoint.read(given["note"].encode(), given["bureau"], unhex(given["log_key"]))
    return {"size": read.size, "root": read.root.hex()}


def cosignature(given: Given) -> Given:
    key = unhex(given["cosigner_log_key"])
    return {"cosigned_at": checkpoint.read_cosignature(given["note"].encode(), given["cosigner"], key)}


def element_proof(given: Given) -> Given:
    element = documents.verify_element(unhex(given["check_id"]), unhex(given["chunk_hash"]), given["proof"])
    return {"element": element.hex()}


def element_evidence(given: Given) -> Given:
    read = documents.verify_evidence(given["evidence"], agreement.Agreement(given["agreement"]))
    require(read is not None, "no receipt")
    return {"entry_index": read.message.entry_index, "tree_size": read.checkpoint.size}


def tag_position(given: Given) -> Given:
    bucket, low = tagset.position(unhex(given["membership_hash"]), given["padded_len"], given["lambda"])
    return {"bucket": bucket, "low": low.to_bytes(8, "big").hex()}


def padded_len(given: Given) -> Given:
    return {"padded_len": tagset.padded_len(given["records"])}


def tag_set(given: Given) -> Callable[[Given], Given]:
    read = tagset.TagSet(unhex(given["file"]))

    def answers(expect: Given) -> Given:
        asked = [*expect["hits"], *expect["misses"]]
        return {
            "lambda": read.lam,
            "padded_len": read.entries,
            "version": read.version,
            "scope_id": read.scope_id.hex(),
            "sha256": read.sha256.hex(),
            "hits": [tag for tag in asked if read.contains(unhex(tag))],
            "misses": [tag for tag in asked if not read.contains(unhex(tag))],
        }

    return answers


def label_file(given: Given) -> Callable[[Given], Given]:
    read = labels.Labels(unhex(given["file"]))

    def opened(expect: Given) -> Given:
        asked = [*expect["opens"], *expect["stays_sealed"]]
        texts = [
            (one["entry"], one["label_secret"], read.open(one["entry"], unhex(one["label_secret"]))) for one in asked
        ]
        return {
            "label_len": read.label_len,
            "padded_len": read.entries,
            "version": read.version,
            "scope_id": read.scope_id.hex(),
            "sha256": read.sha256.hex(),
            "opens": [
                {"entry": entry, "label_secret": secret, "text": text}
                for entry, secret, text in texts
                if text is not None
            ],
            "stays_sealed": [
                {"entry": entry, "label_secret": secret} for entry, secret, text in texts if text is None
            ],
        }

    return opened


KINDS: dict[str, Callable[[Given], Any]] = {
    "identifier": identifier,
    "oprf_input": oprf_input,
    "canary_input": canary_input,
    "oprf_output": oprf_output,
    "scope_id": scope_id,
    "blind": blind,
    "chunk_hash": chunk_hash,
    "commitment": commitment,
    "answer_digest": answer_digest,
    "agreement": signed_agreement,
    "check_header": check_header,
    "card_fingerprint": card_fingerprint,
    "agreement_notice": document("AgreementNotice"),
    "disclosure_request": disclosure_request,
    "disclosure_withdrawal": document("DisclosureWithdrawal"),
    "disclosure_decision": document("DisclosureDecision"),
    "disclosure_events": disclosure_events,
    "evaluation": evaluation,
    "manifest": manifest,
    "receipt": receipt,
    "log_leaf": log_leaf,
    "log_root": log_root,
    "log_inclusion": log_inclusion,
    "log_consistency": log_consistency,
    "checkpoint": log_checkpoint,
    "cosignature": cosignature,
    "element_proof": element_proof,
    "element_evidence": element_evidence,
    "tag_position": tag_position,
    "padded_len": padded_len,
    "tag_set": tag_set,
    "label_file": label_file,
}


def fault(vector: dict[str, Any]) -> str | None:
    """Why a vector does not hold."""
    run = KINDS.get(vector["kind"])
    if run is None:
        return "a kind that this program does not know"
    refused = vector.get("refused")
    try:
        found = run(vector["given"])
        if refused:
            return f"taken, and should be refused: {refused['reason']}"
        if callable(found):
            found = found(vector["expect"])
    except Refused as error:
        if not refused:
            return f"refused: {error}"
        # The reason is part of the contract for identifiers only.
        if vector["kind"] == "identifier":
            if error.reason != refused["reason"]:
                return f"refused as {error.reason}, not {refused['reason']}"
            if refused.get("position", error.position) != error.position:
                return f"position {error.position}, not {refused['position']}"
        return None
    return None if found == vector["expect"] else f"gives {found}"


@functools.cache
def schema() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


@functools.cache
def load(path: Path) -> dict[str, Any]:
    """A file, held against the schema."""
    file = json.loads(path.read_text(encoding="utf-8"))
    schema().validate(file)
    return file


def main() -> int:
    faults, counts = [], Counter()
    for path in FILES:
        for number, vector in enumerate(load(path)["vectors"]):
            counts[vector["kind"]] += 1
            why = fault(vector)
            if why:
                faults.append(f"{path.name}, {number}, {vector['kind']} {vector.get('name', '')!r}: {why}")
    missing = set(KINDS) - set(counts)
    if missing:
        faults.append(f"no vectors of kind {', '.join(sorted(missing))}")
    print(f"{counts.total()} vectors of {len(counts)} kinds in {len(FILES)} files, {len(faults)} do not hold")
    for line in faults:
        print(line, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

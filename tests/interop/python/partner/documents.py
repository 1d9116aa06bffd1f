"""What a requester signs, and what it makes of manifests and receipts: sections 8, 9 and 15."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import Message

from . import agreement as agreements
from . import checkpoint, contract, framing, merkle, signing, voprf
from .errors import Refused, require
from .ristretto import Element, decode, scalar

HEADER, MANIFEST, RECEIPT = "Symbolon-v1-CheckHeader", "Symbolon-v1-Manifest", "Symbolon-v1-Receipt"


def signed_document(fields: dict[str, str]) -> Message:
    """A SignedDocument of hexadecimal fields."""
    return contract.document("SignedDocument")(**{name: bytes.fromhex(value) for name, value in fields.items()})


@dataclass(frozen=True)
class Manifest:
    """A manifest whose signature, scope id and canaries hold."""

    message: Message
    hash: bytes
    public_key: Element
    canary_hashes: list[bytes]


def read_manifest(signed: Message, manifest_key: bytes) -> Manifest:
    document = signing.verify(MANIFEST, manifest_key, signed)
    manifest = contract.decode(contract.document("Manifest"), document)
    scope = manifest.scope
    computed = framing.scope_id(
        scope.agreement_hash,
        scope.agreement_id,
        scope.dataset,
        scope.identifier_type,
        scope.rules_version,
        scope.epoch,
    )
    require(manifest.scope_id == computed, "scope", "the scope id is another")
    require(manifest.version >= 1, "version", "from 1")
    public_key = decode(manifest.oprf_public_key)
    hashes = _canaries(manifest, public_key)
    return Manifest(manifest, signing.document_hash(document), public_key, hashes)


def _canaries(manifest: Message, public_key: Element) -> list[bytes]:
    count = manifest.canaries.count
    require(1 <= count <= 16, "canaries", "1 to 16")
    scope = manifest.scope
    inputs = [framing.canary_input(scope.identifier_type, scope.rules_version, i) for i in range(count)]
    evaluated = voprf.unpack(manifest.canaries.evaluated)
    require(len(evaluated) == count, "canaries", "another number of elements")
    hashed = [voprf.hash_to_group(data) for data in inputs]
    try:
        voprf.verify(public_key, hashed, evaluated, manifest.canaries.proof)
    except Refused as error:
        raise Refused("canaries", str(error)) from error
    return [voprf.finalize(data, e)[:16] for data, e in zip(inputs, evaluated, strict=True)]


@dataclass(frozen=True)
class Asked:
    """What a receipt must be for."""

    owner: str
    log_key: bytes
    check_id: bytes
    header: bytes
    manifest_hashes: list[bytes]
    evaluated: list[bytes]


@dataclass(frozen=True)
class Receipt:
    """A receipt that is for what was asked, and whose log entry is proven."""

    message: Message
    hash: bytes
    checkpoint: checkpoint.Checkpoint


def read_receipt(signed: Message, asked: Asked) -> Receipt:
    document = signing.verify(RECEIPT, asked.log_key, signed)
    receipt = contract.decode(contract.document("Receipt"), document)
    require(receipt.check_id == asked.check_id, "check", "for another check")
    require(receipt.header_hash == signing.document_hash(asked.header), "header", "for another header")
    require(receipt.manifest_hashes == b"".join(asked.manifest_hashes), "manifests", "of other sets")
    digest = framing.answer_digest(asked.evaluated)
    require(receipt.evaluated_digest == digest, "evaluated", "for other elements")
    count = sum(len(chunk) // 32 for chunk in asked.evaluated)
    require(receipt.answered == count, "answered", "another number of elements")
    seen = checkpoint.read(receipt.checkpoint, asked.owner, asked.log_key)
    try:
        merkle.verify_inclusion(
            receipt.leaf_hash, receipt.entry_index, seen.size, seen.root, receipt.inclusion_proof
        )
    except Refused as error:
        raise Refused("inclusion", str(error)) from error
    return Receipt(receipt, signing.document_hash(document), seen)


def verify_element(check_id: bytes, expected: bytes, place: dict[str, Any]) -> bytes:
    """The element at that place of the chunk with this hash: section 15.5."""
    block, path = bytes.fromhex(place["block"]), bytes.fromhex(place["path"])
    count, index = place["elements"], place["index"]
    require(0 <= index < count <= framing.CHUNK_ELEMENTS, "proof", "no such element")
    at, last = index // 16, (count - 1) // 16
    length = 16 if at < last else count - 16 * last
    require(len(block) == 32 * length, "proof", "the block has another length")
    root = merkle.root_from_inclusion(merkle.leaf_hash(block), at, last + 1, merkle.hashes(path, 10))
    named = framing.named_chunk(check_id, place["scope"], place["chunk"], count, root)
    require(named == expected, "proof", "the header names another chunk")
    return block[index % 16 * 32 :][:32]


def verify_evidence(evidence: dict[str, Any], agreement: agreements.Agreement) -> Receipt | None:
    """The file that shows one element of a check: section 15.5."""
    require(evidence["format"] == "symbolon-element-evidence-v1", "evidence", "unknown format")
    signed = signed_document(evidence["header"])
    claimed = contract.decode(contract.document("CheckHeader"), signed.document)
    header_bytes = signing.verify(HEADER, agreement.key(claimed.requester, "header"), signed)
    require(claimed.agreement_hash == agreement.hash, "evidence", "under another agreement")
    place = evidence["element"]
    query = claimed.scopes[place["scope"]]
    chunk = query.chunk_hashes[32 * place["chunk"] :][:32]
    element = verify_element(claimed.check_id, chunk, place)
    rules = next(
        scope.rules_version
        for scope in agreement.offered_by(claimed.owner, claimed.issued_at.ToDatetime(UTC))
        if scope.identifier_type == evidence["identifier_type"]
    )
    data = framing.oprf_input(evidence["identifier_type"], rules, bytes.fromhex(evidence["canonical"]))
    blind = scalar(bytes.fromhex(evidence["blind"]))
    either = (voprf.blind_by_addition(data, blind).encode(), voprf.blind(data, blind).encode())
    require(element in either, "evidence", "identifier and blind give another element")
    for field in ("officer", "case_reference", "justification"):
        salt = bytes.fromhex(evidence["facts"][f"{field}_salt"])
        shown = framing.commitment(field, salt, evidence["facts"][field])
        require(getattr(claimed.commitments, field) == shown, "evidence", f"another {field}")
    if "receipt" not in evidence:
        return None
    receipt = signed_document(evidence["receipt"])
    log_key = agreement.key(claimed.owner, "log")
    message = contract.decode(contract.document("Receipt"), signing.verify(RECEIPT, log_key, receipt))
    require(message.header_hash == signing.document_hash(header_bytes), "evidence", "for another header")
    seen = checkpoint.read(message.checkpoint, claimed.owner, log_key)
    merkle.verify_inclusion(message.leaf_hash, message.entry_index, seen.size, seen.root, message.inclusion_proof)
    return Receipt(message, signing.document_hash(receipt.document), seen)


def now() -> datetime:
    return datetime.now(UTC)

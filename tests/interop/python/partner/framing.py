"""What is hashed and framed: docs/protocol.md, sections 3, 4, 9, 10 and 11."""

from __future__ import annotations

import hmac
from hashlib import sha256, sha512

from . import merkle
from .ristretto import ORDER

CHUNK_ELEMENTS = 16_384
BLOCK_LEN = 16 * 32


def be16(number: int) -> bytes:
    return number.to_bytes(2, "big")


def be32(number: int) -> bytes:
    return number.to_bytes(4, "big")


def text(value: str) -> bytes:
    encoded = value.encode()
    return be16(len(encoded)) + encoded


def oprf_input(identifier_type: str, rules_version: int, canonical: bytes) -> bytes:
    name = identifier_type.encode()
    return (
        b"Symbolon-v1-Input" + bytes([len(name)]) + name + be16(rules_version) + be16(len(canonical)) + canonical
    )


def canary_input(identifier_type: str, rules_version: int, index: int) -> bytes:
    return oprf_input(identifier_type, rules_version, b"\0canary:" + be32(index))


def scope_id(
    agreement_hash: bytes, agreement_id: str, dataset: str, identifier_type: str, rules_version: int, epoch: int
) -> bytes:
    return sha256(
        b"Symbolon-v1-Scope\0"
        + agreement_hash
        + text(agreement_id)
        + text(dataset)
        + text(identifier_type)
        + be16(rules_version)
        + be32(epoch)
    ).digest()


def blocks(elements: bytes) -> list[bytes]:
    return [elements[i : i + BLOCK_LEN] for i in range(0, len(elements), BLOCK_LEN)]


def chunk_hash(check_id: bytes, scope: int, chunk: int, elements: bytes) -> bytes:
    root = merkle.root([merkle.leaf_hash(block) for block in blocks(elements)])
    return named_chunk(check_id, scope, chunk, len(elements) // 32, root)


def named_chunk(check_id: bytes, scope: int, chunk: int, count: int, root: bytes) -> bytes:
    label = b"Symbolon-v1-Chunk\0"
    return sha256(label + check_id + be32(scope) + be32(chunk) + be32(count) + root).digest()


def commitment(field: str, salt: bytes, value: str) -> bytes:
    return sha256(b"Symbolon-v1-Commitment\0" + field.encode() + b"\0" + salt + value.encode()).digest()


def answer_digest(chunks: list[bytes]) -> bytes:
    return sha256(b"".join(sha256(chunk).digest() for chunk in chunks)).digest()


def derive_blind(secret: bytes, check_id: bytes, identifier_type: str, position: int, data: bytes) -> int:
    message = b"Symbolon-v1-Blind\0" + check_id + identifier_type.encode() + b"\0" + be32(position) + data
    return int.from_bytes(hmac.digest(secret, message, sha512), "little") % ORDER

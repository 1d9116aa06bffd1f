"""Signatures and signed documents: docs/protocol.md, section 5."""

from __future__ import annotations

from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from google.protobuf.message import Message

from . import contract
from .errors import Refused, require

MOST_BYTES = 1 << 20


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def verify_raw(key: bytes, signature: bytes, message: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise Refused("signature", "it does not hold") from error


def labelled(label: str, document: bytes) -> bytes:
    return label.encode() + b"\0" + document


def sign(label: str, key: Ed25519PrivateKey, document: bytes) -> Message:
    """A SignedDocument."""
    return contract.document("SignedDocument")(
        document=document, public_key=public_bytes(key), signature=key.sign(labelled(label, document))
    )


def verify(label: str, key: bytes, signed: Message) -> bytes:
    """The document, if `key`, which the agreement names, signed it."""
    require(len(signed.document) <= MOST_BYTES, "too_long", "a document is at most 1 MiB")
    require(signed.public_key == key, "key", "another key than the agreement names")
    verify_raw(key, signed.signature, labelled(label, signed.document))
    return signed.document


def document_hash(document: bytes) -> bytes:
    return sha256(document).digest()

"""RFC 9497, suite ristretto255-SHA512, mode VOPRF."""

from __future__ import annotations

import secrets
from hashlib import sha512

from . import ristretto
from .errors import Refused, require
from .ristretto import GENERATOR, IDENTITY, ORDER, Element

CONTEXT = b"OPRFV1-\x01-ristretto255-SHA512"
ELEMENT_LEN, PROOF_LEN = 32, 64


def _framed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def _expand(message: bytes, dst: bytes, length: int = 64) -> bytes:
    """expand_message_xmd with SHA-512, RFC 9380 section 5.3.1; 64 bytes are one block."""
    dst_prime = dst + bytes([len(dst)])
    b0 = sha512(bytes(128) + message + length.to_bytes(2, "big") + b"\0" + dst_prime).digest()
    return sha512(b0 + b"\1" + dst_prime).digest()


def hash_to_group(message: bytes) -> Element:
    return ristretto.from_uniform(_expand(message, b"HashToGroup-" + CONTEXT))


def hash_to_scalar(message: bytes) -> int:
    return int.from_bytes(_expand(message, b"HashToScalar-" + CONTEXT), "little") % ORDER


def random_scalar() -> int:
    return 1 + secrets.randbelow(ORDER - 1)


def unpack(elements: bytes) -> list[Element]:
    """Packed elements; the identity and what is not canonical are refused."""
    require(len(elements) % ELEMENT_LEN == 0, "element", "not whole elements")
    return [ristretto.decode(elements[i : i + 32]) for i in range(0, len(elements), 32)]


def blind(data: bytes, scalar: int) -> Element:
    """Blind by multiplication, as the RFC has it."""
    return hash_to_group(data) * scalar


def blind_by_addition(data: bytes, scalar: int) -> Element:
    """docs/protocol.md, section 10."""
    return hash_to_group(data) + GENERATOR * scalar


def verify(public_key: Element, blinded: list[Element], evaluated: list[Element], proof: bytes) -> None:
    """VerifyProof, section 2.2.2: the elements were evaluated with the key behind `public_key`."""
    require(len(blinded) == len(evaluated) > 0, "proof", "not as many elements as were asked")
    require(len(proof) == PROOF_LEN, "proof", "not 64 bytes")
    c, s = ristretto.scalar(proof[:32]), ristretto.scalar(proof[32:])
    key = public_key.encode()
    seed = sha512(_framed(key, b"Seed-" + CONTEXT)).digest()
    m, z = IDENTITY, IDENTITY
    for i, (ci, di) in enumerate(zip(blinded, evaluated, strict=True)):
        transcript = _framed(seed) + i.to_bytes(2, "big") + _framed(ci.encode(), di.encode())
        weight = hash_to_scalar(transcript + b"Composite")
        m, z = m + ci * weight, z + di * weight
    t2, t3 = GENERATOR * s + public_key * c, m * s + z * c
    parts = _framed(key, m.encode(), z.encode(), t2.encode(), t3.encode())
    if hash_to_scalar(parts + b"Challenge") != c:
        raise Refused("proof", "the proof does not hold for this public key")


def finalize(data: bytes, unblinded: Element) -> bytes:
    """The last step of Finalize and of Evaluate: 64 bytes."""
    return sha512(_framed(data, unblinded.encode()) + b"Finalize").digest()


def evaluate(key: int, data: bytes) -> bytes:
    """What the owner of the key gets for an input of its own."""
    return finalize(data, hash_to_group(data) * key)


def unblind(evaluated: Element, scalar: int) -> Element:
    return evaluated * pow(scalar, -1, ORDER)


def unblind_by_addition(evaluated: Element, scalar: int, public_key: Element) -> Element:
    """Only after the proof was verified: docs/protocol.md, section 10, says why."""
    return evaluated - public_key * scalar

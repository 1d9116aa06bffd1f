"""Checkpoints of logs: C2SP signed notes, docs/protocol.md, section 15.2."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from hashlib import sha256

from . import signing
from .errors import Refused, require

MOST_BYTES, MOST_SIGNATURES = 16_384, 100
ED25519, COSIGNATURE = b"\x01", b"\x04"


def origin(bureau: str) -> str:
    return f"symbolon-v1/{bureau}"


def _key_id(name: str, kind: bytes, key: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + kind + key).digest()[:4]


@dataclass(frozen=True)
class Checkpoint:
    """One that its bureau signed."""

    size: int
    root: bytes


@dataclass(frozen=True)
class _Note:
    text: str
    origin: str
    checkpoint: Checkpoint
    signatures: list[tuple[str, bytes]]

    def signature(self, name: str, kind: bytes, key: bytes) -> bytes:
        wanted = _key_id(name, kind, key)
        for signer, signature in self.signatures:
            if signer == name and signature[:4] == wanted:
                return signature[4:]
        raise Refused("checkpoint", f"not signed by {name}")


def _parse(note: bytes) -> _Note:
    require(len(note) <= MOST_BYTES, "checkpoint", "too long")
    try:
        whole = note.decode()
        text, _, rest = whole.rpartition("\n\n")
        text += "\n"
        name, size, root = text[:-1].split("\n")
        signatures = []
        lines = rest.split("\n")
        require(lines.pop() == "" and 0 < len(lines) <= MOST_SIGNATURES, "checkpoint", "signatures")
        for line in lines:
            dash, signer, encoded = line.split(" ")
            require(dash == "—" and bool(signer), "checkpoint", "signature line")
            signatures.append((signer, base64.b64decode(encoded, validate=True)))
        require(size.isdecimal() and str(int(size)) == size, "checkpoint", "size")
        hashed = base64.b64decode(root, validate=True)
        require(len(hashed) == 32, "checkpoint", "root")
    except (ValueError, binascii.Error) as error:
        raise Refused("checkpoint", "not a note") from error
    return _Note(text, name, Checkpoint(int(size), hashed), signatures)


def read(note: bytes, bureau: str, log_key: bytes) -> Checkpoint:
    """The checkpoint of the bureau's log, if its key signed it."""
    parsed = _parse(note)
    require(parsed.origin == origin(bureau), "checkpoint", "of another log")
    signature = parsed.signature(origin(bureau), ED25519, log_key)
    try:
        signing.verify_raw(log_key, signature, parsed.text.encode())
    except Refused as refused:
        raise Refused("checkpoint", "the signature does not hold") from refused
    return parsed.checkpoint


def read_cosignature(note: bytes, cosigner: str, log_key: bytes) -> int:
    """When `cosigner` cosigned, in seconds since 1970: C2SP tlog-cosignature."""
    parsed = _parse(note)
    timed = parsed.signature(origin(cosigner), COSIGNATURE, log_key)
    require(len(timed) == 72, "checkpoint", "cosignature")
    at = int.from_bytes(timed[:8], "big")
    message = f"cosignature/v1\ntime {at}\n{parsed.text}"
    try:
        signing.verify_raw(log_key, timed[8:], message.encode())
    except Refused as refused:
        raise Refused("checkpoint", "the cosignature does not hold") from refused
    return at

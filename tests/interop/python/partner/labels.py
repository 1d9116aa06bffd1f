"""Files of sealed labels, format version 1: crates/tagset/LABELS.md."""

from __future__ import annotations

import struct
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .errors import require
from .tagset import LADDER

MAGIC = bytes.fromhex("8d53796d4c61620a")
HEADER_LEN, CHECKSUM_LEN, SEAL_LEN = 96, 32, 16


class Labels:
    """A file that passed every check that needs no secret."""

    def __init__(self, file: bytes) -> None:
        self.sha256 = sha256(file).digest()
        require(file[:8] == MAGIC, "magic", "not a label file")
        require(len(file) >= HEADER_LEN + CHECKSUM_LEN, "truncated", "shorter than any label file")
        version, self.label_len, reserved, self.entries, self.version = struct.unpack_from("<IHHQQ", file, 8)
        require(version == 1, "format_version", "unsupported")
        require(16 <= self.label_len <= 256, "malformed", "length of a label")
        require(self.entries in LADDER, "malformed", "n is no step")
        length = HEADER_LEN + self.entries * (self.label_len + SEAL_LEN) + CHECKSUM_LEN
        require(len(file) >= length, "truncated", "the file was cut off")
        require(len(file) <= length, "trailing", "bytes follow the checksum")
        require(sha256(file[:-32]).digest() == file[-32:], "checksum", "the file is damaged")
        require(reserved == 0, "malformed", "reserved bytes")
        self.scope_id, self._salt = file[32:64], file[64:96]
        self._file = file

    def open(self, entry: int, secret: bytes) -> str | None:
        """The label of an entry, if this is the secret of its identifier."""
        about = self.scope_id + struct.pack(">Q", self.version) + self._salt + struct.pack(">Q", entry)
        key = HKDF(SHA256(), 32, b"Symbolon-v1-label", about).derive(secret)
        sealed_len = self.label_len + SEAL_LEN
        start = HEADER_LEN + entry * sealed_len
        try:
            padded = AESGCM(key).decrypt(bytes(12), self._file[start : start + sealed_len], None)
            text = padded.rstrip(b"\0")
            return None if b"\0" in text else text.decode()
        except (InvalidTag, UnicodeDecodeError):
            return None

"""Tag set files, format version 1: crates/tagset/FORMAT.md."""

from __future__ import annotations

import struct
from hashlib import sha256

from .errors import require

MAGIC = bytes.fromhex("8d53796d5461670a")
HEADER_LEN, CHECKSUM_LEN = 128, 32
GROUP = 256
MOST_IN_BUCKET = 63
_STEPS = (100, 125, 150, 175, 200, 250, 300, 350, 400, 500, 600, 700, 800)
LADDER = sorted(
    {1_024} | {s * 10**k // 100 for s in _STEPS for k in range(12) if 1_250 <= s * 10**k // 100 <= 4_000_000_000}
)


def padded_len(records: int) -> int:
    """The smallest step that holds so many."""
    return next(step for step in LADDER if step >= records)


def position(membership_hash: bytes, entries: int, lam: int) -> tuple[int, int]:
    """Bucket and low."""
    product = int.from_bytes(membership_hash, "big") * entries
    return product >> 128, (product & (1 << 128) - 1) >> 128 - lam


def _words(bits: int) -> int:
    return (bits + 63) // 64 * 8


class TagSet:
    """A file that passed every check."""

    def __init__(self, file: bytes) -> None:
        self.sha256 = sha256(file).digest()
        require(file[:8] == MAGIC, "magic", "not a tag set")
        require(len(file) >= 12 and file[8:12] == (1).to_bytes(4, "little"), "format_version", "unsupported")
        require(len(file) >= HEADER_LEN + CHECKSUM_LEN, "truncated", "shorter than any tag set")
        (length,) = struct.unpack_from("<Q", file, 16)
        require(len(file) >= length, "truncated", "the file was cut off")
        require(len(file) <= length, "trailing", "bytes follow the checksum")
        require(sha256(file[:-32]).digest() == file[-32:], "checksum", "the file is damaged")
        self.lam = file[12]
        self.entries, self.version = struct.unpack_from("<QQ", file, 24)
        self.scope_id = file[40:72]
        require(8 <= self.lam <= 64, "malformed", "λ out of range")
        require(self.entries in LADDER, "malformed", "n is no step")
        require(file[13:16] == bytes(3) and file[120:128] == bytes(8), "malformed", "reserved bytes")
        n, groups = self.entries, -(-self.entries // GROUP)
        lengths = (_words(n * self.lam), _words(2 * n), _words(32 * groups))
        sections, offset = [], HEADER_LEN
        for place, want in zip((72, 88, 104), lengths, strict=True):
            found = struct.unpack_from("<QQ", file, place)
            require(found == (offset, want), "malformed", "offsets")
            sections.append(file[offset : offset + want])
            offset += want
        require(offset + CHECKSUM_LEN == len(file), "malformed", "length")
        self._lows = sections[0]
        self._buckets = bin(int.from_bytes(sections[1], "little"))[2:][::-1].ljust(lengths[1] * 8, "0")
        self._directory = struct.unpack_from(f"<{groups}I", sections[2])
        require(int.from_bytes(sections[0], "little") >> n * self.lam == 0, "malformed", "padding of lows")
        require("1" not in self._buckets[2 * n :], "malformed", "padding of buckets")
        require(not any(sections[2][4 * groups :]), "malformed", "padding of the directory")
        self._check_entries()

    def _check_entries(self) -> None:
        n = self.entries
        bits = self._buckets[: 2 * n]
        require(bits.count("1") == n and bits[-1] == "0", "malformed", "another number of entries")
        entry = 0
        for bucket, ones in enumerate(bits[:-1].split("0")):
            if bucket % GROUP == 0:
                require(self._directory[bucket // GROUP] == entry, "malformed", "directory")
            require(len(ones) <= MOST_IN_BUCKET, "malformed", "a crowded bucket")
            for _ in range(len(ones) - 1):
                require(self._low(entry) <= self._low(entry + 1), "malformed", "lows do not ascend")
                entry += 1
            entry += bool(ones)

    def _low(self, entry: int) -> int:
        start, shift = divmod(entry * self.lam, 8)
        window = int.from_bytes(self._lows[start : start + 9], "little")
        return window >> shift & (1 << self.lam) - 1

    def contains(self, membership_hash: bytes) -> bool:
        bucket, low = position(membership_hash, self.entries, self.lam)
        group = bucket // GROUP
        at = GROUP * group + self._directory[group]
        for _ in range(bucket % GROUP):
            at = self._buckets.index("0", at) + 1
        while self._buckets[at] == "1":
            if self._low(at - bucket) == low:
                return True
            at += 1
        return False

"""RFC 6962 trees and the proofs of RFC 9162."""

from __future__ import annotations

from hashlib import sha256

from .errors import require


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\0" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def root(leaves: list[bytes]) -> bytes:
    """Of leaf hashes; RFC 6962, section 2.1."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node(root(leaves[:split]), root(leaves[split:]))


def hashes(packed: bytes, most: int) -> list[bytes]:
    require(len(packed) % 32 == 0 and len(packed) <= 32 * most, "proof", "not hashes of 32 bytes")
    return [packed[i : i + 32] for i in range(0, len(packed), 32)]


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """The root to which the path leads; RFC 9162, section 2.1.3.2."""
    require(index < size, "proof", "no such leaf")
    at, last, result = index, size - 1, leaf
    for part in proof:
        require(last != 0, "proof", "too long")
        if at & 1 or at == last:
            result = node(part, result)
            while not at & 1 and at != 0:
                at, last = at >> 1, last >> 1
        else:
            result = node(result, part)
        at, last = at >> 1, last >> 1
    require(last == 0, "proof", "too short")
    return result


def verify_inclusion(leaf: bytes, index: int, size: int, expected: bytes, packed: bytes) -> None:
    found = root_from_inclusion(leaf, index, size, hashes(packed, 64))
    require(found == expected, "proof", "the entry is not in the tree")


def verify_consistency(first: int, first_root: bytes, second: int, second_root: bytes, packed: bytes) -> None:
    """RFC 9162, section 2.1.4.2."""
    proof = hashes(packed, 128)
    require(0 < first <= second, "proof", "of nothing, everything is a continuation")
    if first == second:
        require(not proof and first_root == second_root, "proof", "two roots for one size")
        return
    if first & (first - 1) == 0:
        proof = [first_root, *proof]
    require(bool(proof), "proof", "too short")
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = proof[0]
    for part in proof[1:]:
        require(last != 0, "proof", "too long")
        if at & 1 or at == last:
            old, new = node(part, old), node(part, new)
            while not at & 1 and at != 0:
                at, last = at >> 1, last >> 1
        else:
            new = node(new, part)
        at, last = at >> 1, last >> 1
    require(last == 0 and old == first_root and new == second_root, "proof", "one does not continue the other")

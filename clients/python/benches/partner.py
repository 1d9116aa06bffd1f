"""How long a bureau in Python takes to ask a partner about many identifiers, and what it is made of.

Side by side, on one thread, with the same steps by libsodium as `rbcl` from PyPI gives it: hash to the
group, blind, sum up the proof, unblind, hash. Needs a demo that runs, whose agreement lets a bureau ask
100,000 identifiers of a type a day:

    python benches/partner.py --demo symbolon-demo --agreement agreement.json --count 100000
"""

import argparse
import hashlib
import os
import statistics
import time
from pathlib import Path

from symbolon import Partner, Requester, _core

SAMPLE = 1_000
ORDER = 2**252 + 27742317777372353535851937790883648493


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--demo", type=Path, required=True)
    parser.add_argument("--agreement", type=Path, required=True)
    parser.add_argument("--count", type=int, default=100_000)
    told = parser.parse_args()
    requester = Requester.of_data_folder(told.demo / "arcadia", "ARC")
    half = told.count // 2
    items = [("email", f"n{i}.{os.getpid()}@nowhere.example") for i in range(half)]
    items += [("imei", imei(i)) for i in range(told.count - half)]
    with Partner(told.agreement, "BOR", requester) as partner:
        partner.sync()
        began, busy = time.perf_counter(), time.process_time()
        report = partner.check_many(items, purpose="border_check", officer="bench")
        whole, busy = time.perf_counter() - began, time.process_time() - busy
        assert report.is_complete
    print(
        f"{told.count} identifiers through the partner's node: {whole:.1f} s, processor here {busy:.1f} s"
    )
    ours = statistics.median(core(SAMPLE * 8) for _ in range(5))
    print(f"this core, one thread: {ours * 1e6:.1f} µs an identifier")
    try:
        theirs = statistics.median(libsodium(SAMPLE) for _ in range(3))
    except ImportError:
        print("rbcl is not installed, so there is nothing to compare with")
        return
    print(f"libsodium by rbcl, one thread: {theirs * 1e6:.1f} µs an identifier")
    print(f"ratio: {theirs / ours:.1f}")


def imei(number: int) -> str:
    """Make one up, with its check digit."""
    digits = f"35{number:012d}"
    doubled = [int(d) * (2 if i % 2 else 1) for i, d in enumerate(digits)]
    return digits + str(-sum(d // 10 + d % 10 for d in doubled) % 10)


def core(count: int) -> float:
    """Seconds an identifier: read, blind, verify, unblind, hash, with this package's core."""
    return _core.measured(count)


def libsodium(count: int) -> float:
    """The same with libsodium, called from Python as one does without a compiled core."""
    import rbcl

    key = rbcl.crypto_core_ristretto255_scalar_random()
    inputs = [f"n{i}@nowhere.example".encode() for i in range(count)]
    blinds = [rbcl.crypto_core_ristretto255_scalar_random() for _ in inputs]
    began = time.perf_counter()
    hashed = [rbcl.crypto_core_ristretto255_from_hash(hashlib.sha512(x).digest()) for x in inputs]
    blinded = [rbcl.crypto_scalarmult_ristretto255(r, h) for r, h in zip(blinds, hashed, strict=True)]
    spent = time.perf_counter() - began
    evaluated = [rbcl.crypto_scalarmult_ristretto255(key, b) for b in blinded]
    began = time.perf_counter()
    sums = [rbcl.crypto_core_ristretto255_from_hash(bytes(64))] * 2
    for i, pair in enumerate(zip(blinded, evaluated, strict=True)):
        wide = hashlib.sha512(i.to_bytes(2, "big") + pair[0] + pair[1]).digest()
        weight = (int.from_bytes(wide, "little") % ORDER).to_bytes(32, "little")
        for side in (0, 1):
            term = rbcl.crypto_scalarmult_ristretto255(weight, pair[side])
            sums[side] = rbcl.crypto_core_ristretto255_add(sums[side], term)
    for x, r, e in zip(inputs, blinds, evaluated, strict=True):
        inverse = rbcl.crypto_core_ristretto255_scalar_invert(r)
        hashlib.sha512(x + rbcl.crypto_scalarmult_ristretto255(inverse, e)).digest()
    return (spent + time.perf_counter() - began) / count


if __name__ == "__main__":
    main()

"""The group ristretto255, RFC 9496."""

from __future__ import annotations

from .errors import Refused

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
ONE_MINUS_D_SQ = (1 - D * D) % P
D_MINUS_ONE_SQ = (D - 1) * (D - 1) % P
# Section 4.1; the sign of the roots matters, so they are not computed.
SQRT_AD_MINUS_ONE = 25063068953384623474111414158702152701244531502492656460079210482610430750235
INVSQRT_A_MINUS_D = 54469307008909316920995813868745141605393597292927456921205312896311721017578


def _negative(value: int) -> bool:
    return value % P & 1 == 1


def _absolute(value: int) -> int:
    value %= P
    return P - value if value & 1 else value


def _sqrt_ratio(u: int, v: int) -> tuple[bool, int]:
    """SQRT_RATIO_M1, section 4.2."""
    r = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * r * r % P
    correct, flipped = check == u % P, check == -u % P
    flipped_i = check == -u * SQRT_M1 % P
    if flipped or flipped_i:
        r = r * SQRT_M1 % P
    return correct or flipped, _absolute(r)


class Element:
    """An element, as a point of edwards25519 in extended coordinates."""

    __slots__ = ("t", "x", "y", "z")

    def __init__(self, x: int, y: int, z: int, t: int) -> None:
        self.x, self.y, self.z, self.t = x, y, z, t

    def __add__(self, other: Element) -> Element:
        a = (self.y - self.x) * (other.y - other.x) % P
        b = (self.y + self.x) * (other.y + other.x) % P
        c = 2 * self.t * other.t * D % P
        d = 2 * self.z * other.z % P
        e, f, g, h = b - a, d - c, d + c, b + a
        return Element(e * f % P, g * h % P, f * g % P, e * h % P)

    def __neg__(self) -> Element:
        return Element(-self.x % P, self.y, self.z, -self.t % P)

    def __sub__(self, other: Element) -> Element:
        return self + -other

    def _double(self) -> Element:
        a, b = self.x * self.x % P, self.y * self.y % P
        c = 2 * self.z * self.z % P
        h = a + b
        e, g = h - (self.x + self.y) ** 2 % P, a - b
        f = c + g
        return Element(e * f % P, g * h % P, f * g % P, e * h % P)

    def __mul__(self, scalar: int) -> Element:
        table = [IDENTITY, self]
        for _ in range(14):
            table.append(table[-1] + self)
        result = IDENTITY
        for digit in f"{scalar % ORDER:x}":
            result = result._double()._double()._double()._double()
            if digit != "0":
                result = result + table[int(digit, 16)]
        return result

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Element) and (
            (self.x * other.y - self.y * other.x) % P == 0 or (self.y * other.y - self.x * other.x) % P == 0
        )

    __hash__ = None

    def encode(self) -> bytes:
        """Section 4.3.2."""
        u1 = (self.z + self.y) * (self.z - self.y) % P
        u2 = self.x * self.y % P
        _, invsqrt = _sqrt_ratio(1, u1 * u2 * u2 % P)
        den1, den2 = invsqrt * u1 % P, invsqrt * u2 % P
        z_inv = den1 * den2 * self.t % P
        if _negative(self.t * z_inv):
            x, y = self.y * SQRT_M1 % P, self.x * SQRT_M1 % P
            den_inv = den1 * INVSQRT_A_MINUS_D % P
        else:
            x, y, den_inv = self.x, self.y, den2
        if _negative(x * z_inv):
            y = -y % P
        return _absolute(den_inv * (self.z - y)).to_bytes(32, "little")


IDENTITY = Element(0, 1, 1, 0)


def decode(encoding: bytes) -> Element:
    """Section 4.3.1. Refuses what is not canonical, and the identity."""
    s = int.from_bytes(encoding, "little")
    if len(encoding) != 32 or s >= P or _negative(s):
        raise Refused("element", "not a canonical encoding")
    ss = s * s % P
    u1, u2 = 1 - ss, 1 + ss
    v = (-(D * u1 * u1) - u2 * u2) % P
    was_square, invsqrt = _sqrt_ratio(1, v * u2 * u2 % P)
    den_x = invsqrt * u2 % P
    x = _absolute(2 * s * den_x)
    y = u1 * invsqrt * den_x * v % P
    t = x * y % P
    if not was_square or _negative(t) or y == 0:
        raise Refused("element", "no element")
    if s == 0:
        raise Refused("element", "the identity")
    return Element(x, y, 1, t)


def _map(t: int) -> Element:
    """MAP, section 4.3.4."""
    r = SQRT_M1 * t * t % P
    u = (r + 1) * ONE_MINUS_D_SQ % P
    v = (-1 - r * D) * (r + D) % P
    was_square, s = _sqrt_ratio(u, v)
    c = -1
    if not was_square:
        s, c = -_absolute(s * t) % P, r
    n = (c * (r - 1) * D_MINUS_ONE_SQ - v) % P
    w0, w1, w2, w3 = 2 * s * v % P, n * SQRT_AD_MINUS_ONE % P, 1 - s * s, 1 + s * s
    return Element(w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P)


def from_uniform(uniform: bytes) -> Element:
    """The element derivation function, section 4.3.4: 64 uniform bytes to an element."""
    halves = (uniform[:32], uniform[32:])
    first, second = (int.from_bytes(half, "little") % 2**255 % P for half in halves)
    return _map(first) + _map(second)


GENERATOR = decode(bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))


def scalar(encoding: bytes) -> int:
    """A canonical scalar."""
    value = int.from_bytes(encoding, "little")
    if len(encoding) != 32 or value >= ORDER:
        raise Refused("scalar", "not a canonical scalar")
    return value

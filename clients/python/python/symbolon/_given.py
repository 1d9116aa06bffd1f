"""What a caller gave, looked at before anything is sent.

A wrong type is a :class:`TypeError`, as in any function. What has the right type and cannot be said is an
:class:`~symbolon.InvalidRequest`. Neither may look like a node that cannot be reached: a program would
ask again and again. No message holds what was given.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

from symbolon.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

_ID_LEN = 16
_LONGEST_DEADLINE = 366 * 86_400.0

T = TypeVar("T")


def of_type(name: str, given: Any, kind: type[T]) -> T:
    """Take what is of this type."""
    if not isinstance(given, kind):
        raise TypeError(f"{name} is a {kind.__name__}, not {_kind(given)}")
    return given


def is_text(given: str) -> bool:
    """Whether it can be sent: a lone surrogate, half a character, cannot."""
    if given.isascii():
        return True
    try:
        given.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def text(name: str, given: Any) -> str:
    """Take text."""
    if not is_text(of_type(name, given, str)):
        raise InvalidRequest("invalid_argument", f"{name} holds half a character, which is no text")
    return str(given)


def texts(name: str, given: Iterable[Any]) -> list[str]:
    """Take several texts; one text is not several letters."""
    if isinstance(given, (str, bytes)):
        raise TypeError(f"{name} is a list of str, not {_kind(given)}")
    return [text(name, one) for one in given]


def whole(name: str, given: Any) -> int:
    """Take a whole number that the contract has room for."""
    if isinstance(given, bool) or not isinstance(given, int):
        raise TypeError(f"{name} is an int, not {_kind(given)}")
    if not 0 <= given < 1 << 64:
        raise InvalidRequest("invalid_argument", f"{name} is a number that none may be")
    return given


def seconds(name: str, given: Any, most: float = _LONGEST_DEADLINE) -> float:
    """Take a span of time."""
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise TypeError(f"{name} is a number of seconds, not {_kind(given)}")
    # NaN is in no order with anything, so that only this way round finds it.
    if not 0 < given <= most or math.isnan(given):
        raise InvalidRequest("invalid_argument", f"{name} is more than 0 and at most {most:,.0f} s")
    return float(given)


def identity(name: str, given: Any) -> bytes:
    """Take the id of a check or standing check: 16 bytes, or their 32 hexadecimal digits."""
    if isinstance(given, str):
        try:
            given = bytes.fromhex(given)
        except ValueError:
            given = b""
    if len(of_type(name, given, bytes)) != _ID_LEN:
        raise InvalidRequest("invalid_argument", f"{name} is 16 bytes, or their 32 hexadecimal digits")
    return bytes(given)


def settle(frozen: object, **fields: object) -> None:
    """Set the fields of a frozen object, which looks at what it was given first."""
    for name, value in fields.items():
        # The only way into a frozen class.
        object.__setattr__(frozen, name, value)


def _kind(given: object) -> str:
    return type(given).__name__

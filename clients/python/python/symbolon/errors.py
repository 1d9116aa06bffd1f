"""What can go wrong, as exceptions.

Each carries a machine-readable ``reason``, a ``sentence`` for a person, and whether and when it makes
sense to try again. No message holds an identifier, so that it may be logged.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

__all__ = [
    "ConfigurationError",
    "DeadlineExceeded",
    "InvalidIdentifier",
    "InvalidRequest",
    "NoAnswer",
    "NotAuthorised",
    "NotPermitted",
    "NotTrusted",
    "QuotaExhausted",
    "Retry",
    "SymbolonError",
    "Unreachable",
]


class Retry(enum.Enum):
    """Whether the same request may succeed later."""

    NEVER = "never"
    """Not before a person has changed something."""
    AFTER = "after"
    """Once ``retry_after`` is over; where that is not known, when the sentence says."""
    SOON = "soon"
    """In a moment. Repeat a check at a :class:`~symbolon.Bureau` with the same check id, so that it is
    not counted twice."""
    LOOK = "look"
    """It may have been done all the same: look first, for instance at ``list_standing``."""


# docs/integrating.md says of both that they may be asked again; the later ones at midnight or after.
_SOON = frozenset(
    {"broke_off", "chunk_missing", "deadline_exceeded", "internal", "label_not_here", "scope_unknown"}
    | {"set_not_ready", "set_outdated", "stopping", "timeout", "too_slow", "try_again", "unreachable"}
)
_LATER = frozenset(
    {"agreement_not_yet_valid", "budget_exhausted", "quota_exhausted", "too_many_attempts"}
)


class SymbolonError(Exception):
    """A request that brought no answer. All exceptions of this package derive from it."""

    def __init__(
        self,
        reason: str,
        sentence: str,
        *,
        retry_after: timedelta | None = None,
        check_id: bytes | None = None,
        in_doubt: bool = False,
    ) -> None:
        """Keep reason and sentence."""
        super().__init__(reason, sentence)
        self.reason = reason
        """Stable code, for programs."""
        self.sentence = sentence
        """What is wrong and what to do, for a person."""
        self.retry_after = retry_after
        """How long to wait before trying again, where waiting helps and it is known."""
        self.check_id = check_id
        """The check that it was about, 16 bytes: to repeat it without counting it twice. ``None`` for a
        :class:`~symbolon.Partner`, whose next check is another one."""
        self.in_doubt = in_doubt
        """Whether it may have been done all the same, and would be done twice if it was repeated."""

    @property
    def retry(self) -> Retry:
        """Whether the same request may succeed later."""
        if self.in_doubt:
            return Retry.LOOK
        if self.retry_after is not None or self.reason in _LATER:
            return Retry.AFTER
        return Retry.SOON if self.reason in _SOON else Retry.NEVER

    def __str__(self) -> str:
        """Sentence and reason."""
        return f"{self.sentence} ({self.reason})"


class ConfigurationError(SymbolonError):
    """A profile, a certificate, a key or another file is missing or cannot be used."""


class InvalidIdentifier(SymbolonError):
    """A value is no identifier of its type; the sentence names the rule that it breaks."""


class InvalidRequest(SymbolonError):
    """The request breaks a rule of the contract, is over a limit, or names what is not there."""


class NotPermitted(SymbolonError):
    """Agreement, rules or quota do not let this be asked."""


class NotAuthorised(NotPermitted):
    """The caller's certificate does not allow it.

    It was revoked, has expired, is not valid yet, is another bureau's, or lacks the role.
    """


class QuotaExhausted(NotPermitted):
    """The day's quota or the epoch's budget does not suffice; ``retry_after`` says when it renews."""


class NoAnswer(SymbolonError):
    """There is no answer. It is never the same as no hit."""


class Unreachable(NoAnswer):
    """The node could not be reached, or the connection broke."""


class DeadlineExceeded(NoAnswer):
    """It took longer than the caller wanted to wait."""


class NotTrusted(NoAnswer):
    """What the other side sent or signed does not hold. Nothing of it was used."""

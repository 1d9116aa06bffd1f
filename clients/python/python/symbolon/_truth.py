"""Why nothing that came of a question may stand in an ``if``."""

from __future__ import annotations

from typing import ClassVar, NoReturn


class NoTruth:
    """Something that is neither true nor false."""

    __slots__ = ()
    _instead: ClassVar[str] = (
        "compare its outcome with Outcome.HIT, Outcome.NO_HIT, Outcome.NOT_PERMITTED and "
        "Outcome.NO_ANSWER"
    )

    def __bool__(self) -> NoReturn:
        """Refuse, because *no answer* and *not permitted* are neither yes nor no."""
        raise TypeError(f"{type(self).__name__} is neither true nor false: {self._instead}")

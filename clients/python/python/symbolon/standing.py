"""Standing checks: what is asked once and stays asked, and what is made of it.

The own bureau keeps what the answers came to, and matches it against each new version of the partners'
lists. No partner is asked again, and none learns what came of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from symbolon import _given
from symbolon._truth import NoTruth
from symbolon.answers import Item

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    from symbolon.answers import ItemResult, Label, Outcome, Source

__all__ = [
    "StandingCheck",
    "StandingHit",
    "StandingItem",
    "StandingKept",
    "StandingMatch",
    "StandingSource",
]


@dataclass(frozen=True)
class StandingItem(Item):
    """An identifier that is to stay asked. Neither its value nor its name is shown by ``repr``."""

    ref: str = field(default="", repr=False)
    """The caller's own name for it, which a hit gives back; kept sealed at the own bureau."""

    def __post_init__(self) -> None:
        """Refuse what is no text."""
        super().__post_init__()
        _given.text("ref", self.ref)


@dataclass(frozen=True)
class StandingSource(NoTruth):
    """A list, and what is kept of its answers."""

    source: Source
    """Which list; its version is the one that was looked in, 0 where none was."""
    entries: int
    """How many identifiers this speaks of."""
    keep_until: datetime | None
    """Until when what the answers came to is kept and matched; ``None`` where nothing is."""
    outcome: Outcome | None = None
    """Not permitted or no answer where nothing is kept or looked up; ``None`` otherwise."""
    reason: str = ""
    """The machine-readable reason of that."""
    sentence: str = ""
    """The same for a person."""
    retry_after: timedelta | None = None
    """How long to wait before asking again, where waiting helps and it is known."""


@dataclass(frozen=True)
class StandingKept(NoTruth):
    """What came of beginning or changing a standing check."""

    standing_id: bytes | None
    """The standing check, 16 bytes; ``None`` where no list lets anything be kept: none was begun."""
    check_id: bytes | None
    """The check by which what is new was asked, 16 bytes; ``None`` where nothing was new."""
    added: int
    """Identifiers that are kept from now on."""
    removed: int
    """Identifiers that are not kept any more."""
    unchanged: int
    """Identifiers of the call that changed nothing: kept already, given twice, or not there to remove."""
    sources: tuple[StandingSource, ...]
    """What each list said to what was new."""
    rejected: tuple[ItemResult, ...]
    """The identifiers that could not be read; nothing was done with them."""


@dataclass(frozen=True)
class StandingHit(NoTruth):
    """An identifier that a list holds a record on: unconfirmed until its owner has said so."""

    source: Source
    """Which list. The identifier is of its type."""
    ref: str = field(repr=False)
    """The caller's own name for the identifier."""
    value: str = field(repr=False)
    """The identifier as it was read."""
    country: str = field(repr=False)
    """Its issuer or country, where it has one; empty otherwise."""
    is_new: bool
    """Whether nobody had been shown this hit before."""
    label: Label | None = None
    """What the owner releases with the hit at once, where that is agreed."""


@dataclass(frozen=True)
class StandingMatch(NoTruth):
    """What a standing check hits in the lists as the own bureau holds them now."""

    hits: tuple[StandingHit, ...]
    """All hits; of one list, new ones come first."""
    sources: tuple[StandingSource, ...]
    """Each list that was looked in, or why it was not."""
    elapsed: timedelta
    """How long it took."""

    @property
    def new_hits(self) -> tuple[StandingHit, ...]:
        """The hits that nobody had been shown before."""
        return tuple(hit for hit in self.hits if hit.is_new)

    @property
    def is_complete(self) -> bool:
        """Whether every list was looked in: only then does a missing hit mean no hit."""
        return all(source.outcome is None for source in self.sources)

    def __iter__(self) -> Iterator[StandingHit]:
        """Give the hits."""
        return iter(self.hits)

    def __len__(self) -> int:
        """Count the hits."""
        return len(self.hits)


@dataclass(frozen=True)
class StandingCheck:
    """A standing check of the caller's."""

    standing_id: bytes
    """Which, 16 bytes."""
    begun_at: datetime | None
    """When it was begun, by the node's clock."""
    purpose: str
    """Its purpose."""
    case: str = field(repr=False)
    """Its case; empty where none was named."""
    entries: int
    """Identifiers that it keeps."""
    unseen_hits: int
    """Hits that the node has found by itself and nobody has been shown."""
    sources: tuple[StandingSource, ...]
    """What is kept of each list's answers, by time of asking; or why nothing is any more."""

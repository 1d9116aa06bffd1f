"""What can be asked and what an answer can be.

An answer has no truth value: whoever writes ``if answer:`` gets a :class:`TypeError`, because *no
answer* and *not permitted* are neither yes nor no.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn, TypedDict

from symbolon import _given
from symbolon._truth import NoTruth
from symbolon.errors import InvalidIdentifier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, timedelta

    from typing_extensions import Required

__all__ = [
    "Answer",
    "CheckReport",
    "CoverageEntry",
    "Desk",
    "Grounds",
    "Item",
    "ItemResult",
    "Label",
    "Outcome",
    "Rejection",
    "Source",
    "StandingGrounds",
    "StatedFacts",
    "SubjectCategory",
    "Urgency",
]


class Outcome(enum.Enum):
    """What came of a question. It has no truth value."""

    HIT = "hit"
    """The list holds a record. Unconfirmed until its owner has said so: call the desk."""
    NO_HIT = "no_hit"
    """The list, as of its date, holds none. Not the same as not known."""
    NOT_PERMITTED = "not_permitted"
    """Agreement, rules or quota do not let this be asked."""
    NO_ANSWER = "no_answer"
    """The bureau did not answer, or not in a way that can be trusted."""
    REJECTED = "rejected"
    """The value is no identifier of its type, and was not asked."""

    def __bool__(self) -> NoReturn:
        raise TypeError("an outcome is neither true nor false: compare it with Outcome.HIT and so on")


class Urgency(enum.Enum):
    """How soon an answer matters."""

    ROUTINE = 1
    """No one waits."""
    URGENT = 2
    """A person is being held up."""
    EMERGENCY = 3
    """Imminent danger to life."""


class SubjectCategory(enum.Enum):
    """Whom or what a question concerns."""

    UNSPECIFIED = 0
    SUSPECT = 1
    CONVICTED = 2
    VICTIM = 3
    WITNESS = 4
    MISSING = 5
    CONTACT = 6
    OBJECT = 7


@dataclass(frozen=True)
class StatedFacts:
    """What an officer states for the rules of the own bureau. Nothing of it leaves the bureau."""

    subject_category: SubjectCategory = SubjectCategory.UNSPECIFIED
    """Whom or what the question concerns."""
    minor: bool = False
    """The person concerned is a minor."""
    strictly_necessary: bool = False
    """The question is strictly necessary; why is in the justification."""
    legal_basis: str = ""
    """Code of the legal basis; empty if none is named."""
    special_categories: bool = False
    """The question shows origin, opinions, belief, health, genetic data or sexual life."""
    special_categories_only: bool = False
    """People were selected by such data alone."""
    political_matter: bool = False
    """The matter is predominantly political, military, religious or racial."""
    political_matter_reviewed: bool = False
    """A lawyer has reviewed that."""
    dual_criminality_confirmed: bool = False
    """The act was found to be an offence in both countries."""
    derogation_documented: bool = False
    """Date, time, recipient, justification and data of a derogation are recorded."""


class StandingGrounds(TypedDict, total=False):
    """Keyword arguments of whatever asks identifiers: who asks, why, and whom."""

    purpose: Required[str]
    """A purpose of the agreements, for instance ``border_check``."""
    case: str
    """The case. It stays sealed at the own bureau."""
    officer: str
    """Who asks. It stays sealed at the own bureau. The name in the profile unless given: a gateway that
    asks for several people names the person each time. An empty name is refused."""
    justification: str
    """On what grounds. They stay sealed at the own bureau."""
    offence_class: str
    """Class of offence, where an agreement asks for one."""
    urgency: Urgency
    """How soon an answer matters; routine unless given."""
    stated: StatedFacts
    """What the own bureau's rules decide on beyond that."""
    bureaus: Sequence[str]
    """Codes of the bureaus to ask; all partners unless given."""
    timeout: float
    """Seconds to wait for each bureau before it counts as no answer: 10 unless given, at most 600."""
    deadline: float
    """Seconds after which the call as a whole is given up; by timeout and size unless given."""


class Grounds(StandingGrounds, total=False):
    """Keyword arguments of a check: those grounds, and what makes it repeatable."""

    check_id: bytes | str
    """16 bytes, or their 32 hexadecimal digits, to repeat a check without counting it twice; made here
    unless given."""


@dataclass(frozen=True)
class Item:
    """One identifier as it was written or scanned. Its value is not shown by ``repr``."""

    identifier_type: str
    """Registered name of the type, for instance ``vin``; ``mrz`` for a machine-readable zone."""
    value: str = field(repr=False)
    """The identifier."""
    country: str = field(default="", repr=False)
    """Issuing or registering country by code or name, where the type needs one."""

    def __post_init__(self) -> None:
        """Refuse what is no text, because all that comes later takes it for text."""
        _given.of_type("identifier_type", self.identifier_type, str)
        _given.of_type("value", self.value, str)
        _given.of_type("country", self.country, str)
        if not all(map(_given.is_text, (self.identifier_type, self.value, self.country))):
            raise InvalidIdentifier(
                "not_text", "the identifier holds half a character, which is no text; read it again"
            )


@dataclass(frozen=True)
class Desk:
    """Whom to call after a hit, at any hour."""

    name: str
    phone: str
    email: str


@dataclass(frozen=True)
class Source:
    """A list held by a bureau, as far as one identifier type goes."""

    bureau: str
    """Code of the bureau."""
    bureau_name: str
    """Its name."""
    dataset: str
    """Id of the list; empty where nothing is agreed for the type."""
    dataset_title: str
    """Its title."""
    identifier_type: str
    """The identifier type."""
    set_version: int
    """Version of the set that was looked in; 0 where none was."""
    updated_at: datetime | None
    """When its owner last loaded records: no hit says nothing about later ones."""
    desk: Desk | None
    """Whom to call after a hit."""


@dataclass(frozen=True)
class Label(NoTruth):
    """What an owner releases with a hit at once. Whatever becomes of it, the hit is a hit."""

    _instead = "write `if answer.label is not None`, and look at its text"

    text: str = field(repr=False)
    """The text; empty where the owner says nothing of this record, or it cannot be shown."""
    reason: str = ""
    """Why it cannot be shown; empty if it can."""
    sentence: str = ""
    """The same for a person."""


@dataclass(frozen=True)
class Answer(NoTruth):
    """What one list says to one identifier."""

    outcome: Outcome
    """What came of it."""
    source: Source
    """Which list."""
    reason: str = ""
    """Machine-readable reason where the outcome is neither hit nor no hit."""
    sentence: str = ""
    """The same for a person."""
    label: Label | None = None
    """What the owner releases with the hit at once, where that is agreed."""
    retry_after: timedelta | None = None
    """How long to wait before asking again, where waiting helps and it is known."""


@dataclass(frozen=True)
class Rejection(NoTruth):
    """Why an item could not be read; it was not asked."""

    _instead = "write `if result.rejection is not None`, or compare the outcome with Outcome.REJECTED"

    reason: str
    """Machine-readable reason, for instance ``check_digit``."""
    sentence: str
    """What is wrong and what to do, for a person."""


@dataclass(frozen=True)
class ItemResult(NoTruth):
    """All that came of one identifier. It has no truth value."""

    item: Item
    """What was asked."""
    answers: tuple[Answer, ...] = ()
    """One of each list that was asked."""
    rejection: Rejection | None = None
    """Why it was not asked; ``None`` if it was."""

    @property
    def outcome(self) -> Outcome:
        """The answers in one word: a hit if any list hits, and no hit only if every one says so.

        Where no list hits and some list has no answer, it is no answer; where all else is permitted,
        not permitted.
        """
        if self.rejection is not None:
            return Outcome.REJECTED
        found = {answer.outcome for answer in self.answers}
        if Outcome.HIT in found:
            return Outcome.HIT
        if found == {Outcome.NO_HIT}:
            return Outcome.NO_HIT
        if found and Outcome.NO_ANSWER not in found:
            return Outcome.NOT_PERMITTED
        return Outcome.NO_ANSWER

    @property
    def hits(self) -> tuple[Answer, ...]:
        """The answers that are hits."""
        return tuple(answer for answer in self.answers if answer.outcome is Outcome.HIT)

    def __iter__(self) -> Iterator[Answer]:
        """Give the answers."""
        return iter(self.answers)

    def __len__(self) -> int:
        """Count the answers."""
        return len(self.answers)


@dataclass(frozen=True)
class CheckReport(NoTruth):
    """All that came of a check of many identifiers, in the order in which they were given."""

    check_id: bytes
    """The check, 16 bytes."""
    results: tuple[ItemResult, ...]
    """One for each item, also for those that could not be read."""
    elapsed: timedelta | None = None
    """From the first item to the last answer."""

    @property
    def hits(self) -> tuple[ItemResult, ...]:
        """The results with at least one hit."""
        return tuple(result for result in self.results if result.outcome is Outcome.HIT)

    @property
    def rejected(self) -> tuple[ItemResult, ...]:
        """The results of items that could not be read."""
        return tuple(result for result in self.results if result.rejection is not None)

    @property
    def summary(self) -> dict[Outcome, int]:
        """Count the results by their outcome."""
        counts = dict.fromkeys(Outcome, 0)
        for result in self.results:
            counts[result.outcome] += 1
        return counts

    @property
    def is_complete(self) -> bool:
        """Whether every question got hit or no hit."""
        return all(r.outcome in {Outcome.HIT, Outcome.NO_HIT} for r in self.results)

    def __iter__(self) -> Iterator[ItemResult]:
        """Give the results."""
        return iter(self.results)

    def __len__(self) -> int:
        """Count the results."""
        return len(self.results)


@dataclass(frozen=True)
class CoverageEntry:
    """A list that can be asked now."""

    source: Source
    """The list."""
    agreement_id: str
    """The agreement that offers it."""
    daily_quota: int
    """Elements that may be asked each day."""
    purposes: tuple[str, ...]
    """Purposes that may be declared."""
    padded_len: int
    """Entries in the set held by the own bureau, padding included; 0 where none is held."""

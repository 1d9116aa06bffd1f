"""Who asks, why and whom, as the contract has it; and for how long the caller waits."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from google.protobuf import duration_pb2

from symbolon import _given
from symbolon.answers import (
    Item,
    StandingGrounds,
    StatedFacts,
    SubjectCategory,
    Urgency,
)
from symbolon.bureau.v1 import bureau_pb2 as wire
from symbolon.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    AnyItem = Item | tuple[str, str] | tuple[str, str, str]

ITEMS_A_MESSAGE = 4_096
USUAL_TIMEOUT = 10.0

_MOST_ITEMS = 1_000_000
_LONGEST_TIMEOUT = 600.0
# Beyond the wait for the bureaus: reading, blinding, and a slow line.
_SLACK = 30.0
_SLACK_AN_ITEM = 0.001


def items_of(items: Iterable[AnyItem]) -> list[Item]:
    """Bring what the caller gave into one form."""
    read = [item if isinstance(item, Item) else _item(item) for item in items]
    if len(read) > _MOST_ITEMS:
        raise InvalidRequest(
            "limit_exceeded", f"a call has at most {_MOST_ITEMS} items; divide it into several"
        )
    return read


def _item(given: Any) -> Item:
    # A text of three letters could be unpacked as well.
    if not isinstance(given, (tuple, list)):
        raise TypeError(f"an item is an Item or a tuple of str, not {type(given).__name__}")
    return Item(*given)


def known(grounds: Any, kind: Any) -> None:
    """Refuse keyword arguments that mean nothing, as any function does."""
    unknown = sorted(set(grounds) - set(kind.__annotations__))
    if unknown:
        raise TypeError(f"unexpected keyword arguments: {', '.join(unknown)}")
    if "purpose" not in grounds:
        raise TypeError("missing keyword argument: purpose")


def start_of(grounds: StandingGrounds, officer: str, check_id: bytes = b"") -> wire.CheckStart:
    """Write the grounds; ``officer`` is who asks if they do not say."""
    return wire.CheckStart(
        purpose=said(grounds, "purpose"),
        offence_class=said(grounds, "offence_class"),
        urgency=cast("Any", urgency_of(grounds)),
        officer=_officer(grounds, officer),
        case_reference=said(grounds, "case"),
        justification=said(grounds, "justification"),
        bureaus=_given.texts("bureaus", grounds.get("bureaus", ())),
        timeout=duration_of(grounds.get("timeout", USUAL_TIMEOUT)),
        check_id=check_id,
        stated=_stated(_given.of_type("stated", grounds.get("stated", StatedFacts()), StatedFacts)),
    )


def said(grounds: Any, name: str) -> str:
    """Read what was said under a name; nothing is empty."""
    return _given.text(name, grounds.get(name, ""))


def urgency_of(grounds: Any) -> int:
    """Read how soon an answer matters, as the contract's number."""
    return _given.of_type("urgency", grounds.get("urgency", Urgency.ROUTINE), Urgency).value


def _officer(grounds: StandingGrounds, otherwise: str) -> str:
    name = _given.text("officer", grounds.get("officer", otherwise))
    # A gateway that lost the name of who asks must not ask in its own.
    if not name:
        raise InvalidRequest("invalid_argument", "name the officer who asks, in at most 256 bytes")
    return name


def duration_of(timeout: float) -> duration_pb2.Duration:
    """Write how many seconds to wait for each bureau."""
    duration = duration_pb2.Duration()
    duration.FromTimedelta(timedelta(seconds=_given.seconds("timeout", timeout, _LONGEST_TIMEOUT)))
    return duration


def deadline_of(grounds: Any, usual: float) -> float:
    """Read after how many seconds the call is given up."""
    return _given.seconds("deadline", grounds["deadline"]) if "deadline" in grounds else usual


def deadline_for(count: int, timeout: float = USUAL_TIMEOUT) -> float:
    """Give the seconds after which a call with so many items is given up."""
    return timeout + _SLACK + _SLACK_AN_ITEM * count


def check_item(item: Item, ref: int) -> wire.CheckItem:
    """Write one identifier under the number by which the node speaks of it."""
    return wire.CheckItem(
        ref=ref, identifier_type=item.identifier_type, value=item.value, country=item.country
    )


def _stated(facts: StatedFacts) -> wire.StatedFacts:
    return wire.StatedFacts(
        subject_category=cast(
            "Any", _given.of_type("subject_category", facts.subject_category, SubjectCategory).value
        ),
        minor=facts.minor,
        strictly_necessary=facts.strictly_necessary,
        legal_basis=_given.text("legal_basis", facts.legal_basis),
        special_categories=facts.special_categories,
        special_categories_only=facts.special_categories_only,
        political_matter=facts.political_matter,
        political_matter_reviewed=facts.political_matter_reviewed,
        dual_criminality_confirmed=facts.dual_criminality_confirmed,
        derogation_documented=facts.derogation_documented,
    )

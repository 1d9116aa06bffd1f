"""A check on the bureau face, without I/O: what is sent, and what is made of what comes."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, cast

from google.protobuf import duration_pb2

from symbolon.answers import (
    Answer,
    CheckReport,
    CoverageEntry,
    Desk,
    Item,
    ItemResult,
    Label,
    Outcome,
    Rejection,
    Source,
    StatedFacts,
    Urgency,
)
from symbolon.bureau.v1 import bureau_pb2 as wire
from symbolon.errors import InvalidIdentifier, InvalidRequest, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from google.protobuf.timestamp_pb2 import Timestamp

    from symbolon.answers import Grounds

    Progress = Callable[[int, int], object]
    AnyItem = Item | tuple[str, str] | tuple[str, str, str]

CHECK = "/symbolon.bureau.v1.BureauService/Check"
COVERAGE = "/symbolon.bureau.v1.BureauService/ListCoverage"
OPTIONS = (
    ("grpc.max_receive_message_length", 8 << 20),
    ("grpc.max_send_message_length", 8 << 20),
)

_ITEMS_A_MESSAGE = 4_096
_MOST_ITEMS = 1_000_000
_USUAL_TIMEOUT = 10.0
_LONGEST_TIMEOUT = 600.0
# Beyond the wait for the bureaus: reading, blinding, and a slow line.
_SLACK = 30.0
_SLACK_AN_ITEM = 0.001
_CHECK_ID_LEN = 16
_KNOWN_GROUNDS = frozenset(
    {"bureaus", "case", "check_id", "deadline", "justification", "offence_class", "officer"}
    | {"purpose", "stated", "timeout", "urgency"}
)
_OUTCOMES = {
    wire.OUTCOME_HIT: Outcome.HIT,
    wire.OUTCOME_NO_HIT: Outcome.NO_HIT,
    wire.OUTCOME_NOT_PERMITTED: Outcome.NOT_PERMITTED,
}


def items_of(items: Iterable[AnyItem]) -> list[Item]:
    """Bring what the caller gave into one form."""
    read = [item if isinstance(item, Item) else Item(*item) for item in items]
    if len(read) > _MOST_ITEMS:
        raise InvalidRequest(
            "limit_exceeded", f"a check has at most {_MOST_ITEMS} items; divide it into several"
        )
    return read


def new_check_id(grounds: Grounds) -> bytes:
    """Take the check id that the caller chose, or a fresh one."""
    given = grounds.get("check_id")
    if given is not None and len(given) != _CHECK_ID_LEN:
        raise InvalidRequest("invalid_argument", "a check id has 16 bytes")
    return given or os.urandom(_CHECK_ID_LEN)


def known(grounds: Grounds) -> None:
    """Refuse keyword arguments that mean nothing, as any function does."""
    unknown = sorted(set(grounds) - _KNOWN_GROUNDS)
    if unknown:
        raise TypeError(f"unexpected keyword arguments: {', '.join(unknown)}")
    if "purpose" not in grounds:
        raise TypeError("missing keyword argument: purpose")


class Check:
    """One check on its way."""

    def __init__(self, items: Sequence[Item], officer: str, grounds: Grounds) -> None:
        known(grounds)
        self.items = items
        self.check_id = new_check_id(grounds)
        self._grounds = grounds
        self._officer = grounds.get("officer") or officer
        self._answers: list[list[Answer]] = [[] for _ in items]
        self._rejections: dict[int, Rejection] = {}
        self._expected = 0
        self._answered = 0
        self._report: CheckReport | None = None
        self.timeout = grounds.get("timeout", _USUAL_TIMEOUT)
        if not 0 < self.timeout <= _LONGEST_TIMEOUT:
            raise InvalidRequest("invalid_argument", "a timeout is more than 0 and at most 600 s")

    @property
    def deadline(self) -> float:
        """Seconds after which the call is given up."""
        usual = self.timeout + _SLACK + _SLACK_AN_ITEM * len(self.items)
        return self._grounds.get("deadline", usual)

    def requests(self) -> Iterator[wire.CheckRequest]:
        """Make the messages as they are sent, so that a big check is not in memory twice."""
        yield wire.CheckRequest(start=self._start())
        for first in range(0, len(self.items), _ITEMS_A_MESSAGE):
            items = self.items[first : first + _ITEMS_A_MESSAGE]
            yield wire.CheckRequest(
                items=wire.CheckItems(
                    items=[
                        wire.CheckItem(
                            ref=first + place,
                            identifier_type=item.identifier_type,
                            value=item.value,
                            country=item.country,
                        )
                        for place, item in enumerate(items)
                    ]
                )
            )

    def _start(self) -> wire.CheckStart:
        said = self._grounds
        timeout = duration_pb2.Duration()
        timeout.FromTimedelta(timedelta(seconds=self.timeout))
        return wire.CheckStart(
            purpose=said["purpose"],
            offence_class=said.get("offence_class", ""),
            urgency=cast("Any", said.get("urgency", Urgency.ROUTINE).value),
            officer=self._officer,
            case_reference=said.get("case", ""),
            justification=said.get("justification", ""),
            bureaus=list(said.get("bureaus", ())),
            timeout=timeout,
            check_id=self.check_id,
            stated=_stated(said.get("stated", StatedFacts())),
        )

    def take(self, message: wire.CheckResponse, progress: Progress | None) -> None:
        """Take in what the node says next."""
        event = message.WhichOneof("event")
        if event == "started":
            started = message.started
            self.check_id = started.check_id
            self._expected = started.accepted * started.sources
        elif event == "rejected":
            rejected = message.rejected
            if rejected.ref < len(self.items):
                self._rejections[rejected.ref] = Rejection(rejected.reason, rejected.sentence)
        elif event == "answers":
            self._add(message.answers)
            if progress is not None:
                # A list answers for its own types only, so that fewer may come than could.
                progress(self._answered, max(self._expected, self._answered))
        elif event == "finished":
            elapsed = message.finished.elapsed.ToTimedelta()
            self._report = self._gathered(elapsed)
            if progress is not None:
                progress(self._answered, self._answered)
        # A newer node may say more.

    def _add(self, message: wire.SourceAnswers) -> None:
        source = source_of(message.source)
        # Most answers are this one.
        no_hit = Answer(Outcome.NO_HIT, source)
        for answer in message.answers:
            if answer.ref >= len(self.items):
                continue
            # Whatever a newer node may say here, it is neither hit nor no hit to us.
            outcome = _OUTCOMES.get(answer.outcome, Outcome.NO_ANSWER)
            if outcome is Outcome.NO_HIT:
                self._answers[answer.ref].append(no_hit)
            else:
                label = None
                if answer.HasField("label"):
                    said = answer.label
                    label = Label(said.text, said.reason, said.sentence)
                wait = answer.retry_after.ToTimedelta() if answer.HasField("retry_after") else None
                self._answers[answer.ref].append(
                    Answer(outcome, source, answer.reason, answer.sentence, label, wait)
                )
        self._answered += len(message.answers)

    def _gathered(self, elapsed: timedelta) -> CheckReport:
        results = (
            ItemResult(item, tuple(answers), self._rejections.get(place))
            for place, (item, answers) in enumerate(zip(self.items, self._answers, strict=True))
        )
        return CheckReport(self.check_id, tuple(results), elapsed)

    def report(self) -> CheckReport:
        """Give what came of it, if all was said."""
        if self._report is None:
            raise Unreachable(
                "broke_off",
                "the node's answer broke off; ask again with the same check id, it is not counted twice",
                check_id=self.check_id,
            )
        return self._report


def only(report: CheckReport) -> ItemResult:
    """Give the one result of a check of one identifier, or say why it could not be read."""
    (result,) = report.results
    if result.rejection is not None:
        raise InvalidIdentifier(result.rejection.reason, result.rejection.sentence)
    return result


def coverage_of(response: wire.ListCoverageResponse) -> list[CoverageEntry]:
    """Read what can be asked now."""
    return [
        CoverageEntry(
            source_of(entry.source),
            entry.agreement_id,
            entry.daily_quota,
            tuple(entry.purposes),
            entry.padded_len,
        )
        for entry in response.entries
    ]


def source_of(source: wire.Source) -> Source:
    """Read how the node describes a list."""
    desk = source.desk
    return Source(
        bureau=source.bureau,
        bureau_name=source.bureau_name,
        dataset=source.dataset,
        dataset_title=source.dataset_title,
        identifier_type=source.identifier_type,
        set_version=source.set_version,
        updated_at=_time(source.updated_at) if source.HasField("updated_at") else None,
        desk=Desk(desk.name, desk.phone, desk.email) if source.HasField("desk") else None,
    )


def _time(at: Timestamp) -> datetime | None:
    try:
        return datetime.fromtimestamp(at.seconds, timezone.utc)
    except (OverflowError, ValueError, OSError):
        return None


def _stated(facts: StatedFacts) -> wire.StatedFacts:
    return wire.StatedFacts(
        subject_category=cast("Any", facts.subject_category.value),
        minor=facts.minor,
        strictly_necessary=facts.strictly_necessary,
        legal_basis=facts.legal_basis,
        special_categories=facts.special_categories,
        special_categories_only=facts.special_categories_only,
        political_matter=facts.political_matter,
        political_matter_reviewed=facts.political_matter_reviewed,
        dual_criminality_confirmed=facts.dual_criminality_confirmed,
        derogation_documented=facts.derogation_documented,
    )

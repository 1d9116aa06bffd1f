"""A check on the bureau face, without I/O: what is sent, and what is made of what comes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from symbolon import _given
from symbolon._grounds import (
    ITEMS_A_MESSAGE,
    check_item,
    deadline_for,
    deadline_of,
    known,
    start_of,
)
from symbolon._reading import label_of, source_of, wait_of
from symbolon._rpc import error_of
from symbolon.answers import Answer, CheckReport, Grounds, Item, ItemResult, Outcome, Rejection
from symbolon.bureau.v1 import bureau_pb2 as wire
from symbolon.errors import InvalidIdentifier, SymbolonError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import timedelta

    import grpc

    Progress = Callable[[int, int], object]

_CHECK_ID_LEN = 16
_OUTCOMES = {
    wire.OUTCOME_HIT: Outcome.HIT,
    wire.OUTCOME_NO_HIT: Outcome.NO_HIT,
    wire.OUTCOME_NOT_PERMITTED: Outcome.NOT_PERMITTED,
}


class Check:
    """One check on its way."""

    def __init__(
        self, items: Sequence[Item], officer: str, grounds: Grounds, progress: Progress | None
    ) -> None:
        known(grounds, Grounds)
        if progress is not None and not callable(progress):
            raise TypeError(f"progress is called, but {type(progress).__name__} cannot be")
        self.items = items
        self.check_id = _check_id(grounds)
        self._start = start_of(grounds, officer, self.check_id)
        self._progress = progress
        self._answers: list[list[Answer]] = [[] for _ in items]
        self._rejections: dict[int, Rejection] = {}
        self._sources = 0
        self._heard: set[tuple[str, str, str]] = set()
        self._report: CheckReport | None = None
        usual = deadline_for(len(items), self._start.timeout.ToTimedelta().total_seconds())
        self.deadline = deadline_of(grounds, usual)

    def requests(self) -> Iterator[wire.CheckRequest]:
        """Make the messages as they are sent, so that a big check is not in memory twice."""
        yield wire.CheckRequest(start=self._start)
        for first in range(0, len(self.items), ITEMS_A_MESSAGE):
            items = self.items[first : first + ITEMS_A_MESSAGE]
            written = [check_item(item, first + place) for place, item in enumerate(items)]
            yield wire.CheckRequest(items=wire.CheckItems(items=written))

    def take(self, message: wire.CheckResponse) -> None:
        """Take in what the node says next."""
        event = message.WhichOneof("event")
        if event == "started":
            started = message.started
            self.check_id = started.check_id
            self._sources = started.sources
            self._tell()
        elif event == "rejected":
            rejected = message.rejected
            if rejected.ref < len(self.items):
                self._rejections[rejected.ref] = Rejection(rejected.reason, rejected.sentence)
        elif event == "answers":
            self._add(message.answers)
            source = message.answers.source
            self._heard.add((source.bureau, source.dataset, source.identifier_type))
            self._tell()
        elif event == "finished":
            elapsed = message.finished.elapsed.ToTimedelta()
            self._report = self._gathered(elapsed)
            self._tell()
        # A newer node may say more.

    def failure(self, error: grpc.RpcError) -> SymbolonError:
        """Say why it broke off, and under which id to repeat it."""
        return error_of(error, check_id=self.check_id)

    def _tell(self) -> None:
        if self._progress is not None:
            # Lists of two agreements may have one name.
            heard = self._sources if self._report is not None else min(len(self._heard), self._sources)
            self._progress(heard, self._sources)

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
                label, wait = label_of(answer), wait_of(answer)
                self._answers[answer.ref].append(
                    Answer(outcome, source, answer.reason, answer.sentence, label, wait)
                )

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


def _check_id(grounds: Grounds) -> bytes:
    given = grounds.get("check_id")
    return os.urandom(_CHECK_ID_LEN) if given is None else _given.identity("check_id", given)

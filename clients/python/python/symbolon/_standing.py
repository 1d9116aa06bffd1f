"""Standing checks on the bureau face, without I/O: what is sent, and what is made of what comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from symbolon import _given
from symbolon._grounds import (
    ITEMS_A_MESSAGE,
    USUAL_TIMEOUT,
    check_item,
    deadline_for,
    deadline_of,
    duration_of,
    known,
    start_of,
)
from symbolon._reading import label_of, source_of, time_of, wait_of
from symbolon._rpc import error_of
from symbolon.answers import ItemResult, Outcome, Rejection, StandingGrounds
from symbolon.bureau.v1 import bureau_pb2 as wire
from symbolon.errors import NoAnswer, Unreachable
from symbolon.standing import (
    StandingCheck,
    StandingHit,
    StandingItem,
    StandingKept,
    StandingMatch,
    StandingSource,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import grpc

    from symbolon.answers import Item, Source
    from symbolon.errors import SymbolonError


# A standing check may keep four million, however few a call brings.
_MATCH_SECONDS = 600.0

Q = TypeVar("Q", wire.BeginStandingRequest, wire.UpdateStandingRequest)


class _Keeping(Generic[Q]):
    """What beginning and changing share: identifiers go, and what is kept of them comes back."""

    def __init__(self, request: type[Q], added: Sequence[Item], removed: Sequence[Item]) -> None:
        self._request: type[Q] = request
        self._items = [*added, *removed]
        self._added = len(added)
        self._sources: list[StandingSource] = []
        self._rejected: list[ItemResult] = []
        self._kept: wire.StandingKept | None = None

    def _item_requests(self) -> Iterator[Q]:
        for first in range(0, len(self._items), ITEMS_A_MESSAGE):
            items = self._items[first : first + ITEMS_A_MESSAGE]
            written = [self._written(item, first + place) for place, item in enumerate(items)]
            yield self._request(items=wire.StandingItems(items=written))

    def _written(self, item: Item, number: int) -> wire.StandingItem:
        is_added = number < self._added
        change = wire.STANDING_CHANGE_ADD if is_added else wire.STANDING_CHANGE_REMOVE
        ref = item.ref if isinstance(item, StandingItem) else ""
        return wire.StandingItem(ref=ref, item=check_item(item, number), change=cast("Any", change))

    def take(self, message: wire.BeginStandingResponse | wire.UpdateStandingResponse) -> None:
        """Take in what the node says next."""
        event = message.WhichOneof("event")
        if event == "rejected":
            said = message.rejected
            if said.ref < len(self._items):
                rejection = Rejection(said.reason, said.sentence)
                self._rejected.append(ItemResult(self._items[said.ref], rejection=rejection))
        elif event == "source":
            self._sources.append(_source(message.source))
        elif event == "kept":
            self._kept = message.kept
        # A newer node may say more.

    def _outcome(self) -> StandingKept | None:
        kept = self._kept
        if kept is None:
            return None
        return StandingKept(
            kept.standing_id or None,
            kept.check_id or None,
            kept.added,
            kept.removed,
            kept.unchanged,
            tuple(self._sources),
            tuple(self._rejected),
        )


class Beginning(_Keeping[wire.BeginStandingRequest]):
    """A standing check that begins."""

    def __init__(self, items: Sequence[Item], officer: str, grounds: StandingGrounds) -> None:
        known(grounds, StandingGrounds)
        super().__init__(wire.BeginStandingRequest, items, ())
        self._start = start_of(grounds, officer)
        usual = deadline_for(len(items), self._start.timeout.ToTimedelta().total_seconds())
        self.deadline = deadline_of(grounds, usual)

    def requests(self) -> Iterator[wire.BeginStandingRequest]:
        """Make the messages as they are sent."""
        yield wire.BeginStandingRequest(start=self._start)
        yield from self._item_requests()

    def failure(self, error: grpc.RpcError) -> SymbolonError:
        """Say why it broke off; it may have begun all the same."""
        return error_of(error, in_doubt=True)

    def kept(self) -> StandingKept:
        """Give what came of it, if all was said."""
        outcome = self._outcome()
        if outcome is None:
            raise Unreachable(
                "broke_off",
                "the node's answer broke off; look whether the standing check has begun before you "
                "begin it again",
                in_doubt=True,
            )
        return outcome


class Updating(_Keeping[wire.UpdateStandingRequest]):
    """A standing check that changes."""

    def __init__(
        self,
        standing_id: bytes | str,
        added: Sequence[Item],
        removed: Sequence[Item],
        timeout: float = USUAL_TIMEOUT,
    ) -> None:
        super().__init__(wire.UpdateStandingRequest, added, removed)
        self._start = wire.UpdateStandingStart(
            standing_id=_given.identity("standing_id", standing_id), timeout=duration_of(timeout)
        )
        self.deadline = deadline_for(len(self._items), timeout)

    def requests(self) -> Iterator[wire.UpdateStandingRequest]:
        """Make the messages as they are sent."""
        yield wire.UpdateStandingRequest(start=self._start)
        yield from self._item_requests()

    def failure(self, error: grpc.RpcError) -> SymbolonError:
        """Say why it broke off."""
        return error_of(error)

    def kept(self) -> StandingKept:
        """Give what came of it, if all was said."""
        outcome = self._outcome()
        if outcome is None:
            raise Unreachable(
                "broke_off",
                "the node's answer broke off; change it again, what was done already changes nothing",
            )
        return outcome


class Matching:
    """A standing check that is matched against the lists held now."""

    deadline = _MATCH_SECONDS

    def __init__(self, standing_id: bytes | str) -> None:
        self._standing_id = _given.identity("standing_id", standing_id)
        self._source: Source | None = None
        self._sources: list[StandingSource] = []
        self._hits: list[StandingHit] = []
        self._match: StandingMatch | None = None

    def requests(self) -> Iterator[wire.MatchStandingRequest]:
        """Make the one message: on the wire, a call with one request is a stream of one."""
        yield wire.MatchStandingRequest(standing_id=self._standing_id)

    def take(self, message: wire.MatchStandingResponse) -> None:
        """Take in what the node says next."""
        event = message.WhichOneof("event")
        if event == "source":
            said = _source(message.source)
            self._source = said.source
            self._sources.append(said)
        elif event == "hits":
            if self._source is None:
                raise NoAnswer("unexpected", "the node told of hits and not in which list")
            for hit in message.hits.hits:
                self._hits.append(
                    StandingHit(self._source, hit.ref, hit.value, hit.country, hit.is_new, label_of(hit))
                )
        elif event == "matched":
            elapsed = message.matched.elapsed.ToTimedelta()
            self._match = StandingMatch(tuple(self._hits), tuple(self._sources), elapsed)
        # A newer node may say more.

    def failure(self, error: grpc.RpcError) -> SymbolonError:
        """Say why it broke off."""
        return error_of(error)

    def match(self) -> StandingMatch:
        """Give what it hits, if all was said."""
        if self._match is None:
            raise Unreachable(
                "broke_off",
                "the node's answer broke off; match again, but what was shown is not called new again",
            )
        return self._match


def ending(standing_id: bytes | str) -> wire.EndStandingRequest:
    """Write which standing check is to end."""
    return wire.EndStandingRequest(standing_id=_given.identity("standing_id", standing_id))


def checks_of(response: wire.ListStandingResponse) -> list[StandingCheck]:
    """Read the caller's standing checks, oldest first."""
    return [
        StandingCheck(
            check.standing_id,
            time_of(check.begun_at) if check.HasField("begun_at") else None,
            check.purpose,
            check.case_reference,
            check.entries,
            check.unseen_hits,
            tuple(_source(source) for source in check.sources),
        )
        for check in response.checks
    ]


def _source(said: wire.StandingSource) -> StandingSource:
    return StandingSource(
        source_of(said.source),
        said.entries,
        time_of(said.keep_until) if said.HasField("keep_until") else None,
        _outcome_of(said.outcome),
        said.reason,
        said.sentence,
        wait_of(said),
    )


def _outcome_of(outcome: wire.Outcome) -> Outcome | None:
    if outcome == wire.OUTCOME_UNSPECIFIED:
        return None
    # Whatever a newer node may say here, this list was not looked in.
    is_refused = outcome == wire.OUTCOME_NOT_PERMITTED
    return Outcome.NOT_PERMITTED if is_refused else Outcome.NO_ANSWER

"""The bureau face: ask the own bureau's node, with plain identifiers."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import grpc
import grpc.aio

from symbolon import _calls
from symbolon._approval import approval_of, valid_until
from symbolon._calls import Sending
from symbolon._checks import Check, only
from symbolon._given import seconds
from symbolon._grounds import USUAL_TIMEOUT, items_of
from symbolon._own import explained
from symbolon._reading import coverage_of
from symbolon._rpc import error_of, is_status_lost
from symbolon._standing import Beginning, Matching, Updating, checks_of, ending
from symbolon.answers import CheckReport, Item
from symbolon.bureau.v1 import bureau_pb2 as wire
from symbolon.errors import InvalidRequest
from symbolon.profile import Profile

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from datetime import datetime
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from symbolon._calls import A, Call, Conversation, Q
    from symbolon._checks import Progress
    from symbolon._grounds import AnyItem
    from symbolon.answers import CoverageEntry, Grounds, ItemResult, StandingGrounds
    from symbolon.errors import SymbolonError
    from symbolon.standing import StandingCheck, StandingKept, StandingMatch

__all__ = ["AsyncBureau", "Bureau"]

_A_WEEK = timedelta(days=7)
_TRIES = 3
_PAUSE = 0.2


class _Face:
    """What both styles share: which node, and as who."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._is_closed = False

    @classmethod
    def connect(cls, profile: Profile | str | os.PathLike[str] | None = None) -> Self:
        """Connect with a profile, a profile file, or that of ``SYMBOLON_PROFILE`` or a demo near here."""
        if profile is None:
            return cls(Profile.find())
        return cls(profile if isinstance(profile, Profile) else Profile.read(profile))

    @classmethod
    def connect_with(
        cls,
        endpoint: str,
        *,
        root: str | os.PathLike[str],
        certificate: str | os.PathLike[str],
        key: str | os.PathLike[str],
        officer: str = "",
    ) -> Self:
        """Connect to ``https://host:port`` with certificate files in PEM form.

        ``officer`` is who asks wherever a check does not say. Leave it out in a gateway: then a check
        that names nobody is refused.
        """
        return cls(Profile(endpoint, root, certificate, key, officer))

    def _checking(self, items: Iterable[AnyItem], grounds: Grounds, progress: Progress | None) -> Check:
        return Check(items_of(items), self._profile.officer, grounds, progress)

    def _beginning(self, items: Iterable[AnyItem], grounds: StandingGrounds) -> Beginning:
        return Beginning(items_of(items), self._profile.officer, grounds)

    def _must_be_open(self) -> None:
        if self._is_closed:
            raise InvalidRequest("closed", "this connection was closed; connect anew")

    def _explained(self, failure: SymbolonError) -> SymbolonError:
        mine = self._profile
        return explained(failure, mine.certificate, mine.key, mine.root)

    def __repr__(self) -> str:
        """Show the address."""
        return f"<{type(self).__name__} {self._profile.endpoint}>"


class Bureau(_Face):
    """The own bureau's node. Safe to use from several threads.

    ::

        with Bureau.connect() as bureau:
            result = bureau.check("vin", "WVWZZZ1JZXW000001", purpose="border_check", case="2026/117")
            for answer in result:
                print(answer.source.bureau_name, answer.outcome)
    """

    def __init__(self, profile: Profile) -> None:
        """Prepare a connection, which the first call makes."""
        super().__init__(profile)
        self._channel = grpc.secure_channel(profile.target, profile.credentials(), options=_calls.OPTIONS)

    def check(
        self, identifier_type: str, value: str, country: str = "", **grounds: Unpack[Grounds]
    ) -> ItemResult:
        """Ask partner bureaus about one identifier.

        Keywords, of which only ``purpose`` must be given:

        - ``purpose``: one of the agreements' purposes, for instance ``"border_check"``
        - ``case``, ``justification``: which case and on what grounds; sealed at the own bureau
        - ``officer``: who asks, sealed at the own bureau. Without it, the name in the profile, which is
          that of the certificate: a gateway that asks for several people must name the person
        - ``offence_class``: where an agreement or a rule asks for one
        - ``urgency``: an :class:`~symbolon.Urgency`; routine unless given
        - ``stated``: :class:`~symbolon.StatedFacts` for the rules of the own bureau
        - ``bureaus``: codes of the bureaus to ask, for instance ``["BOR"]``; all unless given
        - ``timeout``: seconds to wait for each bureau; 10 unless given, at most 600
        - ``deadline``: seconds after which the call as a whole is given up
        - ``check_id``: 16 bytes, or their hexadecimal digits, to repeat a check without counting it twice

        Raises :class:`~symbolon.InvalidIdentifier` if the value is no identifier, :class:`TypeError` if
        something has a wrong type, and another :class:`~symbolon.SymbolonError` if the node refuses or
        cannot be reached. What a bureau does not permit or does not answer is no exception but an
        answer, with the outcome ``NOT_PERMITTED`` or ``NO_ANSWER``.
        """
        return only(self.check_many([Item(identifier_type, value, country)], **grounds))

    def check_many(
        self,
        items: Iterable[AnyItem],
        *,
        progress: Progress | None = None,
        **grounds: Unpack[Grounds],
    ) -> CheckReport:
        """Ask partner bureaus about up to a million identifiers.

        ``items`` are :class:`~symbolon.Item` or tuples of type, value and country. ``progress`` is
        called with how many lists have answered and how many are asked, a bureau's list counting once for
        each type of identifier: first with 0, last with both equal. The report has a result for each
        item in order; what could not be read has a rejection. The other keywords are those of
        :meth:`check`.
        """
        check = self._checking(items, grounds, progress)
        if not check.items:
            return CheckReport(check.check_id, ())
        self._converse(_calls.CHECK, check)
        return check.report()

    def coverage(self, *, timeout: float = USUAL_TIMEOUT) -> list[CoverageEntry]:
        """List what could be asked now, of whom, and how fresh it is."""
        return coverage_of(self._call(_calls.COVERAGE, wire.ListCoverageRequest(), timeout))

    def begin_standing(
        self, items: Iterable[AnyItem], **grounds: Unpack[StandingGrounds]
    ) -> StandingKept:
        """Ask up to a million identifiers once, and keep them asked. Needs the role ``analyst``.

        ``items`` are :class:`~symbolon.StandingItem`, whose ``ref`` a hit gives back, or what
        :meth:`check_many` takes; the keywords are those of :meth:`check`, without ``check_id``. Hits are
        told by :meth:`match_standing`. Only lists are asked whose agreements let answers be kept. An
        error with ``Retry.LOOK`` says that it may have begun all the same: look at
        :meth:`list_standing`, because each call begins another one.
        """
        beginning = self._beginning(items, grounds)
        self._converse(_calls.BEGIN, beginning)
        return beginning.kept()

    def update_standing(
        self,
        standing_id: bytes | str,
        *,
        add: Iterable[AnyItem] = (),
        remove: Iterable[AnyItem] = (),
        timeout: float = USUAL_TIMEOUT,
    ) -> StandingKept:
        """Add identifiers to a standing check, of which only new ones are asked, and remove others.

        It is asked for the reasons for which it was begun; ``timeout`` is how many seconds to wait for
        each bureau. May be repeated: what was done already changes nothing.
        """
        updating = Updating(standing_id, items_of(add), items_of(remove), timeout)
        self._converse(_calls.UPDATE, updating)
        return updating.kept()

    def match_standing(self, standing_id: bytes | str) -> StandingMatch:
        """Say what a standing check hits in the lists as the node holds them now; nobody is asked.

        ``standing_id`` is 16 bytes, or their hexadecimal digits as ``symbolon standing list`` has them.
        The hits count as shown from then on: a second call does not call them new.
        """
        matching = Matching(standing_id)
        self._converse(_calls.MATCH, matching)
        return matching.match()

    def list_standing(self, *, timeout: float = USUAL_TIMEOUT) -> list[StandingCheck]:
        """List the caller's own standing checks, oldest first."""
        return checks_of(self._call(_calls.LIST, wire.ListStandingRequest(), timeout))

    def end_standing(self, standing_id: bytes | str, *, timeout: float = USUAL_TIMEOUT) -> None:
        """End a standing check: its identifiers and all that was kept of the answers are destroyed."""
        self._call(_calls.END, ending(standing_id), timeout)

    def approve_check(
        self,
        asker: str,
        *,
        case: str,
        purpose: str,
        most_elements: int,
        valid_for: timedelta = _A_WEEK,
        identifier_types: Iterable[str] = (),
        timeout: float = USUAL_TIMEOUT,
    ) -> datetime:
        """Approve what a colleague is to ask, where rules want a second person; give until when.

        Needs the role ``approver``. ``asker`` is the name in the colleague's certificate, or its
        identity. It covers ``most_elements`` identifiers in all, 1 to 1,000,000, of the types named or
        else of every type, for at most 30 days, in whole seconds. It takes the place of what is left of
        what the same person approved for that asker, case and purpose before.
        """
        request = approval_of(asker, case, purpose, most_elements, valid_for, identifier_types)
        return valid_until(self._call(_calls.APPROVE, request, timeout))

    def _call(self, call: Call[Q, A], request: Q, timeout: float) -> A:
        self._must_be_open()
        ask = self._channel.unary_unary(
            call.path, request_serializer=call.write, response_deserializer=call.read
        )
        try:
            return ask(request, timeout=seconds("timeout", timeout))
        except grpc.RpcError as error:
            raise self._explained(error_of(error)) from error

    def _converse(self, call: Call[Q, A], conversation: Conversation[Q, A]) -> None:
        self._must_be_open()
        ask = self._channel.stream_stream(
            call.path, request_serializer=bytes, response_deserializer=call.read
        )
        sending = Sending(conversation.requests())
        stream = ask(iter(sending), timeout=conversation.deadline)
        try:
            for message in stream:
                conversation.take(message)
        except grpc.RpcError as error:
            if sending.fault is not None:
                raise sending.fault from None
            raise self._explained(conversation.failure(error)) from error
        finally:
            stream.cancel()

    def close(self) -> None:
        """Close the connection."""
        self._is_closed = True
        self._channel.close()

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self.close()


class AsyncBureau(_Face):
    """The own bureau's node, for asyncio: the methods of :class:`Bureau`, to be awaited."""

    def __init__(self, profile: Profile) -> None:
        """Prepare a connection, which the first call makes."""
        super().__init__(profile)
        self._channel = grpc.aio.secure_channel(
            profile.target, profile.credentials(), options=_calls.OPTIONS
        )

    async def check(
        self, identifier_type: str, value: str, country: str = "", **grounds: Unpack[Grounds]
    ) -> ItemResult:
        """Ask partner bureaus about one identifier, with the keywords of :meth:`Bureau.check`."""
        return only(await self.check_many([Item(identifier_type, value, country)], **grounds))

    async def check_many(
        self,
        items: Iterable[AnyItem],
        *,
        progress: Progress | None = None,
        **grounds: Unpack[Grounds],
    ) -> CheckReport:
        """Ask partner bureaus about up to a million identifiers, as :meth:`Bureau.check_many`.

        Its keywords are those of :meth:`Bureau.check`.
        """
        check = self._checking(items, grounds, progress)
        if not check.items:
            return CheckReport(check.check_id, ())
        await self._converse(_calls.CHECK, check)
        return check.report()

    async def coverage(self, *, timeout: float = USUAL_TIMEOUT) -> list[CoverageEntry]:
        """List what could be asked now, of whom, and how fresh it is."""
        return coverage_of(await self._call(_calls.COVERAGE, wire.ListCoverageRequest(), timeout))

    async def begin_standing(
        self, items: Iterable[AnyItem], **grounds: Unpack[StandingGrounds]
    ) -> StandingKept:
        """Ask identifiers once and keep them asked, as :meth:`Bureau.begin_standing`."""
        beginning = self._beginning(items, grounds)
        await self._converse(_calls.BEGIN, beginning)
        return beginning.kept()

    async def update_standing(
        self,
        standing_id: bytes | str,
        *,
        add: Iterable[AnyItem] = (),
        remove: Iterable[AnyItem] = (),
        timeout: float = USUAL_TIMEOUT,
    ) -> StandingKept:
        """Add identifiers to a standing check and remove others, as :meth:`Bureau.update_standing`."""
        updating = Updating(standing_id, items_of(add), items_of(remove), timeout)
        await self._converse(_calls.UPDATE, updating)
        return updating.kept()

    async def match_standing(self, standing_id: bytes | str) -> StandingMatch:
        """Say what a standing check hits, as :meth:`Bureau.match_standing`."""
        matching = Matching(standing_id)
        await self._converse(_calls.MATCH, matching)
        return matching.match()

    async def list_standing(self, *, timeout: float = USUAL_TIMEOUT) -> list[StandingCheck]:
        """List the caller's own standing checks, oldest first."""
        return checks_of(await self._call(_calls.LIST, wire.ListStandingRequest(), timeout))

    async def end_standing(self, standing_id: bytes | str, *, timeout: float = USUAL_TIMEOUT) -> None:
        """End a standing check: its identifiers and all that was kept of the answers are destroyed."""
        await self._call(_calls.END, ending(standing_id), timeout)

    async def approve_check(
        self,
        asker: str,
        *,
        case: str,
        purpose: str,
        most_elements: int,
        valid_for: timedelta = _A_WEEK,
        identifier_types: Iterable[str] = (),
        timeout: float = USUAL_TIMEOUT,
    ) -> datetime:
        """Approve what a colleague is to ask, as :meth:`Bureau.approve_check`."""
        request = approval_of(asker, case, purpose, most_elements, valid_for, identifier_types)
        return valid_until(await self._call(_calls.APPROVE, request, timeout))

    async def _call(self, call: Call[Q, A], request: Q, timeout: float) -> A:
        self._must_be_open()
        ask = self._channel.unary_unary(
            call.path, request_serializer=call.write, response_deserializer=call.read
        )
        try:
            answer: A = await ask(request, timeout=seconds("timeout", timeout))
        except grpc.aio.AioRpcError as error:
            raise self._explained(error_of(error)) from error
        return answer

    async def _converse(self, call: Call[Q, A], conversation: Conversation[Q, A]) -> None:
        self._must_be_open()
        ends = time.monotonic() + conversation.deadline
        for tries_left in reversed(range(_TRIES)):
            try:
                left = max(ends - time.monotonic(), 0.0)
                await self._converse_once(call, conversation, left)
            except grpc.aio.AioRpcError as error:
                if not tries_left or not is_status_lost(error):
                    raise self._explained(conversation.failure(error)) from error
            else:
                return
            await asyncio.sleep(_PAUSE)

    async def _converse_once(
        self, call: Call[Q, A], conversation: Conversation[Q, A], deadline: float
    ) -> None:
        ask = self._channel.stream_stream(
            call.path, request_serializer=bytes, response_deserializer=call.read
        )
        sending = Sending(conversation.requests())
        stream = ask(aiter(sending), timeout=deadline)
        was_answered = False
        try:
            async for message in stream:
                was_answered = True
                conversation.take(message)
        except (grpc.aio.AioRpcError, asyncio.CancelledError) as error:
            # gRPC cancels the call then, which looks as if somebody had cancelled us.
            if sending.fault is not None:
                raise sending.fault from None
            # What was taken in would be taken in twice.
            if was_answered and isinstance(error, grpc.aio.AioRpcError):
                raise conversation.failure(error) from error
            raise
        finally:
            stream.cancel()

    async def close(self) -> None:
        """Close the connection."""
        self._is_closed = True
        await self._channel.close()

    async def __aenter__(self) -> Self:
        """Give itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        await self.close()

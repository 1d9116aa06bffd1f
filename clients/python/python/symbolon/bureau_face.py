"""The bureau face: ask the own bureau's node, with plain identifiers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import grpc.aio

from symbolon import _checks
from symbolon._checks import Check, coverage_of, items_of, only
from symbolon._rpc import error_of
from symbolon.answers import CheckReport, Item
from symbolon.bureau.v1 import bureau_pb2 as wire
from symbolon.profile import Profile

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Iterable, Iterator
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from symbolon._checks import AnyItem, Progress
    from symbolon.answers import CoverageEntry, Grounds, ItemResult

__all__ = ["AsyncBureau", "Bureau"]


def _profile(
    profile: Profile | str | os.PathLike[str] | None,
) -> Profile:
    if profile is None:
        return Profile.find()
    return profile if isinstance(profile, Profile) else Profile.read(profile)


def _explicit(
    endpoint: str,
    root: str | os.PathLike[str],
    certificate: str | os.PathLike[str],
    key: str | os.PathLike[str],
    officer: str,
) -> Profile:
    return Profile(endpoint, Path(root), Path(certificate), Path(key), officer)


class Bureau:
    """The own bureau's node. Safe to use from several threads.

    ::

        with Bureau.connect() as bureau:
            result = bureau.check("vin", "WVWZZZ1JZXW000001", purpose="border_check", case="2026/117")
            for answer in result:
                print(answer.source.bureau_name, answer.outcome)
    """

    def __init__(self, profile: Profile) -> None:
        """Prepare a connection, which the first call makes."""
        self._profile = profile
        self._channel = grpc.secure_channel(
            profile.target, profile.credentials(), options=_checks.OPTIONS
        )
        self._check = self._channel.stream_stream(
            _checks.CHECK,
            request_serializer=wire.CheckRequest.SerializeToString,
            response_deserializer=wire.CheckResponse.FromString,
        )
        self._coverage = self._channel.unary_unary(
            _checks.COVERAGE,
            request_serializer=wire.ListCoverageRequest.SerializeToString,
            response_deserializer=wire.ListCoverageResponse.FromString,
        )

    @classmethod
    def connect(cls, profile: Profile | str | os.PathLike[str] | None = None) -> Self:
        """Connect with a profile, a profile file, or that of ``SYMBOLON_PROFILE`` or a demo near here."""
        return cls(_profile(profile))

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
        """Connect to ``https://host:port`` with certificate files in PEM form."""
        return cls(_explicit(endpoint, root, certificate, key, officer))

    def check(
        self, identifier_type: str, value: str, country: str = "", **grounds: Unpack[Grounds]
    ) -> ItemResult:
        """Ask partner bureaus about one identifier.

        Raises :class:`~symbolon.InvalidIdentifier` if it is none, and another
        :class:`~symbolon.SymbolonError` if the node refuses or cannot be reached. A bureau that does
        not answer is an answer with the outcome ``NO_ANSWER``.
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
        called with how many answers have come and how many may come. The report has a result for each
        item in order; what could not be read has a rejection.
        """
        check = Check(items_of(items), self._profile.officer, grounds)
        if not check.items:
            return CheckReport(check.check_id, ())
        try:
            call = self._check(check.requests(), timeout=check.deadline)
            try:
                for message in call:
                    check.take(message, progress)
            except BaseException:
                call.cancel()
                raise
        except grpc.RpcError as error:
            raise error_of(error, check.check_id) from error
        return check.report()

    def coverage(self, *, timeout: float = 10.0) -> list[CoverageEntry]:
        """List what could be asked now, of whom, and how fresh it is."""
        try:
            return coverage_of(self._coverage(wire.ListCoverageRequest(), timeout=timeout))
        except grpc.RpcError as error:
            raise error_of(error) from error

    def close(self) -> None:
        """Close the connection."""
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

    def __repr__(self) -> str:
        """Show the address."""
        return f"<Bureau {self._profile.endpoint}>"


class AsyncBureau:
    """The own bureau's node, for asyncio: the methods of :class:`Bureau`, to be awaited."""

    def __init__(self, profile: Profile) -> None:
        """Prepare a connection, which the first call makes."""
        self._profile = profile
        self._channel = grpc.aio.secure_channel(
            profile.target, profile.credentials(), options=_checks.OPTIONS
        )
        self._check = self._channel.stream_stream(
            _checks.CHECK,
            request_serializer=wire.CheckRequest.SerializeToString,
            response_deserializer=wire.CheckResponse.FromString,
        )
        self._coverage = self._channel.unary_unary(
            _checks.COVERAGE,
            request_serializer=wire.ListCoverageRequest.SerializeToString,
            response_deserializer=wire.ListCoverageResponse.FromString,
        )

    @classmethod
    def connect(cls, profile: Profile | str | os.PathLike[str] | None = None) -> Self:
        """Connect with a profile, a profile file, or that of ``SYMBOLON_PROFILE`` or a demo near here."""
        return cls(_profile(profile))

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
        """Connect to ``https://host:port`` with certificate files in PEM form."""
        return cls(_explicit(endpoint, root, certificate, key, officer))

    async def check(
        self, identifier_type: str, value: str, country: str = "", **grounds: Unpack[Grounds]
    ) -> ItemResult:
        """Ask partner bureaus about one identifier, as :meth:`Bureau.check`."""
        return only(await self.check_many([Item(identifier_type, value, country)], **grounds))

    async def check_many(
        self,
        items: Iterable[AnyItem],
        *,
        progress: Progress | None = None,
        **grounds: Unpack[Grounds],
    ) -> CheckReport:
        """Ask partner bureaus about up to a million identifiers, as :meth:`Bureau.check_many`."""
        check = Check(items_of(items), self._profile.officer, grounds)
        if not check.items:
            return CheckReport(check.check_id, ())
        try:
            call = self._check(_as_async(check.requests()), timeout=check.deadline)
            try:
                async for message in call:
                    check.take(message, progress)
            except BaseException:
                call.cancel()
                raise
        except grpc.aio.AioRpcError as error:
            raise error_of(error, check.check_id) from error
        return check.report()

    async def coverage(self, *, timeout: float = 10.0) -> list[CoverageEntry]:
        """List what could be asked now, of whom, and how fresh it is."""
        try:
            return coverage_of(await self._coverage(wire.ListCoverageRequest(), timeout=timeout))
        except grpc.aio.AioRpcError as error:
            raise error_of(error) from error

    async def close(self) -> None:
        """Close the connection."""
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

    def __repr__(self) -> str:
        """Show the address."""
        return f"<AsyncBureau {self._profile.endpoint}>"


async def _as_async(
    requests: Iterator[wire.CheckRequest],
) -> AsyncIterator[wire.CheckRequest]:
    for request in requests:
        yield request

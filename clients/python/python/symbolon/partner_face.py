"""The partner face: ask another bureau with blinded identifiers, and verify what it answers."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import grpc.aio

from symbolon import _core
from symbolon import _partner_checks as checks
from symbolon._calls import Sending
from symbolon._checks import only
from symbolon._grounds import items_of
from symbolon._own import explained
from symbolon._partner_checks import PartnerCheck, Requester, header_key
from symbolon._rpc import error_of
from symbolon._shelf import Shelf
from symbolon._trust import credentials_for
from symbolon.answers import Item
from symbolon.errors import ConfigurationError, InvalidRequest, SymbolonError, Unreachable
from symbolon.partner.v1 import partner_pb2 as wire
from symbolon.profile import target_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from symbolon._core import Agreement
    from symbolon._grounds import AnyItem
    from symbolon._partner_checks import PartnerGrounds, PartnerReport
    from symbolon._shelf import Transfer
    from symbolon.answers import ItemResult
    from symbolon.v1.documents_pb2 import SignedDocument

__all__ = ["AsyncPartner", "Partner", "read_agreement"]


def read_agreement(path: str | os.PathLike[str]) -> Agreement:
    """Read the file of an agreement and verify the signature of every party."""
    try:
        return _core.Agreement.read(Path(path).read_bytes())
    except OSError as error:
        raise ConfigurationError(
            "file", f"the agreement {os.fspath(path)} cannot be read: {error.strerror}"
        ) from error


class _Side:
    """What both styles share: who asks whom, under what."""

    def __init__(
        self,
        agreement: Agreement | str | os.PathLike[str],
        owner: str,
        requester: Requester,
        sets: str | os.PathLike[str] | None,
    ) -> None:
        if not isinstance(agreement, _core.Agreement):
            agreement = read_agreement(agreement)
        self._agreement = agreement
        self._owner = self._agreement.party(owner)
        self._requester = requester
        self._is_closed = False
        self._key = header_key(requester.header_key)
        if self._agreement.party(requester.code).header_key != self._key.public_key:
            raise ConfigurationError(
                "header_key",
                f"{requester.header_key} is not the header key that the agreement names for "
                f"{requester.code}",
            )
        self._shelf = Shelf(self._agreement, owner, sets)

    def _manifests_request(self) -> wire.GetManifestsRequest:
        return wire.GetManifestsRequest(
            agreement_id=self._agreement.id, agreement_hash=self._agreement.hash
        )

    def _must_be_open(self) -> None:
        if self._is_closed:
            raise InvalidRequest("closed", "this connection was closed; connect anew")

    def _failure(self, error: grpc.RpcError) -> SymbolonError:
        return explained(error_of(error), self._requester.certificate, self._requester.key)

    def _check(self, items: Iterable[AnyItem], grounds: PartnerGrounds) -> PartnerCheck:
        self._must_be_open()
        return PartnerCheck(self._agreement, self._owner, items_of(items), grounds)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._owner.code} under {self._agreement.id}>"


class Partner(_Side):
    """Another bureau's partner face, for one thread at a time.

    ::

        me = Requester.of_data_folder("arcadia", "ARC")
        with Partner("agreement.json", "BOR", me, sets="sets") as partner:
            partner.sync()
            report = partner.check_many(items, purpose="border_check", officer="officer-17")
            print(report.summary)
    """

    def __init__(
        self,
        agreement: Agreement | str | os.PathLike[str],
        owner: str,
        requester: Requester,
        *,
        sets: str | os.PathLike[str] | None = None,
    ) -> None:
        """Prepare to ask ``owner`` under an agreement.

        ``sets`` is a folder for the owner's tag sets, and for the pins of its keys: keep it. Without,
        they are fetched anew each time, and a key that the owner has changed goes unnoticed.
        """
        super().__init__(agreement, owner, requester, sets)
        self._channel: grpc.Channel | None = None

    def sync(self) -> int:
        """Fetch and check the owner's newest sets; give how many are new.

        A set that does not hold raises; the others are brought up to date all the same.
        """
        self._must_be_open()
        installed, failures = 0, []
        for signed in self._manifests():
            try:
                installed += self._bring(signed)
            except SymbolonError as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return installed

    def check(
        self,
        identifier_type: str,
        value: str,
        country: str = "",
        **grounds: Unpack[PartnerGrounds],
    ) -> ItemResult:
        """Ask about one identifier. Raises :class:`~symbolon.InvalidIdentifier` if it is none.

        Keywords, of which only ``purpose`` must be given: ``purpose``, ``officer``, ``case``,
        ``justification``, ``offence_class``, ``urgency`` and ``deadline``, as in
        :meth:`Bureau.check <symbolon.Bureau.check>`. The partner reads purpose, class of offence and
        urgency, and of the others a salted commitment.
        """
        items = [Item(identifier_type, value, country)]
        return only(self.check_many(items, **grounds))

    def check_many(
        self,
        items: Iterable[AnyItem],
        **grounds: Unpack[PartnerGrounds],
    ) -> PartnerReport:
        """Ask about many identifiers in one check: blind, evaluate, verify, unblind, look up.

        Nothing of the outcome goes to the owner. Raises if the owner refuses, or if anything that it
        sent does not hold. A connection that breaks is taken up once, with the same header, which the
        owner counts once. Asking again is another check, which counts again. The keywords are those of
        :meth:`check`.
        """
        check = self._check(items, grounds)
        if not check.prepare(self._shelf, self._requester, self._key):
            return check.report(self._shelf)
        try:
            receipt = self._ask(check)
        except Unreachable:
            # Same id, same header: the owner answers the same and counts once.
            self._disconnect()
            check.restart()
            receipt = self._ask(check)
        if not check.finish(receipt):
            self.sync()
        return check.report(self._shelf)

    def _ask(self, check: PartnerCheck) -> SignedDocument | None:
        cores = os.cpu_count() or 1
        waiting: deque[Future[None]] = deque()
        receipt: SignedDocument | None = None
        sending = Sending(check.requests())
        call = self._connected().stream_stream(
            checks.CHECK,
            request_serializer=bytes,
            response_deserializer=wire.CheckResponse.FromString,
        )(iter(sending), timeout=check.deadline)
        try:
            with ThreadPoolExecutor(cores, "symbolon") as pool:
                for message in call:
                    work = check.take(message)
                    if work is None:
                        receipt = message.receipt
                        continue
                    waiting.append(pool.submit(work))
                    # One more than there are cores: no more memory is held.
                    if len(waiting) > cores:
                        waiting.popleft().result()
                while waiting:
                    waiting.popleft().result()
        except grpc.RpcError as error:
            if sending.fault is not None:
                raise sending.fault from None
            raise self._failure(error) from error
        finally:
            call.cancel()
        return receipt

    def _manifests(self) -> list[SignedDocument]:
        try:
            return self._get_manifests()
        except Unreachable:
            # The owner may have another certificate by now.
            self._disconnect()
            return self._get_manifests()

    def _get_manifests(self) -> list[SignedDocument]:
        call = self._connected().unary_unary(
            checks.MANIFESTS,
            request_serializer=wire.GetManifestsRequest.SerializeToString,
            response_deserializer=wire.GetManifestsResponse.FromString,
        )
        try:
            response = call(self._manifests_request(), timeout=checks.MANIFESTS_SECONDS)
        except grpc.RpcError as error:
            raise self._failure(error) from error
        return list(response.manifests)

    def _bring(self, signed: SignedDocument) -> bool:
        manifest = self._shelf.consider(signed)
        if manifest is None:
            return False
        for transfer in self._shelf.transfers(manifest):
            if not transfer.is_complete:
                self._download(transfer)
            transfer.finish()
        self._shelf.install(manifest)
        return True

    def _download(self, transfer: Transfer) -> None:
        call = self._connected().unary_stream(
            checks.DOWNLOAD,
            request_serializer=wire.DownloadTagSetRequest.SerializeToString,
            response_deserializer=wire.DownloadTagSetResponse.FromString,
        )(transfer.request(), timeout=checks.DOWNLOAD_SECONDS)
        try:
            for piece in call:
                transfer.write(piece.data)
                if transfer.is_complete:
                    break
        except grpc.RpcError as error:
            raise self._failure(error) from error
        finally:
            call.cancel()

    def _connected(self) -> grpc.Channel:
        if self._channel is None:
            party, requester = self._owner, self._requester
            credentials, options = credentials_for(party, requester.certificate, requester.key)
            self._channel = grpc.secure_channel(target_of(party.endpoint), credentials, options=options)
        return self._channel

    def _disconnect(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def close(self) -> None:
        """Close the connection and forget the sets; files in a named folder stay."""
        self._is_closed = True
        self._disconnect()
        self._shelf.close()

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()


class AsyncPartner(_Side):
    """Another bureau's partner face, for asyncio: the methods of :class:`Partner`, to be awaited."""

    def __init__(
        self,
        agreement: Agreement | str | os.PathLike[str],
        owner: str,
        requester: Requester,
        *,
        sets: str | os.PathLike[str] | None = None,
    ) -> None:
        """Prepare to ask ``owner`` under an agreement, as :class:`Partner`."""
        super().__init__(agreement, owner, requester, sets)
        self._channel: grpc.aio.Channel | None = None

    async def sync(self) -> int:
        """Fetch and check the owner's newest sets; give how many are new."""
        self._must_be_open()
        installed, failures = 0, []
        for signed in await self._manifests():
            try:
                installed += await self._bring(signed)
            except SymbolonError as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return installed

    async def check(
        self,
        identifier_type: str,
        value: str,
        country: str = "",
        **grounds: Unpack[PartnerGrounds],
    ) -> ItemResult:
        """Ask about one identifier, as :meth:`Partner.check`."""
        items = [Item(identifier_type, value, country)]
        return only(await self.check_many(items, **grounds))

    async def check_many(
        self,
        items: Iterable[AnyItem],
        **grounds: Unpack[PartnerGrounds],
    ) -> PartnerReport:
        """Ask about many identifiers in one check, as :meth:`Partner.check_many`."""
        check = self._check(items, grounds)
        shelf, requester, key = self._shelf, self._requester, self._key
        if not await asyncio.to_thread(check.prepare, shelf, requester, key):
            return check.report(shelf)
        try:
            receipt = await self._ask(check)
        except Unreachable:
            # Same id, same header: the owner answers the same and counts once.
            await self._disconnect()
            check.restart()
            receipt = await self._ask(check)
        if not await asyncio.to_thread(check.finish, receipt):
            await self.sync()
        return await asyncio.to_thread(check.report, shelf)

    async def _ask(self, check: PartnerCheck) -> SignedDocument | None:
        cores = os.cpu_count() or 1
        loop = asyncio.get_running_loop()
        waiting: deque[asyncio.Future[None]] = deque()
        receipt: SignedDocument | None = None
        sending = Sending(check.requests())
        call = (await self._connected()).stream_stream(
            checks.CHECK,
            request_serializer=bytes,
            response_deserializer=wire.CheckResponse.FromString,
        )(aiter(sending), timeout=check.deadline)
        pool = ThreadPoolExecutor(cores, "symbolon")
        try:
            async for message in call:
                work = check.take(message)
                if work is None:
                    receipt = message.receipt
                    continue
                waiting.append(loop.run_in_executor(pool, work))
                # One more than there are cores: no more memory is held.
                if len(waiting) > cores:
                    await waiting.popleft()
            while waiting:
                await waiting.popleft()
        except (grpc.aio.AioRpcError, asyncio.CancelledError) as error:
            # gRPC cancels the call then, which looks as if somebody had cancelled us.
            if sending.fault is not None:
                raise sending.fault from None
            if isinstance(error, grpc.aio.AioRpcError):
                raise self._failure(error) from error
            raise
        finally:
            call.cancel()
            for dropped in waiting:
                dropped.cancel()
            # What is at work ends before the check may be taken up again, also when the caller does not
            # want to wait for it; the loop goes on meanwhile.
            end = asyncio.ensure_future(asyncio.to_thread(pool.shutdown))
            try:
                await asyncio.shield(end)
            except asyncio.CancelledError:
                await asyncio.shield(end)
                raise
        return receipt

    async def _manifests(self) -> list[SignedDocument]:
        try:
            return await self._get_manifests()
        except Unreachable:
            # The owner may have another certificate by now.
            await self._disconnect()
            return await self._get_manifests()

    async def _get_manifests(self) -> list[SignedDocument]:
        call = (await self._connected()).unary_unary(
            checks.MANIFESTS,
            request_serializer=wire.GetManifestsRequest.SerializeToString,
            response_deserializer=wire.GetManifestsResponse.FromString,
        )
        try:
            response = await call(self._manifests_request(), timeout=checks.MANIFESTS_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise self._failure(error) from error
        return list(response.manifests)

    async def _bring(self, signed: SignedDocument) -> bool:
        manifest = self._shelf.consider(signed)
        if manifest is None:
            return False
        transfers = await asyncio.to_thread(lambda: list(self._shelf.transfers(manifest)))
        for transfer in transfers:
            if not transfer.is_complete:
                await self._download(transfer)
            await asyncio.to_thread(transfer.finish)
        await asyncio.to_thread(self._shelf.install, manifest)
        return True

    async def _download(self, transfer: Transfer) -> None:
        call = (await self._connected()).unary_stream(
            checks.DOWNLOAD,
            request_serializer=wire.DownloadTagSetRequest.SerializeToString,
            response_deserializer=wire.DownloadTagSetResponse.FromString,
        )(transfer.request(), timeout=checks.DOWNLOAD_SECONDS)
        try:
            async for piece in call:
                transfer.write(piece.data)
                if transfer.is_complete:
                    break
        except grpc.aio.AioRpcError as error:
            raise self._failure(error) from error
        finally:
            call.cancel()

    async def _connected(self) -> grpc.aio.Channel:
        if self._channel is None:
            party, requester = self._owner, self._requester
            credentials, options = await asyncio.to_thread(
                credentials_for, party, requester.certificate, requester.key
            )
            self._channel = grpc.aio.secure_channel(
                target_of(party.endpoint), credentials, options=options
            )
        return self._channel

    async def _disconnect(self) -> None:
        if self._channel is not None:
            await self._channel.close()
            self._channel = None

    async def close(self) -> None:
        """Close the connection and forget the sets; files in a named folder stay."""
        self._is_closed = True
        await self._disconnect()
        self._shelf.close()

    async def __aenter__(self) -> Self:
        """Give itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        await self.close()

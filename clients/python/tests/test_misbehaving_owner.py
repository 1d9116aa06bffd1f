"""An owner that does not keep to the protocol: Borealia's node, with a layer before it that alters
what it says.

The layer shows Borealia's own certificate, so that only what it says can give it away.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
import symbolon
from conftest import Demo
from symbolon import AsyncPartner, NotTrusted, Outcome, Partner, PartnerReport, Requester, Unreachable
from symbolon import _partner_checks as checks
from symbolon._trust import credentials_for
from symbolon.partner.v1 import partner_pb2 as wire
from test_partner import GROUNDS, STYLE

SERVICE = "symbolon.partner.v1.PartnerService"
ITEMS = [("container", "DMOU.038046.0"), ("container", "MSKU0000006"), ("container", "CSQU3054383")]
Answers = Iterable[wire.CheckResponse]
Fault = Callable[[Answers, grpc.ServicerContext], Iterator[wire.CheckResponse]]


class Layer:
    """A server at another address that passes everything on, and alters the answers of checks."""

    def __init__(self, demo: Demo, requester: Requester, owner: Any) -> None:
        credentials, options = credentials_for(owner, requester.certificate, requester.key)
        self._channel = grpc.secure_channel(
            owner.endpoint.removeprefix("https://"), credentials, options=options
        )
        self.fault: Fault = honest
        self.calls = 0
        data = demo.folder / "borealia"
        pair = (data / "keys/partner.key", data / "certificates/partner.pem")
        shown = grpc.ssl_server_credentials(
            [(pair[0].read_bytes(), pair[1].read_bytes())],
            (demo.arcadia / "certificates/partner-root.pem").read_bytes(),
            require_client_auth=True,
        )
        handlers = {
            "Check": grpc.stream_stream_rpc_method_handler(
                self._check, wire.CheckRequest.FromString, wire.CheckResponse.SerializeToString
            ),
            "GetManifests": grpc.unary_unary_rpc_method_handler(self._passed("GetManifests")),
            "DownloadTagSet": grpc.unary_stream_rpc_method_handler(self._streamed),
        }
        self._server = grpc.server(ThreadPoolExecutor(8))
        generic = grpc.method_handlers_generic_handler(SERVICE, handlers)
        self._server.add_generic_rpc_handlers((generic,))
        port = self._server.add_secure_port("127.0.0.1:0", shown)
        self._server.start()
        names = ("code", "name", "spiffe_id", "tls_root", "desk", "header_key")
        self.owner = SimpleNamespace(
            **{name: getattr(owner, name) for name in names}, endpoint=f"https://127.0.0.1:{port}"
        )

    def _passed(self, method: str) -> Any:
        call = self._channel.unary_unary(f"/{SERVICE}/{method}")
        return lambda request, _: call(request)

    def _streamed(self, request: bytes, _: grpc.ServicerContext) -> Iterator[bytes]:
        yield from self._channel.unary_stream(f"/{SERVICE}/DownloadTagSet")(request)

    def _check(
        self, requests: Iterator[wire.CheckRequest], context: grpc.ServicerContext
    ) -> Iterator[wire.CheckResponse]:
        self.calls += 1
        call = self._channel.stream_stream(
            checks.CHECK, wire.CheckRequest.SerializeToString, wire.CheckResponse.FromString
        )
        yield from self.fault(call(requests), context)

    def close(self) -> None:
        self._server.stop(0).wait()
        self._channel.close()


@pytest.fixture(scope="module")
def layer(demo: Demo, requester: Requester, agreement: Path) -> Iterator[Layer]:
    started = Layer(demo, requester, symbolon.read_agreement(agreement).party("BOR"))
    yield started
    started.close()


def ask(layer: Layer, style: str, agreement: Path, requester: Requester, **more: Any) -> PartnerReport:
    said = {**GROUNDS, **more}
    if style == "sync":
        with Partner(agreement, "BOR", requester) as partner:
            partner._owner = layer.owner  # type: ignore[assignment]
            partner.sync()
            return partner.check_many(ITEMS, **said)  # type: ignore[arg-type]

    async def asking() -> PartnerReport:
        async with AsyncPartner(agreement, "BOR", requester) as partner:
            partner._owner = layer.owner  # type: ignore[assignment]
            await partner.sync()
            return await partner.check_many(ITEMS, **said)  # type: ignore[arg-type]

    import asyncio

    return asyncio.run(asking())


def honest(answers: Answers, _: grpc.ServicerContext) -> Iterator[wire.CheckResponse]:
    yield from answers


def of_chunks(alter: Callable[[wire.EvaluatedChunk], None]) -> Fault:
    def fault(answers: Answers, _: grpc.ServicerContext) -> Iterator[wire.CheckResponse]:
        for answer in answers:
            if answer.HasField("chunk"):
                alter(answer.chunk)
            yield answer

    return fault


def swap(chunk: wire.EvaluatedChunk) -> None:
    elements = [chunk.elements[i : i + 32] for i in range(0, len(chunk.elements), 32)]
    chunk.elements = b"".join(reversed(elements))


def shorten(chunk: wire.EvaluatedChunk) -> None:
    chunk.elements = chunk.elements[:-32]


def prove_otherwise(chunk: wire.EvaluatedChunk) -> None:
    chunk.proof = chunk.proof[:32] + chunk.proof[:32]


def half_way(answers: Answers, _: grpc.ServicerContext) -> Iterator[wire.CheckResponse]:
    yield next(iter(answers))


def without_receipt(answers: Answers, _: grpc.ServicerContext) -> Iterator[wire.CheckResponse]:
    yield from (answer for answer in answers if not answer.HasField("receipt"))


def receipt_first(answers: Answers, _: grpc.ServicerContext) -> Iterator[wire.CheckResponse]:
    yield from reversed(list(answers))


def receipt_altered(answers: Answers, _: grpc.ServicerContext) -> Iterator[wire.CheckResponse]:
    for answer in answers:
        if answer.HasField("receipt"):
            answer.receipt.document = answer.receipt.document[:-1] + b"\x00"
        yield answer


def chunk_twice(answers: Answers, _: grpc.ServicerContext) -> Iterator[wire.CheckResponse]:
    for answer in answers:
        yield answer
        if answer.HasField("chunk"):
            yield answer


def unknown_part(answers: Answers, _: grpc.ServicerContext) -> Iterator[wire.CheckResponse]:
    for _answer in answers:
        yield wire.CheckResponse()


def dropped(answers: Answers, context: grpc.ServicerContext) -> Iterator[wire.CheckResponse]:
    yield next(iter(answers))
    context.abort(grpc.StatusCode.UNAVAILABLE, "gone")


@STYLE
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (of_chunks(swap), "proof_invalid"),
        (of_chunks(shorten), "proof_invalid"),
        (of_chunks(prove_otherwise), "proof_invalid"),
        (half_way, "answer_not_trusted"),
        (without_receipt, "answer_not_trusted"),
        (receipt_first, "answer_not_trusted"),
        (receipt_altered, "answer_not_trusted"),
        (chunk_twice, "answer_not_trusted"),
        (unknown_part, "answer_not_trusted"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__qualname__,
)
def test_nothing_of_an_answer_that_does_not_hold_is_used(
    layer: Layer, style: str, agreement: Path, requester: Requester, fault: Fault, reason: str
) -> None:
    layer.fault = fault
    with pytest.raises(NotTrusted) as refused:
        ask(layer, style, agreement, requester)
    assert refused.value.reason == reason


@STYLE
def test_an_honest_answer_through_the_same_layer_is_used(
    layer: Layer, style: str, agreement: Path, requester: Requester
) -> None:
    layer.fault = honest
    report = ask(layer, style, agreement, requester)
    assert [result.outcome for result in report][:2] == [Outcome.HIT, Outcome.NO_HIT]


@STYLE
def test_a_connection_that_breaks_is_taken_up_once(
    layer: Layer, style: str, agreement: Path, requester: Requester
) -> None:
    def broken_once(answers: Answers, context: grpc.ServicerContext) -> Iterator[wire.CheckResponse]:
        layer.fault = honest
        yield from dropped(answers, context)

    layer.fault = broken_once
    before = layer.calls
    assert ask(layer, style, agreement, requester).results[0].outcome is Outcome.HIT
    assert layer.calls == before + 2
    layer.fault = dropped
    with pytest.raises(Unreachable):
        ask(layer, style, agreement, requester)


@STYLE
def test_an_owner_that_says_nothing_is_waited_for_as_long_as_the_caller_likes(
    layer: Layer, style: str, agreement: Path, requester: Requester
) -> None:
    over = threading.Event()

    def silent(_: Answers, context: grpc.ServicerContext) -> Iterator[wire.CheckResponse]:
        context.add_callback(over.set)
        over.wait(60)
        yield from ()

    layer.fault = silent
    with pytest.raises(symbolon.DeadlineExceeded):
        ask(layer, style, agreement, requester, deadline=1.0)

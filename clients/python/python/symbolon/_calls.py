"""The calls of the bureau face: under which path, with which messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from google.protobuf.message import Message

from symbolon.bureau.v1 import approvals_pb2, bureau_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    import grpc

    from symbolon.errors import SymbolonError

OPTIONS = (
    ("grpc.max_receive_message_length", 8 << 20),
    ("grpc.max_send_message_length", 8 << 20),
)

Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)
Sent_co = TypeVar("Sent_co", bound=Message, covariant=True)
Heard_contra = TypeVar("Heard_contra", bound=Message, contravariant=True)


@dataclass(frozen=True)
class Call(Generic[Q, A]):
    """A call: what goes, and what comes."""

    path: str
    request: type[Q]
    response: type[A]

    def write(self, request: Q) -> bytes:
        """Serialise what goes."""
        return request.SerializeToString()

    def read(self, response: bytes) -> A:
        """Parse what comes."""
        return self.response.FromString(response)


class Conversation(Protocol[Sent_co, Heard_contra]):
    """A call of many messages, without I/O."""

    @property
    def deadline(self) -> float:
        """Seconds after which it is given up."""

    def requests(self) -> Iterator[Sent_co]:
        """Make the messages as they are sent."""

    def take(self, message: Heard_contra) -> None:
        """Take in what the node says next."""

    def failure(self, error: grpc.RpcError) -> SymbolonError:
        """Say why it broke off."""


class Sending:
    """Messages on their way out, as bytes.

    gRPC asks for them in a thread of its own, and reports whatever goes wrong there as a connection that
    broke. It is kept here, so that it comes out as what it is.
    """

    def __init__(self, requests: Iterable[Message]) -> None:
        """Keep the messages; nothing is made yet."""
        self._requests = requests
        self.fault: Exception | None = None

    def __iter__(self) -> Iterator[bytes]:
        """Make one message after the other."""
        try:
            for request in self._requests:
                yield request.SerializeToString()
        except Exception as error:
            self.fault = error
            raise

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Make one message after the other, for asyncio."""
        for request in self:
            yield request


_BUREAU = "/symbolon.bureau.v1.BureauService/"
_APPROVALS = "/symbolon.bureau.v1.ApprovalService/"

CHECK = Call(_BUREAU + "Check", bureau_pb2.CheckRequest, bureau_pb2.CheckResponse)
COVERAGE = Call(_BUREAU + "ListCoverage", bureau_pb2.ListCoverageRequest, bureau_pb2.ListCoverageResponse)
BEGIN = Call(_BUREAU + "BeginStanding", bureau_pb2.BeginStandingRequest, bureau_pb2.BeginStandingResponse)
UPDATE = Call(
    _BUREAU + "UpdateStanding", bureau_pb2.UpdateStandingRequest, bureau_pb2.UpdateStandingResponse
)
MATCH = Call(_BUREAU + "MatchStanding", bureau_pb2.MatchStandingRequest, bureau_pb2.MatchStandingResponse)
LIST = Call(_BUREAU + "ListStanding", bureau_pb2.ListStandingRequest, bureau_pb2.ListStandingResponse)
END = Call(_BUREAU + "EndStanding", bureau_pb2.EndStandingRequest, bureau_pb2.EndStandingResponse)
APPROVE = Call(
    _APPROVALS + "ApproveCheck",
    approvals_pb2.ApproveCheckRequest,
    approvals_pb2.ApproveCheckResponse,
)

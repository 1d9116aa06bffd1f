"""As much of gRPC as a partner needs, over HTTP/2 and mutual TLS 1.3: docs/protocol.md, section 7.

The usual gRPC package for Python compares host names and shows no certificate to the program; here the
identity is what counts."""

from __future__ import annotations

import base64
import socket
import ssl
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import h2.config
import h2.connection
import h2.events
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from .errors import Refused, require

MOST_MESSAGE = 2 << 20
SERVICE = "symbolon.partner.v1.PartnerService"


class Status(Exception):
    """A refusal of the called bureau, with its machine-readable reason."""

    def __init__(self, code: int, reason: str, sentence: str, retry_seconds: float | None) -> None:
        super().__init__(f"{reason or code}: {sentence}")
        self.code, self.reason, self.sentence, self.retry_seconds = code, reason, sentence, retry_seconds


def _context(certificate: Path, key: Path, partner_root: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # A bureau is known by its identity, wherever it is.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=base64.b64decode(partner_root))
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2"])
    return context


class Channel:
    """A connection to the partner face of one party of an agreement."""

    def __init__(self, party: dict, certificate: Path, key: Path, timeout: float = 30) -> None:
        address = urlsplit(party["endpoint"])
        host, port = address.hostname, address.port
        plain = socket.create_connection((host, port), timeout=timeout)
        self._socket = _context(certificate, key, party["tls_root"]).wrap_socket(plain, server_hostname=host)
        names = self._socket.getpeercert().get("subjectAltName", ())
        identities = [name for kind, name in names if kind == "URI"]
        if identities != [party["spiffe_id"]]:
            self._socket.close()
            raise Refused("identity", f"{identities} answers at {party['endpoint']}")
        require(self._socket.selected_alpn_protocol() == "h2", "alpn")
        self._authority = address.netloc
        self._http = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self._http.initiate_connection()
        self._flush()
        self._calls: dict[int, _Call] = {}

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Channel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def unary(self, method: str, request: Message, answer: type[Message]) -> Message:
        answers = list(self.stream(method, [request], answer))
        require(len(answers) == 1, "protocol", "not one answer")
        return answers[0]

    def stream(self, method: str, requests: Iterable[Message], answer: type[Message]) -> Iterator[Message]:
        """Sends all requests, and yields the answers; at the end raises what the status says."""
        stream = self._http.get_next_available_stream_id()
        call = self._calls[stream] = _Call()
        headers = [
            (":method", "POST"),
            (":scheme", "https"),
            (":path", f"/{SERVICE}/{method}"),
            (":authority", self._authority),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
        ]
        self._http.send_headers(stream, headers)
        for request in requests:
            encoded = request.SerializeToString()
            self._send(stream, call, struct.pack(">BI", 0, len(encoded)) + encoded)
        if not call.ended:
            self._http.end_stream(stream)
            self._flush()
        while True:
            for encoded in call.messages():
                yield answer.FromString(encoded)
            if call.ended:
                break
            self._receive()
        del self._calls[stream]
        call.raise_status()

    def _send(self, stream: int, call: _Call, data: bytes) -> None:
        while data and not call.ended:
            window = min(self._http.local_flow_control_window(stream), self._http.max_outbound_frame_size)
            if window == 0:
                self._receive()
                continue
            self._http.send_data(stream, data[:window])
            data = data[window:]
            self._flush()

    def _flush(self) -> None:
        self._socket.sendall(self._http.data_to_send())

    def _receive(self) -> None:
        received = self._socket.recv(1 << 16)
        if not received:
            raise ConnectionError("the partner has closed the connection")
        for event in self._http.receive_data(received):
            call = self._calls.get(getattr(event, "stream_id", None) or 0)
            if isinstance(event, h2.events.DataReceived):
                if event.flow_controlled_length:
                    self._http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                if call:
                    call.buffer += event.data
            elif isinstance(event, (h2.events.ResponseReceived, h2.events.TrailersReceived)) and call:
                call.headers.update(event.headers)
            elif isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset)) and call:
                call.ended = True
            elif isinstance(event, h2.events.ConnectionTerminated) and not self._calls:
                raise ConnectionError("the partner has ended the connection")
        self._flush()


class _Call:
    """What has come of one call."""

    def __init__(self) -> None:
        self.buffer = b""
        self.headers: dict[str, str] = {}
        self.ended = False

    def messages(self) -> Iterator[bytes]:
        while len(self.buffer) >= 5:
            compressed, length = struct.unpack(">BI", self.buffer[:5])
            require(compressed == 0 and length <= MOST_MESSAGE, "protocol", "message")
            if len(self.buffer) < 5 + length:
                return
            message, self.buffer = self.buffer[5 : 5 + length], self.buffer[5 + length :]
            yield message

    def raise_status(self) -> None:
        code = int(self.headers.get("grpc-status", "2"))
        if code == 0:
            return
        reason, retry = "", None
        details = self.headers.get("grpc-status-details-bin")
        if details:
            status = status_pb2.Status.FromString(base64.b64decode(details + "=" * (-len(details) % 4)))
            for detail in status.details:
                info, wait = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
                if detail.Unpack(info) and info.domain == "symbolon":
                    reason = info.reason
                elif detail.Unpack(wait):
                    retry = wait.retry_delay.ToTimedelta().total_seconds()
        raise Status(code, reason, unquote(self.headers.get("grpc-message", "")), retry)

"""What a gRPC status means, as an exception."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2

from symbolon.errors import (
    DeadlineExceeded,
    InvalidRequest,
    NoAnswer,
    NotAuthorised,
    NotPermitted,
    QuotaExhausted,
    SymbolonError,
    Unreachable,
)

_DOMAIN = "symbolon"
_REASON = re.compile(r"[a-z_]{1,64}")
_LONGEST_SENTENCE = 512
_LONGEST_WAIT = 315_576_000_000

_NOT_AUTHORISED = frozenset({"certificate_expired", "certificate_revoked", "role_missing"})
_QUOTAS = frozenset({"budget_exhausted", "quota_exhausted"})
_NOT_PERMITTED = frozenset(
    {"agreement_expired", "agreement_not_yet_valid", "agreement_revoked", "agreement_suspended"}
    | {"agreement_unknown", "disclosure_not_agreed", "not_a_party", "purpose_not_agreed"}
    | {"rule_forbids", "standing_not_agreed", "type_not_agreed"}
)
_INVALID = frozenset(
    {"check_id_reused", "chunk_altered", "chunk_missing", "element_invalid", "header_invalid"}
    | {"header_signature", "header_time", "invalid_argument", "limit_exceeded", "other_owner"}
    | {"standing_unknown"}
)

_UNREACHABLE = (
    "the node could not be reached, or the connection broke; look whether it is up, whether the address "
    "is right, and whether your certificate has ended or is another bureau's, which looks the same from "
    "here"
)
_UNEXPECTED = "the node answered in a way that this program does not understand; it may be newer"
_BROKEN = frozenset(
    {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNKNOWN}
    | {grpc.StatusCode.CANCELLED, grpc.StatusCode.INTERNAL}
)
_TLS = (
    "no connection was made under these certificates: root, certificate and key must be those that "
    "the bureau has issued, and the address one that stands in the node's certificate"
)
_TLS_WORDS = ("handshake", "certificate", "ssl_error", "peer name", "tls")


def error_class(reason: str) -> type[SymbolonError]:
    """Give the exception that stands for a reason which a bureau gave."""
    if reason in _NOT_AUTHORISED:
        return NotAuthorised
    if reason in _QUOTAS:
        return QuotaExhausted
    if reason in _NOT_PERMITTED:
        return NotPermitted
    if reason in _INVALID:
        return InvalidRequest
    return NoAnswer


def error_of(
    error: grpc.RpcError, *, check_id: bytes | None = None, in_doubt: bool = False
) -> SymbolonError:
    """Turn a failed call into an exception. What a stranger wrote is cut and cleaned.

    ``check_id`` is that of a check which may be repeated under it. ``in_doubt`` says that the call must
    not be repeated blindly; where the other side refused or no handshake was made, nothing is in doubt.
    """
    call: Any = error
    code, details = call.code(), call.details() or ""
    reason, retry_after = _details(call.trailing_metadata() or ())
    if reason is not None:
        sentence = "".join(c for c in details if c.isprintable())[:_LONGEST_SENTENCE]
        return error_class(reason)(
            reason,
            sentence,
            retry_after=retry_after,
            check_id=check_id,
            # All other reasons are given before anything is done.
            in_doubt=in_doubt and reason == "internal",
        )
    if code is grpc.StatusCode.UNAVAILABLE and any(w in details.lower() for w in _TLS_WORDS):
        return Unreachable("tls_failed", _TLS, check_id=check_id)
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return InvalidRequest("limit_exceeded", "a message is longer than it may be", check_id=check_id)
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        kind: type[SymbolonError] = DeadlineExceeded
        reason, sentence = "deadline_exceeded", "it took longer than this program wanted to wait"
    elif code in _BROKEN:
        kind, reason, sentence = Unreachable, "unreachable", _UNREACHABLE
    else:
        kind, reason, sentence = NoAnswer, "unexpected", _UNEXPECTED
    if in_doubt:
        sentence += "; it may have been done all the same, so look before you do it again"
    elif kind is not NoAnswer:
        sentence += "; ask again with the same check id" if check_id else "; ask again"
    return kind(reason, sentence, check_id=check_id, in_doubt=in_doubt)


def is_status_lost(error: grpc.RpcError) -> bool:
    """Whether the other side ended the call, and grpc.aio has lost what it said.

    That happens where the status comes while a message is being sent. As not all was sent then, nothing
    was done, and the call may be made again, whatever it is.
    """
    call: Any = error
    return call.code() is grpc.StatusCode.INTERNAL and "SendMessageOperation" in str(
        call.debug_error_string()
    )


def _details(metadata: Any) -> tuple[str | None, timedelta | None]:
    """Read the reason, and how long to wait, if they are well formed."""
    found = [value for key, value in metadata if key == "grpc-status-details-bin"]
    status = status_pb2.Status()
    reason: str | None = None
    retry_after: timedelta | None = None
    try:
        for value in found:
            status.MergeFromString(value)
        for any_ in status.details:
            info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
            if any_.Unpack(info) and info.domain == _DOMAIN and _REASON.fullmatch(info.reason):
                reason = info.reason
            elif any_.Unpack(retry):
                delay = retry.retry_delay
                if 0 <= delay.seconds <= _LONGEST_WAIT and 0 <= delay.nanos < 10**9:
                    retry_after = timedelta(seconds=delay.seconds, microseconds=delay.nanos // 1000)
    except Exception:  # noqa: S110 - details are a stranger's; without them the code counts
        pass
    return reason, retry_after

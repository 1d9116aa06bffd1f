"""An approval beforehand, without I/O: what is sent, and what is made of what comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf import duration_pb2

from symbolon._reading import time_of
from symbolon.bureau.v1 import approvals_pb2 as wire
from symbolon.errors import InvalidRequest, NoAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta


def approval_of(
    asker: str,
    case: str,
    purpose: str,
    most_elements: int,
    valid_for: timedelta,
    identifier_types: Iterable[str],
) -> wire.ApproveCheckRequest:
    """Write what is approved."""
    span = duration_pb2.Duration()
    span.FromTimedelta(valid_for)
    try:
        return wire.ApproveCheckRequest(
            case_reference=case,
            purpose=purpose,
            most_elements=most_elements,
            valid_for=span,
            asker=asker,
            identifier_types=list(identifier_types),
        )
    except ValueError as error:
        # A count below zero, or text that is no Unicode.
        raise InvalidRequest("invalid_argument", "the approval has a value that none may have") from error


def valid_until(response: wire.ApproveCheckResponse) -> datetime:
    """Read until when it is good."""
    until = time_of(response.valid_until) if response.HasField("valid_until") else None
    if until is None:
        raise NoAnswer("unexpected", "the node did not say until when the approval is good")
    return until

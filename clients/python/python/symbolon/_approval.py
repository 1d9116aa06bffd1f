"""An approval beforehand, without I/O: what is sent, and what is made of what comes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from google.protobuf import duration_pb2

from symbolon import _given
from symbolon._reading import time_of
from symbolon.bureau.v1 import approvals_pb2 as wire
from symbolon.errors import InvalidRequest, NoAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


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
    try:
        span.FromTimedelta(_given.of_type("valid_for", valid_for, timedelta))
    except ValueError as error:
        raise InvalidRequest("invalid_argument", "valid_for is longer than any span may be") from error
    return wire.ApproveCheckRequest(
        case_reference=_given.text("case", case),
        purpose=_given.text("purpose", purpose),
        most_elements=_given.whole("most_elements", most_elements),
        valid_for=span,
        asker=_given.text("asker", asker),
        identifier_types=_given.texts("identifier_types", identifier_types),
    )


def valid_until(response: wire.ApproveCheckResponse) -> datetime:
    """Read until when it is good."""
    until = time_of(response.valid_until) if response.HasField("valid_until") else None
    if until is None:
        raise NoAnswer("unexpected", "the node did not say until when the approval is good")
    return until

"""What every answer of the bureau face is made of, read from its messages."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from symbolon.answers import CoverageEntry, Desk, Label, Source

if TYPE_CHECKING:
    from google.protobuf.duration_pb2 import Duration
    from google.protobuf.timestamp_pb2 import Timestamp

    from symbolon.bureau.v1 import bureau_pb2 as wire


def coverage_of(response: wire.ListCoverageResponse) -> list[CoverageEntry]:
    """Read what can be asked now."""
    return [
        CoverageEntry(
            source_of(entry.source),
            entry.agreement_id,
            entry.daily_quota,
            tuple(entry.purposes),
            entry.padded_len,
        )
        for entry in response.entries
    ]


def source_of(source: wire.Source) -> Source:
    """Read how the node describes a list."""
    desk = source.desk
    return Source(
        bureau=source.bureau,
        bureau_name=source.bureau_name,
        dataset=source.dataset,
        dataset_title=source.dataset_title,
        identifier_type=source.identifier_type,
        set_version=source.set_version,
        updated_at=time_of(source.updated_at) if source.HasField("updated_at") else None,
        desk=Desk(desk.name, desk.phone, desk.email) if source.HasField("desk") else None,
    )


def label_of(said: wire.Answer | wire.StandingHit) -> Label | None:
    """Read what an owner releases with a hit, where it does."""
    if not said.HasField("label"):
        return None
    label = said.label
    return Label(label.text, label.reason, label.sentence)


def wait_of(said: wire.Answer | wire.StandingSource) -> timedelta | None:
    """Read how long to wait, where the node knows."""
    return _span_of(said.retry_after) if said.HasField("retry_after") else None


def time_of(at: Timestamp) -> datetime | None:
    """Read a time; ``None`` if no calendar has it."""
    try:
        return datetime.fromtimestamp(at.seconds, timezone.utc)
    except (OverflowError, ValueError, OSError):
        return None


def _span_of(duration: Duration) -> timedelta | None:
    try:
        return duration.ToTimedelta()
    except (OverflowError, ValueError):
        return None

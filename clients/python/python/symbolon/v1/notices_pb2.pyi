import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NoticeKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NOTICE_KIND_UNSPECIFIED: _ClassVar[NoticeKind]
    NOTICE_KIND_SUSPEND: _ClassVar[NoticeKind]
    NOTICE_KIND_RESUME: _ClassVar[NoticeKind]
    NOTICE_KIND_REVOKE: _ClassVar[NoticeKind]
NOTICE_KIND_UNSPECIFIED: NoticeKind
NOTICE_KIND_SUSPEND: NoticeKind
NOTICE_KIND_RESUME: NoticeKind
NOTICE_KIND_REVOKE: NoticeKind

class AgreementNotice(_message.Message):
    __slots__ = ("agreement_id", "agreement_hash", "issuer", "kind", "counter", "reason", "issued_at")
    AGREEMENT_ID_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    COUNTER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ISSUED_AT_FIELD_NUMBER: _ClassVar[int]
    agreement_id: str
    agreement_hash: bytes
    issuer: str
    kind: NoticeKind
    counter: int
    reason: str
    issued_at: _timestamp_pb2.Timestamp
    def __init__(self, agreement_id: _Optional[str] = ..., agreement_hash: _Optional[bytes] = ..., issuer: _Optional[str] = ..., kind: _Optional[_Union[NoticeKind, str]] = ..., counter: _Optional[int] = ..., reason: _Optional[str] = ..., issued_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ApproveCheckRequest(_message.Message):
    __slots__ = ("case_reference", "purpose", "most_elements", "valid_for", "asker", "identifier_types")
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    MOST_ELEMENTS_FIELD_NUMBER: _ClassVar[int]
    VALID_FOR_FIELD_NUMBER: _ClassVar[int]
    ASKER_FIELD_NUMBER: _ClassVar[int]
    IDENTIFIER_TYPES_FIELD_NUMBER: _ClassVar[int]
    case_reference: str
    purpose: str
    most_elements: int
    valid_for: _duration_pb2.Duration
    asker: str
    identifier_types: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, case_reference: _Optional[str] = ..., purpose: _Optional[str] = ..., most_elements: _Optional[int] = ..., valid_for: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., asker: _Optional[str] = ..., identifier_types: _Optional[_Iterable[str]] = ...) -> None: ...

class ApproveCheckResponse(_message.Message):
    __slots__ = ("valid_until",)
    VALID_UNTIL_FIELD_NUMBER: _ClassVar[int]
    valid_until: _timestamp_pb2.Timestamp
    def __init__(self, valid_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from symbolon.v1 import documents_pb2 as _documents_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ExchangeDisclosuresRequest(_message.Message):
    __slots__ = ("agreement_id", "letters", "padding")
    AGREEMENT_ID_FIELD_NUMBER: _ClassVar[int]
    LETTERS_FIELD_NUMBER: _ClassVar[int]
    PADDING_FIELD_NUMBER: _ClassVar[int]
    agreement_id: str
    letters: _containers.RepeatedCompositeFieldContainer[DisclosureLetter]
    padding: bytes
    def __init__(self, agreement_id: _Optional[str] = ..., letters: _Optional[_Iterable[_Union[DisclosureLetter, _Mapping]]] = ..., padding: _Optional[bytes] = ...) -> None: ...

class DisclosureLetter(_message.Message):
    __slots__ = ("request", "withdrawal")
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWAL_FIELD_NUMBER: _ClassVar[int]
    request: _documents_pb2.SignedDocument
    withdrawal: _documents_pb2.SignedDocument
    def __init__(self, request: _Optional[_Union[_documents_pb2.SignedDocument, _Mapping]] = ..., withdrawal: _Optional[_Union[_documents_pb2.SignedDocument, _Mapping]] = ...) -> None: ...

class ExchangeDisclosuresResponse(_message.Message):
    __slots__ = ("standings", "padding")
    STANDINGS_FIELD_NUMBER: _ClassVar[int]
    PADDING_FIELD_NUMBER: _ClassVar[int]
    standings: _containers.RepeatedCompositeFieldContainer[DisclosureStanding]
    padding: bytes
    def __init__(self, standings: _Optional[_Iterable[_Union[DisclosureStanding, _Mapping]]] = ..., padding: _Optional[bytes] = ...) -> None: ...

class DisclosureStanding(_message.Message):
    __slots__ = ("state", "due_at", "pauses", "decision", "reason", "sentence")
    STATE_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    PAUSES_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    state: str
    due_at: _timestamp_pb2.Timestamp
    pauses: _containers.RepeatedScalarFieldContainer[str]
    decision: _documents_pb2.SignedDocument
    reason: str
    sentence: str
    def __init__(self, state: _Optional[str] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., pauses: _Optional[_Iterable[str]] = ..., decision: _Optional[_Union[_documents_pb2.SignedDocument, _Mapping]] = ..., reason: _Optional[str] = ..., sentence: _Optional[str] = ...) -> None: ...

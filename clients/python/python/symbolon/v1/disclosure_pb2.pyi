import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from symbolon.v1 import documents_pb2 as _documents_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DisclosureRequest(_message.Message):
    __slots__ = ("request_id", "check_id", "agreement_id", "agreement_hash", "requester", "owner", "element", "claim", "receipt", "confirmation", "facts", "offence_class", "purpose", "urgency", "subject_category", "fields", "recipient_authority", "use_in_court", "onward_to", "assurances", "emergency_reasons", "issued_at")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CHECK_ID_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_ID_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    ELEMENT_FIELD_NUMBER: _ClassVar[int]
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    CONFIRMATION_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    OFFENCE_CLASS_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_CATEGORY_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    USE_IN_COURT_FIELD_NUMBER: _ClassVar[int]
    ONWARD_TO_FIELD_NUMBER: _ClassVar[int]
    ASSURANCES_FIELD_NUMBER: _ClassVar[int]
    EMERGENCY_REASONS_FIELD_NUMBER: _ClassVar[int]
    ISSUED_AT_FIELD_NUMBER: _ClassVar[int]
    request_id: bytes
    check_id: bytes
    agreement_id: str
    agreement_hash: bytes
    requester: str
    owner: str
    element: ElementOpening
    claim: bytes
    receipt: _documents_pb2.SignedDocument
    confirmation: HitConfirmation
    facts: str
    offence_class: str
    purpose: str
    urgency: str
    subject_category: str
    fields: _containers.RepeatedScalarFieldContainer[str]
    recipient_authority: str
    use_in_court: bool
    onward_to: str
    assurances: _containers.RepeatedScalarFieldContainer[str]
    emergency_reasons: str
    issued_at: _timestamp_pb2.Timestamp
    def __init__(self, request_id: _Optional[bytes] = ..., check_id: _Optional[bytes] = ..., agreement_id: _Optional[str] = ..., agreement_hash: _Optional[bytes] = ..., requester: _Optional[str] = ..., owner: _Optional[str] = ..., element: _Optional[_Union[ElementOpening, _Mapping]] = ..., claim: _Optional[bytes] = ..., receipt: _Optional[_Union[_documents_pb2.SignedDocument, _Mapping]] = ..., confirmation: _Optional[_Union[HitConfirmation, _Mapping]] = ..., facts: _Optional[str] = ..., offence_class: _Optional[str] = ..., purpose: _Optional[str] = ..., urgency: _Optional[str] = ..., subject_category: _Optional[str] = ..., fields: _Optional[_Iterable[str]] = ..., recipient_authority: _Optional[str] = ..., use_in_court: bool = ..., onward_to: _Optional[str] = ..., assurances: _Optional[_Iterable[str]] = ..., emergency_reasons: _Optional[str] = ..., issued_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ElementOpening(_message.Message):
    __slots__ = ("scope", "chunk", "elements", "index", "block", "path", "identifier_type", "canonical", "blind")
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    ELEMENTS_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    BLOCK_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    IDENTIFIER_TYPE_FIELD_NUMBER: _ClassVar[int]
    CANONICAL_FIELD_NUMBER: _ClassVar[int]
    BLIND_FIELD_NUMBER: _ClassVar[int]
    scope: int
    chunk: int
    elements: int
    index: int
    block: bytes
    path: bytes
    identifier_type: str
    canonical: bytes
    blind: bytes
    def __init__(self, scope: _Optional[int] = ..., chunk: _Optional[int] = ..., elements: _Optional[int] = ..., index: _Optional[int] = ..., block: _Optional[bytes] = ..., path: _Optional[bytes] = ..., identifier_type: _Optional[str] = ..., canonical: _Optional[bytes] = ..., blind: _Optional[bytes] = ...) -> None: ...

class HitConfirmation(_message.Message):
    __slots__ = ("by", "role", "by_person", "qualified", "method", "at")
    BY_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    BY_PERSON_FIELD_NUMBER: _ClassVar[int]
    QUALIFIED_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    by: str
    role: str
    by_person: bool
    qualified: bool
    method: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, by: _Optional[str] = ..., role: _Optional[str] = ..., by_person: bool = ..., qualified: bool = ..., method: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DisclosureWithdrawal(_message.Message):
    __slots__ = ("request_hash", "issued_at")
    REQUEST_HASH_FIELD_NUMBER: _ClassVar[int]
    ISSUED_AT_FIELD_NUMBER: _ClassVar[int]
    request_hash: bytes
    issued_at: _timestamp_pb2.Timestamp
    def __init__(self, request_hash: _Optional[bytes] = ..., issued_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DisclosureDecision(_message.Message):
    __slots__ = ("request_hash", "request_id", "requester", "owner", "decided_at", "released", "refused")
    REQUEST_HASH_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    DECIDED_AT_FIELD_NUMBER: _ClassVar[int]
    RELEASED_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    request_hash: bytes
    request_id: bytes
    requester: str
    owner: str
    decided_at: _timestamp_pb2.Timestamp
    released: ReleasedRecord
    refused: DisclosureRefusal
    def __init__(self, request_hash: _Optional[bytes] = ..., request_id: _Optional[bytes] = ..., requester: _Optional[str] = ..., owner: _Optional[str] = ..., decided_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., released: _Optional[_Union[ReleasedRecord, _Mapping]] = ..., refused: _Optional[_Union[DisclosureRefusal, _Mapping]] = ...) -> None: ...

class ReleasedRecord(_message.Message):
    __slots__ = ("fields", "subject_category", "handling_code", "restriction", "evaluation", "keep_until", "contested", "national_flag", "released_by", "approved_by")
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_CATEGORY_FIELD_NUMBER: _ClassVar[int]
    HANDLING_CODE_FIELD_NUMBER: _ClassVar[int]
    RESTRICTION_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    KEEP_UNTIL_FIELD_NUMBER: _ClassVar[int]
    CONTESTED_FIELD_NUMBER: _ClassVar[int]
    NATIONAL_FLAG_FIELD_NUMBER: _ClassVar[int]
    RELEASED_BY_FIELD_NUMBER: _ClassVar[int]
    APPROVED_BY_FIELD_NUMBER: _ClassVar[int]
    fields: _containers.RepeatedCompositeFieldContainer[ReleasedField]
    subject_category: str
    handling_code: str
    restriction: str
    evaluation: str
    keep_until: _timestamp_pb2.Timestamp
    contested: bool
    national_flag: bool
    released_by: str
    approved_by: str
    def __init__(self, fields: _Optional[_Iterable[_Union[ReleasedField, _Mapping]]] = ..., subject_category: _Optional[str] = ..., handling_code: _Optional[str] = ..., restriction: _Optional[str] = ..., evaluation: _Optional[str] = ..., keep_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., contested: bool = ..., national_flag: bool = ..., released_by: _Optional[str] = ..., approved_by: _Optional[str] = ...) -> None: ...

class ReleasedField(_message.Message):
    __slots__ = ("field", "value")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    field: str
    value: str
    def __init__(self, field: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class DisclosureRefusal(_message.Message):
    __slots__ = ("ground", "sentence")
    GROUND_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    ground: str
    sentence: str
    def __init__(self, ground: _Optional[str] = ..., sentence: _Optional[str] = ...) -> None: ...

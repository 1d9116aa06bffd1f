import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from symbolon.v1 import documents_pb2 as _documents_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SubjectCategory(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SUBJECT_CATEGORY_UNSPECIFIED: _ClassVar[SubjectCategory]
    SUBJECT_CATEGORY_SUSPECT: _ClassVar[SubjectCategory]
    SUBJECT_CATEGORY_CONVICTED: _ClassVar[SubjectCategory]
    SUBJECT_CATEGORY_VICTIM: _ClassVar[SubjectCategory]
    SUBJECT_CATEGORY_WITNESS: _ClassVar[SubjectCategory]
    SUBJECT_CATEGORY_MISSING: _ClassVar[SubjectCategory]
    SUBJECT_CATEGORY_CONTACT: _ClassVar[SubjectCategory]
    SUBJECT_CATEGORY_OBJECT: _ClassVar[SubjectCategory]

class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OUTCOME_UNSPECIFIED: _ClassVar[Outcome]
    OUTCOME_HIT: _ClassVar[Outcome]
    OUTCOME_NO_HIT: _ClassVar[Outcome]
    OUTCOME_NOT_PERMITTED: _ClassVar[Outcome]
    OUTCOME_NO_ANSWER: _ClassVar[Outcome]

class StandingChange(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STANDING_CHANGE_UNSPECIFIED: _ClassVar[StandingChange]
    STANDING_CHANGE_ADD: _ClassVar[StandingChange]
    STANDING_CHANGE_REMOVE: _ClassVar[StandingChange]
SUBJECT_CATEGORY_UNSPECIFIED: SubjectCategory
SUBJECT_CATEGORY_SUSPECT: SubjectCategory
SUBJECT_CATEGORY_CONVICTED: SubjectCategory
SUBJECT_CATEGORY_VICTIM: SubjectCategory
SUBJECT_CATEGORY_WITNESS: SubjectCategory
SUBJECT_CATEGORY_MISSING: SubjectCategory
SUBJECT_CATEGORY_CONTACT: SubjectCategory
SUBJECT_CATEGORY_OBJECT: SubjectCategory
OUTCOME_UNSPECIFIED: Outcome
OUTCOME_HIT: Outcome
OUTCOME_NO_HIT: Outcome
OUTCOME_NOT_PERMITTED: Outcome
OUTCOME_NO_ANSWER: Outcome
STANDING_CHANGE_UNSPECIFIED: StandingChange
STANDING_CHANGE_ADD: StandingChange
STANDING_CHANGE_REMOVE: StandingChange

class CheckRequest(_message.Message):
    __slots__ = ("start", "items")
    START_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    start: CheckStart
    items: CheckItems
    def __init__(self, start: _Optional[_Union[CheckStart, _Mapping]] = ..., items: _Optional[_Union[CheckItems, _Mapping]] = ...) -> None: ...

class CheckStart(_message.Message):
    __slots__ = ("purpose", "offence_class", "urgency", "officer", "case_reference", "justification", "bureaus", "timeout", "check_id", "stated")
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    OFFENCE_CLASS_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    OFFICER_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    JUSTIFICATION_FIELD_NUMBER: _ClassVar[int]
    BUREAUS_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    CHECK_ID_FIELD_NUMBER: _ClassVar[int]
    STATED_FIELD_NUMBER: _ClassVar[int]
    purpose: str
    offence_class: str
    urgency: _documents_pb2.Urgency
    officer: str
    case_reference: str
    justification: str
    bureaus: _containers.RepeatedScalarFieldContainer[str]
    timeout: _duration_pb2.Duration
    check_id: bytes
    stated: StatedFacts
    def __init__(self, purpose: _Optional[str] = ..., offence_class: _Optional[str] = ..., urgency: _Optional[_Union[_documents_pb2.Urgency, str]] = ..., officer: _Optional[str] = ..., case_reference: _Optional[str] = ..., justification: _Optional[str] = ..., bureaus: _Optional[_Iterable[str]] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., check_id: _Optional[bytes] = ..., stated: _Optional[_Union[StatedFacts, _Mapping]] = ...) -> None: ...

class StatedFacts(_message.Message):
    __slots__ = ("subject_category", "minor", "strictly_necessary", "legal_basis", "special_categories", "special_categories_only", "political_matter", "political_matter_reviewed", "dual_criminality_confirmed", "derogation_documented")
    SUBJECT_CATEGORY_FIELD_NUMBER: _ClassVar[int]
    MINOR_FIELD_NUMBER: _ClassVar[int]
    STRICTLY_NECESSARY_FIELD_NUMBER: _ClassVar[int]
    LEGAL_BASIS_FIELD_NUMBER: _ClassVar[int]
    SPECIAL_CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    SPECIAL_CATEGORIES_ONLY_FIELD_NUMBER: _ClassVar[int]
    POLITICAL_MATTER_FIELD_NUMBER: _ClassVar[int]
    POLITICAL_MATTER_REVIEWED_FIELD_NUMBER: _ClassVar[int]
    DUAL_CRIMINALITY_CONFIRMED_FIELD_NUMBER: _ClassVar[int]
    DEROGATION_DOCUMENTED_FIELD_NUMBER: _ClassVar[int]
    subject_category: SubjectCategory
    minor: bool
    strictly_necessary: bool
    legal_basis: str
    special_categories: bool
    special_categories_only: bool
    political_matter: bool
    political_matter_reviewed: bool
    dual_criminality_confirmed: bool
    derogation_documented: bool
    def __init__(self, subject_category: _Optional[_Union[SubjectCategory, str]] = ..., minor: bool = ..., strictly_necessary: bool = ..., legal_basis: _Optional[str] = ..., special_categories: bool = ..., special_categories_only: bool = ..., political_matter: bool = ..., political_matter_reviewed: bool = ..., dual_criminality_confirmed: bool = ..., derogation_documented: bool = ...) -> None: ...

class CheckItems(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[CheckItem]
    def __init__(self, items: _Optional[_Iterable[_Union[CheckItem, _Mapping]]] = ...) -> None: ...

class CheckItem(_message.Message):
    __slots__ = ("ref", "identifier_type", "value", "country")
    REF_FIELD_NUMBER: _ClassVar[int]
    IDENTIFIER_TYPE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    ref: int
    identifier_type: str
    value: str
    country: str
    def __init__(self, ref: _Optional[int] = ..., identifier_type: _Optional[str] = ..., value: _Optional[str] = ..., country: _Optional[str] = ...) -> None: ...

class CheckResponse(_message.Message):
    __slots__ = ("started", "rejected", "answers", "finished")
    STARTED_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    FINISHED_FIELD_NUMBER: _ClassVar[int]
    started: CheckStarted
    rejected: ItemRejected
    answers: SourceAnswers
    finished: CheckFinished
    def __init__(self, started: _Optional[_Union[CheckStarted, _Mapping]] = ..., rejected: _Optional[_Union[ItemRejected, _Mapping]] = ..., answers: _Optional[_Union[SourceAnswers, _Mapping]] = ..., finished: _Optional[_Union[CheckFinished, _Mapping]] = ...) -> None: ...

class CheckStarted(_message.Message):
    __slots__ = ("check_id", "accepted", "sources")
    CHECK_ID_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    check_id: bytes
    accepted: int
    sources: int
    def __init__(self, check_id: _Optional[bytes] = ..., accepted: _Optional[int] = ..., sources: _Optional[int] = ...) -> None: ...

class ItemRejected(_message.Message):
    __slots__ = ("ref", "reason", "sentence")
    REF_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    ref: int
    reason: str
    sentence: str
    def __init__(self, ref: _Optional[int] = ..., reason: _Optional[str] = ..., sentence: _Optional[str] = ...) -> None: ...

class Source(_message.Message):
    __slots__ = ("bureau", "bureau_name", "dataset", "dataset_title", "identifier_type", "set_version", "updated_at", "desk")
    BUREAU_FIELD_NUMBER: _ClassVar[int]
    BUREAU_NAME_FIELD_NUMBER: _ClassVar[int]
    DATASET_FIELD_NUMBER: _ClassVar[int]
    DATASET_TITLE_FIELD_NUMBER: _ClassVar[int]
    IDENTIFIER_TYPE_FIELD_NUMBER: _ClassVar[int]
    SET_VERSION_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    DESK_FIELD_NUMBER: _ClassVar[int]
    bureau: str
    bureau_name: str
    dataset: str
    dataset_title: str
    identifier_type: str
    set_version: int
    updated_at: _timestamp_pb2.Timestamp
    desk: Desk
    def __init__(self, bureau: _Optional[str] = ..., bureau_name: _Optional[str] = ..., dataset: _Optional[str] = ..., dataset_title: _Optional[str] = ..., identifier_type: _Optional[str] = ..., set_version: _Optional[int] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., desk: _Optional[_Union[Desk, _Mapping]] = ...) -> None: ...

class Desk(_message.Message):
    __slots__ = ("name", "phone", "email")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PHONE_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    name: str
    phone: str
    email: str
    def __init__(self, name: _Optional[str] = ..., phone: _Optional[str] = ..., email: _Optional[str] = ...) -> None: ...

class SourceAnswers(_message.Message):
    __slots__ = ("source", "answers", "elapsed")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_FIELD_NUMBER: _ClassVar[int]
    source: Source
    answers: _containers.RepeatedCompositeFieldContainer[Answer]
    elapsed: _duration_pb2.Duration
    def __init__(self, source: _Optional[_Union[Source, _Mapping]] = ..., answers: _Optional[_Iterable[_Union[Answer, _Mapping]]] = ..., elapsed: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Answer(_message.Message):
    __slots__ = ("ref", "outcome", "reason", "sentence", "label", "retry_after")
    REF_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_FIELD_NUMBER: _ClassVar[int]
    ref: int
    outcome: Outcome
    reason: str
    sentence: str
    label: ReleasedLabel
    retry_after: _duration_pb2.Duration
    def __init__(self, ref: _Optional[int] = ..., outcome: _Optional[_Union[Outcome, str]] = ..., reason: _Optional[str] = ..., sentence: _Optional[str] = ..., label: _Optional[_Union[ReleasedLabel, _Mapping]] = ..., retry_after: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class ReleasedLabel(_message.Message):
    __slots__ = ("text", "reason", "sentence")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    text: str
    reason: str
    sentence: str
    def __init__(self, text: _Optional[str] = ..., reason: _Optional[str] = ..., sentence: _Optional[str] = ...) -> None: ...

class CheckFinished(_message.Message):
    __slots__ = ("elapsed",)
    ELAPSED_FIELD_NUMBER: _ClassVar[int]
    elapsed: _duration_pb2.Duration
    def __init__(self, elapsed: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class ListCoverageRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListCoverageResponse(_message.Message):
    __slots__ = ("entries",)
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[CoverageEntry]
    def __init__(self, entries: _Optional[_Iterable[_Union[CoverageEntry, _Mapping]]] = ...) -> None: ...

class CoverageEntry(_message.Message):
    __slots__ = ("source", "agreement_id", "daily_quota", "purposes", "padded_len")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_ID_FIELD_NUMBER: _ClassVar[int]
    DAILY_QUOTA_FIELD_NUMBER: _ClassVar[int]
    PURPOSES_FIELD_NUMBER: _ClassVar[int]
    PADDED_LEN_FIELD_NUMBER: _ClassVar[int]
    source: Source
    agreement_id: str
    daily_quota: int
    purposes: _containers.RepeatedScalarFieldContainer[str]
    padded_len: int
    def __init__(self, source: _Optional[_Union[Source, _Mapping]] = ..., agreement_id: _Optional[str] = ..., daily_quota: _Optional[int] = ..., purposes: _Optional[_Iterable[str]] = ..., padded_len: _Optional[int] = ...) -> None: ...

class BeginStandingRequest(_message.Message):
    __slots__ = ("start", "items")
    START_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    start: CheckStart
    items: StandingItems
    def __init__(self, start: _Optional[_Union[CheckStart, _Mapping]] = ..., items: _Optional[_Union[StandingItems, _Mapping]] = ...) -> None: ...

class StandingItems(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[StandingItem]
    def __init__(self, items: _Optional[_Iterable[_Union[StandingItem, _Mapping]]] = ...) -> None: ...

class StandingItem(_message.Message):
    __slots__ = ("ref", "item", "change")
    REF_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    ref: str
    item: CheckItem
    change: StandingChange
    def __init__(self, ref: _Optional[str] = ..., item: _Optional[_Union[CheckItem, _Mapping]] = ..., change: _Optional[_Union[StandingChange, str]] = ...) -> None: ...

class BeginStandingResponse(_message.Message):
    __slots__ = ("rejected", "source", "kept")
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    rejected: ItemRejected
    source: StandingSource
    kept: StandingKept
    def __init__(self, rejected: _Optional[_Union[ItemRejected, _Mapping]] = ..., source: _Optional[_Union[StandingSource, _Mapping]] = ..., kept: _Optional[_Union[StandingKept, _Mapping]] = ...) -> None: ...

class UpdateStandingRequest(_message.Message):
    __slots__ = ("start", "items")
    START_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    start: UpdateStandingStart
    items: StandingItems
    def __init__(self, start: _Optional[_Union[UpdateStandingStart, _Mapping]] = ..., items: _Optional[_Union[StandingItems, _Mapping]] = ...) -> None: ...

class UpdateStandingStart(_message.Message):
    __slots__ = ("standing_id", "timeout")
    STANDING_ID_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    standing_id: bytes
    timeout: _duration_pb2.Duration
    def __init__(self, standing_id: _Optional[bytes] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class UpdateStandingResponse(_message.Message):
    __slots__ = ("rejected", "source", "kept")
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    rejected: ItemRejected
    source: StandingSource
    kept: StandingKept
    def __init__(self, rejected: _Optional[_Union[ItemRejected, _Mapping]] = ..., source: _Optional[_Union[StandingSource, _Mapping]] = ..., kept: _Optional[_Union[StandingKept, _Mapping]] = ...) -> None: ...

class StandingSource(_message.Message):
    __slots__ = ("source", "entries", "keep_until", "outcome", "reason", "sentence", "retry_after")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    KEEP_UNTIL_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_FIELD_NUMBER: _ClassVar[int]
    source: Source
    entries: int
    keep_until: _timestamp_pb2.Timestamp
    outcome: Outcome
    reason: str
    sentence: str
    retry_after: _duration_pb2.Duration
    def __init__(self, source: _Optional[_Union[Source, _Mapping]] = ..., entries: _Optional[int] = ..., keep_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., outcome: _Optional[_Union[Outcome, str]] = ..., reason: _Optional[str] = ..., sentence: _Optional[str] = ..., retry_after: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class StandingKept(_message.Message):
    __slots__ = ("standing_id", "check_id", "added", "removed", "unchanged")
    STANDING_ID_FIELD_NUMBER: _ClassVar[int]
    CHECK_ID_FIELD_NUMBER: _ClassVar[int]
    ADDED_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    standing_id: bytes
    check_id: bytes
    added: int
    removed: int
    unchanged: int
    def __init__(self, standing_id: _Optional[bytes] = ..., check_id: _Optional[bytes] = ..., added: _Optional[int] = ..., removed: _Optional[int] = ..., unchanged: _Optional[int] = ...) -> None: ...

class MatchStandingRequest(_message.Message):
    __slots__ = ("standing_id",)
    STANDING_ID_FIELD_NUMBER: _ClassVar[int]
    standing_id: bytes
    def __init__(self, standing_id: _Optional[bytes] = ...) -> None: ...

class MatchStandingResponse(_message.Message):
    __slots__ = ("source", "hits", "matched")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    HITS_FIELD_NUMBER: _ClassVar[int]
    MATCHED_FIELD_NUMBER: _ClassVar[int]
    source: StandingSource
    hits: StandingHits
    matched: StandingMatched
    def __init__(self, source: _Optional[_Union[StandingSource, _Mapping]] = ..., hits: _Optional[_Union[StandingHits, _Mapping]] = ..., matched: _Optional[_Union[StandingMatched, _Mapping]] = ...) -> None: ...

class StandingHits(_message.Message):
    __slots__ = ("hits",)
    HITS_FIELD_NUMBER: _ClassVar[int]
    hits: _containers.RepeatedCompositeFieldContainer[StandingHit]
    def __init__(self, hits: _Optional[_Iterable[_Union[StandingHit, _Mapping]]] = ...) -> None: ...

class StandingHit(_message.Message):
    __slots__ = ("ref", "value", "country", "is_new", "label")
    REF_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    IS_NEW_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    ref: str
    value: str
    country: str
    is_new: bool
    label: ReleasedLabel
    def __init__(self, ref: _Optional[str] = ..., value: _Optional[str] = ..., country: _Optional[str] = ..., is_new: bool = ..., label: _Optional[_Union[ReleasedLabel, _Mapping]] = ...) -> None: ...

class StandingMatched(_message.Message):
    __slots__ = ("hits", "new_hits", "elapsed")
    HITS_FIELD_NUMBER: _ClassVar[int]
    NEW_HITS_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_FIELD_NUMBER: _ClassVar[int]
    hits: int
    new_hits: int
    elapsed: _duration_pb2.Duration
    def __init__(self, hits: _Optional[int] = ..., new_hits: _Optional[int] = ..., elapsed: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class ListStandingRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListStandingResponse(_message.Message):
    __slots__ = ("checks",)
    CHECKS_FIELD_NUMBER: _ClassVar[int]
    checks: _containers.RepeatedCompositeFieldContainer[StandingCheck]
    def __init__(self, checks: _Optional[_Iterable[_Union[StandingCheck, _Mapping]]] = ...) -> None: ...

class StandingCheck(_message.Message):
    __slots__ = ("standing_id", "begun_at", "purpose", "case_reference", "entries", "unseen_hits", "sources")
    STANDING_ID_FIELD_NUMBER: _ClassVar[int]
    BEGUN_AT_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    UNSEEN_HITS_FIELD_NUMBER: _ClassVar[int]
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    standing_id: bytes
    begun_at: _timestamp_pb2.Timestamp
    purpose: str
    case_reference: str
    entries: int
    unseen_hits: int
    sources: _containers.RepeatedCompositeFieldContainer[StandingSource]
    def __init__(self, standing_id: _Optional[bytes] = ..., begun_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ..., entries: _Optional[int] = ..., unseen_hits: _Optional[int] = ..., sources: _Optional[_Iterable[_Union[StandingSource, _Mapping]]] = ...) -> None: ...

class EndStandingRequest(_message.Message):
    __slots__ = ("standing_id",)
    STANDING_ID_FIELD_NUMBER: _ClassVar[int]
    standing_id: bytes
    def __init__(self, standing_id: _Optional[bytes] = ...) -> None: ...

class EndStandingResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

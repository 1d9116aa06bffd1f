import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Urgency(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    URGENCY_UNSPECIFIED: _ClassVar[Urgency]
    URGENCY_ROUTINE: _ClassVar[Urgency]
    URGENCY_URGENT: _ClassVar[Urgency]
    URGENCY_EMERGENCY: _ClassVar[Urgency]
URGENCY_UNSPECIFIED: Urgency
URGENCY_ROUTINE: Urgency
URGENCY_URGENT: Urgency
URGENCY_EMERGENCY: Urgency

class SignedDocument(_message.Message):
    __slots__ = ("document", "public_key", "signature")
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    document: bytes
    public_key: bytes
    signature: bytes
    def __init__(self, document: _Optional[bytes] = ..., public_key: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class CheckHeader(_message.Message):
    __slots__ = ("check_id", "agreement_id", "agreement_hash", "requester", "owner", "scopes", "context", "commitments", "issued_at")
    CHECK_ID_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_ID_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    SCOPES_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    COMMITMENTS_FIELD_NUMBER: _ClassVar[int]
    ISSUED_AT_FIELD_NUMBER: _ClassVar[int]
    check_id: bytes
    agreement_id: str
    agreement_hash: bytes
    requester: str
    owner: str
    scopes: _containers.RepeatedCompositeFieldContainer[ScopeQuery]
    context: DeclaredContext
    commitments: ContextCommitments
    issued_at: _timestamp_pb2.Timestamp
    def __init__(self, check_id: _Optional[bytes] = ..., agreement_id: _Optional[str] = ..., agreement_hash: _Optional[bytes] = ..., requester: _Optional[str] = ..., owner: _Optional[str] = ..., scopes: _Optional[_Iterable[_Union[ScopeQuery, _Mapping]]] = ..., context: _Optional[_Union[DeclaredContext, _Mapping]] = ..., commitments: _Optional[_Union[ContextCommitments, _Mapping]] = ..., issued_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ScopeQuery(_message.Message):
    __slots__ = ("scope_id", "element_count", "chunk_hashes")
    SCOPE_ID_FIELD_NUMBER: _ClassVar[int]
    ELEMENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    CHUNK_HASHES_FIELD_NUMBER: _ClassVar[int]
    scope_id: bytes
    element_count: int
    chunk_hashes: bytes
    def __init__(self, scope_id: _Optional[bytes] = ..., element_count: _Optional[int] = ..., chunk_hashes: _Optional[bytes] = ...) -> None: ...

class DeclaredContext(_message.Message):
    __slots__ = ("purpose", "offence_class", "urgency")
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    OFFENCE_CLASS_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    purpose: str
    offence_class: str
    urgency: Urgency
    def __init__(self, purpose: _Optional[str] = ..., offence_class: _Optional[str] = ..., urgency: _Optional[_Union[Urgency, str]] = ...) -> None: ...

class ContextCommitments(_message.Message):
    __slots__ = ("officer", "case_reference", "justification")
    OFFICER_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    JUSTIFICATION_FIELD_NUMBER: _ClassVar[int]
    officer: bytes
    case_reference: bytes
    justification: bytes
    def __init__(self, officer: _Optional[bytes] = ..., case_reference: _Optional[bytes] = ..., justification: _Optional[bytes] = ...) -> None: ...

class Manifest(_message.Message):
    __slots__ = ("scope", "scope_id", "version", "oprf_public_key", "padded_len", "file_sha256", "file_len", "previous_manifest_hash", "canaries", "issued_at", "expires_at", "updated_at", "labels_sha256", "labels_file_len", "label_len")
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    SCOPE_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    OPRF_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    PADDED_LEN_FIELD_NUMBER: _ClassVar[int]
    LAMBDA_FIELD_NUMBER: _ClassVar[int]
    FILE_SHA256_FIELD_NUMBER: _ClassVar[int]
    FILE_LEN_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_MANIFEST_HASH_FIELD_NUMBER: _ClassVar[int]
    CANARIES_FIELD_NUMBER: _ClassVar[int]
    ISSUED_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    LABELS_SHA256_FIELD_NUMBER: _ClassVar[int]
    LABELS_FILE_LEN_FIELD_NUMBER: _ClassVar[int]
    LABEL_LEN_FIELD_NUMBER: _ClassVar[int]
    scope: Scope
    scope_id: bytes
    version: int
    oprf_public_key: bytes
    padded_len: int
    file_sha256: bytes
    file_len: int
    previous_manifest_hash: bytes
    canaries: Canaries
    issued_at: _timestamp_pb2.Timestamp
    expires_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    labels_sha256: bytes
    labels_file_len: int
    label_len: int
    def __init__(self, scope: _Optional[_Union[Scope, _Mapping]] = ..., scope_id: _Optional[bytes] = ..., version: _Optional[int] = ..., oprf_public_key: _Optional[bytes] = ..., padded_len: _Optional[int] = ..., file_sha256: _Optional[bytes] = ..., file_len: _Optional[int] = ..., previous_manifest_hash: _Optional[bytes] = ..., canaries: _Optional[_Union[Canaries, _Mapping]] = ..., issued_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., labels_sha256: _Optional[bytes] = ..., labels_file_len: _Optional[int] = ..., label_len: _Optional[int] = ..., **kwargs) -> None: ...

class Scope(_message.Message):
    __slots__ = ("agreement_id", "dataset", "identifier_type", "rules_version", "epoch", "agreement_hash")
    AGREEMENT_ID_FIELD_NUMBER: _ClassVar[int]
    DATASET_FIELD_NUMBER: _ClassVar[int]
    IDENTIFIER_TYPE_FIELD_NUMBER: _ClassVar[int]
    RULES_VERSION_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    agreement_id: str
    dataset: str
    identifier_type: str
    rules_version: int
    epoch: int
    agreement_hash: bytes
    def __init__(self, agreement_id: _Optional[str] = ..., dataset: _Optional[str] = ..., identifier_type: _Optional[str] = ..., rules_version: _Optional[int] = ..., epoch: _Optional[int] = ..., agreement_hash: _Optional[bytes] = ...) -> None: ...

class Canaries(_message.Message):
    __slots__ = ("count", "evaluated", "proof")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    EVALUATED_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    count: int
    evaluated: bytes
    proof: bytes
    def __init__(self, count: _Optional[int] = ..., evaluated: _Optional[bytes] = ..., proof: _Optional[bytes] = ...) -> None: ...

class Receipt(_message.Message):
    __slots__ = ("check_id", "header_hash", "manifest_hashes", "evaluated_digest", "answered", "entry_index", "leaf_hash", "issued_at", "checkpoint", "inclusion_proof")
    CHECK_ID_FIELD_NUMBER: _ClassVar[int]
    HEADER_HASH_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_HASHES_FIELD_NUMBER: _ClassVar[int]
    EVALUATED_DIGEST_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_FIELD_NUMBER: _ClassVar[int]
    ENTRY_INDEX_FIELD_NUMBER: _ClassVar[int]
    LEAF_HASH_FIELD_NUMBER: _ClassVar[int]
    ISSUED_AT_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    INCLUSION_PROOF_FIELD_NUMBER: _ClassVar[int]
    check_id: bytes
    header_hash: bytes
    manifest_hashes: bytes
    evaluated_digest: bytes
    answered: int
    entry_index: int
    leaf_hash: bytes
    issued_at: _timestamp_pb2.Timestamp
    checkpoint: bytes
    inclusion_proof: bytes
    def __init__(self, check_id: _Optional[bytes] = ..., header_hash: _Optional[bytes] = ..., manifest_hashes: _Optional[bytes] = ..., evaluated_digest: _Optional[bytes] = ..., answered: _Optional[int] = ..., entry_index: _Optional[int] = ..., leaf_hash: _Optional[bytes] = ..., issued_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., checkpoint: _Optional[bytes] = ..., inclusion_proof: _Optional[bytes] = ...) -> None: ...

from symbolon.partner.v1 import agreements_pb2 as _agreements_pb2
from symbolon.partner.v1 import disclosure_pb2 as _disclosure_pb2
from symbolon.v1 import documents_pb2 as _documents_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetManifestsRequest(_message.Message):
    __slots__ = ("agreement_id", "agreement_hash")
    AGREEMENT_ID_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    agreement_id: str
    agreement_hash: bytes
    def __init__(self, agreement_id: _Optional[str] = ..., agreement_hash: _Optional[bytes] = ...) -> None: ...

class GetManifestsResponse(_message.Message):
    __slots__ = ("manifests",)
    MANIFESTS_FIELD_NUMBER: _ClassVar[int]
    manifests: _containers.RepeatedCompositeFieldContainer[_documents_pb2.SignedDocument]
    def __init__(self, manifests: _Optional[_Iterable[_Union[_documents_pb2.SignedDocument, _Mapping]]] = ...) -> None: ...

class DownloadTagSetRequest(_message.Message):
    __slots__ = ("agreement_id", "scope_id", "version", "offset", "labels")
    AGREEMENT_ID_FIELD_NUMBER: _ClassVar[int]
    SCOPE_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    agreement_id: str
    scope_id: bytes
    version: int
    offset: int
    labels: bool
    def __init__(self, agreement_id: _Optional[str] = ..., scope_id: _Optional[bytes] = ..., version: _Optional[int] = ..., offset: _Optional[int] = ..., labels: bool = ...) -> None: ...

class DownloadTagSetResponse(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...

class CheckRequest(_message.Message):
    __slots__ = ("header", "chunk")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    header: _documents_pb2.SignedDocument
    chunk: BlindedChunk
    def __init__(self, header: _Optional[_Union[_documents_pb2.SignedDocument, _Mapping]] = ..., chunk: _Optional[_Union[BlindedChunk, _Mapping]] = ...) -> None: ...

class BlindedChunk(_message.Message):
    __slots__ = ("elements",)
    ELEMENTS_FIELD_NUMBER: _ClassVar[int]
    elements: bytes
    def __init__(self, elements: _Optional[bytes] = ...) -> None: ...

class CheckResponse(_message.Message):
    __slots__ = ("chunk", "receipt")
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    chunk: EvaluatedChunk
    receipt: _documents_pb2.SignedDocument
    def __init__(self, chunk: _Optional[_Union[EvaluatedChunk, _Mapping]] = ..., receipt: _Optional[_Union[_documents_pb2.SignedDocument, _Mapping]] = ...) -> None: ...

class EvaluatedChunk(_message.Message):
    __slots__ = ("elements", "proof")
    ELEMENTS_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    elements: bytes
    proof: bytes
    def __init__(self, elements: _Optional[bytes] = ..., proof: _Optional[bytes] = ...) -> None: ...

class GetLogCheckpointRequest(_message.Message):
    __slots__ = ("agreement_id", "known_size")
    AGREEMENT_ID_FIELD_NUMBER: _ClassVar[int]
    KNOWN_SIZE_FIELD_NUMBER: _ClassVar[int]
    agreement_id: str
    known_size: int
    def __init__(self, agreement_id: _Optional[str] = ..., known_size: _Optional[int] = ...) -> None: ...

class GetLogCheckpointResponse(_message.Message):
    __slots__ = ("checkpoint", "consistency_proof")
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_PROOF_FIELD_NUMBER: _ClassVar[int]
    checkpoint: bytes
    consistency_proof: bytes
    def __init__(self, checkpoint: _Optional[bytes] = ..., consistency_proof: _Optional[bytes] = ...) -> None: ...

class GetLogConsistencyRequest(_message.Message):
    __slots__ = ("agreement_id", "first_size", "second_size")
    AGREEMENT_ID_FIELD_NUMBER: _ClassVar[int]
    FIRST_SIZE_FIELD_NUMBER: _ClassVar[int]
    SECOND_SIZE_FIELD_NUMBER: _ClassVar[int]
    agreement_id: str
    first_size: int
    second_size: int
    def __init__(self, agreement_id: _Optional[str] = ..., first_size: _Optional[int] = ..., second_size: _Optional[int] = ...) -> None: ...

class GetLogConsistencyResponse(_message.Message):
    __slots__ = ("consistency_proof",)
    CONSISTENCY_PROOF_FIELD_NUMBER: _ClassVar[int]
    consistency_proof: bytes
    def __init__(self, consistency_proof: _Optional[bytes] = ...) -> None: ...

class ExchangeCheckpointsRequest(_message.Message):
    __slots__ = ("agreement_id", "checkpoints")
    AGREEMENT_ID_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINTS_FIELD_NUMBER: _ClassVar[int]
    agreement_id: str
    checkpoints: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, agreement_id: _Optional[str] = ..., checkpoints: _Optional[_Iterable[bytes]] = ...) -> None: ...

class ExchangeCheckpointsResponse(_message.Message):
    __slots__ = ("checkpoints",)
    CHECKPOINTS_FIELD_NUMBER: _ClassVar[int]
    checkpoints: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, checkpoints: _Optional[_Iterable[bytes]] = ...) -> None: ...

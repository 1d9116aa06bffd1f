from symbolon.v1 import documents_pb2 as _documents_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ExchangeAgreementRequest(_message.Message):
    __slots__ = ("text", "signatures", "notices")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURES_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    text: bytes
    signatures: _containers.RepeatedCompositeFieldContainer[AgreementSignature]
    notices: _containers.RepeatedCompositeFieldContainer[_documents_pb2.SignedDocument]
    def __init__(self, text: _Optional[bytes] = ..., signatures: _Optional[_Iterable[_Union[AgreementSignature, _Mapping]]] = ..., notices: _Optional[_Iterable[_Union[_documents_pb2.SignedDocument, _Mapping]]] = ...) -> None: ...

class ExchangeAgreementResponse(_message.Message):
    __slots__ = ("signatures", "notices")
    SIGNATURES_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    signatures: _containers.RepeatedCompositeFieldContainer[AgreementSignature]
    notices: _containers.RepeatedCompositeFieldContainer[_documents_pb2.SignedDocument]
    def __init__(self, signatures: _Optional[_Iterable[_Union[AgreementSignature, _Mapping]]] = ..., notices: _Optional[_Iterable[_Union[_documents_pb2.SignedDocument, _Mapping]]] = ...) -> None: ...

class AgreementSignature(_message.Message):
    __slots__ = ("party", "public_key", "signature")
    PARTY_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    party: str
    public_key: bytes
    signature: bytes
    def __init__(self, party: _Optional[str] = ..., public_key: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

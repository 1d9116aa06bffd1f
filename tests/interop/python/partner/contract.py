"""The messages of proto/symbolon, compiled when this is loaded: nothing generated is kept."""

from __future__ import annotations

import tempfile
from importlib import resources
from pathlib import Path

from google.protobuf import descriptor, descriptor_pb2, descriptor_pool, message, message_factory
from google.rpc import error_details_pb2, status_pb2  # noqa: F401
from grpc_tools import protoc

from .errors import Refused

PROTO = Path(__file__).resolve().parents[4] / "proto"
FILES = ("symbolon/v1/notices.proto", "symbolon/v1/disclosure.proto", "symbolon/partner/v1/partner.proto")


def _compile() -> descriptor_pool.DescriptorPool:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "contract.bin"
        well_known = resources.files("grpc_tools") / "_proto"
        arguments = [f"-I{PROTO}", f"-I{well_known}", f"--descriptor_set_out={out}", "--include_imports"]
        if protoc.main(["protoc", *arguments, *FILES]) != 0:
            raise RuntimeError("the contract does not compile")
        files = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return pool


_POOL = _compile()


def _class(name: str) -> type[message.Message]:
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(name))


def document(name: str) -> type[message.Message]:
    """A message of symbolon.v1."""
    return _class(f"symbolon.v1.{name}")


def partner(name: str) -> type[message.Message]:
    """A message of symbolon.partner.v1."""
    return _class(f"symbolon.partner.v1.{name}")


def decode(kind: type[message.Message], encoded: bytes) -> message.Message:
    try:
        return kind.FromString(encoded)
    except message.DecodeError as error:
        raise Refused("encoding", str(error)) from error


def fields(of: message.Message) -> dict[str, object]:
    """Every field by its name in the contract: bytes as hexadecimal, times in seconds since 1970, values of an
    enumeration by their names without what all begin with. A message that is absent is left out."""
    found: dict[str, object] = {}
    for field in of.DESCRIPTOR.fields:
        value = getattr(of, field.name)
        if field.is_repeated:
            found[field.name] = [_plain(field, one) for one in value]
        elif field.message_type is None or of.HasField(field.name):
            found[field.name] = _plain(field, value)
    return found


def _plain(field: descriptor.FieldDescriptor, value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    if field.enum_type is not None:
        name = field.enum_type.values_by_number[value].name
        beginning = field.enum_type.values[0].name.removesuffix("UNSPECIFIED")
        return name.removeprefix(beginning).lower()
    if isinstance(value, message.Message):
        if field.message_type.full_name == "google.protobuf.Timestamp":
            return value.seconds
        return fields(value)
    return value

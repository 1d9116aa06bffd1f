"""Sends to every method of the bureau face what is none of its messages, by a published client.

Each must be refused with a reason, or an item of it rejected with one, and the node must go on. Finds the
demo by its environment, see xtask/src/interop/demo.rs.
"""

import os
import pathlib
import re
import sys
import tomllib

import grpc
from google.protobuf import descriptor_pool, message_factory
from google.rpc import error_details_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from grpc_status import rpc_status

BUREAU = "symbolon.bureau.v1.BureauService"
APPROVAL = "symbolon.bureau.v1.ApprovalService"
MIB = 1 << 20


def connect(person):
    """A channel with the certificate of somebody whose profile lies in this folder."""
    profile = tomllib.loads((person / "profile.toml").read_text())
    root, key, certificate = (
        (person / profile[name]).read_bytes() for name in ("root", "key", "certificate")
    )
    return grpc.secure_channel(
        profile["endpoint"].removeprefix("https://"),
        grpc.ssl_channel_credentials(root, key, certificate),
        options=[("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", 8 * MIB)],
    )


def call(channel, service, method, messages, compression=None):
    """Sends messages as bytes and returns the answers as bytes, whatever kind of call it is."""
    path = f"/{service}/{method}"
    stream = channel.stream_stream(path)
    return list(stream(iter(messages), timeout=30, compression=compression))


def refusal(channel, service, method, messages, **more):
    """The code and the reason with which they are refused; None if they are answered."""
    try:
        call(channel, service, method, messages, **more)
    except grpc.RpcError as error:
        status = rpc_status.from_call(error)
        for detail in status.details if status else ():
            info = error_details_pb2.ErrorInfo()
            if detail.Unpack(info):
                assert info.domain == "symbolon", info
                assert re.fullmatch("[a-z_]{1,64}", info.reason), info
                assert error.details(), "a refusal without a sentence"
                return error.code().name, info.reason
        raise AssertionError(f"{method}: a refusal without a reason: {error}") from error
    return None


def main():
    demo = pathlib.Path(os.environ["SYMBOLON_DEMO"])
    officer = connect(demo / "arcadia/people/demo-officer")
    approver = connect(demo / "borealia/people/approver")
    pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(officer))

    def make(name, **fields):
        kind = message_factory.GetMessageClass(
            pool.FindMessageTypeByName(f"symbolon.bureau.v1.{name}")
        )
        return kind(**fields).SerializeToString()

    methods = [
        (officer, BUREAU, method.name) for method in pool.FindServiceByName(BUREAU).methods
    ] + [(approver, APPROVAL, method.name) for method in pool.FindServiceByName(APPROVAL).methods]
    invalid = ("INVALID_ARGUMENT", "invalid_argument")
    tried = 0

    # What is no protobuf message, or one that is too long, is refused everywhere.
    for channel, service, method in methods:
        for what, message, expected in [
            ("no tag", b"\xff" * 16, invalid),
            ("cut off", b"\x0a\x7fabc", invalid),
            ("a group that is not ended", b"\x0b\x08\x01", invalid),
            (
                "nine MiB",
                b"\xfa\x7f" + bytes([0x80, 0x80, 0xC0, 0x04]) + bytes(9 * MIB),
                ("RESOURCE_EXHAUSTED", "limit_exceeded"),
            ),
        ]:
            got = refusal(channel, service, method, [message])
            assert got == expected, (method, what, got)
            tried += 1
        got = refusal(channel, service, method, [])
        assert got == invalid, (method, "no message at all", got)
        got = refusal(channel, service, method, [b""], compression=grpc.Compression.Gzip)
        assert got in (None, invalid, ("UNIMPLEMENTED", "method_unknown")), (method, got)
        tried += 2

    # A message of the wrong form. Those without fields pass over what they do not know.
    for channel, service, method in methods:
        for what, message in [
            ("empty", b""),
            ("a number for a text", b"\x08\x01"),
            ("fields that there are not", b"\x9a\x06\x03abc"),
        ]:
            got = refusal(channel, service, method, [message])
            expected = None if method in ("ListCoverage", "ListStanding") else invalid
            assert got == expected, (method, what, got)
            tried += 1

    start = dict(purpose="border_check", officer="bad input", case_reference="1")
    good = dict(ref=1, identifier_type="container", value="DMOU 038046 0")
    items = [make("CheckRequest", items=dict(items=[good]))]

    def begin(**changed):
        return [make("CheckRequest", start={**start, **changed})]

    whole = begin()
    broken_text = whole[0].replace(b"bad input", b"bad \xff\xfe\xff\xff\xff")
    for what, messages, expected in [
        ("items without a start", items, invalid),
        ("two starts", begin() * 2 + items, invalid),
        ("no item", begin(), invalid),
        ("an empty part", whole + [b""], invalid),
        ("text that is not UTF-8", [broken_text] + items, invalid),
        ("no officer", begin(officer=" ") + items, invalid),
        ("an officer of 257 bytes", begin(officer="x" * 257) + items, invalid),
        ("a case of 257 bytes", begin(case_reference="x" * 257) + items, invalid),
        ("grounds of 2,049 bytes", begin(justification="x" * 2_049) + items, invalid),
        ("no purpose", begin(purpose="") + items, invalid),
        ("a purpose that is no code", begin(purpose="Border check") + items, invalid),
        ("a bureau that is no code", begin(bureaus=["borealia"]) + items, invalid),
        ("a negative wait", begin(timeout=dict(seconds=-1)) + items, invalid),
        ("a wait without end", begin(timeout=dict(seconds=1 << 62)) + items, invalid),
        ("nanoseconds out of range", begin(timeout=dict(nanos=-(1 << 31))) + items, invalid),
        ("an id of three bytes", begin(check_id=b"abc") + items, invalid),
        (
            "257 bureaus",
            begin(bureaus=["BOR"] * 257) + items,
            ("RESOURCE_EXHAUSTED", "limit_exceeded"),
        ),
        (
            "4,097 items in a message",
            whole + [make("CheckRequest", items=dict(items=[dict(ref=n) for n in range(4_097)]))],
            ("RESOURCE_EXHAUSTED", "limit_exceeded"),
        ),
        ("one number twice", whole + items * 2, invalid),
    ]:
        got = refusal(officer, BUREAU, "Check", messages)
        assert got == expected, (what, got)
        tried += 1
    unknown = ("NOT_FOUND", "standing_unknown")
    for method, message, expected in [
        ("EndStanding", make("EndStandingRequest", standing_id=b"abc"), invalid),
        ("EndStanding", make("EndStandingRequest", standing_id=bytes(16)), unknown),
        ("MatchStanding", make("MatchStandingRequest", standing_id=bytes(17)), invalid),
        ("MatchStanding", make("MatchStandingRequest", standing_id=bytes(16)), unknown),
        ("UpdateStanding", make("UpdateStandingRequest", start=dict(standing_id=b"abc")), invalid),
        ("BeginStanding", make("BeginStandingRequest", start=start), invalid),
    ]:
        got = refusal(officer, BUREAU, method, [message])
        assert got == expected, (method, got)
        tried += 1
    approval = dict(
        case_reference="1", purpose="border_check", most_elements=1, asker="demo-officer"
    )
    for changed in [
        dict(),
        dict(valid_for=dict(seconds=-1)),
        dict(valid_for=dict(seconds=1 << 40)),
        dict(valid_for=dict(seconds=60), most_elements=0),
        dict(valid_for=dict(seconds=60), case_reference=""),
        dict(valid_for=dict(seconds=60), asker=""),
        dict(valid_for=dict(seconds=60), asker="approver"),
        dict(valid_for=dict(seconds=60), identifier_types=["fingerprint"]),
        dict(valid_for=dict(seconds=60), purpose="Border check"),
    ]:
        message = make("ApproveCheckRequest", **{**approval, **changed})
        got = refusal(approver, APPROVAL, "ApproveCheck", [message])
        assert got == invalid, (changed, got)
        tried += 1

    # What there is not, and what is not this person's work.
    unknown = ("UNIMPLEMENTED", "method_unknown")
    assert refusal(officer, BUREAU, "Guess", [b""]) == unknown
    assert refusal(officer, "symbolon.partner.v1.PartnerService", "GetManifests", [b""]) == unknown
    sound = make("ApproveCheckRequest", **approval, valid_for=dict(seconds=60))
    role = ("PERMISSION_DENIED", "role_missing")
    assert refusal(officer, APPROVAL, "ApproveCheck", [sound]) == role
    assert refusal(approver, BUREAU, "Check", whole + items) == role
    tried += 4

    # Items that cannot be read are rejected one by one; a value that is not known harms nobody.
    bad = [
        (dict(value="", identifier_type="vin"), "empty"),
        (dict(value="x" * 1_025, identifier_type="vin"), "too_long"),
        (dict(value="1", identifier_type="fingerprint"), "unknown_type"),
        (dict(value="DMOU 038046 1", identifier_type="container"), "check_digit"),
        (dict(value="C01X00T47", identifier_type="travel_document"), "country_required"),
        (dict(value="P<<", identifier_type="mrz"), "mrz_size"),
    ]
    sent = [{**item, "ref": n + 2} for n, (item, _) in enumerate(bad)] + [good]
    answers = message_factory.GetMessageClass(
        pool.FindMessageTypeByName("symbolon.bureau.v1.CheckResponse")
    )
    events = [
        answers.FromString(one)
        for one in call(
            officer,
            BUREAU,
            "Check",
            begin(urgency=99, bureaus=["BOR"])
            + [make("CheckRequest", items=dict(items=sent))],
        )
    ]
    rejected = {one.rejected.ref: one.rejected.reason for one in events if one.HasField("rejected")}
    assert rejected == {n + 2: reason for n, (_, reason) in enumerate(bad)}, rejected
    outcomes = [answer.outcome for one in events for answer in one.answers.answers]
    assert outcomes == [1], "the node still finds what is there"
    assert events[-1].HasField("finished")
    print(f"{tried} calls were refused with a reason, and the node goes on")


sys.exit(main())

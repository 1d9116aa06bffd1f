"""What a caller gives that nobody can send is not a node that cannot be reached.

Everything here asks at an address where nobody listens: what is found before anything is sent does not
look whether somebody does.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import symbolon
from conftest import STYLE, call, free_ports
from symbolon import (
    Bureau,
    InvalidIdentifier,
    InvalidRequest,
    Item,
    Profile,
    Requester,
    StandingItem,
    StatedFacts,
    Urgency,
)
from symbolon._checks import Check
from symbolon._partner_checks import PartnerCheck
from symbolon.bureau.v1 import bureau_pb2 as wire

VIN = ("vin", "WVWZZZ1JZXW000001")
GROUNDS: dict[str, Any] = {"purpose": "border_check", "case": "python/given"}
HALF = "\ud800"
NAN = float("nan")
APPROVAL: dict[str, Any] = {"case": "1", "purpose": "border_check", "most_elements": 1}


@pytest.fixture(scope="module")
def nobody() -> Profile:
    here = Path(__file__).parent / "certificates"
    (port,) = free_ports(1)
    files = (here / "expired.pem", here / "expired.pem", here / "key.pem")
    return Profile(f"https://127.0.0.1:{port}", *files, "officer")


@STYLE
@pytest.mark.parametrize(
    ("method", "what"),
    [
        ("check", ("vin", 5)),
        ("check", (5, "WVWZZZ1JZXW000001")),
        ("check", (*VIN, 49)),
        ("check", (*VIN, None)),
        ("check", ("vin", NAN)),
        ("check", ("vin", b"WVWZZZ1JZXW000001")),
        ("check_many", ([("phone", 49301234)],)),
        ("check_many", (["vin"],)),
        ("check_many", ([("vin",)],)),
        ("check_many", (5,)),
        ("begin_standing", ([("vin", 5)],)),
    ],
)
def test_an_item_of_a_wrong_type_is_a_type_error(
    nobody: Profile, style: str, method: str, what: tuple[Any, ...]
) -> None:
    with pytest.raises(TypeError):
        call(nobody, style, method, *what, **GROUNDS)


@STYLE
@pytest.mark.parametrize(
    "wrong",
    [
        {"urgency": "urgent"},
        {"urgency": 2},
        {"stated": {"minor": True}},
        {"stated": StatedFacts(subject_category="victim")},  # type: ignore[arg-type]
        {"stated": StatedFacts(legal_basis=7)},  # type: ignore[arg-type]
        {"stated": StatedFacts(minor="yes")},  # type: ignore[arg-type]
        {"purpose": None},
        {"case": 117},
        {"officer": None},
        {"officer": 17},
        {"bureaus": "BOR"},
        {"bureaus": [1]},
        {"timeout": "10"},
        {"timeout": timedelta(seconds=10)},
        {"deadline": "10"},
        {"deadline": None},
        {"check_id": 5},
        {"offence": "theft"},
    ],
    ids=str,
)
def test_grounds_of_a_wrong_type_are_a_type_error(
    nobody: Profile, style: str, wrong: dict[str, Any]
) -> None:
    for method in ("check_many", "begin_standing"):
        with pytest.raises(TypeError):
            call(nobody, style, method, [VIN], **{**GROUNDS, **wrong})


@STYLE
@pytest.mark.parametrize(
    "wrong",
    [
        {"case": HALF},
        {"purpose": HALF},
        {"officer": HALF},
        {"bureaus": [HALF]},
        {"stated": StatedFacts(legal_basis=HALF)},
        {"timeout": NAN},
        {"timeout": 0},
        {"timeout": 601},
        {"deadline": NAN},
        {"deadline": float("inf")},
        {"deadline": -1},
        {"check_id": b"short"},
        {"check_id": "no digits"},
    ],
    ids=ascii,
)
def test_grounds_that_cannot_be_said_are_refused(
    nobody: Profile, style: str, wrong: dict[str, Any]
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        call(nobody, style, "check_many", [VIN], **{**GROUNDS, **wrong})
    assert refused.value.reason == "invalid_argument"
    assert refused.value.retry is symbolon.Retry.NEVER


@STYLE
@pytest.mark.parametrize("what", [("vin", HALF), (HALF, "x"), (*VIN, HALF)], ids=ascii)
def test_half_a_character_is_no_identifier(nobody: Profile, style: str, what: tuple[str, ...]) -> None:
    for method, given in (("check", what), ("check_many", ([what],))):
        with pytest.raises(InvalidIdentifier) as refused:
            call(nobody, style, method, *given, **GROUNDS)
        assert refused.value.reason == "not_text"


def test_an_item_is_looked_at_where_it_is_made() -> None:
    with pytest.raises(TypeError):
        Item("vin", 5)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        StandingItem("vin", 5)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        StandingItem(*VIN, ref=12)  # type: ignore[arg-type]
    with pytest.raises(InvalidRequest):
        StandingItem(*VIN, ref=HALF)


@STYLE
@pytest.mark.parametrize("method", ["match_standing", "end_standing", "update_standing"])
def test_the_name_of_a_standing_check_is_looked_at(nobody: Profile, style: str, method: str) -> None:
    for wrong in (5, None, bytearray(16)):
        with pytest.raises(TypeError):
            call(nobody, style, method, wrong)
    for wrong in (b"", bytes(17), "b134", "not hexadecimal"):
        with pytest.raises(InvalidRequest):
            call(nobody, style, method, wrong)


@STYLE
@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({"case": 5}, TypeError),
        ({"most_elements": "1"}, TypeError),
        ({"most_elements": 1.5}, TypeError),
        ({"most_elements": -1}, InvalidRequest),
        ({"valid_for": 7}, TypeError),
        ({"identifier_types": "vin"}, TypeError),
        ({"purpose": HALF}, InvalidRequest),
        ({"timeout": NAN}, InvalidRequest),
        ({"timeout": "10"}, TypeError),
    ],
    ids=ascii,
)
def test_an_approval_is_looked_at(
    nobody: Profile, style: str, wrong: dict[str, Any], kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        call(nobody, style, "approve_check", "officer-17", **{**APPROVAL, **wrong})
    for asker in (None, 17):
        with pytest.raises(TypeError):
            call(nobody, style, "approve_check", asker, **APPROVAL)


@STYLE
def test_progress_is_something_to_call(nobody: Profile, style: str) -> None:
    with pytest.raises(TypeError, match="progress"):
        call(nobody, style, "check_many", [VIN], progress=True, **GROUNDS)


def test_a_profile_is_looked_at(nobody: Profile) -> None:
    files = (nobody.root, nobody.certificate, nobody.key)
    for wrong in ((5, *files), (nobody.endpoint, 5, *files[1:]), (nobody.endpoint, *files, 17)):
        with pytest.raises(TypeError):
            Profile(*wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Requester(5, *files)  # type: ignore[arg-type]
    for endpoint in ("https://127.0.0.1:99999", "https://[::1", "node.example:7444"):
        with pytest.raises(symbolon.ConfigurationError) as refused:
            Bureau(Profile(endpoint, *files))
        assert refused.value.reason == "endpoint"


@STYLE
def test_what_the_caller_s_own_iterator_raises_comes_out_as_it_is(nobody: Profile, style: str) -> None:
    def read() -> Iterator[tuple[str, str]]:
        yield VIN
        raise LookupError("the file is shorter")

    with pytest.raises(LookupError, match="shorter"):
        call(nobody, style, "check_many", read(), **GROUNDS)


@STYLE
def test_what_fails_while_messages_are_made_is_no_broken_connection(
    profile: Profile, monkeypatch: pytest.MonkeyPatch, style: str
) -> None:
    """Whatever may slip through the checks above, in the thread in which gRPC asks for messages."""

    def failing(check: Check) -> Iterator[wire.CheckRequest]:
        yield wire.CheckRequest(start=check._start)
        raise RuntimeError("a fault of this package")

    monkeypatch.setattr(Check, "requests", failing)
    with pytest.raises(RuntimeError, match="a fault of this package"):
        call(profile, style, "check_many", [VIN], **GROUNDS)


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({"urgency": "urgent"}, TypeError),
        ({"case": 5}, TypeError),
        ({"officer": HALF}, InvalidRequest),
        ({"deadline": NAN}, InvalidRequest),
        ({"check_id": bytes(16)}, TypeError),
    ],
    ids=ascii,
)
def test_a_check_at_a_partner_is_looked_at_too(
    agreement: Path, requester: Requester, wrong: dict[str, Any], kind: type[Exception]
) -> None:
    read = symbolon.read_agreement(agreement)
    said: Any = {**GROUNDS, "urgency": Urgency.URGENT, **wrong}
    with pytest.raises(kind):
        PartnerCheck(read, read.party("BOR"), [Item(*VIN)], said)
    with symbolon.Partner(read, "BOR", requester) as partner, pytest.raises(kind):
        partner.check(*VIN, **said)


def test_a_row_with_half_a_character_stays_with_the_reason(profile: Profile) -> None:
    import pandas as pd

    frame = pd.DataFrame({"number": pd.array(["WVWZZZ1JZXW000001", HALF], dtype=object)})
    with Bureau.connect(profile) as bureau:
        out = symbolon.check_frame(bureau, frame, type="vin", value="number", **GROUNDS)
    assert out["symbolon_reason"].tolist()[1] == "not_text"

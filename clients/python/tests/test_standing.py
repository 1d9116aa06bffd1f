"""Standing checks on the bureau face of a node that runs, in both styles."""

import os
import threading
from collections.abc import Callable
from concurrent import futures
from datetime import datetime, timedelta, timezone
from typing import Any

import grpc
import pytest
import symbolon
from conftest import STYLE, Demo, call
from symbolon import (
    Outcome,
    Profile,
    Retry,
    StandingGrounds,
    StandingItem,
    StandingMatch,
)
from symbolon._standing import Beginning, Matching, Updating
from symbolon.bureau.v1 import bureau_pb2 as wire

GROUNDS: StandingGrounds = {"purpose": "border_check", "case": "python/standing"}
KNOWN = StandingItem("container", "DMOU.038046.0", ref="mine-1")
STRANGER = StandingItem("email", "stranger@nowhere.example", ref="mine-2")
LATER = ("email", "later@nowhere.example")
UNREADABLE = StandingItem("vin", "not a vin", ref="mine-3")


@pytest.fixture(scope="module")
def analyst(demo: Demo) -> Profile:
    return Profile.read(demo.person(f"python-standing-{os.getpid()}", "analyst"))


def told(match: StandingMatch) -> list[tuple[str, str, bool]]:
    return [(hit.source.bureau, hit.ref, hit.is_new) for hit in match]


@STYLE
def test_a_list_stays_asked_until_it_is_ended(analyst: Profile, style: str) -> None:
    before = datetime.now(timezone.utc) - timedelta(minutes=1)
    items = [KNOWN, STRANGER, STRANGER, UNREADABLE]
    kept = call(analyst, style, "begin_standing", items, **GROUNDS)
    assert kept.standing_id is not None
    assert len(kept.standing_id) == 16
    assert kept.check_id is not None
    assert (kept.added, kept.removed, kept.unchanged) == (2, 0, 1)
    assert [result.item for result in kept.rejected] == [UNREADABLE]
    assert kept.rejected[0].outcome is Outcome.REJECTED
    of_list = [source for source in kept.sources if source.source.dataset == "bor-watchlist"]
    assert of_list
    for source in of_list:
        assert source.outcome is None
        assert source.keep_until is not None
        assert source.keep_until > before

    first = call(analyst, style, "match_standing", kept.standing_id)
    assert ("BOR", "mine-1", True) in told(first)
    assert all(ref == "mine-1" for _, ref, _ in told(first))
    assert first.new_hits == first.hits
    hit = next(hit for hit in first if hit.source.bureau == "BOR")
    assert hit.source.identifier_type == "container"
    assert hit.source.desk is not None
    assert hit.value
    # As the program prints it.
    again = call(analyst, style, "match_standing", kept.standing_id.hex())
    assert again.new_hits == ()
    assert len(again) == len(first)

    listed = call(analyst, style, "list_standing")
    mine = next(check for check in listed if check.standing_id == kept.standing_id)
    assert (mine.purpose, mine.case, mine.entries) == ("border_check", "python/standing", 2)
    assert mine.unseen_hits == 0
    assert mine.begun_at is not None
    assert before < mine.begun_at

    assert call(analyst, style, "end_standing", kept.standing_id) is None
    left = call(analyst, style, "list_standing")
    assert kept.standing_id not in [check.standing_id for check in left]


@STYLE
def test_a_list_changes_and_only_what_is_new_is_asked(analyst: Profile, style: str) -> None:
    kept = call(analyst, style, "begin_standing", [STRANGER], **GROUNDS)
    standing_id = kept.standing_id
    changed = call(analyst, style, "update_standing", standing_id, add=[KNOWN, STRANGER], remove=[LATER])
    assert (changed.added, changed.removed, changed.unchanged) == (1, 0, 2)
    assert changed.check_id is not None
    assert changed.check_id != kept.check_id
    assert ("BOR", "mine-1", True) in told(call(analyst, style, "match_standing", standing_id))
    changed = call(analyst, style, "update_standing", standing_id, remove=[KNOWN])
    assert (changed.added, changed.removed, changed.check_id) == (0, 1, None)
    assert told(call(analyst, style, "match_standing", standing_id)) == []
    call(analyst, style, "end_standing", standing_id)


@STYLE
def test_what_a_node_refuses_about_standing_checks_is_an_exception_with_its_reason(
    demo: Demo, analyst: Profile, style: str
) -> None:
    officer = Profile.read(demo.person(f"python-lone-officer-{style}-{os.getpid()}", "officer"))
    with pytest.raises(symbolon.NotAuthorised) as refused:
        call(officer, style, "begin_standing", [KNOWN], **GROUNDS)
    assert refused.value.reason == "role_missing"
    assert not refused.value.in_doubt
    with pytest.raises(symbolon.InvalidRequest) as unknown:
        call(analyst, style, "match_standing", bytes(16))
    assert unknown.value.reason == "standing_unknown"
    assert unknown.value.retry is Retry.NEVER
    kept = call(analyst, style, "begin_standing", [STRANGER], **GROUNDS)
    call(analyst, style, "end_standing", kept.standing_id)
    with pytest.raises(symbolon.InvalidRequest) as gone:
        call(analyst, style, "end_standing", kept.standing_id)
    assert gone.value.reason == "standing_unknown"
    with pytest.raises(TypeError, match="check_id"):
        call(analyst, style, "begin_standing", [KNOWN], check_id=bytes(16), **GROUNDS)


class Deaf:
    """A node that takes a call and breaks it off."""

    def __init__(self) -> None:
        self.heard = threading.Event()

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        del details

        def broken(requests: Any, context: grpc.ServicerContext) -> Any:
            for _ in requests:
                self.heard.set()
            context.abort(grpc.StatusCode.UNAVAILABLE, "gone")

        return grpc.stream_stream_rpc_method_handler(broken)


def over_plain_connection(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setattr(
        grpc, "secure_channel", lambda *_, **__: grpc.insecure_channel(f"127.0.0.1:{port}")
    )
    monkeypatch.setattr(
        grpc.aio,
        "secure_channel",
        lambda *_, **__: grpc.aio.insecure_channel(f"127.0.0.1:{port}"),
    )


@STYLE
def test_a_standing_check_whose_beginning_breaks_off_is_not_begun_again_blindly(
    analyst: Profile, monkeypatch: pytest.MonkeyPatch, style: str
) -> None:
    deaf = Deaf()
    server = grpc.server(futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((deaf,))  # type: ignore[arg-type]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    over_plain_connection(monkeypatch, port)
    try:
        with pytest.raises(symbolon.Unreachable) as refused:
            call(analyst, style, "begin_standing", [KNOWN], **GROUNDS)
        assert deaf.heard.is_set()
        assert refused.value.retry is Retry.LOOK
        assert "same check id" not in refused.value.sentence
        # What is harmless to repeat says so.
        with pytest.raises(symbolon.Unreachable) as harmless:
            call(analyst, style, "update_standing", bytes(16), add=[KNOWN])
        assert harmless.value.retry is Retry.SOON
    finally:
        server.stop(None)


@pytest.mark.parametrize(
    ("made", "gives"),
    [
        (lambda: Beginning([KNOWN], "officer", GROUNDS), "kept"),
        (lambda: Updating(bytes(16), [KNOWN], []), "kept"),
        (lambda: Matching(bytes(16)), "match"),
    ],
    ids=["begin", "update", "match"],
)
def test_an_answer_that_ends_before_all_was_said_is_no_answer(
    made: Callable[[], Any], gives: str
) -> None:
    conversation = made()
    with pytest.raises(symbolon.Unreachable) as refused:
        getattr(conversation, gives)()
    assert refused.value.reason == "broke_off"


def test_a_list_that_was_not_looked_in_is_not_without_hits() -> None:
    matching = Matching(bytes(16))
    # An outcome that only a newer node knows.
    for outcome in (0, wire.OUTCOME_NOT_PERMITTED, 9):
        matching.take(
            wire.MatchStandingResponse(source=wire.StandingSource(outcome=outcome))  # type: ignore[arg-type]
        )
    matching.take(wire.MatchStandingResponse(matched=wire.StandingMatched()))
    match = matching.match()
    assert [source.outcome for source in match.sources] == [
        None,
        Outcome.NOT_PERMITTED,
        Outcome.NO_ANSWER,
    ]
    assert not match.is_complete
    with pytest.raises(TypeError):
        bool(match)


def test_hits_without_their_list_are_not_taken() -> None:
    hits = wire.StandingHits(hits=[wire.StandingHit(ref="mine")])
    with pytest.raises(symbolon.NoAnswer):
        Matching(bytes(16)).take(wire.MatchStandingResponse(hits=hits))


def test_no_identifier_of_a_standing_check_is_shown_by_repr(analyst: Profile) -> None:
    kept = call(analyst, "sync", "begin_standing", [KNOWN, UNREADABLE], **GROUNDS)
    match = call(analyst, "sync", "match_standing", kept.standing_id)
    shown = repr((KNOWN, kept, match))
    assert "038046" not in shown
    assert "mine-1" not in shown
    assert UNREADABLE.value not in shown
    call(analyst, "sync", "end_standing", kept.standing_id)


@STYLE
def test_an_approver_approves_what_a_colleague_is_to_ask(demo: Demo, style: str) -> None:
    name = f"python-{style}-{os.getpid()}"
    approver = Profile.read(demo.person(f"{name}-approver", "approver"))
    asker = Profile.read(demo.person(f"{name}-asker", "officer"))
    said: dict[str, Any] = {"case": "python/4", "purpose": "border_check", "most_elements": 3}
    before = datetime.now(timezone.utc)
    until = call(
        approver,
        style,
        "approve_check",
        f"{name}-asker",
        valid_for=timedelta(days=2),
        identifier_types=["vin", "container"],
        **said,
    )
    assert timedelta(days=2) <= until - before + timedelta(seconds=1)
    assert until - before < timedelta(days=2, minutes=1)

    with pytest.raises(symbolon.NotAuthorised) as refused:
        call(asker, style, "approve_check", f"{name}-asker", **said)
    assert refused.value.reason == "role_missing"
    for wrong in ({"most_elements": 0}, {"most_elements": -1}, {"valid_for": timedelta(days=31)}):
        with pytest.raises(symbolon.InvalidRequest):
            call(approver, style, "approve_check", f"{name}-asker", **{**said, **wrong})

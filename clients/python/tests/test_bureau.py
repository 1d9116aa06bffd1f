"""The bureau face of a node that runs, in both styles."""

import asyncio
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
import symbolon
from conftest import STYLE, Demo, call, until
from symbolon import AsyncBureau, Bureau, CheckReport, Item, ItemResult, Outcome, Profile, Retry

CERTIFICATES = Path(__file__).parent / "certificates"
GROUNDS: symbolon.Grounds = {"purpose": "border_check", "case": "python/1"}
CONTAINER = ("container", "DMOU.038046.0")


def check(profile: Profile, style: str, *what: str, **grounds: Any) -> ItemResult:
    result: ItemResult = call(profile, style, "check", *what, **{**GROUNDS, **grounds})
    return result


def check_many(profile: Profile, style: str, items: object, **more: Any) -> CheckReport:
    report: CheckReport = call(profile, style, "check_many", items, **{**GROUNDS, **more})
    return report


@STYLE
def test_a_hit_and_a_no_hit_are_told_apart(profile: Profile, style: str) -> None:
    result = check(profile, style, *CONTAINER)
    by_bureau = {answer.source.bureau: answer for answer in result}
    assert by_bureau["BOR"].outcome is Outcome.HIT
    assert by_bureau["CTG"].outcome is Outcome.NO_HIT
    assert result.outcome is Outcome.HIT
    assert [hit.source.bureau for hit in result.hits] == ["BOR"]
    source = by_bureau["BOR"].source
    assert source.desk is not None
    assert source.desk.phone
    assert source.updated_at is not None
    assert source.set_version > 0


@STYLE
def test_a_batch_keeps_its_order_and_loses_nothing(
    profile: Profile, style: str, known: list[tuple[str, str, str]]
) -> None:
    told: list[tuple[int, int]] = []
    unreadable = Item("vin", "not a vin")
    items = [*known, unreadable, Item("email", "nobody@nowhere.example"), ("nonsense", "x")]

    def progress(answered: int, of: int) -> None:
        told.append((answered, of))

    report = check_many(profile, style, items, progress=progress)
    assert len(report) == len(items)
    hits = [any(a.source.bureau == "BOR" for a in r.hits) for r in report.results[: len(known)]]
    assert all(hits)
    assert report.results[-3].outcome is Outcome.REJECTED
    assert report.results[-3].item is unreadable
    assert report.results[-2].outcome is Outcome.NO_HIT
    rejection = report.results[-1].rejection
    assert rejection is not None
    assert rejection.reason == "unknown_type"
    # Each list once for each type, and never a total that moves.
    assert len({most for _, most in told}) == 1
    assert [heard for heard, _ in told] == sorted(heard for heard, _ in told)
    assert told[0][0] == 0
    assert told[-1][0] == told[-1][1]
    assert told[-2][0] == told[-1][1]
    assert sum(report.summary.values()) == len(items)


@STYLE
def test_the_same_check_id_is_the_same_check(profile: Profile, style: str) -> None:
    check_id = os.urandom(16)
    first = check_many(profile, style, [CONTAINER], check_id=check_id)
    again = check_many(profile, style, [CONTAINER], check_id=check_id)
    assert first.check_id == again.check_id == check_id
    with pytest.raises(symbolon.InvalidRequest) as refused:
        check_many(profile, style, [("container", "MSKU0000006")], check_id=check_id)
    assert refused.value.reason == "check_id_reused"


def test_coverage_says_what_can_be_asked(profile: Profile) -> None:
    with Bureau.connect(profile) as bureau:
        entries = bureau.coverage()
    assert {entry.source.bureau for entry in entries} == {"BOR", "CTG"}
    of_list = [entry for entry in entries if entry.source.dataset == "bor-watchlist"]
    assert len(of_list) == 12
    assert all("border_check" in entry.purposes for entry in of_list)
    assert all(entry.padded_len > 0 and entry.daily_quota > 0 for entry in of_list)

    async def ask() -> int:
        async with AsyncBureau.connect(profile) as bureau:
            return len(await bureau.coverage())

    assert asyncio.run(ask()) == len(entries)


def test_the_profile_is_found_as_the_program_finds_it(
    demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYMBOLON_PROFILE", str(demo.folder / "profile.toml"))
    with Bureau.connect() as bureau:
        assert bureau.coverage()


def test_certificate_files_may_be_named_one_by_one(profile: Profile) -> None:
    files = {"root": profile.root, "certificate": profile.certificate, "key": profile.key}
    with Bureau.connect_with(profile.endpoint, officer="officer-1", **files) as bureau:
        assert bureau.check(*CONTAINER, **GROUNDS).outcome is Outcome.HIT


@STYLE
def test_a_value_that_is_no_identifier_is_an_exception(profile: Profile, style: str) -> None:
    with pytest.raises(symbolon.InvalidIdentifier) as refused:
        check(profile, style, "container", "DMOU 038046 1")
    assert refused.value.reason == "check_digit"
    assert "038046" not in str(refused.value)


@STYLE
def test_a_purpose_that_no_agreement_has_is_an_answer_of_each_list(profile: Profile, style: str) -> None:
    result = check(profile, style, *CONTAINER, purpose="curiosity")
    assert {answer.outcome for answer in result} == {Outcome.NOT_PERMITTED}
    assert all(answer.reason and answer.sentence for answer in result)


@STYLE
def test_a_certificate_of_another_bureau_gets_no_answer(demo: Demo, profile: Profile, style: str) -> None:
    other = demo.folder / "borealia/people/administrator"
    wrong = Profile(
        profile.endpoint, profile.root, other / "certificate.pem", other / "key.pem", "nobody"
    )
    with pytest.raises(symbolon.NotAuthorised) as refused:
        check(wrong, style, *CONTAINER)
    assert refused.value.reason == "certificate_foreign"
    assert refused.value.retry is Retry.NEVER
    wrong_root = Profile(
        profile.endpoint, other / "bureau-root.pem", profile.certificate, profile.key, "nobody"
    )
    with pytest.raises(symbolon.Unreachable) as failed:
        check(wrong_root, style, *CONTAINER)
    assert failed.value.reason == "tls_failed"


@STYLE
@pytest.mark.parametrize(
    ("name", "reason"),
    [("expired", "certificate_expired"), ("early", "certificate_not_yet_valid")],
)
def test_a_certificate_outside_its_days_is_not_a_node_that_is_down(
    profile: Profile, style: str, name: str, reason: str
) -> None:
    ended = Profile(
        profile.endpoint,
        profile.root,
        CERTIFICATES / f"{name}.pem",
        CERTIFICATES / "key.pem",
        "nobody",
    )
    with pytest.raises(symbolon.NotAuthorised) as refused:
        check(ended, style, *CONTAINER)
    assert refused.value.reason == reason
    assert refused.value.retry is Retry.NEVER


def test_files_that_make_no_certificate_are_not_a_node_that_is_down(profile: Profile) -> None:
    mixed = Profile(
        profile.endpoint, profile.root, profile.certificate, CERTIFICATES / "key.pem", "nobody"
    )
    with pytest.raises(symbolon.ConfigurationError) as refused:
        check(mixed, "sync", *CONTAINER)
    assert refused.value.reason == "certificate"


@STYLE
def test_a_revoked_officer_is_refused_at_once(demo: Demo, style: str) -> None:
    name = f"python-{style}-{os.getpid()}"
    profile = Profile.read(demo.person(name, "officer"))
    with Bureau.connect(profile) as bureau:
        assert bureau.check(*CONTAINER, **GROUNDS).outcome is Outcome.HIT
        acting = ("--as", "administrator", "--reason", "lost")
        demo.run("keys", "revoke", "--data", str(demo.arcadia), *acting, name)
        with pytest.raises(symbolon.NotAuthorised) as refused:
            bureau.check(*CONTAINER, **GROUNDS)
    assert refused.value.reason == "certificate_revoked"
    assert refused.value.retry is Retry.NEVER
    with pytest.raises(symbolon.NotAuthorised):
        check(profile, style, *CONTAINER)


def test_an_officer_without_the_role_for_batches_is_told(demo: Demo) -> None:
    profile = Profile.read(demo.person(f"python-officer-{os.getpid()}", "officer"))
    items = [("email", f"someone{i}@nowhere.example") for i in range(101)]
    with pytest.raises(symbolon.SymbolonError) as refused:
        check_many(profile, "sync", items)
    assert refused.value.reason == "role_missing"
    assert isinstance(refused.value, symbolon.NotAuthorised)


@STYLE
def test_a_node_that_is_not_there_can_be_asked_later(
    lone_node: tuple[subprocess.Popen[bytes], Profile], style: str
) -> None:
    node, profile = lone_node
    result = check_many(profile, style, [CONTAINER])
    # Nobody is asked, and that is no no hit.
    assert result.results[0].outcome in {Outcome.NO_ANSWER, Outcome.NOT_PERMITTED}
    node.kill()
    node.wait()
    with pytest.raises(symbolon.Unreachable) as refused:
        check(profile, style, *CONTAINER)
    assert refused.value.retry is Retry.SOON
    assert refused.value.check_id is not None
    assert "certificate" in refused.value.sentence


@STYLE
def test_a_node_that_stops_half_way_is_no_answer(
    lone_node: tuple[subprocess.Popen[bytes], Profile], style: str
) -> None:
    node, profile = lone_node
    check_many(profile, style, [CONTAINER])
    node.send_signal(signal.SIGSTOP)
    ended: list[symbolon.SymbolonError] = []

    def ask() -> None:
        try:
            check(profile, style, *CONTAINER, deadline=60)
        except symbolon.SymbolonError as error:
            ended.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    # The kernel has taken the connection for the node, which stands still.
    until(lambda: _connections(node) > 0, "the check is under way")
    node.kill()
    asking.join()
    assert isinstance(ended[0], symbolon.Unreachable)


@STYLE
def test_a_deadline_ends_a_check(lone_node: tuple[subprocess.Popen[bytes], Profile], style: str) -> None:
    node, profile = lone_node
    node.send_signal(signal.SIGSTOP)
    with pytest.raises(symbolon.NoAnswer) as refused:
        check(profile, style, *CONTAINER, deadline=0.5)
    assert isinstance(refused.value, symbolon.DeadlineExceeded)
    assert refused.value.retry is Retry.SOON


def _connections(node: subprocess.Popen[bytes]) -> int:
    """Count established connections to any port that the node listens on."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = set()
    for link in Path(f"/proc/{node.pid}/fd").iterdir():
        target = os.readlink(link)
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    ports = {line[1].split(":")[1] for line in lines if line[3] == "0A" and line[9] in inodes}
    return sum(line[3] == "01" and line[1].split(":")[1] in ports for line in lines)


def test_a_profile_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    with pytest.raises(symbolon.ConfigurationError) as missing:
        Bureau.connect(tmp_path / "profile.toml")
    assert missing.value.reason == "no_profile"
    path = tmp_path / "profile.toml"
    path.write_text('endpoint = "https://127.0.0.1:1"\n')
    with pytest.raises(symbolon.ConfigurationError, match="certificate"):
        Bureau.connect(path)


@STYLE
def test_an_officer_without_a_name_does_not_ask_in_the_name_of_the_profile(
    profile: Profile, style: str
) -> None:
    with pytest.raises(symbolon.InvalidRequest, match="officer"):
        check(profile, style, *CONTAINER, officer="")
    files = {"root": profile.root, "certificate": profile.certificate, "key": profile.key}
    gateway = Profile(profile.endpoint, **files)
    with pytest.raises(symbolon.InvalidRequest, match="officer"):
        check(gateway, style, *CONTAINER)


@STYLE
def test_a_connection_that_was_closed_says_so(profile: Profile, style: str) -> None:
    async def both() -> None:
        bureau: Any = Bureau.connect(profile) if style == "sync" else AsyncBureau.connect(profile)

        async def done(method: str, *what: object, **how: object) -> None:
            doing = getattr(bureau, method)(*what, **how)
            if style != "sync":
                await doing

        await done("close")
        with pytest.raises(symbolon.InvalidRequest) as refused:
            await done("coverage")
        assert refused.value.reason == "closed"
        with pytest.raises(symbolon.InvalidRequest) as refused:
            await done("check_many", [CONTAINER], **GROUNDS)
        assert refused.value.reason == "closed"

    asyncio.run(both())


def test_help_names_every_keyword() -> None:
    for style in (Bureau, AsyncBureau):
        text = style.check.__doc__ or ""
        if style is AsyncBureau:
            assert "Bureau.check" in text
            continue
        for name in symbolon.Grounds.__annotations__:
            assert f"``{name}``" in text


def test_files_may_be_named_as_text(profile: Profile) -> None:
    said = [str(path) for path in (profile.root, profile.certificate, profile.key)]
    with Bureau.connect(Profile(profile.endpoint, *said, "officer-1")) as bureau:
        assert bureau.coverage()


def test_no_secret_is_shown(profile: Profile) -> None:
    with Bureau.connect(profile) as bureau:
        shown = repr(bureau) + repr(profile)
    assert "PRIVATE" not in shown
    assert profile.key.read_text().splitlines()[1] not in shown


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_status_that_grpc_has_lost_is_asked_for_again(
    profile: Profile, monkeypatch: pytest.MonkeyPatch, lost: int
) -> None:
    really, calls = AsyncBureau._converse_once, 0

    async def losing(bureau: AsyncBureau, *what: Any) -> None:
        nonlocal calls
        calls += 1
        if calls <= lost:
            nothing = grpc.aio.Metadata()
            said = "Failed execute_batch: (<SendMessageOperation object>,)"
            raise grpc.aio.AioRpcError(
                grpc.StatusCode.INTERNAL, nothing, nothing, "Internal error from Core", said
            )
        await really(bureau, *what)

    monkeypatch.setattr(AsyncBureau, "_converse_once", losing)
    if lost < 3:
        assert check(profile, "asyncio", *CONTAINER).outcome is Outcome.HIT
        assert calls == lost + 1
    else:
        with pytest.raises(symbolon.Unreachable):
            check(profile, "asyncio", *CONTAINER)
        assert calls == 3

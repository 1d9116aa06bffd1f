"""The partner face of a node that runs: a bureau in Python asks it, in both styles."""

import asyncio
import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import symbolon
from conftest import STYLE, Demo
from symbolon import (
    AsyncPartner,
    Item,
    Outcome,
    Partner,
    PartnerGrounds,
    PartnerReport,
    Requester,
    Retry,
)
from symbolon._partner_checks import PartnerCheck
from symbolon.errors import NotTrusted
from symbolon.partner.v1.partner_pb2 import CheckResponse

GROUNDS: PartnerGrounds = {
    "purpose": "border_check",
    "officer": "officer-17",
    "case": "python/2",
}


def ask(
    style: str, agreement: Path, requester: Requester, items: object, **more: object
) -> PartnerReport:
    said = {**GROUNDS, **more}
    if style == "sync":
        with Partner(agreement, "BOR", requester) as partner:
            partner.sync()
            return partner.check_many(items, **said)  # type: ignore[arg-type]

    async def asking() -> PartnerReport:
        async with AsyncPartner(agreement, "BOR", requester) as partner:
            await partner.sync()
            return await partner.check_many(items, **said)  # type: ignore[arg-type]

    return asyncio.run(asking())


@STYLE
def test_what_the_partner_holds_hits_and_nothing_else(
    style: str, agreement: Path, requester: Requester, known: list[tuple[str, str, str]]
) -> None:
    strangers = [Item("email", f"stranger{i}@nowhere.example") for i in range(50)]
    items = [*known, *strangers, ("vin", "nonsense"), ("nonsense", "x")]
    report = ask(style, agreement, requester, items)
    outcomes = [result.outcome for result in report]
    assert outcomes[: len(known)] == [Outcome.HIT] * len(known)
    assert outcomes[len(known) : -2] == [Outcome.NO_HIT] * len(strangers)
    assert outcomes[-2:] == [Outcome.REJECTED] * 2
    source = report.results[0].answers[0].source
    assert (source.bureau, source.dataset) == ("BOR", "bor-watchlist")
    assert source.desk is not None


@STYLE
def test_the_node_and_this_package_give_the_same_answers(
    style: str, demo: Demo, agreement: Path, requester: Requester
) -> None:
    """A file of spellings other than the list's, which `symbolon` asks too."""
    import csv

    from conftest import LISTS

    with (LISTS / "check-batch.csv").open(encoding="utf-8", newline="") as file:
        rows = [(r["identifier_type"], r["value"], r["country"]) for r in csv.DictReader(file)]
    rows = rows[:300]
    ours = ask(style, agreement, requester, rows)
    with symbolon.Bureau.connect(demo.folder / "profile.toml") as bureau:
        theirs = bureau.check_many(
            rows, purpose="border_check", case="python/3", bureaus=["BOR"], timeout=60
        )
    for own, node in zip(ours, theirs, strict=True):
        of_list = [a.outcome for a in node if a.source.dataset == "bor-watchlist"]
        assert [a.outcome for a in own] == of_list
        assert (own.rejection is None) == (node.rejection is None)
    assert ours.hits


def test_a_frame_can_be_checked_at_a_partner(agreement: Path, requester: Requester) -> None:
    import polars as pl

    frame = pl.DataFrame({"box": ["DMOU.038046.0", "junk", None]})
    with Partner(agreement, "BOR", requester) as partner:
        partner.sync()
        out = symbolon.check_frame(partner, frame, type="container", value="box", **GROUNDS)
    assert out["symbolon_outcome"].to_list() == ["hit", "rejected", "rejected"]


def test_the_evidence_is_signed_and_says_nothing_by_itself(agreement: Path, requester: Requester) -> None:
    report = ask("sync", agreement, requester, [("container", "DMOU.038046.0")])
    evidence = report.evidence
    assert evidence is not None
    assert len(evidence.receipt.signature) == 64
    assert len(evidence.opening.blind_secret) == 32
    shown = repr(report) + repr(evidence)
    assert evidence.opening.blind_secret.hex() not in shown
    assert repr(evidence.opening.blind_secret) not in shown
    assert "DMOU" not in shown
    assert b"DMOU" not in evidence.header.document
    assert b"officer-17" not in evidence.header.document


def test_keys_and_identifiers_show_nothing_secret(requester: Requester) -> None:
    der = requester.header_key.read_bytes()
    key = symbolon.HeaderKey.from_pkcs8(der)
    shown = repr(key) + repr(requester)
    assert key.public_key.hex() in shown
    # RFC 8410: the private half follows the header of 16 bytes.
    assert der[16:48].hex() not in shown
    identifier = symbolon.parse("travel_document", "C01X00T47", "DEU")
    assert "C01X00T47" not in repr(identifier) + str(identifier)
    with pytest.raises(symbolon.InvalidRequest):
        symbolon.HeaderKey.from_pkcs8(b"no key")


def test_sets_are_kept_pinned_and_resumed(tmp_path: Path, agreement: Path, requester: Requester) -> None:
    folder = tmp_path / "sets"
    with Partner(agreement, "BOR", requester, sets=folder) as partner:
        first = partner.sync()
        assert first > 0
        assert partner.sync() == 0
    files = sorted(folder.glob("*.tags"))
    assert len(files) == first
    # As a transfer that broke off leaves it.
    whole = files[0].read_bytes()
    with Partner(agreement, "BOR", requester, sets=folder) as partner:
        manifest = next(m for m in map(partner._shelf.consider, partner._manifests()) if m is not None)
        path = folder / f"{manifest.scope_id.hex()}-{manifest.version}.tags"
        whole = path.read_bytes()
        part = path.with_name(f"{path.name}.{manifest.file_sha256[:8].hex()}.part")
        part.write_bytes(whole[: len(whole) // 2])
        path.unlink()
        assert partner.sync() == first
        assert path.read_bytes() == whole


def test_a_set_that_was_tampered_with_gives_no_answer(
    tmp_path: Path, agreement: Path, requester: Requester
) -> None:
    with Partner(agreement, "BOR", requester, sets=tmp_path) as partner:
        partner.sync()
        manifests = partner._manifests()
    for path in tmp_path.glob("*.manifest.json"):
        path.unlink()
    with Partner(agreement, "BOR", requester, sets=tmp_path) as partner:
        manifest = next(m for m in map(partner._shelf.consider, manifests) if m is not None)
        path = tmp_path / f"{manifest.scope_id.hex()}-{manifest.version}.tags"
        damaged = bytearray(path.read_bytes())
        damaged[len(damaged) // 2] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(symbolon.NoAnswer):
            partner._shelf.install(manifest)
        with pytest.raises(symbolon.NoAnswer):
            partner._shelf.usable(manifest.scope_id)


def test_without_sets_there_is_no_answer_and_never_no_hit(agreement: Path, requester: Requester) -> None:
    with Partner(agreement, "BOR", requester) as partner:
        result = partner.check("container", "DMOU.038046.0", **GROUNDS)
    assert result.outcome is Outcome.NO_ANSWER
    assert result.answers[0].reason == "set_not_ready"


@STYLE
def test_what_is_over_the_quota_is_refused_and_not_counted(
    style: str, agreement: Path, requester: Requester
) -> None:
    many = [("email", f"n{i}@nowhere.example") for i in range(100_001)]
    with pytest.raises(symbolon.QuotaExhausted) as refused:
        ask(style, agreement, requester, many)
    assert refused.value.reason == "quota_exhausted"
    assert refused.value.retry is Retry.AFTER
    assert refused.value.retry_after is not None
    assert refused.value.retry_after.total_seconds() <= 86_400
    assert ask(style, agreement, requester, many[:10]).is_complete


def test_a_purpose_outside_the_agreement_is_not_sent(agreement: Path, requester: Requester) -> None:
    with pytest.raises(symbolon.NotPermitted) as refused:
        ask("sync", agreement, requester, [("vin", "x")], purpose="curiosity")
    assert refused.value.reason == "purpose_not_agreed"


def test_a_header_key_that_is_not_agreed_is_refused_here(
    demo: Demo, agreement: Path, requester: Requester
) -> None:
    other = dataclasses.replace(requester, header_key=demo.folder / "borealia/keys/header.key")
    with pytest.raises(symbolon.ConfigurationError) as refused:
        Partner(agreement, "BOR", other)
    assert refused.value.reason == "header_key"


@STYLE
def test_a_certificate_of_a_stranger_gets_nothing(
    style: str, demo: Demo, agreement: Path, requester: Requester
) -> None:
    stranger = demo.arcadia / "people/administrator"
    wrong = dataclasses.replace(
        requester, certificate=stranger / "certificate.pem", key=stranger / "key.pem"
    )
    with pytest.raises(symbolon.SymbolonError) as refused:
        ask(style, agreement, wrong, [("container", "DMOU.038046.0")])
    assert isinstance(refused.value, symbolon.NoAnswer)


def test_a_node_with_another_identity_is_not_asked(agreement: Path, requester: Requester) -> None:
    """Another node at the address, or the right one under another name."""
    from symbolon._trust import credentials_for

    read = symbolon.read_agreement(agreement)
    ours, theirs = read.party("ARC"), read.party("BOR")

    class Swapped:
        code, spiffe_id, tls_root = theirs.code, theirs.spiffe_id, theirs.tls_root
        endpoint = ours.endpoint

    class Renamed:
        code, tls_root, endpoint = theirs.code, theirs.tls_root, theirs.endpoint
        spiffe_id = ours.spiffe_id

    for party in (Swapped(), Renamed()):
        with pytest.raises(symbolon.NotTrusted) as refused:
            credentials_for(party, requester.certificate, requester.key)  # type: ignore[arg-type]
        assert refused.value.reason == "partner_not_trusted"


def test_an_answer_with_a_proof_of_another_key_is_not_used(agreement: Path, requester: Requester) -> None:
    """Chunks of one list, taken as the answer in another: the proof is for another key."""
    with Partner(agreement, "BOR", requester) as partner:
        partner.sync()
        check = partner._check([("container", "DMOU.038046.0")], GROUNDS)
        assert check.prepare(partner._shelf, partner._requester, partner._key)
        asked = check._sent
        elements = asked.chunk(0)
        with pytest.raises(symbolon.NotTrusted) as refused:
            asked.receive(elements, bytes(64)).finalize()
        assert refused.value.reason == "proof_invalid"
        with pytest.raises(symbolon.NotTrusted):
            asked.receive(elements, bytes(64))


def test_the_loop_goes_on_while_an_answer_that_is_refused_is_dropped(
    agreement: Path, requester: Requester, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work, take = 1.0, PartnerCheck.take
    ended: list[float] = []

    def refused(check: PartnerCheck, message: CheckResponse) -> Callable[[], None] | None:
        if take(check, message) is None:
            raise NotTrusted("answer_not_trusted", "")

        def slow() -> None:
            time.sleep(at_work)
            ended.append(time.monotonic())

        return slow

    monkeypatch.setattr(PartnerCheck, "take", refused)

    async def asking() -> tuple[float, float]:
        longest, last, is_over = 0.0, time.monotonic(), False

        async def beat() -> None:
            nonlocal longest, last
            while not is_over:
                await asyncio.sleep(0.01)
                now = time.monotonic()
                longest, last = max(longest, now - last), now

        async with AsyncPartner(agreement, "BOR", requester) as partner:
            await partner.sync()
            last = time.monotonic()
            beating = asyncio.create_task(beat())
            with pytest.raises(NotTrusted):
                await partner.check_many([("email", "somebody@nowhere.example")], **GROUNDS)
            refused_at, is_over = time.monotonic(), True
            await beating
        return longest, refused_at

    longest, refused_at = asyncio.run(asking())
    assert longest < at_work / 2
    # Nothing is still at work on a check that may be taken up again.
    assert len(ended) == 1
    assert ended[0] <= refused_at


def test_a_partner_takes_files_as_text_and_says_that_it_was_closed(
    agreement: Path, requester: Requester
) -> None:
    said = [str(path) for path in (requester.certificate, requester.key, requester.header_key)]
    with Partner(agreement, "BOR", Requester(requester.code, *said)) as partner:
        partner.sync()
        assert partner.check("container", "DMOU.038046.0", **GROUNDS).outcome is Outcome.HIT
    for ask_again in (partner.sync, lambda: partner.check("container", "DMOU.038046.0", **GROUNDS)):
        with pytest.raises(symbolon.InvalidRequest) as refused:
            ask_again()
        assert refused.value.reason == "closed"


def test_an_ended_certificate_of_the_partner_face_is_not_a_partner_that_is_down(
    agreement: Path, requester: Requester
) -> None:
    here = Path(__file__).parent / "certificates"
    ended = Requester(requester.code, here / "expired.pem", here / "key.pem", requester.header_key)
    with (
        Partner(agreement, "BOR", ended) as partner,
        pytest.raises(symbolon.NotAuthorised) as refused,
    ):
        partner.sync()
    assert refused.value.reason == "certificate_expired"

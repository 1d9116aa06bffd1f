"""A check on the partner face, without I/O: what is sent, and what is made of what comes."""

from __future__ import annotations

import base64
import os
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from symbolon import _core
from symbolon._given import settle, text
from symbolon._grounds import deadline_of, known, said, urgency_of
from symbolon.answers import (
    Answer,
    CheckReport,
    Desk,
    ItemResult,
    Label,
    Outcome,
    Rejection,
    Source,
    Urgency,
)
from symbolon.errors import ConfigurationError, InvalidRequest, NoAnswer, NotTrusted
from symbolon.partner.v1 import partner_pb2 as wire
from symbolon.v1 import documents_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from typing_extensions import Required

    from symbolon._core import Agreement, Asked, HeldSet, Offer, Party, Receipt
    from symbolon._shelf import Shelf
    from symbolon.answers import Item

    Signed = tuple[bytes, bytes, bytes]

_SERVICE = "/symbolon.partner.v1.PartnerService/"
MANIFESTS = _SERVICE + "GetManifests"
DOWNLOAD = _SERVICE + "DownloadTagSet"
CHECK = _SERVICE + "Check"
MANIFESTS_SECONDS = 10.0
DOWNLOAD_SECONDS = 3_600.0
_USUAL_DEADLINE = 60.0
_SECONDS_AN_ITEM = 0.001
_CHECK_ID_LEN = 16


class PartnerGrounds(TypedDict, total=False):
    """Keyword arguments of every check on the partner face: who asks and why."""

    purpose: Required[str]
    """A purpose of the agreement. The partner reads it."""
    officer: str
    """Who asks. The partner sees a salted commitment."""
    case: str
    """The case. The partner sees a salted commitment."""
    justification: str
    """On what grounds. The partner sees a salted commitment."""
    offence_class: str
    """Class of offence, where the agreement asks for one. The partner reads it."""
    urgency: Urgency
    """How soon an answer matters; routine unless given. The partner reads it."""
    deadline: float
    """Seconds after which the call is given up; by size unless given."""


_TEXTS = ("purpose", "offence_class", "officer", "case", "justification")


@dataclass(frozen=True, init=False)
class Requester:
    """The asking bureau: its code in the agreement, and where its keys are."""

    code: str
    """Its code, as in the agreement."""
    certificate: Path
    """Its certificate for the partner face, PEM."""
    key: Path
    """The certificate's private key, PEM."""
    header_key: Path
    """The Ed25519 key that signs headers, PKCS#8: DER, or PEM."""

    def __init__(
        self,
        code: str,
        certificate: str | os.PathLike[str],
        key: str | os.PathLike[str],
        header_key: str | os.PathLike[str],
    ) -> None:
        """Name the files; they are read when a connection is made."""
        settle(
            self,
            code=text("code", code),
            certificate=Path(certificate),
            key=Path(key),
            header_key=Path(header_key),
        )

    @classmethod
    def of_data_folder(cls, folder: str | os.PathLike[str], code: str) -> Requester:
        """Take the keys of a bureau that was founded by ``symbolon node init``."""
        data = Path(folder)
        return cls(
            code,
            data / "certificates" / "partner.pem",
            data / "keys" / "partner.key",
            data / "keys" / "header.key",
        )


@dataclass(frozen=True)
class SignedDocument:
    """A document and the signature over it, as it travelled."""

    document: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True)
class Opening:
    """What opens a check to an inspector. Keep it as safe as the identifiers themselves."""

    blind_secret: bytes = field(repr=False)
    """From which the blinds were derived (docs/protocol.md, section 10), 32 bytes."""
    officer_salt: bytes = field(repr=False)
    """Opens the commitment to the officer, 32 bytes."""
    case_salt: bytes = field(repr=False)
    """Opens the commitment to the case, 32 bytes."""
    justification_salt: bytes = field(repr=False)
    """Opens the commitment to the grounds, 32 bytes."""


@dataclass(frozen=True)
class Evidence:
    """What proves a check afterwards: keep it for as long as the agreement says."""

    header: SignedDocument
    """What was asked, signed by the requester."""
    receipt: SignedDocument
    """What was answered, signed by the owner, with the proof that it logged the check."""
    opening: Opening
    """What opens the header's commitments and elements."""


@dataclass(frozen=True)
class PartnerReport(CheckReport):
    """A report of a check on the partner face, with its evidence."""

    evidence: Evidence | None = None
    """``None`` where nothing was sent, because nothing that was given can be asked."""


class PartnerCheck:
    """One check on its way to one owner."""

    def __init__(
        self,
        agreement: Agreement,
        owner: Party,
        items: Sequence[Item],
        grounds: PartnerGrounds,
    ) -> None:
        known(grounds, PartnerGrounds)
        self._texts = {name: said(grounds, name) for name in _TEXTS}
        self._urgency = urgency_of(grounds)
        self.deadline = deadline_of(grounds, _USUAL_DEADLINE + _SECONDS_AN_ITEM * len(items))
        self.check_id = os.urandom(_CHECK_ID_LEN)
        self._items = items
        self._agreement = agreement
        self._owner = owner
        self._began = time.monotonic()
        self._answers: dict[int, list[Answer]] = {}
        self._offers: list[Offer] = []
        self._question: _core.Question | None = None
        self._asked: Asked | None = None
        self._receipt: Receipt | None = None
        self._is_signed = False

    def prepare(self, shelf: Shelf, requester: Requester, key: _core.HeaderKey) -> bool:
        """Read and blind everything and sign the header; false if nothing is left to be asked."""
        now = int(time.time())
        self._agreement.may_ask(self._texts["purpose"], now)
        triples = [(item.identifier_type, item.value, item.country) for item in self._items]
        question = _core.Question(triples, self.check_id)
        self._question = question
        sets: list[HeldSet] = []
        offers = self._agreement.offers(self._owner.code, now)
        for kind in question.counts:
            of_kind = [offer for offer in offers if offer.identifier_type == kind]
            if not of_kind:
                answer = self._answer(kind, Outcome.NOT_PERMITTED)
                self._say(
                    kind,
                    _with_reason(
                        answer,
                        "type_not_agreed",
                        "the agreement lets nobody ask for this type of identifier",
                    ),
                )
            for offer in of_kind:
                try:
                    if not offer.same_rules:
                        raise NoAnswer(
                            "rules_version_mismatch",
                            "the agreement has another version of the rules for this type than this "
                            "program; bring both sides to one version",
                        )
                    sets.append(shelf.usable(bytes(offer.scope_id)))
                    self._offers.append(offer)
                except NoAnswer as error:
                    answer = self._answer(kind, Outcome.NO_ANSWER, offer)
                    self._say(kind, _with_reason(answer, error.reason, error.sentence))
        if not sets:
            return False
        texts = self._texts
        self._asked = question.ask(
            self._agreement,
            requester.code,
            self._owner.code,
            sets,
            key,
            purpose=texts["purpose"],
            offence_class=texts["offence_class"],
            urgency=self._urgency,
            officer=texts["officer"],
            case_reference=texts["case"],
            justification=texts["justification"],
            issued_at=now,
        )
        return True

    @property
    def _sent(self) -> Asked:
        if self._asked is None:
            raise InvalidRequest("invalid_argument", "nothing was asked")
        return self._asked

    def restart(self) -> None:
        """Forget what was received: the same header is sent once more, and counted once."""
        self._is_signed = False
        self._sent.restart()

    def requests(self) -> Iterator[wire.CheckRequest]:
        """Make the messages as they are sent."""
        asked = self._sent
        yield wire.CheckRequest(header=_document(asked.header))
        for number in range(asked.chunks):
            yield wire.CheckRequest(chunk=wire.BlindedChunk(elements=asked.chunk(number)))

    def take(self, message: wire.CheckResponse) -> Callable[[], None] | None:
        """Take in the next message; give the work of verifying it, for any thread."""
        part = message.WhichOneof("part")
        if part == "chunk" and not self._is_signed:
            chunk = message.chunk
            return self._sent.receive(chunk.elements, chunk.proof).finalize
        if part == "receipt" and not self._is_signed:
            self._is_signed = True
            return None
        raise NotTrusted("answer_not_trusted", "the bureau answered what was not asked")

    def finish(self, receipt: documents_pb2.SignedDocument | None) -> bool:
        """Verify the receipt; false if the owner has published newer sets, to be fetched first."""
        if receipt is None:
            raise NotTrusted("answer_not_trusted", "the bureau did not sign for its answer")
        self._receipt = self._sent.finish(receipt.document, receipt.public_key, receipt.signature)
        return self._receipt.is_of_held_sets

    def report(self, shelf: Shelf) -> PartnerReport:
        """Look everything up."""
        evidence: Evidence | None = None
        if self._receipt is not None:
            asked = self._sent
            sets = [shelf.usable(bytes(offer.scope_id)) for offer in self._offers]
            for offer, found in zip(self._offers, asked.look_up(sets), strict=True):
                self._found(offer, found)
            evidence = Evidence(
                SignedDocument(*asked.header),
                SignedDocument(*self._receipt.signed),
                Opening(*asked.opening()),
            )
        rejected = self._question.rejected if self._question else []
        rejections = {place: Rejection(reason, text) for place, reason, text in rejected}
        results = (
            ItemResult(item, tuple(self._answers.get(place, ())), rejections.get(place))
            for place, item in enumerate(self._items)
        )
        elapsed = timedelta(seconds=time.monotonic() - self._began)
        return PartnerReport(self.check_id, tuple(results), elapsed, evidence)

    def _found(self, offer: Offer, found: _core.Found) -> None:
        updated_at = datetime.fromtimestamp(found.updated_at, timezone.utc)
        kind = offer.identifier_type
        no_hit = self._answer(kind, Outcome.NO_HIT, offer, found.version, updated_at)
        hit = Answer(Outcome.HIT, no_hit.source)
        labels = {number: Label(*said) for number, *said in found.labels}
        for number, (place, is_hit) in enumerate(zip(found.items, found.hits, strict=True)):
            answer = hit if is_hit else no_hit
            if number in labels:
                answer = Answer(Outcome.HIT, hit.source, label=labels[number])
            self._answers.setdefault(place, []).append(answer)

    def _say(self, kind: str, answer: Answer) -> None:
        if self._question is not None:
            for place in self._question.items(kind):
                self._answers.setdefault(place, []).append(answer)

    def _answer(
        self,
        kind: str,
        outcome: Outcome,
        offer: Offer | None = None,
        version: int = 0,
        updated_at: datetime | None = None,
    ) -> Answer:
        return Answer(
            outcome,
            Source(
                bureau=self._owner.code,
                bureau_name=self._owner.name,
                dataset=offer.dataset if offer else "",
                dataset_title=offer.title if offer else "",
                identifier_type=kind,
                set_version=version,
                updated_at=updated_at,
                desk=Desk(*self._owner.desk),
            ),
        )


def _with_reason(answer: Answer, reason: str, sentence: str) -> Answer:
    return Answer(answer.outcome, answer.source, reason, sentence)


def _document(parts: Signed) -> documents_pb2.SignedDocument:
    document, public_key, signature = parts
    return documents_pb2.SignedDocument(document=document, public_key=public_key, signature=signature)


def header_key(path: Path) -> _core.HeaderKey:
    """Read the key that signs headers."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            "file", f"the header key {path} cannot be read: {error.strerror}"
        ) from error
    if text.startswith(b"-----BEGIN PRIVATE KEY-----"):
        lines = [line for line in text.splitlines() if line and not line.startswith(b"-----")]
        text = base64.b64decode(b"".join(lines))
    return _core.HeaderKey.from_pkcs8(text)

"""The requester's side of the partner face: docs/protocol.md, sections 6.3, 8 and 9."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from google.protobuf.message import Message

from . import contract, documents, framing, signing, tagset, voprf
from .agreement import Agreement, Scope
from .documents import Manifest, Receipt
from .errors import require
from .founding import Party
from .grpc import Channel

ROUTINE = 1


def exchange_agreement(channel: Channel, text: bytes, signatures: list[dict[str, str]]) -> list[dict[str, str]]:
    """Shows a text and what it was signed by; gives the signatures that the other side holds."""
    request = contract.partner("ExchangeAgreementRequest")(text=text)
    for signature in signatures:
        request.signatures.add(
            party=signature["party"],
            public_key=bytes.fromhex(signature["key"]),
            signature=bytes.fromhex(signature["signature"]),
        )
    answer = channel.unary("ExchangeAgreement", request, contract.partner("ExchangeAgreementResponse"))
    return [
        {"party": held.party, "key": held.public_key.hex(), "signature": held.signature.hex()}
        for held in answer.signatures
    ]


@dataclass(frozen=True)
class List:
    """A list of the owner that may be used: manifest and set hold and fit."""

    scope: Scope
    manifest: Manifest
    tags: tagset.TagSet


@dataclass
class Blinded:
    """The identifiers of one type, and their blinds; the same for every list of that type."""

    inputs: list[bytes]
    blinds: list[int] = field(default_factory=list)
    elements: list[voprf.Element] = field(default_factory=list)

    def blind(self) -> Blinded:
        self.blinds = [voprf.random_scalar() for _ in self.inputs]
        self.elements = [voprf.blind(data, r) for data, r in zip(self.inputs, self.blinds, strict=True)]
        return self

    def chunks(self) -> list[bytes]:
        packed = b"".join(element.encode() for element in self.elements)
        size = 32 * framing.CHUNK_ELEMENTS
        return [packed[i : i + size] for i in range(0, len(packed), size)]


@dataclass(frozen=True)
class Question:
    """A signed header, and what it announces."""

    header: Message
    check_id: bytes
    lists: list[List]
    blinded: dict[str, Blinded]


@dataclass(frozen=True)
class Answer:
    """Hit or not for each input of each list, with the receipt that proves that it was answered."""

    hits: dict[tuple[str, str], list[bool]]
    receipt: Receipt


class Owner:
    """A party that owns lists, as this party sees it under one agreement."""

    def __init__(self, party: Party, agreement: Agreement, owner: str, channel: Channel) -> None:
        self.party, self.agreement, self.code, self.channel = party, agreement, owner, channel

    def manifests(self) -> list[Manifest]:
        request = contract.partner("GetManifestsRequest")(
            agreement_id=self.agreement.id, agreement_hash=self.agreement.hash
        )
        answer = self.channel.unary("GetManifests", request, contract.partner("GetManifestsResponse"))
        key = self.agreement.key(self.code, "manifest")
        return [documents.read_manifest(signed, key) for signed in answer.manifests]

    def lists(self) -> list[List]:
        """All that it offers now, with the checks of section 8."""
        offered = {scope.scope_id: scope for scope in self.agreement.offered_by(self.code)}
        found = []
        for manifest in self.manifests():
            scope = offered.get(manifest.message.scope_id)
            require(scope is not None, "scope", "a manifest of a scope that is not offered")
            expires = manifest.message.expires_at.ToDatetime(UTC)
            require(datetime.now(UTC) < expires, "expired", "the set has expired")
            found.append(List(scope, manifest, self.tag_set(manifest)))
        return found

    def download(self, manifest: Manifest, offset: int = 0) -> Iterator[bytes]:
        request = contract.partner("DownloadTagSetRequest")(
            agreement_id=self.agreement.id,
            scope_id=manifest.message.scope_id,
            version=manifest.message.version,
            offset=offset,
        )
        kind = contract.partner("DownloadTagSetResponse")
        for piece in self.channel.stream("DownloadTagSet", [request], kind):
            require(0 < len(piece.data) <= 262_144, "piece", "1 to 262,144 bytes")
            yield piece.data

    def tag_set(self, manifest: Manifest) -> tagset.TagSet:
        return fitting(manifest, b"".join(self.download(manifest)))

    def ask(
        self,
        lists: list[List],
        inputs: dict[str, list[bytes]],
        purpose: str,
        texts: dict[str, str],
        alter: Callable[[Message], Message] = lambda message: message,
    ) -> Answer:
        """One check. `alter` stands between this and the wire, for tests: it is given each answer."""
        question = self.question(lists, inputs, purpose, texts)
        answers = self.send(question)
        return self.read(question, (alter(answer) for answer in answers))

    def question(
        self, lists: list[List], inputs: dict[str, list[bytes]], purpose: str, texts: dict[str, str]
    ) -> Question:
        check_id = secrets.token_bytes(16)
        lists = [one for one in lists if inputs.get(one.scope.identifier_type)]
        blinded = {kind: Blinded(data).blind() for kind, data in inputs.items() if data}
        header = contract.document("CheckHeader")(
            check_id=check_id,
            agreement_id=self.agreement.id,
            agreement_hash=self.agreement.hash,
            requester=self.party.code,
            owner=self.code,
        )
        for index, one in enumerate(lists):
            asked = blinded[one.scope.identifier_type]
            hashes = [
                framing.chunk_hash(check_id, index, number, chunk) for number, chunk in enumerate(asked.chunks())
            ]
            header.scopes.add(
                scope_id=one.scope.scope_id, element_count=len(asked.inputs), chunk_hashes=b"".join(hashes)
            )
        header.context.purpose = purpose
        header.context.urgency = ROUTINE
        for name in ("officer", "case_reference", "justification"):
            committed = framing.commitment(name, secrets.token_bytes(32), texts.get(name, ""))
            setattr(header.commitments, name, committed)
        header.issued_at.FromDatetime(documents.now())
        signed = signing.sign(documents.HEADER, self.party.signing_key("header"), header.SerializeToString())
        return Question(signed, check_id, lists, blinded)

    def send(self, question: Question) -> Iterator[Message]:
        kind = contract.partner("CheckRequest")

        def requests() -> Iterator[Message]:
            yield kind(header=question.header)
            for one in question.lists:
                for chunk in question.blinded[one.scope.identifier_type].chunks():
                    yield kind(chunk={"elements": chunk})

        return self.channel.stream("Check", requests(), contract.partner("CheckResponse"))

    def read(self, question: Question, answers: Iterator[Message]) -> Answer:
        """Verifies every proof and the receipt, and only then looks up."""
        outputs: list[list[bytes]] = []
        evaluated_chunks: list[bytes] = []
        for one in question.lists:
            asked, tags = question.blinded[one.scope.identifier_type], []
            for start in range(0, len(asked.inputs), framing.CHUNK_ELEMENTS):
                part = slice(start, start + framing.CHUNK_ELEMENTS)
                answer = next(answers, None)
                require(answer is not None and answer.WhichOneof("part") == "chunk", "protocol", "no chunk")
                evaluated = voprf.unpack(answer.chunk.elements)
                voprf.verify(one.manifest.public_key, asked.elements[part], evaluated, answer.chunk.proof)
                evaluated_chunks.append(answer.chunk.elements)
                for data, r, element in zip(asked.inputs[part], asked.blinds[part], evaluated, strict=True):
                    tags.append(voprf.finalize(data, voprf.unblind(element, r))[:16])
            outputs.append(tags)
        last = next(answers, None)
        require(last is not None and last.WhichOneof("part") == "receipt", "protocol", "no receipt")
        require(next(answers, None) is None, "protocol", "more than the receipt")
        asked_for = documents.Asked(
            self.code,
            self.agreement.key(self.code, "log"),
            question.check_id,
            question.header.document,
            [one.manifest.hash for one in question.lists],
            evaluated_chunks,
        )
        receipt = documents.read_receipt(last.receipt, asked_for)
        hits = {
            (one.scope.dataset, one.scope.identifier_type): [one.tags.contains(tag) for tag in tags]
            for one, tags in zip(question.lists, outputs, strict=True)
        }
        return Answer(hits, receipt)


def fitting(manifest: Manifest, file: bytes) -> tagset.TagSet:
    """The set of a file, if it is the one that the manifest means and holds the canaries."""
    message = manifest.message
    require(len(file) == message.file_len, "file", "another length")
    require(sha256(file).digest() == message.file_sha256, "file", "another hash")
    tags = tagset.TagSet(file)
    found = (tags.scope_id, tags.version, tags.lam, tags.entries)
    said = (message.scope_id, message.version, getattr(message, "lambda"), message.padded_len)
    require(found == said, "file", "the set is not what the manifest says")
    require(all(tags.contains(tag) for tag in manifest.canary_hashes), "canaries", "not in the set")
    return tags

"""What must not be believed of an owner, and what an owner must not take; the node goes on."""

from __future__ import annotations

import ssl
import tempfile
import unittest
from collections.abc import Callable, Iterator
from pathlib import Path

from google.protobuf.message import Message

import party
from partner import contract, documents, face, founding, framing, signing
from partner.errors import Refused
from partner.grpc import Channel, Status

from . import live


def flip(data: bytes, at: int = 0) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


class FromTheOwner(unittest.TestCase):
    """Answers altered on their way: all are refused, and nothing is looked up."""

    def setUp(self) -> None:
        self.owner = live.owner()
        self.addCleanup(self.owner.channel.close)

    def refused(self, reason: str, alter: Callable[[Message], None]) -> None:
        def altered(message: Message) -> Message:
            alter(message)
            return message

        with self.assertRaises(Refused) as caught:
            self.owner.ask(live.lists(), live.container(), live.PURPOSE, live.TEXTS, altered)
        self.assertEqual(caught.exception.reason, reason)

    def test_a_wrong_proof(self) -> None:
        def alter(message: Message) -> None:
            if message.WhichOneof("part") == "chunk":
                message.chunk.proof = flip(message.chunk.proof)

        self.refused("proof", alter)

    def test_an_element_that_was_not_evaluated(self) -> None:
        def alter(message: Message) -> None:
            if message.WhichOneof("part") == "chunk":
                generator = "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"
                message.chunk.elements = bytes.fromhex(generator)

        self.refused("proof", alter)

    def test_the_identity(self) -> None:
        def alter(message: Message) -> None:
            if message.WhichOneof("part") == "chunk":
                message.chunk.elements = bytes(32)

        self.refused("element", alter)

    def test_an_altered_receipt(self) -> None:
        def alter(message: Message) -> None:
            if message.WhichOneof("part") == "receipt":
                message.receipt.document = flip(message.receipt.document, -1)

        self.refused("signature", alter)

    def test_a_receipt_signed_by_another_key_of_the_owner(self) -> None:
        def alter(message: Message) -> None:
            if message.WhichOneof("part") == "receipt":
                message.receipt.public_key = self.owner.agreement.key(party.OWNER, "manifest")

        self.refused("key", alter)

    def test_the_receipt_of_another_check(self) -> None:
        question = self.owner.question(live.lists(), live.container(), live.PURPOSE, live.TEXTS)
        other = list(self.owner.send(question))[-1]

        def alter(message: Message) -> None:
            if message.WhichOneof("part") == "receipt":
                message.CopyFrom(other)

        self.refused("check", alter)

    def test_a_set_with_one_bit_changed(self) -> None:
        manifest = live.lists()[-1].manifest
        file = b"".join(self.owner.download(manifest))
        face.fitting(manifest, file)
        with self.assertRaises(Refused):
            face.fitting(manifest, flip(file, 200))

    def test_another_identity_or_root(self) -> None:
        member, _, card = live.agreed()
        for wrong in ({"spiffe_id": "spiffe://ctg.example/partner-face"}, {"tls_root": member.card["tls_root"]}):
            with self.assertRaises((Refused, ssl.SSLError)):
                Channel({**card, **wrong}, member.certificate, member.key).close()


class ToTheOwner(unittest.TestCase):
    """Bad input: a reasoned refusal, and the next good question is answered."""

    def setUp(self) -> None:
        self.owner = live.owner()
        self.addCleanup(self.owner.channel.close)
        self.question = self.owner.question(live.lists(), live.container(), live.PURPOSE, live.TEXTS)

    def tearDown(self) -> None:
        answer = self.owner.ask(live.lists(), live.container(), live.PURPOSE, live.TEXTS)
        self.assertEqual(answer.hits, {(party.DATASET, "container"): [True]})

    def signed(self, alter: Callable[[Message], None], key: str = "header") -> Message:
        header = contract.document("CheckHeader").FromString(self.question.header.document)
        alter(header)
        signing_key = self.owner.party.signing_key(key)
        return signing.sign(documents.HEADER, signing_key, header.SerializeToString())

    def refused(self, reason: str, header: Message, *chunks: bytes) -> None:
        kind = contract.partner("CheckRequest")

        def requests() -> Iterator[Message]:
            yield kind(header=header)
            for chunk in chunks:
                yield kind(chunk={"elements": chunk})

        with self.assertRaises(Status) as caught:
            list(self.owner.channel.stream("Check", requests(), contract.partner("CheckResponse")))
        self.assertEqual(caught.exception.reason, reason)
        self.assertTrue(caught.exception.sentence)

    def test_a_header_that_cannot_be_read(self) -> None:
        header = signing.sign(documents.HEADER, self.owner.party.signing_key("header"), b"\xff\xff")
        self.refused("header_invalid", header)

    def test_a_header_signed_by_another_key(self) -> None:
        self.refused("header_signature", self.signed(lambda header: None, key="legal"))

    def test_a_header_of_yesterday(self) -> None:
        def yesterday(header: Message) -> None:
            header.issued_at.seconds -= 86_400

        self.refused("header_time", self.signed(yesterday))

    def test_an_agreement_that_is_none(self) -> None:
        def other(header: Message) -> None:
            header.agreement_id = "arc-bor-2026"

        self.refused("agreement_unknown", self.signed(other))

    def test_another_text_of_the_agreement(self) -> None:
        def other(header: Message) -> None:
            header.agreement_hash = bytes(32)

        self.refused("agreement_differs", self.signed(other))

    def test_a_purpose_that_was_not_agreed(self) -> None:
        def other(header: Message) -> None:
            header.context.purpose = "curiosity"

        self.refused("purpose_not_agreed", self.signed(other))

    def test_a_scope_that_is_none(self) -> None:
        def other(header: Message) -> None:
            header.scopes[0].scope_id = bytes(32)

        self.refused("scope_unknown", self.signed(other))

    def test_another_chunk_than_was_signed(self) -> None:
        (chunk,) = self.question.blinded["container"].chunks()
        self.refused("chunk_altered", self.question.header, flip(chunk))

    def test_an_element_that_is_none(self) -> None:
        for chunk in (bytes(32), b"\xff" * 32):

            def other(header: Message, chunk: bytes = chunk) -> None:
                header.check_id = flip(chunk[:16])
                header.scopes[0].chunk_hashes = framing.chunk_hash(header.check_id, 0, 0, chunk)

            self.refused("element_invalid", self.signed(other), chunk)

    def test_a_stream_that_ends_too_early(self) -> None:
        self.refused("chunk_missing", self.question.header)

    def test_the_same_id_with_another_header(self) -> None:
        list(self.owner.send(self.question))

        def other(header: Message) -> None:
            header.issued_at.seconds += 1

        self.refused("check_id_reused", self.signed(other))

    def test_a_party_that_nobody_knows(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            stranger = founding.found(Path(folder) / "stranger", "ZZZ", "Stranger", "https://zzz.example:7443")
            _, _, card = live.agreed()
            request = contract.partner("GetManifestsRequest")(agreement_id=self.owner.agreement.id)
            with (
                self.assertRaises((OSError, Status)),
                Channel(card, stranger.certificate, stranger.key) as channel,
            ):
                channel.unary("GetManifests", request, contract.partner("GetManifestsResponse"))

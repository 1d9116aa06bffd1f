"""The partner face against a live node: the same answers as the program's."""

from __future__ import annotations

import unittest

import party
from partner import checkpoint, contract, identifiers, merkle
from partner.errors import Refused

from . import live


class Answers(unittest.TestCase):
    def setUp(self) -> None:
        self.owner = live.owner()
        self.addCleanup(self.owner.channel.close)

    def test_every_list_is_offered_with_its_canaries(self) -> None:
        offered = {(one.scope.dataset, one.scope.identifier_type) for one in live.lists()}
        self.assertEqual(offered, {(party.DATASET, kind) for kind in party.TYPES})

    def test_the_answers_are_those_of_the_program(self) -> None:
        batch = live.rows(every=4)
        inputs: dict[str, list[bytes]] = {}
        asked: dict[int, tuple[str, int]] = {}
        refused = set()
        # The program names rows by their line; the first is the header.
        for ref, row in enumerate(batch, 2):
            kind = row["identifier_type"]
            try:
                data = identifiers.parse(kind, row["value"], row["country"] or None).oprf_input()
            except Refused:
                refused.add(ref)
                continue
            of_kind = inputs.setdefault(kind, [])
            if data not in of_kind:
                of_kind.append(data)
            asked[ref] = kind, of_kind.index(data)
        answer = self.owner.ask(live.lists(), inputs, live.PURPOSE, live.TEXTS)
        found = {
            ref: "hit" if answer.hits[party.DATASET, kind][place] else "no_hit"
            for ref, (kind, place) in asked.items()
        }
        program = live.symbolon_check(batch)
        expected = {one["ref"]: one["outcome"] for one in program["answers"] if one["dataset"] == party.DATASET}
        self.assertEqual(len(refused), program["summary"]["rejected"])
        self.assertEqual(found, expected)
        self.assertLessEqual({"hit", "no_hit"}, set(found.values()))
        self.assertEqual(answer.receipt.message.answered, sum(map(len, inputs.values())))

    def test_the_log_grows_from_a_receipts_checkpoint_to_the_newest(self) -> None:
        answer = self.owner.ask(live.lists(), live.container(), live.PURPOSE, live.TEXTS)
        self.assertEqual(answer.hits, {(party.DATASET, "container"): [True]})
        seen = answer.receipt.checkpoint
        request = contract.partner("GetLogCheckpointRequest")(
            agreement_id=self.owner.agreement.id, known_size=seen.size
        )
        kind = contract.partner("GetLogCheckpointResponse")
        newest = self.owner.channel.unary("GetLogCheckpoint", request, kind)
        log_key = self.owner.agreement.key(party.OWNER, "log")
        grown = checkpoint.read(newest.checkpoint, party.OWNER, log_key)
        self.assertGreaterEqual(grown.size, seen.size)
        merkle.verify_consistency(seen.size, seen.root, grown.size, grown.root, newest.consistency_proof)

    def test_the_same_header_is_the_same_check(self) -> None:
        question = self.owner.question(live.lists(), live.container(), live.PURPOSE, live.TEXTS)
        first, second = (list(self.owner.send(question)) for _ in range(2))
        self.assertEqual(first[0].chunk.elements, second[0].chunk.elements)
        self.assertEqual(self.owner.read(question, iter(second)).hits, {(party.DATASET, "container"): [True]})

    def test_a_download_resumes(self) -> None:
        manifest = live.lists()[0].manifest
        whole = b"".join(self.owner.download(manifest))
        self.assertEqual(b"".join(self.owner.download(manifest, offset=1_000)), whole[1_000:])

"""Every vector holds, and the checks that say so can fail."""

from __future__ import annotations

import copy
import unittest

import jsonschema

import vectors


class Vectors(unittest.TestCase):
    def test_every_vector_of_every_file_holds(self) -> None:
        for path in vectors.FILES:
            for number, vector in enumerate(vectors.load(path)["vectors"]):
                with self.subTest(file=path.name, number=number, kind=vector["kind"]):
                    self.assertIsNone(vectors.fault(vector))

    def test_every_kind_has_vectors(self) -> None:
        there = {vector["kind"] for path in vectors.FILES for vector in vectors.load(path)["vectors"]}
        self.assertEqual(there, set(vectors.KINDS))

    def test_a_vector_with_another_result_does_not_hold(self) -> None:
        for path in vectors.FILES:
            for vector in vectors.load(path)["vectors"]:
                if vector.get("expect"):
                    wrong = copy.deepcopy(vector)
                    wrong["expect"][next(iter(wrong["expect"]))] = "another"
                    if wrong["kind"] != "tag_set":
                        self.assertIsNotNone(vectors.fault(wrong), vector["kind"])

    def test_the_schema_refuses_other_forms(self) -> None:
        file = {**vectors.load(vectors.FILES[0])}
        file["vectors"] = file["vectors"][:1]
        for alter in (
            lambda file: file.update(format="another"),
            lambda file: file["vectors"][0].update(refused={"reason": "x"}, expect={}),
            lambda file: file["vectors"][0].update(kind="another"),
            lambda file: file["vectors"][0]["given"].update(more=1),
        ):
            wrong = copy.deepcopy(file)
            alter(wrong)
            with self.assertRaises(jsonschema.ValidationError):
                vectors.schema().validate(wrong)

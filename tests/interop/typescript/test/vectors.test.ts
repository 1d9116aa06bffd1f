/** Every vector of every file holds, but for the types of identifiers that this program leaves out. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import Ajv2020 from "ajv/dist/2020.js";
import { FILES, KINDS, SCHEMA, covers, fault, load } from "../src/vectors.js";

const validate = new Ajv2020.default({ allowUnionTypes: true }).compile(JSON.parse(readFileSync(SCHEMA, "utf8")));

for (const file of FILES) {
  test(`the vectors of ${path.basename(file)} hold`, async () => {
    const loaded = load(file);
    assert.ok(validate(loaded), JSON.stringify(validate.errors));
    for (const [number, vector] of loaded.vectors.entries()) {
      if (!covers(vector)) continue;
      assert.equal(await fault(vector), undefined, `${number}, ${vector.kind} ${vector.name ?? JSON.stringify(vector.given)}`);
    }
  });
}

test("every kind has vectors", () => {
  const there = new Set(FILES.flatMap((file) => load(file).vectors.filter(covers).map((vector) => vector.kind)));
  assert.deepEqual([...there].sort(), Object.keys(KINDS).sort());
});

/** The partner face against a live node: proofs and receipts hold, and the answers are those of the program. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Agreement } from "../src/agreement.js";
import { type Fields, ROOT } from "../src/contract.js";
import { Channel, type Identity, type List, Owner, Status } from "../src/face.js";
import { oprfInput } from "../src/framing.js";
import * as identifiers from "../src/identifiers.js";
import { Refused } from "../src/refused.js";
import { sign } from "../src/signing.js";

const DATASET = "bor-watchlist";
const PURPOSE = "border_check";
const EVERY = 3;
/** The party that tests/interop/python/party.py has founded. */
const folder = process.env["SYMBOLON_PARTY"]!;
const read = (name: string): Buffer => readFileSync(path.join(folder, name));
const identity: Identity = {
  code: JSON.parse(read("card.json").toString()).code,
  certificate: read("partner.pem"),
  key: read("partner.key"),
  headerKey: createPrivateKey(read("header.key")),
};
const agreement = new Agreement(JSON.parse(read("agreement.json").toString()));
const party = { ...agreement.party("BOR") };
const owner = new Owner(identity, agreement, "BOR", new Channel(party, identity));
const container = new Map([["container", [oprfInput("container", 1, Buffer.from("DMOU0380460"))]]]);
let lists: List[] = [];

before(async () => {
  const offered = agreement.offeredBy("BOR").length;
  const deadline = Date.now() + 120_000;
  // It has signed, but may not have put it in force yet.
  const published = (): Promise<number> =>
    owner.manifests().then(
      (manifests) => manifests.length,
      (error: unknown) => {
        if (error instanceof Status && error.reason === "agreement_unknown") return 0;
        throw error;
      },
    );
  while ((await published()) < offered) {
    assert.ok(Date.now() < deadline, "the owner does not publish its lists");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  lists = await owner.lists();
});

after(() => owner.channel.close());

interface Row {
  type: string;
  text: string;
  line: string;
}

/** Rows of the demo's batch, of the types that this program reads. */
function rows(): Row[] {
  const lines = readFileSync(path.join(ROOT, "crates/cli/demo/check-batch.csv"), "utf8").trim().split("\n").slice(1);
  return lines
    .map((line) => ({ line, fields: line.split(",") }))
    .filter(({ line, fields }) => fields.length === 3 && fields[0]! in identifiers.TYPES && /^[\x20-\x7e]*$/.test(line))
    .filter((_, i) => i % EVERY === 0)
    .map(({ line, fields }) => ({ type: fields[0]!, text: fields[1]!, line }));
}

test("the answers are those of the program", async () => {
  const asked = rows();
  const inputs = new Map<string, Buffer[]>();
  const places = asked.map(({ type, text }) => {
    const input = oprfInput(type, 1, Buffer.from(identifiers.canonical(type, text)));
    const ofType = inputs.get(type) ?? inputs.set(type, []).get(type)!;
    const there = ofType.findIndex((one) => one.equals(input));
    return there >= 0 ? there : ofType.push(input) - 1;
  });
  const question = await owner.question(lists, inputs, PURPOSE);
  const answer = await owner.read(question, owner.send(question));
  const found = asked.map(({ type }, i) => (answer.hits.get(`${DATASET} ${type}`)![places[i]!] ? "hit" : "no_hit"));

  const file = path.join(folder, "batch.csv");
  writeFileSync(file, ["identifier_type,value,country", ...asked.map(({ line }) => line)].join("\n") + "\n");
  const program = process.env["SYMBOLON_PROGRAM"]!;
  const done = spawnSync(program, ["--json", "check", "--csv", file, "--bureau", "BOR", "--case", "interop"]);
  const answers = JSON.parse(done.stdout.toString())["answers"] as { ref: number; dataset: string; outcome: string }[];
  // The program names rows by their line; the first is the header.
  const expected = asked.map((_, i) => answers.find((one) => one.ref === i + 2 && one.dataset === DATASET)?.outcome);
  assert.deepEqual(found, expected);
  assert.deepEqual(new Set(found), new Set(["hit", "no_hit"]));
});

/** A check whose answers are altered on their way. */
async function altered(alter: (answer: Fields) => void): Promise<void> {
  const question = await owner.question(lists, container, PURPOSE);
  async function* between(): AsyncGenerator<Fields> {
    for await (const answer of owner.send(question)) {
      alter(answer);
      yield answer;
    }
  }
  await owner.read(question, between());
}

const flip = (bytes: Buffer, at: number): void => void bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
const refusal = (reason: string) => (error: unknown) => error instanceof Refused && error.reason === reason;

test("nothing altered is taken", () => altered(() => {}));

test("a wrong proof is refused", () =>
  assert.rejects(
    altered(({ chunk }) => chunk && flip(chunk.proof, 0)),
    refusal("proof"),
  ));

test("an element that was not evaluated is refused", () =>
  assert.rejects(
    altered(({ chunk }) => {
      if (chunk) chunk.elements = Buffer.from("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76", "hex");
    }),
    refusal("proof"),
  ));

test("the identity is refused", () =>
  assert.rejects(
    altered(({ chunk }) => {
      if (chunk) chunk.elements = Buffer.alloc(32);
    }),
    refusal("element"),
  ));

test("an altered receipt is refused", () =>
  assert.rejects(
    altered(({ receipt }) => receipt && flip(receipt.document, receipt.document.length - 1)),
    refusal("signature"),
  ));

test("another identity is refused", async () => {
  const other = new Channel({ ...party, spiffe_id: "spiffe://ctg.example/partner-face" }, identity);
  await assert.rejects(new Owner(identity, agreement, "BOR", other).manifests(), Status);
  other.close();
});

test("a header signed by another key is refused with its reason, and the node goes on", async () => {
  const question = await owner.question(lists, container, PURPOSE);
  const key = createPrivateKey(read("legal.key"));
  const forged = { ...question, header: sign("Symbolon-v1-CheckHeader", key, question.header.document) };
  await assert.rejects(
    owner.read(forged, owner.send(forged)),
    (error: unknown) => error instanceof Status && error.reason === "header_signature",
  );
  await altered(() => {});
});

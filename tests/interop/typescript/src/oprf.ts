/** The function of docs/protocol.md, section 2, by a published RFC 9497 library. */
import { webcrypto } from "node:crypto";
import { DLEQProof, DLEQVerifier, Evaluation, EvaluationRequest, FinalizeData, Oprf, VOPRFClient } from "@cloudflare/voprf-ts";
import type { Elt, Scalar } from "@cloudflare/voprf-ts";
import { CryptoNoble } from "@cloudflare/voprf-ts/crypto-noble";
import { pieces } from "./bytes.js";
import { ORDER } from "./framing.js";
import { Refused, as, require } from "./refused.js";

// Node 18 does not have it there, where the library looks.
globalThis.crypto ??= webcrypto as Crypto;

const SUITE = Oprf.Suite.RISTRETTO255_SHA512;
Oprf.Crypto = CryptoNoble;
export const group = Oprf.getGroup(SUITE);
const HASH_TO_GROUP = Oprf.getDST(Oprf.Mode.VOPRF, SUITE, Oprf.LABELS.HashToGroupDST);

const little = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);

export function element(encoding: Uint8Array): Elt {
  const found = as("element", () => group.desElt(Uint8Array.from(encoding)));
  // The library takes the identity; the protocol does not.
  require(!found.isIdentity(), "element", "the identity");
  return found;
}

export function unpack(packed: Uint8Array): Elt[] {
  require(packed.length % 32 === 0, "element", "not whole elements");
  return pieces(packed, 32).map(element);
}

export const pack = (elements: Elt[]): Buffer => Buffer.concat(elements.map((one) => one.serialize()));

/** A canonical scalar; the library's own are big-endian or little-endian, as the suite has them. */
export function scalar(encoding: Uint8Array): Scalar {
  require(encoding.length === 32 && little(encoding) < ORDER, "scalar", "not canonical");
  return as("scalar", () => group.desScalar(Uint8Array.from(encoding)));
}

export const hashToGroup = (input: Uint8Array): Promise<Elt> => group.hashToGroup(Uint8Array.from(input), HASH_TO_GROUP);

/** What the owner of a key gets for an input of its own. */
export async function evaluate(key: Scalar, input: Uint8Array): Promise<Buffer> {
  return finalizeOne(input, (await hashToGroup(input)).mul(key));
}

class Finalizer extends VOPRFClient {
  last(input: Uint8Array, unblinded: Elt): Promise<Uint8Array> {
    return this.coreFinalize(Uint8Array.from(input), unblinded.serialize(), new Uint8Array());
  }
}

async function finalizeOne(input: Uint8Array, unblinded: Elt): Promise<Buffer> {
  return Buffer.from(await new Finalizer(SUITE, new Uint8Array()).last(input, unblinded));
}

export interface Blinded {
  data: FinalizeData;
  elements: Elt[];
}

/** Blinds by multiplication, as RFC 9497 has it: with fresh blinds, or with given ones. */
export async function blind(inputs: Uint8Array[], blinds?: Scalar[]): Promise<Blinded> {
  const plain = inputs.map((input) => Uint8Array.from(input));
  if (!blinds) {
    const [data, request] = await new VOPRFClient(SUITE, new Uint8Array()).blind(plain);
    return { data, elements: request.blinded };
  }
  const elements = [];
  for (const [i, input] of plain.entries()) elements.push((await hashToGroup(input)).mul(blinds[i]!));
  return { data: new FinalizeData(plain, blinds, new EvaluationRequest(elements)), elements };
}

export async function blindByAddition(input: Uint8Array, by: Scalar): Promise<Elt> {
  return (await hashToGroup(input)).add(group.mulGen(by));
}

function proofOf(bytes: Uint8Array): DLEQProof {
  require(bytes.length === 64, "proof", "not 64 bytes");
  return new DLEQProof(scalar(bytes.subarray(0, 32)), scalar(bytes.subarray(32)));
}

/** Verifies one proof over all elements, and takes the blinds off. */
export async function finalize(
  publicKey: Uint8Array,
  asked: Blinded,
  evaluated: Uint8Array,
  proof: Uint8Array,
): Promise<Buffer[]> {
  element(publicKey);
  const answer = new Evaluation(Oprf.Mode.VOPRF, unpack(evaluated), proofOf(proof));
  try {
    const outputs = await new VOPRFClient(SUITE, Uint8Array.from(publicKey)).finalize(asked.data, answer);
    return outputs.map((output) => Buffer.from(output));
  } catch (error) {
    throw new Refused("proof", String(error));
  }
}

/** The same for elements that were blinded by addition: docs/protocol.md, section 10. */
export async function finalizeAdded(
  publicKey: Uint8Array,
  inputs: Uint8Array[],
  blinds: Scalar[],
  elements: Elt[],
  evaluated: Uint8Array,
  proof: Uint8Array,
): Promise<Buffer[]> {
  const [key, answers] = [element(publicKey), unpack(evaluated)];
  await verify(key, elements, answers, proof);
  return Promise.all(
    inputs.map((input, i) => finalizeOne(input, answers[i]!.add(key.mul(blinds[i]!).neg()))),
  );
}

export async function verify(key: Elt, blinded: Elt[], evaluated: Elt[], proof: Uint8Array): Promise<void> {
  require(blinded.length === evaluated.length && blinded.length > 0, "proof", "another number of elements");
  const parameters = {
    group: group.id,
    hash: Oprf.getHash(SUITE) as never,
    dst: Oprf.getDST(Oprf.Mode.VOPRF, SUITE, ""),
  };
  const verifier = new DLEQVerifier(parameters, CryptoNoble);
  const pairs = blinded.map((one, i) => [one, evaluated[i]!] as [Elt, Elt]);
  require(
    await verifier.verify_batch([group.generator(), key], pairs, proofOf(proof)),
    "proof",
    "the proof does not hold for this public key",
  );
}

/** The outputs of public inputs that were evaluated as if blinded with 1. */
export async function finalizePublic(
  publicKey: Uint8Array,
  inputs: Uint8Array[],
  evaluated: Uint8Array,
  proof: Uint8Array,
): Promise<Buffer[]> {
  const answers = unpack(evaluated);
  await verify(element(publicKey), await Promise.all(inputs.map(hashToGroup)), answers, proof);
  return Promise.all(inputs.map((input, i) => finalizeOne(input, answers[i]!)));
}

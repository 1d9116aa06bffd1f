/** Manifests, receipts and elements that are shown: docs/protocol.md, sections 8, 9 and 15. */
import type { Agreement } from "./agreement.js";
import { same, unhex } from "./bytes.js";
import { type Checkpoint, read as readCheckpoint } from "./checkpoint.js";
import { type Fields, decode } from "./contract.js";
import { answerDigest, canaryInput, commitment, namedChunk, oprfInput, scopeId } from "./framing.js";
import { leafHash, rootFromInclusion, verifyInclusion } from "./merkle.js";
import { blind, blindByAddition, element, finalizePublic, pack, scalar } from "./oprf.js";
import { Refused, as, require } from "./refused.js";
import { type SignedDocument, documentHash, verify } from "./signing.js";

export const HEADER = "Symbolon-v1-CheckHeader";
export const MANIFEST = "Symbolon-v1-Manifest";
export const RECEIPT = "Symbolon-v1-Receipt";

export interface Manifest {
  fields: Fields;
  hash: Buffer;
  canaryHashes: Buffer[];
}

export async function readManifest(signed: SignedDocument, manifestKey: Uint8Array): Promise<Manifest> {
  const document = verify(MANIFEST, manifestKey, signed);
  const fields = decode("Manifest", document);
  const scope = fields["scope"] as Fields;
  const id = scopeId(
    scope["agreementHash"],
    scope["agreementId"],
    scope["dataset"],
    scope["identifierType"],
    scope["rulesVersion"],
    scope["epoch"],
  );
  require(same(id, fields["scopeId"]), "scope", "the scope id is another");
  require(fields["version"] >= 1, "version", "from 1");
  element(fields["oprfPublicKey"]);
  const { count, evaluated, proof } = fields["canaries"] as Fields;
  require(count >= 1 && count <= 16 && evaluated.length === 32 * count, "canaries", "1 to 16");
  const inputs = Array.from({ length: count as number }, (_, i) =>
    canaryInput(scope["identifierType"], scope["rulesVersion"], i),
  );
  try {
    const outputs = await finalizePublic(fields["oprfPublicKey"], inputs, evaluated, proof);
    const canaryHashes = outputs.map((output) => output.subarray(0, 16));
    return { fields, hash: documentHash(document), canaryHashes };
  } catch (error) {
    throw new Refused("canaries", String(error));
  }
}

/** What a receipt must be for. */
export interface Asked {
  owner: string;
  logKey: Uint8Array;
  checkId: Uint8Array;
  header: Uint8Array;
  manifestHashes: Uint8Array[];
  evaluated: Uint8Array[];
}

export interface Receipt {
  fields: Fields;
  hash: Buffer;
  checkpoint: Checkpoint;
}

export function readReceipt(signed: SignedDocument, asked: Asked): Receipt {
  const document = verify(RECEIPT, asked.logKey, signed);
  const fields = decode("Receipt", document);
  require(same(fields["checkId"], asked.checkId), "check", "for another check");
  require(same(fields["headerHash"], documentHash(asked.header)), "header", "for another header");
  require(same(fields["manifestHashes"], Buffer.concat(asked.manifestHashes)), "manifests", "of other sets");
  require(same(fields["evaluatedDigest"], answerDigest(asked.evaluated)), "evaluated", "for other elements");
  const count = asked.evaluated.reduce((sum, chunk) => sum + Math.floor(chunk.length / 32), 0);
  require(fields["answered"] === count, "answered", "another number of elements");
  return { fields, hash: documentHash(document), checkpoint: logged(fields, asked.owner, asked.logKey) };
}

function logged(receipt: Fields, owner: string, logKey: Uint8Array): Checkpoint {
  const seen = readCheckpoint(receipt["checkpoint"], owner, logKey);
  as("inclusion", () =>
    verifyInclusion(receipt["leafHash"], receipt["entryIndex"], seen.size, seen.root, receipt["inclusionProof"]),
  );
  return seen;
}

export interface Place {
  scope: number;
  chunk: number;
  elements: number;
  index: number;
  block: string;
  path: string;
}

/** The element at that place of the chunk with this hash: section 15.5. */
export function verifyElement(checkId: Uint8Array, expected: Uint8Array, place: Place): Buffer {
  const [block, path] = [unhex(place.block), unhex(place.path)];
  require(place.index >= 0 && place.index < place.elements, "proof", "no such element");
  const [at, last] = [Math.floor(place.index / 16), Math.floor((place.elements - 1) / 16)];
  const length = at < last ? 16 : place.elements - 16 * last;
  require(block.length === 32 * length, "proof", "the block has another length");
  const root = rootFromInclusion(leafHash(block), at, last + 1, path, 10);
  const named = namedChunk(checkId, place.scope, place.chunk, place.elements, root);
  require(same(named, expected), "proof", "the header names another chunk");
  return block.subarray((place.index % 16) * 32, (place.index % 16) * 32 + 32);
}

export function signedDocument(file: { document: string; public_key: string; signature: string }): SignedDocument {
  return { document: unhex(file.document), publicKey: unhex(file.public_key), signature: unhex(file.signature) };
}

/** The file that shows one element of a check: section 15.5. */
export async function verifyEvidence(evidence: Fields, agreement: Agreement): Promise<Receipt> {
  require(evidence["format"] === "symbolon-element-evidence-v1", "evidence", "unknown format");
  const signed = signedDocument(evidence["header"]);
  const header = decode("CheckHeader", signed.document);
  verify(HEADER, agreement.key(header["requester"], "header"), signed);
  require(same(header["agreementHash"], agreement.hash), "evidence", "under another agreement");
  const place = evidence["element"] as Place;
  const hashes = header["scopes"][place.scope]["chunkHashes"] as Buffer;
  const chunk = hashes.subarray(32 * place.chunk, 32 * place.chunk + 32);
  const found = verifyElement(header["checkId"], chunk, place);
  const at = new Date(Number(header["issuedAt"]["seconds"]) * 1000);
  const offered = agreement.offeredBy(header["owner"], at);
  const rules = offered.find((scope) => scope.type === evidence["identifier_type"])?.rulesVersion;
  require(rules !== undefined, "evidence", "a type that is not offered");
  const input = oprfInput(evidence["identifier_type"], rules, unhex(evidence["canonical"]));
  const by = scalar(unhex(evidence["blind"]));
  const either = [pack([await blindByAddition(input, by)]), pack((await blind([input], [by])).elements)];
  require(either.some((one) => same(one, found)), "evidence", "identifier and blind give another element");
  for (const [name, field] of [
    ["officer", "officer"],
    ["case_reference", "caseReference"],
    ["justification", "justification"],
  ] as const) {
    const shown = commitment(name, unhex(evidence["facts"][`${name}_salt`]), evidence["facts"][name]);
    require(same(shown, header["commitments"][field]), "evidence", `another ${name}`);
  }
  const receipt = signedDocument(evidence["receipt"]);
  const logKey = agreement.key(header["owner"], "log");
  const fields = decode("Receipt", verify(RECEIPT, logKey, receipt));
  require(same(fields["headerHash"], documentHash(signed.document)), "evidence", "for another header");
  return { fields, hash: documentHash(receipt.document), checkpoint: logged(fields, header["owner"], logKey) };
}

/** The vectors of the project. `fault` says why one does not hold. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { Agreement, canonical } from "./agreement.js";
import { ascii, hex, sha256, unhex } from "./bytes.js";
import * as checkpoint from "./checkpoint.js";
import { type Fields, ROOT, decode, fieldsOf } from "./contract.js";
import * as documents from "./documents.js";
import * as framing from "./framing.js";
import * as identifiers from "./identifiers.js";
import { Labels } from "./labels.js";
import * as merkle from "./merkle.js";
import * as oprf from "./oprf.js";
import { Refused, require } from "./refused.js";
import { documentHash, verify } from "./signing.js";
import { TagSet, paddedLen, position } from "./tagset.js";

export interface Vector {
  kind: string;
  name?: string;
  given: Fields;
  expect?: Fields;
  refused?: { reason: string; position?: number };
}

const FOLDERS = ["docs/vectors", "crates/identifiers/vectors"];
export const SCHEMA = path.join(ROOT, "docs/vectors/schema.json");
export const FILES = FOLDERS.flatMap((folder) =>
  readdirSync(path.join(ROOT, folder))
    .filter((name) => name.endsWith(".json"))
    .map((name) => path.join(ROOT, folder, name)),
).filter((file) => file !== SCHEMA);

export const load = (file: string): { vectors: Vector[] } => JSON.parse(readFileSync(file, "utf8"));

const URGENCY: Record<number, string> = { 2: "urgent", 3: "emergency" };
type Run = (given: Fields, expect: Fields) => Fields | Promise<Fields>;

/** Verifies a document of that message, and gives each of its fields. */
function document(name: string): Run {
  return (given) => {
    const verified = verify(given["label"], unhex(given["key"]), documents.signedDocument(given["signed"]));
    return { document_hash: hex(documentHash(verified)), fields: fieldsOf(name, verified) };
  };
}

export const KINDS: Record<string, Run> = {
  card_fingerprint(given) {
    const card = Buffer.from(canonical(given["card"]));
    return { fingerprint: hex(sha256(ascii("Symbolon-v1-Card\0"), card)) };
  },
  agreement_notice: document("AgreementNotice"),
  async disclosure_request(given) {
    const found = await document("DisclosureRequest")(given, {});
    const element = found["fields"]["element"];
    const input = framing.oprfInput(element["identifier_type"], 1, unhex(element["canonical"]));
    const opened = await oprf.blindByAddition(input, oprf.scalar(unhex(element["blind"])));
    const place = (element["index"] % 16) * 64;
    require(element["block"].slice(place, place + 64) === hex(opened.serialize()), "element");
    return found;
  },
  disclosure_withdrawal: document("DisclosureWithdrawal"),
  disclosure_decision: document("DisclosureDecision"),
  async disclosure_events(given) {
    const hashes = await Promise.all(given["events"].map((event: Fields) => KINDS["log_leaf"]!(event, {})));
    const leaves = hashes.map((hash: Fields) => hash["leaf_hash"] as string);
    return { leaves, root: hex(merkle.root(leaves.map(unhex))) };
  },
  identifier(given) {
    const value = identifiers.canonical(given["identifier_type"], given["text"]);
    const input = framing.oprfInput(given["identifier_type"], 1, Buffer.from(value));
    return { canonical: value, oprf_input: hex(input) };
  },
  oprf_input(given) {
    const value = unhex(given["canonical"]);
    return { oprf_input: hex(framing.oprfInput(given["identifier_type"], given["rules_version"], value)) };
  },
  canary_input(given) {
    const { identifier_type: type, rules_version: version, index } = given;
    return { oprf_input: hex(framing.canaryInput(type, version, index)) };
  },
  async oprf_output(given) {
    const key = oprf.scalar(unhex(given["secret_key"]));
    const output = await oprf.evaluate(key, unhex(given["oprf_input"]));
    return {
      public_key: hex(oprf.group.mulGen(key).serialize()),
      output: hex(output),
      membership_hash: hex(output.subarray(0, 16)),
      claim: hex(output.subarray(16, 32)),
      label_secret: hex(output.subarray(32)),
    };
  },
  scope_id(given) {
    const { agreement_id: agreement, dataset, identifier_type: type, rules_version: version, epoch } = given;
    return { scope_id: hex(framing.scopeId(unhex(given["agreement_hash"]), agreement, dataset, type, version, epoch)) };
  },
  async blind(given) {
    const input = unhex(given["oprf_input"]);
    const [secret, check] = [unhex(given["secret"]), unhex(given["check_id"])];
    const blind = framing.deriveBlind(secret, check, given["identifier_type"], given["position"], input);
    const added = await oprf.blindByAddition(input, oprf.scalar(blind));
    return { blind: hex(blind), added: hex(added.serialize()) };
  },
  chunk_hash(given) {
    const [check, elements] = [unhex(given["check_id"]), unhex(given["elements"])];
    return { chunk_hash: hex(framing.chunkHash(check, given["scope_index"], given["chunk_index"], elements)) };
  },
  commitment(given) {
    return { commitment: hex(framing.commitment(given["field"], unhex(given["salt"]), given["text"])) };
  },
  answer_digest(given) {
    return { digest: hex(framing.answerDigest(given["chunks"].map(unhex))) };
  },
  agreement(given) {
    const agreement = new Agreement(given["file"]);
    return { canonical: agreement.text, hash: hex(agreement.hash) };
  },
  check_header(given) {
    const document = verify(given["label"], unhex(given["key"]), documents.signedDocument(given["signed"]));
    const header = decode("CheckHeader", document);
    const { context, commitments } = header as { context: Fields; commitments: Fields };
    return {
      document_hash: hex(documentHash(document)),
      fields: {
        check_id: hex(header["checkId"]),
        agreement_id: header["agreementId"],
        agreement_hash: hex(header["agreementHash"]),
        requester: header["requester"],
        owner: header["owner"],
        scopes: header["scopes"].map((scope: Fields) => ({
          scope_id: hex(scope["scopeId"]),
          element_count: scope["elementCount"],
          chunk_hashes: hex(scope["chunkHashes"]),
        })),
        purpose: context["purpose"],
        offence_class: context["offenceClass"],
        urgency: URGENCY[context["urgency"]] ?? "routine",
        commitments: {
          officer: hex(commitments["officer"]),
          case_reference: hex(commitments["caseReference"]),
          justification: hex(commitments["justification"]),
        },
        issued_at: header["issuedAt"]["seconds"],
      },
    };
  },
  async evaluation(given) {
    const inputs = given["oprf_inputs"].map(unhex) as Buffer[];
    const blinds = given["blinds"].map((one: string) => oprf.scalar(unhex(one)));
    const [key, evaluated, proof] = ["public_key", "evaluated", "proof"].map((name) => unhex(given[name])) as [
      Buffer,
      Buffer,
      Buffer,
    ];
    if (given["blinding"] === "addition") {
      const elements = await Promise.all(inputs.map((input, i) => oprf.blindByAddition(input, blinds[i])));
      require(hex(oprf.pack(elements)) === given["blinded"], "blinded");
      const outputs = await oprf.finalizeAdded(key, inputs, blinds, elements, evaluated, proof);
      return { outputs: outputs.map(hex) };
    }
    const blinded = await oprf.blind(inputs, blinds);
    require(hex(oprf.pack(blinded.elements)) === given["blinded"], "blinded");
    return { outputs: (await oprf.finalize(key, blinded, evaluated, proof)).map(hex) };
  },
  async manifest(given) {
    require(given["label"] === documents.MANIFEST, "label");
    const signed = documents.signedDocument(given["signed"]);
    const { fields, hash, canaryHashes } = await documents.readManifest(signed, unhex(given["manifest_key"]));
    return {
      document_hash: hex(hash),
      scope_id: hex(fields["scopeId"]),
      version: fields["version"],
      oprf_public_key: hex(fields["oprfPublicKey"]),
      padded_len: fields["paddedLen"],
      lambda: fields["lambda"],
      file_len: fields["fileLen"],
      label_len: fields["labelLen"],
      expires_at: fields["expiresAt"]["seconds"],
      canary_membership_hashes: canaryHashes.map(hex),
    };
  },
  receipt(given) {
    require(given["label"] === documents.RECEIPT, "label");
    const { fields, hash, checkpoint: seen } = documents.readReceipt(documents.signedDocument(given["signed"]), {
      owner: given["owner"],
      logKey: unhex(given["log_key"]),
      checkId: unhex(given["check_id"]),
      header: unhex(given["header"]["document"]),
      manifestHashes: given["manifest_hashes"].map(unhex),
      evaluated: given["evaluated_chunks"].map(unhex),
    });
    return {
      document_hash: hex(hash),
      answered: fields["answered"],
      entry_index: fields["entryIndex"],
      leaf_hash: hex(fields["leafHash"]),
      tree_size: seen.size,
      issued_at: fields["issuedAt"]["seconds"],
    };
  },
  log_leaf(given) {
    const commitment = sha256(ascii("Symbolon-v1-LogEntry\0"), unhex(given["salt"]), Buffer.from(given["record"]));
    return { commitment: hex(commitment), leaf_hash: hex(merkle.leafHash(commitment)) };
  },
  log_root(given) {
    return { root: hex(merkle.root(given["leaves"].map(unhex))) };
  },
  log_inclusion(given) {
    const [leaf, root, proof] = [unhex(given["leaf_hash"]), unhex(given["root"]), unhex(given["proof"])];
    merkle.verifyInclusion(leaf, given["entry_index"], given["tree_size"], root, proof);
    return {};
  },
  log_consistency(given) {
    const [first, second, proof] = [unhex(given["first_root"]), unhex(given["second_root"]), unhex(given["proof"])];
    merkle.verifyConsistency(given["first_size"], first, given["second_size"], second, proof);
    return {};
  },
  checkpoint(given) {
    const seen = checkpoint.read(Buffer.from(given["note"]), given["bureau"], unhex(given["log_key"]));
    return { size: seen.size, root: hex(seen.root) };
  },
  cosignature(given) {
    const [note, key] = [Buffer.from(given["note"]), unhex(given["cosigner_log_key"])];
    return { cosigned_at: checkpoint.readCosignature(note, given["cosigner"], key) };
  },
  element_proof(given) {
    const [check, chunk] = [unhex(given["check_id"]), unhex(given["chunk_hash"])];
    return { element: hex(documents.verifyElement(check, chunk, given["proof"])) };
  },
  async element_evidence(given) {
    const read = await documents.verifyEvidence(given["evidence"], new Agreement(given["agreement"]));
    return { entry_index: read.fields["entryIndex"], tree_size: read.checkpoint.size };
  },
  tag_position(given) {
    const { bucket, low } = position(unhex(given["membership_hash"]), given["padded_len"], given["lambda"]);
    return { bucket, low: low.toString(16).padStart(16, "0") };
  },
  padded_len(given) {
    return { padded_len: paddedLen(given["records"]) };
  },
  tag_set(given, expect) {
    const set = new TagSet(unhex(given["file"]));
    const asked = [...(expect["hits"] ?? []), ...(expect["misses"] ?? [])] as string[];
    return {
      lambda: set.lambda,
      padded_len: set.entries,
      version: set.version,
      scope_id: hex(set.scopeId),
      sha256: hex(set.sha256),
      hits: asked.filter((tag) => set.contains(unhex(tag))),
      misses: asked.filter((tag) => !set.contains(unhex(tag))),
    };
  },
  label_file(given, expect) {
    const labels = new Labels(unhex(given["file"]));
    const asked = [...(expect["opens"] ?? []), ...(expect["stays_sealed"] ?? [])].map((one: Fields) => {
      const [entry, label_secret] = [one["entry"] as number, one["label_secret"] as string];
      return { entry, label_secret, text: labels.open(entry, unhex(label_secret)) };
    });
    return {
      label_len: labels.labelLen,
      padded_len: labels.entries,
      version: labels.version,
      scope_id: hex(labels.scopeId),
      sha256: hex(labels.sha256),
      opens: asked.filter((one) => one.text !== undefined),
      stays_sealed: asked
        .filter((one) => one.text === undefined)
        .map(({ entry, label_secret }) => ({ entry, label_secret })),
    };
  },
};

/** Whether this program does what the vector is about: all kinds, but not every type of identifier. */
export function covers(vector: Vector): boolean {
  if (vector.kind !== "identifier") return true;
  return vector.given["identifier_type"] in identifiers.TYPES && /^[\x00-\x7f]*$/.test(vector.given["text"]);
}

/** Why a vector does not hold. */
export async function fault(vector: Vector): Promise<string | undefined> {
  const run = KINDS[vector.kind];
  if (!run) return "a kind that this program does not know";
  try {
    const found = await run(vector.given, vector.expect ?? {});
    if (vector.refused) return `taken, and should be refused: ${vector.refused.reason}`;
    const expect = { ...vector.expect };
    // The display form is for screens, of which this program has none.
    if (vector.kind === "identifier") delete expect["display"];
    return sorted(found) === sorted(expect) ? undefined : `gives ${JSON.stringify(found)}`;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (!vector.refused) return `refused: ${error.message}`;
    const other = vector.kind === "identifier" && error.reason !== vector.refused.reason;
    return other ? `refused as ${error.reason}, not ${vector.refused.reason}` : undefined;
  }
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, inner) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}


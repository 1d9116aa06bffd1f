/** The requester's side of the partner face, over gRPC with mutual TLS: docs/protocol.md, sections 7 to 9. */
import { type KeyObject, randomBytes } from "node:crypto";
import { X509Certificate } from "node:crypto";
import tls from "node:tls";
import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { Agreement, Party, Scope } from "./agreement.js";
import { hex, pieces, same, sha256 } from "./bytes.js";
import { type Fields, PROTO, encode, reasonOf } from "./contract.js";
import { HEADER, type Manifest, type Receipt, readManifest, readReceipt } from "./documents.js";
import { CHUNK_ELEMENTS, chunkHash, commitment } from "./framing.js";
import { type Blinded, blind, finalize, pack } from "./oprf.js";
import { Refused, require } from "./refused.js";
import { type SignedDocument, sign } from "./signing.js";
import { TagSet } from "./tagset.js";

const SERVICE = loadSync("symbolon/partner/v1/partner.proto", { includeDirs: [PROTO], longs: Number, defaults: true, oneofs: true });
const ROUTINE = 1;

/** A refusal of the called bureau, with its machine-readable reason. */
export class Status extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
    sentence: string,
  ) {
    super(`${reason || code}: ${sentence}`);
  }
}

export interface Identity {
  code: string;
  certificate: Buffer;
  key: Buffer;
  headerKey: KeyObject;
}

type Stream = grpc.ClientDuplexStream<Fields, Fields>;

/** A connection to the partner face of a party. */
export class Channel {
  readonly #client: grpc.Client;

  constructor(party: Party, identity: Identity) {
    const ca = new X509Certificate(Buffer.from(party.tls_root, "base64")).toString();
    const context = tls.createSecureContext({ ca, key: identity.key, cert: identity.certificate, minVersion: "TLSv1.3" });
    const credentials = grpc.credentials.createFromSecureContext(context, {
      // A bureau is known by its identity, wherever it is.
      checkServerIdentity: (_host, certificate) => {
        const names = (certificate.subjectaltname ?? "").split(", ").filter((name) => name.startsWith("URI:"));
        const right = names.length === 1 && names[0] === `URI:${party.spiffe_id}`;
        return right ? undefined : new Error(`${names.join()} answers at ${party.endpoint}`);
      },
    });
    const kind = grpc.makeGenericClientConstructor(
      SERVICE["symbolon.partner.v1.PartnerService"] as grpc.ServiceDefinition,
      "PartnerService",
    );
    this.#client = new kind(new URL(party.endpoint).host, credentials);
  }

  close(): void {
    this.#client.close();
  }

  unary(method: string, request: Fields): Promise<Fields> {
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + 30_000;
      const call = (this.#client as unknown as Record<string, Function>)[method]!;
      call.call(this.#client, request, { deadline }, (error: grpc.ServiceError | null, answer: Fields) =>
        error ? reject(status(error)) : resolve(answer),
      );
    });
  }

  /** Sends all requests, and yields the answers. */
  async *stream(method: string, requests: Fields[]): AsyncGenerator<Fields> {
    const call = (this.#client as unknown as Record<string, Function>)[method]!;
    const streams = method === "Check";
    const stream = (streams ? call.call(this.#client) : call.call(this.#client, requests[0])) as Stream;
    if (streams) {
      for (const request of requests) stream.write(request);
      stream.end();
    }
    try {
      for await (const answer of stream) yield answer as Fields;
    } catch (error) {
      throw status(error as grpc.ServiceError);
    }
  }
}

function status(error: grpc.ServiceError): Error {
  const [details] = error.metadata?.get("grpc-status-details-bin") ?? [];
  return new Status(error.code, details ? reasonOf(details as Buffer) : "", error.details);
}

/** A list of the owner that may be used: manifest and set hold and fit. */
export interface List {
  scope: Scope;
  manifest: Manifest;
  tags: TagSet;
}

export interface Question {
  header: SignedDocument;
  checkId: Buffer;
  lists: List[];
  blinded: Map<string, Blinded>;
}

export interface Answer {
  /** For each list, by dataset and type: hit or not for each input. */
  hits: Map<string, boolean[]>;
  receipt: Receipt;
}

/** A party that owns lists, as this party sees it under one agreement. */
export class Owner {
  constructor(
    readonly identity: Identity,
    readonly agreement: Agreement,
    readonly code: string,
    readonly channel: Channel,
  ) {}

  async manifests(): Promise<Manifest[]> {
    const request = { agreementId: this.agreement.terms.id, agreementHash: this.agreement.hash };
    const answer = await this.channel.unary("GetManifests", request);
    const key = this.agreement.key(this.code, "manifest");
    return Promise.all((answer["manifests"] as SignedDocument[]).map((signed) => readManifest(signed, key)));
  }

  async lists(): Promise<List[]> {
    const offered = this.agreement.offeredBy(this.code);
    const found = [];
    for (const manifest of await this.manifests()) {
      const scope = offered.find((one) => same(one.id, manifest.fields["scopeId"]));
      require(scope !== undefined, "scope", "a manifest of a scope that is not offered");
      require(manifest.fields["expiresAt"]["seconds"] * 1000 > Date.now(), "expired", "the set has expired");
      found.push({ scope, manifest, tags: fitting(manifest, await this.download(manifest)) });
    }
    return found;
  }

  async download(manifest: Manifest): Promise<Buffer> {
    const { scopeId, version } = manifest.fields;
    const request = { agreementId: this.agreement.terms.id, scopeId, version, offset: 0 };
    const pieces = [];
    for await (const piece of this.channel.stream("DownloadTagSet", [request])) pieces.push(piece["data"] as Buffer);
    return Buffer.concat(pieces);
  }

  async question(lists: List[], inputs: Map<string, Buffer[]>, purpose: string): Promise<Question> {
    const checkId = randomBytes(16);
    const asked = lists.filter((list) => inputs.get(list.scope.type)?.length);
    const blinded = new Map<string, Blinded>();
    for (const [type, data] of inputs) blinded.set(type, await blind(data));
    const now = Date.now();
    const header = encode("CheckHeader", {
      checkId,
      agreementId: this.agreement.terms.id,
      agreementHash: this.agreement.hash,
      requester: this.identity.code,
      owner: this.code,
      scopes: asked.map((list, index) => {
        const { elements } = blinded.get(list.scope.type)!;
        const hashes = chunks(elements).map((chunk, number) => chunkHash(checkId, index, number, chunk));
        return { scopeId: list.scope.id, elementCount: elements.length, chunkHashes: Buffer.concat(hashes) };
      }),
      context: { purpose, urgency: ROUTINE },
      commitments: {
        officer: commitment("officer", randomBytes(32), "officer-1"),
        caseReference: commitment("case_reference", randomBytes(32), "2026/1"),
        justification: commitment("justification", randomBytes(32), ""),
      },
      issuedAt: { seconds: Math.floor(now / 1000), nanos: (now % 1000) * 1_000_000 },
    });
    return { header: sign(HEADER, this.identity.headerKey, header), checkId, lists: asked, blinded };
  }

  send(question: Question): AsyncGenerator<Fields> {
    const requests: Fields[] = [{ header: question.header }];
    for (const list of question.lists) {
      const { elements } = question.blinded.get(list.scope.type)!;
      for (const chunk of chunks(elements)) requests.push({ chunk: { elements: chunk } });
    }
    return this.channel.stream("Check", requests);
  }

  /** Verifies every proof and the receipt, and only then looks up. */
  async read(question: Question, answers: AsyncIterable<Fields>): Promise<Answer> {
    const all = [];
    for await (const answer of answers) all.push(answer);
    const evaluated: Buffer[] = [];
    const tags: Buffer[][] = [];
    for (const list of question.lists) {
      const blinded = question.blinded.get(list.scope.type)!;
      // The demo's batches are smaller than a chunk, and this program takes no larger ones.
      require(blinded.elements.length <= CHUNK_ELEMENTS, "too_many", "one chunk a list");
      const chunk = all.shift()?.["chunk"] as { elements: Buffer; proof: Buffer } | null | undefined;
      if (!chunk) throw new Refused("protocol", "no chunk");
      const outputs = await finalize(list.manifest.fields["oprfPublicKey"], blinded, chunk.elements, chunk.proof);
      evaluated.push(chunk.elements);
      tags.push(outputs.map((output) => output.subarray(0, 16)));
    }
    const signed = all.shift()?.["receipt"] as SignedDocument | null | undefined;
    if (!signed || all.length > 0) throw new Refused("protocol", "no receipt, or more than it");
    const receipt = readReceipt(signed, {
      owner: this.code,
      logKey: this.agreement.key(this.code, "log"),
      checkId: question.checkId,
      header: question.header.document,
      manifestHashes: question.lists.map((list) => list.manifest.hash),
      evaluated,
    });
    const hits = new Map(
      question.lists.map((list, i) => [
        `${list.scope.dataset} ${list.scope.type}`,
        tags[i]!.map((tag) => list.tags.contains(tag)),
      ]),
    );
    return { hits, receipt };
  }
}

const chunks = (elements: Blinded["elements"]): Buffer[] => pieces(pack(elements), 32 * CHUNK_ELEMENTS);

/** The set of a file, if it is the one that the manifest means and holds the canaries. */
export function fitting(manifest: Manifest, file: Buffer): TagSet {
  const { fields } = manifest;
  require(file.length === fields["fileLen"], "file", "another length");
  require(same(sha256(file), fields["fileSha256"]), "file", "another hash");
  const tags = new TagSet(file);
  const found = [hex(tags.scopeId), tags.version, tags.lambda, tags.entries].join();
  const said = [hex(fields["scopeId"]), fields["version"], fields["lambda"], fields["paddedLen"]].join();
  require(found === said, "file", "the set is not what the manifest says");
  require(manifest.canaryHashes.every((tag) => tags.contains(tag)), "canaries", "not in the set");
  return tags;
}

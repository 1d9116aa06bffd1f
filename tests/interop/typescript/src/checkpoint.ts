/** Checkpoints of logs: C2SP signed notes, docs/protocol.md, section 15.2. */
import { same, sha256 } from "./bytes.js";
import { as, require } from "./refused.js";
import { verifyRaw } from "./signing.js";

const MOST_BYTES = 16_384;
const MOST_SIGNATURES = 100;
const ED25519 = 0x01;
const COSIGNATURE = 0x04;

export interface Checkpoint {
  size: number;
  root: Buffer;
}

interface Note extends Checkpoint {
  text: string;
  origin: string;
  signatures: { name: string; bytes: Buffer }[];
}

export const origin = (bureau: string): string => `symbolon-v1/${bureau}`;

function base64(text: string): Buffer {
  const bytes = Buffer.from(text, "base64");
  require(bytes.toString("base64") === text, "checkpoint", "base64");
  return bytes;
}

function parse(note: Uint8Array): Note {
  require(note.length <= MOST_BYTES, "checkpoint", "too long");
  const whole = as("checkpoint", () => new TextDecoder("utf-8", { fatal: true }).decode(note));
  const at = whole.lastIndexOf("\n\n");
  require(at >= 0 && whole.endsWith("\n"), "checkpoint", "not a note");
  const text = whole.slice(0, at + 1);
  const [name, size, root, ...rest] = text.slice(0, -1).split("\n");
  require(name !== undefined && rest.length === 0, "checkpoint", "three lines");
  require(/^(0|[1-9][0-9]{0,15})$/.test(size ?? ""), "checkpoint", "size");
  const hash = base64(root ?? "");
  require(hash.length === 32, "checkpoint", "root");
  const lines = whole.slice(at + 2, -1).split("\n");
  require(whole.length > at + 2 && lines.length <= MOST_SIGNATURES, "checkpoint", "signatures");
  const signatures = lines.map((line) => {
    const parts = line.split(" ");
    require(parts.length === 3 && parts[0] === "—" && parts[1] !== "", "checkpoint", "signature line");
    return { name: parts[1]!, bytes: base64(parts[2]!) };
  });
  return { text, origin: name, size: Number(size), root: hash, signatures };
}

function signatureOf(note: Note, name: string, kind: number, key: Uint8Array): Buffer {
  const id = sha256(Buffer.from(`${name}\n`), Buffer.of(kind), key).subarray(0, 4);
  const found = note.signatures.find((one) => one.name === name && same(one.bytes.subarray(0, 4), id));
  require(found !== undefined, "checkpoint", `not signed by ${name}`);
  return found.bytes.subarray(4);
}

/** The checkpoint of the bureau's log, if its key signed it. */
export function read(bytes: Uint8Array, bureau: string, logKey: Uint8Array): Checkpoint {
  const note = parse(bytes);
  require(note.origin === origin(bureau), "checkpoint", "of another log");
  const signature = signatureOf(note, origin(bureau), ED25519, logKey);
  as("checkpoint", () => verifyRaw(logKey, signature, Buffer.from(note.text)));
  return { size: note.size, root: note.root };
}

/** When `cosigner` cosigned, in seconds since 1970: C2SP tlog-cosignature. */
export function readCosignature(bytes: Uint8Array, cosigner: string, logKey: Uint8Array): number {
  const note = parse(bytes);
  const timed = signatureOf(note, origin(cosigner), COSIGNATURE, logKey);
  require(timed.length === 72, "checkpoint", "cosignature");
  const at = Number(timed.readBigUInt64BE(0));
  const message = Buffer.from(`cosignature/v1\ntime ${at}\n${note.text}`);
  as("checkpoint", () => verifyRaw(logKey, timed.subarray(8), message));
  return at;
}

/** Files of sealed labels, format version 1: crates/tagset/LABELS.md. */
import { createDecipheriv, hkdfSync } from "node:crypto";
import { ascii, same, sha256, unhex } from "./bytes.js";
import { require } from "./refused.js";
import { isStep } from "./tagset.js";

const MAGIC = unhex("8d53796d4c61620a");
const HEADER = 96;
const CHECKSUM = 32;
const SEAL = 16;

/** A file that passed every check that needs no secret. */
export class Labels {
  readonly sha256: Buffer;
  readonly labelLen: number;
  readonly entries: number;
  readonly version: number;
  readonly scopeId: Buffer;
  readonly #file: Buffer;

  constructor(file: Buffer) {
    require(same(file.subarray(0, 8), MAGIC), "magic", "not a label file");
    require(file.length >= HEADER + CHECKSUM, "truncated", "shorter than any label file");
    require(file.readUInt32LE(8) === 1, "format_version", "unsupported");
    this.labelLen = file.readUInt16LE(12);
    this.entries = Number(file.readBigUInt64LE(16));
    this.version = Number(file.readBigUInt64LE(24));
    require(this.labelLen >= 16 && this.labelLen <= 256, "malformed", "length of a label");
    require(isStep(this.entries), "malformed", "n is no step");
    const length = HEADER + this.entries * (this.labelLen + SEAL) + CHECKSUM;
    require(file.length >= length, "truncated", "the file was cut off");
    require(file.length === length, "trailing", "bytes follow the checksum");
    const body = file.subarray(0, -CHECKSUM);
    require(same(sha256(body), file.subarray(-CHECKSUM)), "checksum", "the file is damaged");
    require(file.readUInt16LE(14) === 0, "malformed", "reserved bytes");
    this.sha256 = sha256(file);
    this.scopeId = file.subarray(32, 64);
    this.#file = file;
  }

  /** The label of an entry, if this is the secret of its identifier. */
  open(entry: number, secret: Uint8Array): string | undefined {
    const numbers = [this.version, entry].map((number) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64BE(BigInt(number));
      return bytes;
    }) as [Buffer, Buffer];
    const about = Buffer.concat([this.scopeId, numbers[0], this.#file.subarray(64, 96), numbers[1]]);
    const key = Buffer.from(hkdfSync("sha256", secret, ascii("Symbolon-v1-label"), about, 32));
    const start = HEADER + entry * (this.labelLen + SEAL);
    const tag = start + this.labelLen;
    const decipher = createDecipheriv("aes-256-gcm", key, Buffer.alloc(12));
    decipher.setAuthTag(this.#file.subarray(tag, tag + SEAL));
    try {
      const padded = Buffer.concat([decipher.update(this.#file.subarray(start, tag)), decipher.final()]);
      const end = padded.indexOf(0);
      const [text, padding] = end < 0 ? [padded, []] : [padded.subarray(0, end), padded.subarray(end)];
      if (padding.some((byte) => byte !== 0)) return undefined;
      return new TextDecoder("utf-8", { fatal: true }).decode(text);
    } catch {
      return undefined;
    }
  }
}

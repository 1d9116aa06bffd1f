/** What is hashed and framed: docs/protocol.md, sections 3, 4, 9, 10 and 11. */
import { createHmac } from "node:crypto";
import { ascii, be16, be32, pieces, sha256 } from "./bytes.js";
import { leafHash, root } from "./merkle.js";

export const CHUNK_ELEMENTS = 16_384;
export const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([be16(bytes.length), bytes]);
}

export function oprfInput(type: string, rulesVersion: number, canonical: Uint8Array): Buffer {
  const name = ascii(type);
  return Buffer.concat([
    ascii("Symbolon-v1-Input"),
    Buffer.of(name.length),
    name,
    be16(rulesVersion),
    be16(canonical.length),
    canonical,
  ]);
}

export function canaryInput(type: string, rulesVersion: number, index: number): Buffer {
  return oprfInput(type, rulesVersion, Buffer.concat([ascii("\0canary:"), be32(index)]));
}

export function scopeId(
  agreementHash: Uint8Array,
  agreementId: string,
  dataset: string,
  type: string,
  rulesVersion: number,
  epoch: number,
): Buffer {
  return sha256(
    ascii("Symbolon-v1-Scope\0"),
    agreementHash,
    text(agreementId),
    text(dataset),
    text(type),
    be16(rulesVersion),
    be32(epoch),
  );
}

export function chunkHash(check: Uint8Array, scope: number, chunk: number, elements: Uint8Array): Buffer {
  return namedChunk(check, scope, chunk, elements.length / 32, root(pieces(elements, 512).map(leafHash)));
}

export function namedChunk(check: Uint8Array, scope: number, chunk: number, count: number, top: Uint8Array): Buffer {
  return sha256(ascii("Symbolon-v1-Chunk\0"), check, be32(scope), be32(chunk), be32(count), top);
}

export function commitment(field: string, salt: Uint8Array, value: string): Buffer {
  return sha256(ascii(`Symbolon-v1-Commitment\0${field}\0`), salt, Buffer.from(value, "utf8"));
}

export function answerDigest(chunks: Uint8Array[]): Buffer {
  return sha256(...chunks.map((chunk) => sha256(chunk)));
}

/** A derived blind, 32 bytes, little-endian. */
export function deriveBlind(
  secret: Uint8Array,
  check: Uint8Array,
  type: string,
  position: number,
  input: Uint8Array,
): Buffer {
  const wide = createHmac("sha512", secret)
    .update(Buffer.concat([ascii("Symbolon-v1-Blind\0"), check, ascii(`${type}\0`), be32(position), input]))
    .digest();
  const value = BigInt(`0x${wide.reverse().toString("hex")}`) % ORDER;
  return Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse();
}

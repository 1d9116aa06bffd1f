import { createHash } from "node:crypto";

export const ascii = (text: string): Buffer => Buffer.from(text, "latin1");
export const unhex = (text: string): Buffer => Buffer.from(text, "hex");
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

export function be16(number: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(number);
  return bytes;
}

export function be32(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}

export function sha256(...parts: Uint8Array[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Pieces of `size` bytes; the last may be shorter. */
export function pieces(bytes: Uint8Array, size: number): Buffer[] {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = [];
  for (let at = 0; at < whole.length; at += size) found.push(whole.subarray(at, at + size));
  return found;
}

export const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

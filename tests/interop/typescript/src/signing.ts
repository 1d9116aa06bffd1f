/** Signatures and signed documents: docs/protocol.md, section 5. */
import { type KeyObject, createPublicKey, sign as signBytes, verify as verifyBytes } from "node:crypto";
import { ascii, same, sha256 } from "./bytes.js";
import { Refused, require } from "./refused.js";

export interface SignedDocument {
  document: Uint8Array;
  publicKey: Uint8Array;
  signature: Uint8Array;
}

const MOST_BYTES = 1 << 20;
/** What stands before the key in its DER form (RFC 8410). */
const SPKI = Buffer.from("302a300506032b6570032100", "hex");

export function verifyRaw(key: Uint8Array, signature: Uint8Array, message: Uint8Array): void {
  let holds = false;
  try {
    const spki = createPublicKey({ key: Buffer.concat([SPKI, key]), format: "der", type: "spki" });
    holds = verifyBytes(null, message, spki, signature);
  } catch (error) {
    throw new Refused("signature", String(error));
  }
  require(holds, "signature", "it does not hold");
}

export const labelled = (label: string, document: Uint8Array): Buffer =>
  Buffer.concat([ascii(`${label}\0`), document]);

export function sign(label: string, key: KeyObject, document: Uint8Array): SignedDocument {
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(SPKI.length);
  return { document, publicKey, signature: signBytes(null, labelled(label, document), key) };
}

/** The document, if `key`, which the agreement names, signed it. */
export function verify(label: string, key: Uint8Array, signed: SignedDocument): Uint8Array {
  require(signed.document.length <= MOST_BYTES, "too_long", "a document is at most 1 MiB");
  require(same(signed.publicKey, key), "key", "another key than the agreement names");
  verifyRaw(key, signed.signature, labelled(label, signed.document));
  return signed.document;
}

export const documentHash = (document: Uint8Array): Buffer => sha256(document);

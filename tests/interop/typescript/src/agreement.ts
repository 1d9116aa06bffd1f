/** Agreements: docs/protocol.md, section 6. */
import { sha256, unhex } from "./bytes.js";
import { scopeId } from "./framing.js";
import { require } from "./refused.js";
import { labelled, verifyRaw } from "./signing.js";

export const LABEL = "Symbolon-v1-Agreement";
const DAY = 86_400_000;

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** RFC 8785, for what terms may hold: no fractions, whole numbers from 0 to 2^53, ASCII names. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const names = Object.keys(value).sort();
    require(names.every((name) => /^[\x00-\x7f]*$/.test(name)), "no_canonical_form", "a name outside ASCII");
    return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name]!)}`).join(",")}}`;
  }
  if (typeof value === "number") {
    const whole = Number.isInteger(value) && value >= 0 && value <= 2 ** 53;
    require(whole, "no_canonical_form", "a number that is not whole, or too large");
  }
  require(value !== null, "no_canonical_form", "null");
  return JSON.stringify(value);
}

export interface Party {
  code: string;
  endpoint: string;
  spiffe_id: string;
  tls_root: string;
  keys: Record<"header" | "manifest" | "log" | "legal", string>;
}

interface Terms {
  format: string;
  id: string;
  parties: Party[];
  datasets: { id: string; owner: string; types: { identifier_type: string; rules_version: number }[] }[];
  purposes: string[];
  epoch_days: number;
  valid_from: string;
  valid_until: string;
}

interface File {
  agreement: Terms;
  signatures: { party: string; key: string; signature: string }[];
}

export interface Scope {
  dataset: string;
  type: string;
  rulesVersion: number;
  id: Buffer;
}

/** Terms that all parties have signed. */
export class Agreement {
  readonly terms: Terms;
  readonly text: string;
  readonly hash: Buffer;

  constructor(file: File) {
    require(Object.keys(file).sort().join() === "agreement,signatures", "form", "unknown or missing fields");
    this.terms = file.agreement;
    this.text = canonical(this.terms as unknown as Json);
    this.hash = sha256(Buffer.from(this.text));
    require(this.terms.format === "symbolon-agreement-v1", "form", "unknown format");
    const signed = new Set<string>();
    for (const { party, key, signature } of file.signatures) {
      require(key === this.party(party).keys.legal, "key", party);
      verifyRaw(unhex(key), unhex(signature), labelled(LABEL, Buffer.from(this.text)));
      signed.add(party);
    }
    require(signed.size === this.terms.parties.length, "unsigned", "a party has not signed");
  }

  party(code: string): Party {
    const found = this.terms.parties.find((party) => party.code === code);
    require(found !== undefined, "not_a_party", code);
    return found;
  }

  key(party: string, kind: keyof Party["keys"]): Buffer {
    return unhex(this.party(party).keys[kind]);
  }

  /** The scopes that `owner` offers at that time. */
  offeredBy(owner: string, at = new Date()): Scope[] {
    const [from, until] = [new Date(this.terms.valid_from), new Date(this.terms.valid_until)];
    require(at >= from && at < until, "validity", "not in force");
    const epoch = Math.floor(Math.floor((at.getTime() - from.getTime()) / DAY) / this.terms.epoch_days);
    return this.terms.datasets
      .filter((dataset) => dataset.owner === owner)
      .flatMap((dataset) =>
        dataset.types.map(({ identifier_type: type, rules_version: rulesVersion }) => ({
          dataset: dataset.id,
          type,
          rulesVersion,
          id: scopeId(this.hash, this.terms.id, dataset.id, type, rulesVersion, epoch),
        })),
      );
  }
}

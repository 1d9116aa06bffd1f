/** Tag set files, format version 1: crates/tagset/FORMAT.md. */
import { same, sha256, unhex } from "./bytes.js";
import { require } from "./refused.js";

const MAGIC = unhex("8d53796d5461670a");
const HEADER = 128;
const CHECKSUM = 32;
const GROUP = 256;
const MOST_IN_BUCKET = 63;
const LADDER = [1_024];
for (let k = 1_000; k <= 4_000_000_000; k *= 10) {
  for (const step of [1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8]) {
    const n = step * k;
    if (n >= 1_250 && n <= 4_000_000_000) LADDER.push(n);
  }
}

export const isStep = (n: number): boolean => LADDER.includes(n);

/** The smallest step that holds so many. */
export function paddedLen(records: number): number {
  const step = LADDER.find((n) => n >= records);
  require(step !== undefined, "too_many");
  return step;
}

export function position(hash: Uint8Array, entries: number, lambda: number): { bucket: number; low: bigint } {
  const product = BigInt(`0x${Buffer.from(hash).toString("hex")}`) * BigInt(entries);
  const rest = product & ((1n << 128n) - 1n);
  return { bucket: Number(product >> 128n), low: rest >> BigInt(128 - lambda) };
}

const words = (bits: number): number => Math.ceil(bits / 64) * 8;

/** A file that passed every check. */
export class TagSet {
  readonly sha256: Buffer;
  readonly lambda: number;
  readonly entries: number;
  readonly version: number;
  readonly scopeId: Buffer;
  readonly #lows: Buffer;
  readonly #buckets: Buffer;
  readonly #directory: number[];

  constructor(file: Buffer) {
    require(same(file.subarray(0, 8), MAGIC), "magic", "not a tag set");
    require(file.length >= 12 && file.readUInt32LE(8) === 1, "format_version", "unsupported");
    require(file.length >= HEADER + CHECKSUM, "truncated", "shorter than any tag set");
    const length = Number(file.readBigUInt64LE(16));
    require(file.length >= length, "truncated", "the file was cut off");
    require(file.length === length, "trailing", "bytes follow the checksum");
    const body = file.subarray(0, -CHECKSUM);
    require(same(sha256(body), file.subarray(-CHECKSUM)), "checksum", "the file is damaged");
    this.sha256 = sha256(file);
    this.lambda = file[12]!;
    const [n, version] = [file.readBigUInt64LE(24), file.readBigUInt64LE(32)].map(Number) as [number, number];
    this.entries = n;
    this.version = version;
    this.scopeId = file.subarray(40, 72);
    require(this.lambda >= 8 && this.lambda <= 64, "malformed", "λ out of range");
    require(isStep(n), "malformed", "n is no step");
    const reserved = Buffer.concat([file.subarray(13, 16), file.subarray(120, 128)]);
    require(reserved.every((byte) => byte === 0), "malformed", "reserved bytes");
    const groups = Math.ceil(n / GROUP);
    let offset = HEADER;
    const sections = [words(n * this.lambda), words(2 * n), words(32 * groups)].map((want, i) => {
      const found = [72, 80].map((at) => Number(file.readBigUInt64LE(at + 16 * i)));
      require(found[0] === offset && found[1] === want, "malformed", "offsets");
      offset += want;
      return file.subarray(offset - want, offset);
    }) as [Buffer, Buffer, Buffer];
    require(offset + CHECKSUM === file.length, "malformed", "length");
    [this.#lows, this.#buckets] = sections;
    this.#directory = Array.from({ length: groups }, (_, j) => sections[2].readUInt32LE(4 * j));
    require(zeroFrom(sections[0], n * this.lambda), "malformed", "padding of lows");
    require(zeroFrom(sections[1], 2 * n), "malformed", "padding of buckets");
    require(zeroFrom(sections[2], 32 * groups), "malformed", "padding of the directory");
    this.#checkEntries();
  }

  #checkEntries(): void {
    let [entry, bucket, inBucket, last] = [0, 0, 0, -1n];
    for (let bit = 0; bit < 2 * this.entries; bit++) {
      if (inBucket === 0 && bucket % GROUP === 0 && bucket < this.entries) {
        require(this.#directory[bucket / GROUP] === entry, "malformed", "directory");
      }
      if (this.#bucketBit(bit)) {
        require(entry < this.entries, "malformed", "more entries than n");
        const low = this.#low(entry);
        require(low >= last, "malformed", "lows do not ascend");
        [entry, inBucket, last] = [entry + 1, inBucket + 1, low];
        require(inBucket <= MOST_IN_BUCKET, "malformed", "a crowded bucket");
      } else {
        [bucket, inBucket, last] = [bucket + 1, 0, -1n];
      }
    }
    const ends = !this.#bucketBit(2 * this.entries - 1);
    require(entry === this.entries && bucket === this.entries && ends, "malformed", "another number of entries");
  }

  #bucketBit(bit: number): boolean {
    return ((this.#buckets[Math.floor(bit / 8)]! >> bit % 8) & 1) === 1;
  }

  #low(entry: number): bigint {
    const bit = entry * this.lambda;
    const window = Buffer.alloc(9);
    this.#lows.copy(window, 0, Math.floor(bit / 8));
    const value = window.readBigUInt64LE(0) | (BigInt(window[8]!) << 64n);
    return (value >> BigInt(bit % 8)) & ((1n << BigInt(this.lambda)) - 1n);
  }

  contains(hash: Uint8Array): boolean {
    const { bucket, low } = position(hash, this.entries, this.lambda);
    const group = Math.floor(bucket / GROUP);
    let bit = GROUP * group + this.#directory[group]!;
    for (let zeros = 0; zeros < bucket % GROUP; bit++) if (!this.#bucketBit(bit)) zeros++;
    for (; this.#bucketBit(bit); bit++) if (this.#low(bit - bucket) === low) return true;
    return false;
  }
}

/** Whether only zero bits follow bit `from`. */
function zeroFrom(section: Buffer, from: number): boolean {
  for (let bit = from; bit < section.length * 8; bit++) {
    if (((section[Math.floor(bit / 8)]! >> bit % 8) & 1) === 1) return false;
  }
  return true;
}

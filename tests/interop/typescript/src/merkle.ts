/** RFC 6962 trees and the proofs of RFC 9162. */
import { pieces, same, sha256 } from "./bytes.js";
import { require } from "./refused.js";

export const leafHash = (data: Uint8Array): Buffer => sha256(Buffer.of(0), data);
const node = (left: Uint8Array, right: Uint8Array): Buffer => sha256(Buffer.of(1), left, right);

export function root(leaves: Uint8Array[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return Buffer.from(leaves[0]!);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return node(root(leaves.slice(0, split)), root(leaves.slice(split)));
}

function hashes(packed: Uint8Array, most: number): Buffer[] {
  require(packed.length % 32 === 0 && packed.length <= 32 * most, "proof", "not hashes of 32 bytes");
  return pieces(packed, 32);
}

// Sizes are below 2^53, so plain numbers serve, but not bit operations, which JavaScript cuts at 32 bits.
const half = (number: number): number => Math.floor(number / 2);
const odd = (number: number): boolean => number % 2 === 1;

/** RFC 9162, section 2.1.3.2: the root to which the path leads. */
export function rootFromInclusion(leaf: Uint8Array, index: number, size: number, packed: Uint8Array, most = 64): Buffer {
  require(index >= 0 && index < size, "proof", "no such leaf");
  let [at, last, result]: [number, number, Buffer] = [index, size - 1, Buffer.from(leaf)];
  for (const part of hashes(packed, most)) {
    require(last !== 0, "proof", "too long");
    if (odd(at) || at === last) {
      result = node(part, result);
      while (!odd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      result = node(result, part);
    }
    [at, last] = [half(at), half(last)];
  }
  require(last === 0, "proof", "too short");
  return result;
}

export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  expected: Uint8Array,
  packed: Uint8Array,
): void {
  require(same(rootFromInclusion(leaf, index, size, packed), expected), "proof", "the entry is not in the tree");
}

/** RFC 9162, section 2.1.4.2. */
export function verifyConsistency(
  first: number,
  firstRoot: Uint8Array,
  second: number,
  secondRoot: Uint8Array,
  packed: Uint8Array,
): void {
  let proof = hashes(packed, 128);
  require(first > 0 && first <= second, "proof", "of nothing, everything is a continuation");
  if (first === second) {
    require(proof.length === 0 && same(firstRoot, secondRoot), "proof", "two roots for one size");
    return;
  }
  if (Number.isInteger(Math.log2(first))) proof = [Buffer.from(firstRoot), ...proof];
  const [begin, ...rest] = proof;
  require(begin !== undefined, "proof", "too short");
  let [at, last] = [first - 1, second - 1];
  while (odd(at)) [at, last] = [half(at), half(last)];
  let [older, newer] = [begin, begin];
  for (const part of rest) {
    require(last !== 0, "proof", "too long");
    if (odd(at) || at === last) {
      [older, newer] = [node(part, older), node(part, newer)];
      while (!odd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      newer = node(newer, part);
    }
    [at, last] = [half(at), half(last)];
  }
  const holds = last === 0 && same(older, firstRoot) && same(newer, secondRoot);
  require(holds, "proof", "one does not continue the other");
}

import { PlatformError } from "@sequitur/core";

/** Anything with a number of elements: a block. */
export interface Sized {
  readonly length: number;
}

/** Throws unless `block` holds at least `count` elements; `what` names it: "matmul: a (m, k)". `op` may come apart. */
export function needs(block: Sized, count: number, what: string, op?: string): void {
  // Written so that NaN and fractions fail too.
  if (block.length >= count && count >= 0) return;
  const got = block.length < 0 ? "a block that was freed" : `${block.length}`;
  const where = op === undefined ? "" : `${op}: `;
  throw new PlatformError("bad-config", `${where}${what} must hold ${count} elements, got ${got}.`);
}

/** The same for a block that may be left out. */
export function needsIfGiven(block: Sized | null | undefined, count: number, what: string): void {
  if (block !== null && block !== undefined) needs(block, count, what);
}

/** True for a non-negative integer below 2^31. */
export function isSize(size: number): boolean {
  return (size | 0) === size && size >= 0;
}

/** Throws unless every size is a non-negative integer below 2^31. */
export function needsSizes(op: string, sizes: Readonly<Record<string, number>>): void {
  for (const name in sizes) {
    const size = sizes[name];
    if (size !== undefined && isSize(size)) continue;
    throw new PlatformError("bad-config", `${op}: ${name} must be a non-negative integer below 2^31, got ${size}.`);
  }
}

/** Throws unless 0 <= every index < limit. */
export function needsIndices(indices: Int32Array, count: number, limit: number, what: string): void {
  for (let at = 0; at < count; at++) {
    const index = indices[at];
    if (index >= 0 && index < limit) continue;
    throw new PlatformError("bad-config", `${what} must be in [0, ${limit}), got ${index} at ${at}.`);
  }
}

import { type Ints, type Words } from "../block.js";

/** The bit of (user, item) before it is cut to the filter's size; assembly/factorise.ts does the same. */
export function filterHash(user: number, item: number): number {
  const h = Math.imul(user, 0x9e3779b1) ^ Math.imul(item, 0x85ebca77);
  return (h ^ (h >>> 15)) >>> 0;
}

/** Clears the filter and sets the bit of every (user, item) pair. */
export function setFilterBits(filter: Words, pairs: Ints, count: number): void {
  const words = filter.array.fill(0);
  const at = pairs.array;
  const mask = words.length * 32 - 1;
  for (let row = 0; row < count; row++) {
    const bit = filterHash(at[2 * row], at[2 * row + 1]) & mask;
    words[bit >>> 5] |= 1 << (bit & 31);
  }
}

import { type Ints, type Words } from "../block.js";

/** Bits a row: 15 of 16 items that a user does not have need no search. */
const BITS = 16;
/** Most bits of one user; h * bits stays an exact double. */
const MOST_BITS = 1_048_576;

/** Words that the filter of so many rows needs. */
export function positiveFilterLength(rows: number): number {
  return Math.max(1, Math.ceil((rows * BITS) / 32));
}

/**
 * The bit of (user, item): each user has a run of bits of its own, in the order of the rows, so that rows that are near
 * each other have near bits. `low` and `high` are the user's rows. assembly/factorise.ts does the same.
 */
export function filterBit(user: number, item: number, low: number, high: number): number {
  let h = (Math.imul(item, 0x9e3779b1) + Math.imul(user, 0x85ebca77)) | 0;
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d) >>> 0;
  const bits = Math.min((high - low) * BITS, MOST_BITS);
  return low * BITS + Math.floor((h * bits) / 4_294_967_296);
}

/** Clears the filter and sets the bit of every user's items. */
export function setFilterBits(filter: Words, offsets: Ints, sortedItems: Ints, users: number): void {
  const words = filter.array.fill(0);
  const [at, items] = [offsets.array, sortedItems.array];
  for (let user = 0; user < users; user++) {
    const [low, high] = [at[user], at[user + 1]];
    for (let row = low; row < high; row++) {
      const bit = filterBit(user, items[row], low, high);
      words[bit >>> 5] |= 1 << (bit & 31);
    }
  }
}

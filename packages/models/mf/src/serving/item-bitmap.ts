import { PlatformError } from "@sequitur/core";

/** (ceil(size / 32)) words whose bits are the items given, for `exclude`: bit i % 32 of word i >> 5. */
export function itemBitmap(size: number, items: Iterable<number>): Uint32Array {
  const words = new Uint32Array(Math.ceil(size / 32));
  for (const item of items) {
    if (!(Number.isInteger(item) && item >= 0 && item < size)) {
      throw new PlatformError("bad-data", `items must be integers in [0, ${size}), got ${item}.`);
    }
    words[item >> 5]! |= 1 << (item & 31);
  }
  return words;
}

/** Sets the bits of items; what lies outside [0, size) is passed over. */
export function setItemBits(words: Uint32Array, items: Int32Array, size: number): void {
  for (const item of items) if (item >= 0 && item < size) words[item >> 5]! |= 1 << (item & 31);
}

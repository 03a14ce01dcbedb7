import { PlatformError } from "./errors.js";

/** Lists of item indices of different lengths: list i is items[offsets[i] .. offsets[i + 1]]. */
export interface RaggedItems {
  /** (size + 1) ascending, from 0. */
  readonly offsets: Int32Array;
  readonly items: Int32Array;
}

/** Packs lists one after another. */
export function raggedFrom(lists: readonly ArrayLike<number>[]): RaggedItems {
  const offsets = new Int32Array(lists.length + 1);
  for (let i = 0; i < lists.length; i++) offsets[i + 1] = offsets[i]! + lists[i]!.length;
  const items = new Int32Array(offsets[lists.length]!);
  for (let i = 0; i < lists.length; i++) items.set(lists[i]!, offsets[i]);
  return { offsets, items };
}

/** A view of list i. */
export function listOf(ragged: RaggedItems, i: number): Int32Array {
  return ragged.items.subarray(ragged.offsets[i], ragged.offsets[i + 1]);
}

/** Lists from..to as a ragged of their own; items are a view, offsets a copy that starts at 0. */
export function sliceRagged(ragged: RaggedItems, from: number, to: number): RaggedItems {
  if (!(from >= 0 && from <= to && to < ragged.offsets.length)) {
    throw new PlatformError("bad-config", `slice must lie in [0, ${ragged.offsets.length - 1}], got [${from}, ${to}].`);
  }
  const start = ragged.offsets[from]!;
  const offsets = ragged.offsets.slice(from, to + 1).map((offset) => offset - start);
  return { offsets, items: ragged.items.subarray(start, ragged.offsets[to]) };
}

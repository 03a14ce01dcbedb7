import { NONE } from "@sequitur/core";
import type { SequenceBatch } from "../training/batches.js";

/** The items that a step needs vectors of, and the batch with their places among these in place of the items. */
export interface LocalItems {
  /** (S) items, ascending, each once. */
  readonly items: Int32Array;
  readonly inputs: Int32Array;
  readonly targets: Int32Array;
  readonly negatives: Int32Array;
}

/**
 * The distinct items that a batch reads, and with `scored` those that it scores as well, so that each text is encoded
 * once however often its item occurs. Without `scored` targets and negatives stay item indices.
 */
export function localItems(batch: SequenceBatch, scored: boolean): LocalItems {
  const { inputs, targets, negatives } = batch;
  const met = new Set<number>();
  for (const list of scored ? [inputs, targets, negatives] : [inputs]) for (const item of list) met.add(item);
  met.delete(NONE);
  // A step whose inputs are all hidden still needs a table to read from.
  if (met.size === 0) met.add(0);
  const items = Int32Array.from(met).sort();
  const place = new Map(Array.from(items, (item, at) => [item, at]));
  const local = (list: Int32Array): Int32Array => list.map((item) => (item === NONE ? NONE : place.get(item)!));
  return {
    items,
    inputs: local(inputs),
    targets: scored ? local(targets) : targets,
    negatives: scored ? local(negatives) : negatives,
  };
}

/** The batch as it is, with vectors of all items 0 .. count - 1. */
export function allItems({ inputs, targets, negatives }: SequenceBatch, count: number): LocalItems {
  return { items: Int32Array.from({ length: count }, (_, item) => item), inputs, targets, negatives };
}

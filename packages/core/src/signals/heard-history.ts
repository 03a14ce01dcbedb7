import type { QueryBatch } from "../query.js";
import type { RaggedItems } from "../ragged.js";
import { EXPOSURE, NEGATIVE, POSITIVE } from "./signal-reader.js";

/**
 * The items that each user does not want: their latest word on the item, exposures aside, is negative. A positive event
 * after it lifts it. Empty lists where no roles are known.
 */
export function standingNegatives(batch: QueryBatch): RaggedItems & { readonly values: Float32Array } {
  const { size, offsets, items, roles } = batch;
  const found = new Int32Array(size + 1);
  if (roles === undefined) return { offsets: found, items: new Int32Array(0), values: new Float32Array(0) };
  const outItems: number[] = [];
  const outValues: number[] = [];
  for (let b = 0; b < size; b++) {
    const values = negativesOf(batch, offsets[b]!, offsets[b + 1]!);
    for (const [item, value] of values) {
      outItems.push(item);
      outValues.push(value);
    }
    found[b + 1] = outItems.length;
  }
  return { offsets: found, items: Int32Array.from(outItems), values: Float32Array.from(outValues) };

  function negativesOf({ values }: QueryBatch, from: number, to: number): Map<number, number> {
    const standing = new Map<number, number>();
    for (let at = from; at < to; at++) {
      const item = items[at]!;
      if (roles![at] === NEGATIVE) standing.set(item, (standing.get(item) ?? 0) + (values?.[at] ?? 1));
      else if (roles![at] === POSITIVE) standing.delete(item);
    }
    return standing;
  }
}

/**
 * The batch with the part of each history that speaks for its user: positives, except of items that a negative stands
 * against. Roles are gone, values stay; the batch itself where no roles are known.
 */
export function positiveHistory(batch: QueryBatch): QueryBatch {
  const { roles } = batch;
  if (roles === undefined) return batch;
  const { roles: _roles, ...rest } = keepHistory(batch, (at, barred) => roles[at] === POSITIVE && !barred);
  return rest;
}

/** As `positiveHistory`, with the negatives that stand: for models that learn from both. Roles stay. */
export function opinionHistory(batch: QueryBatch): QueryBatch {
  const { roles } = batch;
  if (roles === undefined) return batch;
  return keepHistory(batch, (at, barred) => roles[at] !== EXPOSURE && (roles[at] === NEGATIVE) === barred);
}

/** The batch with those steps of each history that have one of the roles; the batch itself where no roles are known. */
export function historyOfRoles(batch: QueryBatch, wanted: readonly number[]): QueryBatch {
  const { roles } = batch;
  return roles === undefined ? batch : keepHistory(batch, (at) => wanted.includes(roles[at]!));
}

function keepHistory(batch: QueryBatch, keep: (at: number, barred: boolean) => boolean): QueryBatch {
  const { size, offsets, items, times, sessionStarts, roles, values } = batch;
  const negatives = standingNegatives(batch);
  const kept = new Int32Array(items.length);
  const newOffsets = new Int32Array(size + 1);
  const newStarts = new Int32Array(size);
  let end = 0;
  for (let b = 0; b < size; b++) {
    const barred = new Set(negatives.items.subarray(negatives.offsets[b], negatives.offsets[b + 1]));
    newStarts[b] = -1;
    for (let at = offsets[b]!; at < offsets[b + 1]!; at++) {
      if (at === sessionStarts[b]) newStarts[b] = end;
      if (keep(at, barred.has(items[at]!))) kept[end++] = at;
    }
    if (newStarts[b] === -1) newStarts[b] = end;
    newOffsets[b + 1] = end;
  }
  const rows = kept.subarray(0, end);
  return {
    ...batch,
    offsets: newOffsets,
    sessionStarts: newStarts,
    items: Int32Array.from(rows, (at) => items[at]!),
    times: Float64Array.from(rows, (at) => times[at]!),
    ...(roles && { roles: Int8Array.from(rows, (at) => roles[at]!) }),
    ...(values && { values: Float32Array.from(rows, (at) => values[at]!) }),
  };
}

import { encodeTensorFile, stringsTensor, type Tensor } from "@sequitur/core";
import type { FactorModel } from "./factor-model.js";

/** One row for a vector column of a store. */
export interface VectorRow {
  readonly id: string;
  readonly vector: Float32Array;
}

/**
 * Vectors whose plain dot products are the model's scores, for any vector index: (U, D) and (N, D), D = factors, or
 * factors + 1 with a bias, which is the last element of an item beside a 1 of the user.
 */
export function dotVectors(model: FactorModel): { width: number; users: Float32Array; items: Float32Array } {
  const { factors, users, items, bias } = model.tables;
  if (bias === undefined) return { width: factors, users, items };
  const width = factors + 1;
  const widened = (table: Float32Array, last: (row: number) => number): Float32Array => {
    const rows = table.length / factors;
    const out = new Float32Array(rows * width);
    for (let row = 0; row < rows; row++) {
      out.set(table.subarray(row * factors, (row + 1) * factors), row * width);
      out[row * width + factors] = last(row);
    }
    return out;
  };
  return { width, users: widened(users, () => 1), items: widened(items, (item) => bias[item]!) };
}

/** A safetensors file of `dotVectors`: tensors users (U, D), items (N, D), user-ids and item-ids (JSON in UTF-8). */
export function encodeVectors(model: FactorModel): Uint8Array<ArrayBuffer> {
  const { width, users, items } = dotVectors(model);
  const tensors = new Map<string, Tensor>([
    ["users", { shape: [users.length / width, width], data: users }],
    ["items", { shape: [items.length / width, width], data: items }],
    ["user-ids", stringsTensor(model.catalog.users.ids)],
    ["item-ids", stringsTensor(model.catalog.items.ids)],
  ]);
  return encodeTensorFile({ manifest: { format: "sequitur-vectors/1", model: model.name, width }, tensors });
}

/** `dotVectors` row by row with the outside ids, users or items. */
export function* vectorRows(model: FactorModel, side: "users" | "items"): Generator<VectorRow> {
  const { width, [side]: table } = dotVectors(model);
  const { ids } = model.catalog[side];
  for (let row = 0; row < ids.length; row++)
    yield { id: ids[row]!, vector: table.slice(row * width, (row + 1) * width) };
}

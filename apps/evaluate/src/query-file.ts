import { encodeTensorFile, stringsTensor, type Tensor } from "@sequitur/core";
import type { PreparedData } from "./prepare-data.js";

/** Name of the per-query file beside report.json. */
export const QUERIES_FILE = "queries.safetensors";

/** Per-query values of one model: metric -> (Q), mean over its seeds. */
export interface LabelledValues {
  readonly label: string;
  readonly values: ReadonlyMap<string, Float64Array>;
}

/**
 * The per-query file: `users` and `now` of each query, its `targets` (ragged), one float32 column
 * `values/<label>/<metric>` a model and metric, and the outside ids that the indices point into.
 */
export function encodeQueryFile(data: PreparedData, models: readonly LabelledValues[]): Uint8Array<ArrayBuffer> {
  const { queries, targets } = data.test;
  const { users, items } = data.train.catalog;
  const tensors = new Map<string, Tensor>([
    ["users", { shape: [queries.size], data: queries.users }],
    ["now", { shape: [queries.size], data: queries.now }],
    ["targets.offsets", { shape: [targets.offsets.length], data: targets.offsets }],
    ["targets.items", { shape: [targets.items.length], data: targets.items }],
    ["user.ids", stringsTensor(users.ids)],
    ["item.ids", stringsTensor(items.ids)],
  ]);
  for (const { label, values } of models) {
    for (const [metric, column] of values) {
      tensors.set(`values/${label}/${metric}`, { shape: [column.length], data: Float32Array.from(column) });
    }
  }
  const manifest = {
    format: "sequitur-queries/1",
    fingerprint: data.fingerprint,
    labels: models.map(({ label }) => label),
    metrics: [...(models[0]?.values.keys() ?? [])],
  };
  return encodeTensorFile({ manifest, tensors });
}

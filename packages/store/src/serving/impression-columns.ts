import type { Impression } from "./requests.js";

/** Columns of the impressions as they are written, in order, with their types. */
export const IMPRESSION_COLUMNS: readonly (readonly [name: string, type: string])[] = [
  ["request_id", "uuid"],
  ["position", "smallint"],
  ["item_key", "integer"],
  ["policy", "text"],
  ["model_version", "integer"],
  ["propensity", "double precision"],
  ["conditional", "double precision"],
  ["standard_error", "double precision"],
  ["propensity_kind", "text"],
  ["score", "real"],
];

/** The values of these columns; `keys` has the key of every item. */
export function impressionColumns(
  shown: readonly (Impression & { readonly requestId: string })[],
  keys: ReadonlyMap<string, number>,
): readonly (readonly unknown[])[] {
  return [
    shown.map(({ requestId }) => requestId),
    shown.map(({ position }) => position),
    shown.map(({ itemId }) => keys.get(itemId)!),
    shown.map(({ policy }) => policy),
    shown.map(({ modelVersion }) => modelVersion ?? null),
    shown.map(({ propensity }) => propensity ?? null),
    shown.map(({ conditional }) => conditional ?? null),
    shown.map(({ standardError }) => standardError ?? null),
    shown.map(({ propensityKind }) => propensityKind),
    shown.map(({ score }) => score ?? null),
  ];
}

import type { Catalog } from "@sequitur/core";
import type { SlateGruConfig } from "./config.js";

/** The group of each item. */
export interface ItemGroups {
  /** G. */
  readonly count: number;
  /** (N) in [0, G). */
  readonly of: Int32Array;
}

/** Items grouped by their first category, those without one together; all in one group for the flat prior. */
export function itemGroups({ items, itemColumns }: Catalog, prior: SlateGruConfig["prior"]): ItemGroups {
  const { categories } = itemColumns;
  if (prior === "flat" || categories === undefined) return { count: 1, of: new Int32Array(items.size) };
  const known = new Map<string, number>();
  const of = Int32Array.from(categories, ([first = ""]) => {
    const group = known.get(first) ?? known.size;
    known.set(first, group);
    return group;
  });
  return { count: Math.max(1, known.size), of };
}

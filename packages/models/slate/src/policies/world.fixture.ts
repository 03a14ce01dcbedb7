import { idTable, type Catalog, type QueryBatch, type Random, type Slate } from "@sequitur/core";
import type { Model, SlatePolicy } from "@sequitur/recommender";

export function catalogOf(items: number, users = 3, categories?: readonly string[]): Catalog {
  const ids = (prefix: string, count: number) => idTable(Array.from({ length: count }, (_, i) => `${prefix}${i}`));
  return {
    items: ids("i", items),
    users: ids("u", users),
    itemColumns: categories ? { categories: categories.map((category) => [category]) } : {},
  };
}

/** A model whose scores are given, the same for every query. */
export function scoresModel(catalog: Catalog, scores: readonly number[]): Model {
  return {
    name: "given",
    catalog,
    score: ({ size }: QueryBatch, candidates?: Int32Array) => {
      const row = candidates ? Array.from(candidates, (item) => scores[item]!) : scores;
      return Float32Array.from(Array.from({ length: size }, () => row).flat());
    },
    save: () => ({ model: "given", config: {}, catalog, tensors: new Map() }),
  };
}

/** `count` slates for the same query. */
export function slatesOf(
  policy: SlatePolicy,
  query: QueryBatch,
  count: number,
  k: number,
  random: Random,
  candidates?: Int32Array,
): Slate[] {
  return Array.from(
    { length: count },
    (_, draw) => policy.slates(query, k, { random: random.fork(draw), ...(candidates && { candidates }) })[0]!,
  );
}

/** The largest distance, in standard errors, of stated propensities from how often each (item, position) came. */
export function propensityGap(slates: readonly Slate[], of: (slate: Slate) => Float64Array = (s) => s.propensities) {
  const seen = new Map<string, { count: number; stated: number }>();
  for (const slate of slates) {
    for (const [position, item] of slate.items.entries()) {
      const cell = `${item}@${position}`;
      const before = seen.get(cell) ?? { count: 0, stated: 0 };
      seen.set(cell, { count: before.count + 1, stated: before.stated + of(slate)[position]! });
    }
  }
  const gaps = [...seen.values()].map(({ count, stated }) => {
    const p = stated / count;
    return Math.abs(count / slates.length - p) / Math.sqrt((p * (1 - p)) / slates.length + 1e-12);
  });
  return Math.max(...gaps);
}

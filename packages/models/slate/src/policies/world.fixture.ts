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

/**
 * How many standard errors the item-position estimate of a reward of 1 for every item, under the uniform policy over the
 * items given, lies from its truth: the mean over slates and positions of (1 / n) / p of the item shown. NaN p are 0.
 */
export function inverseGap(slates: readonly Slate[], items: readonly number[]): number {
  const meant = new Set(items);
  const weights = slates.map((slate) => {
    const shown = Array.from(slate.items, (item, at) =>
      meant.has(item) ? 1 / slate.propensities[at]! / meant.size : 0,
    );
    return shown.reduce((sum, weight) => sum + (Number.isNaN(weight) ? 0 : weight), 0) / slate.items.length;
  });
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  const variance = weights.reduce((sum, weight) => sum + (weight - mean) ** 2, 0) / (weights.length - 1);
  return Math.abs(mean - 1) / Math.sqrt(variance / weights.length + 1e-18);
}

import { idTable, interactionsFrom, listOf, Random, type Interactions } from "@sequitur/core";
import { splitConfigSchema, type SplitConfig } from "./split-interactions.js";
import type { EvaluationSet } from "./split.js";

export const HOUR = 3_600_000;

function ids(prefix: string, size: number): ReturnType<typeof idTable> {
  return idTable(Array.from({ length: size }, (_, i) => `${prefix}${i}`));
}

export function interactionsOf(rows: readonly (readonly [user: number, item: number, time: number])[]): Interactions {
  const users = Int32Array.from(rows, (r) => r[0]);
  const items = Int32Array.from(rows, (r) => r[1]);
  const catalog = {
    users: ids("u", Math.max(-1, ...users) + 1),
    items: ids("i", Math.max(-1, ...items) + 1),
    itemColumns: {},
  };
  return interactionsFrom(catalog, { users, items, times: Float64Array.from(rows, (r) => r[2]) });
}

export function randomInteractions(seed: number): Interactions {
  const random = new Random(seed);
  const rows = Array.from(
    { length: 400 },
    () => [random.integer(20), random.integer(30), random.integer(400) * HOUR] as const,
  );
  return interactionsOf(rows);
}

export function parse(config: Record<string, unknown>): SplitConfig {
  return splitConfigSchema.parse(config);
}

export type Row = readonly [user: number, item: number, time: number];

export function rowsOf(interactions: Interactions): Row[] {
  return Array.from({ length: interactions.size }, (_, i) => [
    interactions.users[i]!,
    interactions.items[i]!,
    interactions.times[i]!,
  ]);
}

/** Questions as plain objects, for comparing with a slow second implementation. */
export function plain(
  set: EvaluationSet,
): { user: number; history: number[]; now: number; targets: number[]; seen: number[] }[] {
  return Array.from({ length: set.queries.size }, (_, b) => ({
    user: set.queries.users[b]!,
    history: [...listOf(set.queries, b)],
    now: set.queries.now[b]!,
    targets: [...listOf(set.targets, b)],
    seen: [...listOf(set.seen, b)].sort((x, y) => x - y),
  }));
}

export function distinct(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

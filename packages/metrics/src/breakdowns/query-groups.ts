import { PlatformError, type RaggedItems } from "@sequitur/core";
import type { TargetRanks } from "../ranking/query-ranks.js";
import type { Interval } from "../intervals/interval.js";
import { meanInterval, type IntervalOptions } from "../intervals/mean-interval.js";

/** Some of the queries under a name. */
export interface QueryGroup {
  readonly name: string;
  /** Query indices, ascending; never empty. */
  readonly rows: Int32Array;
}

/** Some of the targets under a name; `rows` are the queries that have at least one of them. */
export interface TargetGroup extends QueryGroup {
  /** Places in `targets.items`, ascending. */
  readonly positions: Int32Array;
}

/** A group's mean of one metric with its interval. */
export interface GroupInterval extends Interval {
  readonly name: string;
  /** Queries in the group, also those with an undefined value. */
  readonly size: number;
}

/** The mean of per-query values in each group, with its interval. */
export function groupIntervals(
  values: Float64Array,
  groups: readonly QueryGroup[],
  options: IntervalOptions = {},
): readonly GroupInterval[] {
  const { clusters, ...rest } = options;
  return groups.map(({ name, rows }) => {
    const own = Float64Array.from(rows, (row) => valueAt(values, row, name));
    const labels = clusters && { clusters: Int32Array.from(rows, (row) => clusters[row]!) };
    return { name, size: rows.length, ...meanInterval(own, { ...rest, ...labels }) };
  });
}

/**
 * Ranks and offsets of a group's targets alone, one entry for each of `group.rows`: what `rankingMetrics` takes to say,
 * for instance, how much of the tail is found. The other targets of those queries keep their places in the ranking.
 */
export function selectRanks(
  { ranks, ties }: TargetRanks,
  targets: Pick<RaggedItems, "offsets">,
  group: TargetGroup,
): TargetRanks & { readonly offsets: Int32Array } {
  const offsets = new Int32Array(group.rows.length + 1);
  let next = 0;
  for (let i = 0; i < group.rows.length; i++) {
    const end = targets.offsets[group.rows[i]! + 1]!;
    while (next < group.positions.length && group.positions[next]! < end) next++;
    offsets[i + 1] = next;
  }
  return {
    ranks: Float64Array.from(group.positions, (position) => ranks[position]!),
    ties: group.positions.map((position) => ties[position]!),
    offsets,
  };
}

/** Groups queries by their names, a query in each group that it names; in the order given, then that of first use. */
export function groupQueries(
  size: number,
  namesOf: (row: number) => readonly string[],
  order: readonly string[] = [],
): readonly QueryGroup[] {
  const rows = new Map<string, number[]>(order.map((name) => [name, []]));
  for (let row = 0; row < size; row++) for (const name of new Set(namesOf(row))) append(rows, name, row);
  return [...rows].filter(([, own]) => own.length > 0).map(([name, own]) => ({ name, rows: Int32Array.from(own) }));
}

/** Groups targets by the names of their items, as `groupQueries` does queries; with one target a query it is a split. */
export function groupTargets(
  targets: RaggedItems,
  namesOf: (item: number) => readonly string[],
  order: readonly string[] = [],
): readonly TargetGroup[] {
  const size = targets.offsets.at(-1)!;
  const rowOf = new Int32Array(size);
  for (let row = 0; row + 1 < targets.offsets.length; row++) {
    rowOf.fill(row, targets.offsets[row], targets.offsets[row + 1]);
  }
  const groups = groupQueries(size, (position) => namesOf(targets.items[position]!), order);
  return groups.map(({ name, rows: positions }) => {
    const rows = positions.map((position) => rowOf[position]!);
    return { name, positions, rows: rows.filter((row, i) => i === 0 || row !== rows[i - 1]) };
  });
}

function append(rows: Map<string, number[]>, name: string, row: number): void {
  const own = rows.get(name);
  if (own) own.push(row);
  else rows.set(name, [row]);
}

function valueAt(values: Float64Array, row: number, name: string): number {
  if (row >= values.length) {
    const message = `group ${name} has query ${row}, but there are ${values.length} values.`;
    throw new PlatformError("bad-config", message);
  }
  return values[row]!;
}

import { listOf, maxOf, minOf, type RaggedItems } from "@sequitur/core";
import type { QueryGroup } from "../breakdowns/query-groups.js";
import type { ItemCategories } from "./item-categories.js";
import { checkAligned } from "./serendipity.js";
import { checkLists, topOf } from "./top-of-list.js";

/** What one group of items is shown, and what it would merit. */
export interface GroupExposure {
  readonly name: string;
  /** Of all attention that the lists give, in [0, 1]; a place r has 1 / log2(r + 1). */
  readonly exposure: number;
  /** Of all right answers, in [0, 1]. */
  readonly merit: number;
}

/**
 * Each group's share of the exposure of the top k beside its share of the right answers (disparate treatment, Singh &
 * Joachims 2018). An item of several groups counts for each in equal parts, one without any not at all.
 */
export function exposureByGroup(
  lists: RaggedItems,
  k: number,
  targets: RaggedItems,
  groups: ItemCategories,
): readonly GroupExposure[] {
  checkLists(lists, k, groups.offsets.length - 1);
  checkAligned(lists, targets);
  const exposure = new Float64Array(groups.names.length);
  const merit = new Float64Array(groups.names.length);
  for (let row = 0; row + 1 < lists.offsets.length; row++) {
    topOf(lists, row, k).forEach((item, place) => addTo(exposure, groups, item, 1 / Math.log2(place + 2)));
    for (const item of listOf(targets, row)) addTo(merit, groups, item, 1);
  }
  const [shown, right] = [exposure, merit].map((column) => column.reduce((sum, value) => sum + value, 0));
  return groups.names.map((name, g) => ({ name, exposure: exposure[g]! / shown!, merit: merit[g]! / right! }));
}

function addTo(out: Float64Array, { offsets, indices }: ItemCategories, item: number, weight: number): void {
  const [from, to] = [offsets[item]!, offsets[item + 1]!];
  for (let at = from; at < to; at++) out[indices[at]!]! += weight / (to - from);
}

/**
 * How far the exposure of groups of items follows their share of the right answers: 1 - half of the summed absolute
 * differences, 1 = every group is shown as much as it is wanted. NaN where nothing is shown or nothing is right.
 */
export function exposureFairness(groups: readonly GroupExposure[]): number {
  return 1 - groups.reduce((sum, { exposure, merit }) => sum + Math.abs(exposure - merit), 0) / 2;
}

/**
 * How much worse the group of users that is served worst fares than the one that is served best: the difference of the
 * means of a metric's per-query values, NaN left out. NaN with fewer than two groups that have a value.
 */
export function userGap(values: ArrayLike<number>, groups: readonly QueryGroup[]): number {
  const means = groups
    .map(({ rows }) => Array.from(rows, (row) => values[row]!).filter((value) => !Number.isNaN(value)))
    .filter((own) => own.length > 0)
    .map((own) => own.reduce((sum, value) => sum + value, 0) / own.length);
  return means.length < 2 ? Number.NaN : maxOf(means) - minOf(means);
}

/** (B) the share of each query's targets that is among its top k; NaN without targets. */
export function listRecall(lists: RaggedItems, k: number, targets: RaggedItems): Float64Array {
  checkAligned(lists, targets);
  return Float64Array.from({ length: lists.offsets.length - 1 }, (_, row) => {
    const top = new Set(topOf(lists, row, k));
    const right = listOf(targets, row);
    return right.filter((item) => top.has(item)).length / right.length;
  });
}

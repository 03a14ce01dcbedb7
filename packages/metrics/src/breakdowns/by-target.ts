import { PlatformError, type RaggedItems } from "@sequitur/core";
import { groupTargets, type TargetGroup } from "./query-groups.js";

export interface PopularityShares {
  /** The most popular items that have this share of all training interactions are the head; in (0, 1). */
  readonly head?: number;
  /** Head and torso together have this share, the tail the rest; in [head, 1]. */
  readonly torso?: number;
}

/**
 * Targets by popularity: "head" are the most popular items until they have half of all training interactions, "torso"
 * those until 0.8, "tail" the rest, cold items included. An item belongs where its share begins; equal counts stay
 * together.
 */
export function byTargetPopularity(
  targets: RaggedItems,
  trainCounts: ArrayLike<number>,
  shares: PopularityShares = {},
): readonly TargetGroup[] {
  const { head = 0.5, torso = 0.8 } = shares;
  if (!(head > 0 && head < 1 && torso >= head && torso <= 1)) {
    throw new PlatformError("bad-config", `shares must have 0 < head <= torso <= 1, got ${head} and ${torso}.`);
  }
  const descending = Float64Array.from(trainCounts).sort().reverse();
  const total = descending.reduce((sum, count) => sum + count, 0);
  const limits = { head: Infinity, torso: Infinity };
  let before = 0;
  for (let i = 0; i < descending.length && descending[i]! > 0; i++) {
    const startsLevel = i === 0 || descending[i] !== descending[i - 1];
    if (startsLevel && before < head * total) limits.head = descending[i]!;
    if (startsLevel && before < torso * total) limits.torso = descending[i]!;
    before += descending[i]!;
  }
  const nameOf = (item: number): string => {
    const count = countOf(item, trainCounts);
    if (count >= limits.head) return "head";
    return count >= limits.torso ? "torso" : "tail";
  };
  return groupTargets(targets, (item) => [nameOf(item)], ["head", "torso", "tail"]);
}

/** Targets without any training interaction ("cold item") and the others ("warm item"). */
export function byColdTarget(targets: RaggedItems, trainCounts: ArrayLike<number>): readonly TargetGroup[] {
  const names = ["cold item", "warm item"];
  return groupTargets(targets, (item) => [names[countOf(item, trainCounts) === 0 ? 0 : 1]!], names);
}

/** Targets by their training interactions: "0", "1-9" and "10+", which tells rare items from those never met. */
export function byTargetCount(targets: RaggedItems, trainCounts: ArrayLike<number>): readonly TargetGroup[] {
  const names = ["0", "1-9", "10+"];
  const nameOf = (count: number): string => names[count === 0 ? 0 : count < 10 ? 1 : 2]!;
  return groupTargets(targets, (item) => [nameOf(countOf(item, trainCounts))], names);
}

/** Under these names go targets without a label, and those whose labels are all too rare for a group of their own. */
export const UNLABELLED = "(none)";
export const OTHER = "(other)";

/**
 * Targets by a catalogue column: `labels` has each item's label or labels (`itemColumns.categories`, a text field). A
 * target with several labels is in several groups. The `most` labels with the most targets get a group each, most
 * targets first; the rest share "(other)".
 */
export function byTargetLabel(
  targets: RaggedItems,
  labels: readonly (string | readonly string[])[],
  most: number = 20,
): readonly TargetGroup[] {
  if (!(Number.isInteger(most) && most >= 1)) {
    throw new PlatformError("bad-config", `most must be a positive integer, got ${most}.`);
  }
  const labelsOf = (item: number): readonly string[] => {
    const own = labels[item];
    if (own === undefined) {
      throw new PlatformError("bad-data", `target must be in [0, ${labels.length}), got ${item}.`);
    }
    const named = (typeof own === "string" ? [own] : own).filter((label) => label !== "");
    return named.length > 0 ? named : [UNLABELLED];
  };
  const sizes = groupTargets(targets, labelsOf)
    .filter(({ name }) => name !== UNLABELLED)
    .sort((a, b) => b.positions.length - a.positions.length || (a.name < b.name ? -1 : 1));
  const kept = sizes.slice(0, most).map(({ name }) => name);
  const known = new Set([...kept, UNLABELLED]);
  const namesOf = (item: number): readonly string[] => {
    const own = labelsOf(item).filter((label) => known.has(label));
    return own.length > 0 ? own : [OTHER];
  };
  return groupTargets(targets, namesOf, [...kept, OTHER, UNLABELLED]);
}

function countOf(item: number, trainCounts: ArrayLike<number>): number {
  const count = trainCounts[item];
  if (count === undefined) {
    throw new PlatformError("bad-data", `target must be in [0, ${trainCounts.length}), got ${item}.`);
  }
  return count;
}

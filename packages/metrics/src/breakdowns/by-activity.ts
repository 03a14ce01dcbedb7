import { NONE, PlatformError } from "@sequitur/core";
import { groupQueries, type QueryGroup } from "./query-groups.js";

/**
 * Queries by how many training interactions their user has, cut at quantiles of that count over the queries; equal
 * counts stay together, so there may be fewer groups than asked and they may differ in size. Named by their range of
 * counts, such as "3-12", least active first. A user of NONE has 0.
 */
export function byUserActivity(
  users: Int32Array,
  trainCounts: ArrayLike<number>,
  groups: number = 4,
): readonly QueryGroup[] {
  if (!(Number.isInteger(groups) && groups >= 1)) {
    throw new PlatformError("bad-config", `groups must be a positive integer, got ${groups}.`);
  }
  const counts = Float64Array.from(users, (user) => trainCountOf(user, trainCounts));
  const sorted = counts.slice().sort();
  const edges = new Set<number>();
  if (sorted.length === 0) return [];
  for (let g = 1; g <= groups; g++) edges.add(sorted[Math.ceil((g * sorted.length) / groups) - 1]!);
  // Each group begins at the first count above the group before.
  const named = [...edges].map((most, i, all) => {
    const least = i === 0 ? sorted[0]! : sorted.find((count) => count > all[i - 1]!)!;
    return { most, name: least === most ? `${most}` : `${least}-${most}` };
  });
  const names = named.map(({ name }) => name);
  return groupQueries(users.length, (row) => [named.find(({ most }) => counts[row]! <= most)!.name], names);
}

/** Queries of users without any training interaction ("cold user") and of the others ("warm user"). */
export function byColdUser(users: Int32Array, trainCounts: ArrayLike<number>): readonly QueryGroup[] {
  const names = ["cold user", "warm user"];
  return groupQueries(users.length, (row) => [names[trainCountOf(users[row]!, trainCounts) === 0 ? 0 : 1]!], names);
}

function trainCountOf(user: number, trainCounts: ArrayLike<number>): number {
  if (user === NONE) return 0;
  const count = trainCounts[user];
  if (count === undefined) {
    throw new PlatformError("bad-data", `user must be NONE or in [0, ${trainCounts.length}), got ${user}.`);
  }
  return count;
}

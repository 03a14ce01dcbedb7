import { NONE, PlatformError } from "@sequitur/core";
import { OTHER, UNLABELLED } from "./by-target.js";
import { groupQueries, type QueryGroup } from "./query-groups.js";

/**
 * Queries by a label of their user (`labels` has one a user). The `most` labels with the most queries get a group each,
 * most queries first; the rest share "(other)". Queries of NONE and of users with the label "" are in "(none)".
 */
export function byUserLabel(users: Int32Array, labels: readonly string[], most: number = 20): readonly QueryGroup[] {
  if (!(Number.isInteger(most) && most >= 1)) {
    throw new PlatformError("bad-config", `most must be a positive integer, got ${most}.`);
  }
  const labelOf = (row: number): string => {
    const user = users[row]!;
    const label = user === NONE ? "" : labels[user];
    if (label === undefined) {
      throw new PlatformError("bad-data", `user must be NONE or in [0, ${labels.length}), got ${user}.`);
    }
    return label === "" ? UNLABELLED : label;
  };
  const sizes = groupQueries(users.length, (row) => [labelOf(row)])
    .filter(({ name }) => name !== UNLABELLED)
    .sort((a, b) => b.rows.length - a.rows.length || (a.name < b.name ? -1 : 1));
  const kept = sizes.slice(0, most).map(({ name }) => name);
  const known = new Set([...kept, UNLABELLED]);
  return groupQueries(users.length, (row) => [known.has(labelOf(row)) ? labelOf(row) : OTHER], [
    ...kept,
    OTHER,
    UNLABELLED,
  ]);
}

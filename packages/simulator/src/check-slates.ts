import { PlatformError, propensityProblem, type Slate } from "@sequitur/core";
import type { Visit, World } from "./world.js";

/**
 * Throws `bad-data`, with the policy's name and the user, unless each visit has its slate: at most k distinct items of the
 * catalogue that can be shown, with probabilities in (0, 1] or NaN.
 */
export function checkSlates(
  slates: readonly Slate[],
  visits: readonly Visit[],
  k: number,
  world: World,
  name: string,
): void {
  if (slates.length !== visits.length) {
    throw new PlatformError("bad-data", `${name} must give ${visits.length} slates, got ${slates.length}.`);
  }
  for (const [row, slate] of slates.entries()) {
    const visit = visits[row]!;
    const problem = problemOf(slate, visit, k, world);
    if (problem === undefined) continue;
    const user = world.catalog.users.ids[visit.user];
    throw new PlatformError("bad-data", `${name}: ${problem} in a slate for ${user}.`);
  }
}

function problemOf(slate: Slate, { now }: Visit, k: number, world: World): string | undefined {
  const { items } = slate;
  if (items.length > k) return `expected at most ${k} items, got ${items.length}`;
  const count = world.catalog.items.size;
  for (let position = 0; position < items.length; position++) {
    const item = items[position]!;
    if (!(item >= 0 && item < count)) return `items must lie in [0, ${count}), got ${item}`;
    if (items.indexOf(item) !== position) return `items must be distinct, got ${world.catalog.items.ids[item]} twice`;
    if (world.openedAt[item]! > now) return `items must have opened, got ${world.catalog.items.ids[item]}`;
  }
  return propensityProblem(slate);
}

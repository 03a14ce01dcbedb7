import { DAY_MS, PlatformError, requireInstants, type Interactions } from "@sequitur/core";
import { z } from "zod";
import { splitByParts, TEST, TRAIN, VALIDATION } from "./parts.js";
import type { Split } from "./split.js";

export const nextBasketSchema = z.strictObject({
  kind: z.literal("next-basket"),
  basket: z
    .enum(["auto", "session", "instant", "day"])
    .default("auto")
    .describe(
      "what lies in one basket: a session of the log, one instant, or one day (UTC); auto = session if there is one, else day",
    ),
  minBaskets: z.int().min(3).default(3).describe("baskets; users with fewer are only trained on"),
  history: z.enum(["all", "train"]).default("all").describe("whether the test query knows the validation basket"),
});
export type NextBasketConfig = z.infer<typeof nextBasketSchema>;

/**
 * Each user's last basket is asked for as a whole, the one before it validates, the rest is training. No event of a basket
 * is in the history of another; across users, training holds later baskets.
 */
export function nextBasketSplit(interactions: Interactions, config: NextBasketConfig): Split {
  const basketOf = basketLabels(interactions, config.basket);
  const { userOffsets } = interactions;
  const parts = new Uint8Array(interactions.size).fill(TRAIN);
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    const [from, to] = [userOffsets[user]!, userOffsets[user + 1]!];
    const baskets = new Map<number, number[]>();
    for (let row = from; row < to; row++) {
      const rows = baskets.get(basketOf(row));
      if (rows === undefined) baskets.set(basketOf(row), [row]);
      else rows.push(row);
    }
    if (baskets.size < config.minBaskets) continue;
    // In the order of their first event.
    const [validation, test] = [...baskets.values()].slice(-2);
    for (const row of validation!) parts[row] = VALIDATION;
    for (const row of test!) parts[row] = TEST;
  }
  return splitByParts(interactions, parts, { history: config.history });
}

function basketLabels(
  { times, context, catalog }: Interactions,
  basket: NextBasketConfig["basket"],
): (row: number) => number {
  const { session } = context;
  if (basket === "session" && session === undefined) {
    throw new PlatformError("bad-config", "basket: session needs a session column, and the data has none.");
  }
  if (session !== undefined && (basket === "session" || basket === "auto")) return (row) => session[row]!;
  if (basket === "auto") requireInstants(catalog, "the split next-basket by day");
  return basket === "instant" ? (row) => times[row]! : (row) => Math.floor(times[row]! / DAY_MS);
}

import { PlatformError, POSITIVE, type Interactions } from "@sequitur/core";
import { z } from "zod";
import { compact } from "./compact.js";

const minCount = (what: string) => z.int().min(1).default(5).describe(`interactions that ${what} must have`);

export const filterConfigSchema = z.discriminatedUnion("kind", [
  z
    .strictObject({ kind: z.literal("k-core"), user: minCount("a user"), item: minCount("an item") })
    .describe("repeats until every user and every item has enough"),
  z
    .strictObject({ kind: z.literal("min-count"), user: minCount("a user"), item: minCount("an item") })
    .describe("once: items first, then users; what is left may fall below the bound again"),
  z
    .strictObject({
      kind: z.literal("deduplicate"),
      by: z.enum(["user-item-time", "user-item"]).default("user-item-time").describe("what makes two rows the same"),
      keep: z.enum(["first", "last"]).default("first").describe("which of the same rows stays"),
    })
    .describe("drops repeated rows"),
  z
    .strictObject({
      kind: z.literal("min-weight"),
      weight: z.number().describe("rows of a smaller weight (rating) are dropped; rows at it stay"),
    })
    .describe("keeps ratings at or above a bound"),
]);
export type FilterConfig = z.infer<typeof filterConfigSchema>;

/** Applies filters in the order given; users and items left without interactions leave the catalogue. */
export function applyFilters(interactions: Interactions, filters: readonly FilterConfig[]): Interactions {
  return filters.reduce(applyFilter, interactions);
}

function applyFilter(interactions: Interactions, filter: FilterConfig): Interactions {
  const keep = keepOf(interactions, filter);
  let count = 0;
  for (const flag of keep) count += flag;
  if (count === 0) {
    throw new PlatformError("bad-data", `filter ${filter.kind} leaves none of ${interactions.size} interactions.`);
  }
  const rows = new Int32Array(count);
  let at = 0;
  for (let row = 0; row < keep.length; row++) if (keep[row] === 1) rows[at++] = row;
  return compact(interactions, rows);
}

function keepOf(interactions: Interactions, filter: FilterConfig): Uint8Array {
  switch (filter.kind) {
    case "k-core":
      return kCore(interactions, filter.user, filter.item);
    case "min-count":
      return minCounts(interactions, filter.user, filter.item);
    case "deduplicate":
      return distinctRows(interactions, filter.by, filter.keep);
    case "min-weight": {
      const { weight } = interactions.context;
      if (weight === undefined) {
        throw new PlatformError("bad-data", "filter min-weight needs a weight (rating) column, and the data has none.");
      }
      return Uint8Array.from(weight, (value) => (value >= filter.weight ? 1 : 0));
    }
  }
}

/** Alternates until nothing changes; each round drops at least one row, so it ends. */
function kCore(interactions: Interactions, minUser: number, minItem: number): Uint8Array {
  const keep = new Uint8Array(interactions.size).fill(1);
  for (;;) {
    const dropped = dropRare(interactions, "items", minItem, keep) + dropRare(interactions, "users", minUser, keep);
    if (dropped === 0) return keep;
  }
}

function minCounts(interactions: Interactions, minUser: number, minItem: number): Uint8Array {
  const keep = new Uint8Array(interactions.size).fill(1);
  dropRare(interactions, "items", minItem, keep);
  dropRare(interactions, "users", minUser, keep);
  return keep;
}

/** Positives are what is counted; the other signals leave with their user or item. */
function dropRare(interactions: Interactions, side: "users" | "items", minimum: number, keep: Uint8Array): number {
  const column = interactions[side];
  const { role } = interactions.context;
  const counts = new Int32Array(interactions.catalog[side].size);
  for (let row = 0; row < column.length; row++) {
    if ((role?.[row] ?? POSITIVE) === POSITIVE) counts[column[row]!]! += keep[row]!;
  }
  let dropped = 0;
  for (let row = 0; row < column.length; row++) {
    if (keep[row] === 1 && counts[column[row]!]! < minimum) {
      keep[row] = 0;
      dropped++;
    }
  }
  return dropped;
}

function distinctRows(
  interactions: Interactions,
  by: "user-item-time" | "user-item",
  side: "first" | "last",
): Uint8Array {
  const { userOffsets, items, times, context } = interactions;
  const said = context.kind ?? context.role;
  const keep = new Uint8Array(interactions.size);
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    const from = userOffsets[user]!;
    const to = userOffsets[user + 1]!;
    const seen = new Set<string | number>();
    for (let step = 0; step < to - from; step++) {
      const row = side === "first" ? from + step : to - 1 - step;
      const pair = by === "user-item" ? items[row]! : `${items[row]}@${times[row]}`;
      // A view and a purchase of one item are two things that happened.
      const key = said === undefined ? pair : `${pair} ${said[row]}`;
      if (!seen.has(key)) keep[row] = 1;
      seen.add(key);
    }
  }
  return keep;
}

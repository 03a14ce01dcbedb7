import { idTable, interactionsFrom, Random, type Interactions } from "@sequitur/core";
import { describe, expect, it } from "vitest";
import { applyFilters, filterConfigSchema } from "./filters.js";

function randomInteractions(seed: number, size = 300): Interactions {
  const random = new Random(seed);
  const draw = (bound: number): Int32Array => Int32Array.from({ length: size }, () => random.integer(bound));
  const catalog = {
    users: idTable(Array.from({ length: 60 }, (_, i) => `u${i}`)),
    items: idTable(Array.from({ length: 50 }, (_, i) => `i${i}`)),
    itemColumns: { titles: Array.from({ length: 50 }, (_, i) => `title ${i}`) },
  };
  return interactionsFrom(catalog, {
    users: draw(60),
    items: draw(50),
    times: Float64Array.from({ length: size }, () => random.integer(5)),
    context: { weight: Float32Array.from({ length: size }, () => 1 + random.integer(5)) },
  });
}

function pairs(interactions: Interactions): string[] {
  const { users, items } = interactions.catalog;
  return Array.from(
    { length: interactions.size },
    (_, row) =>
      `${users.ids[interactions.users[row]!]} ${items.ids[interactions.items[row]!]} ${interactions.times[row]}`,
  );
}

function filtered(interactions: Interactions, filter: Record<string, unknown>): Interactions {
  return applyFilters(interactions, [filterConfigSchema.parse(filter)]);
}

function counts(values: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const value of values) found.set(value, (found.get(value) ?? 0) + 1);
  return found;
}

describe("k-core", () => {
  it("equals repeated dropping, written slowly", () => {
    const interactions = randomInteractions(1);
    let rows = pairs(interactions);
    for (let before = -1; before !== rows.length;) {
      before = rows.length;
      const byItem = counts(rows.map((row) => row.split(" ")[1]!));
      rows = rows.filter((row) => byItem.get(row.split(" ")[1]!)! >= 4);
      const byUser = counts(rows.map((row) => row.split(" ")[0]!));
      rows = rows.filter((row) => byUser.get(row.split(" ")[0]!)! >= 4);
    }
    const result = filtered(interactions, { kind: "k-core", user: 4, item: 4 });
    expect(pairs(result)).toEqual(rows);
    expect(result.catalog.items.size).toBe(new Set(result.items).size);
    expect(result.catalog.users.size).toBe(new Set(result.users).size);
  });

  it("keeps item columns beside their items", () => {
    const { catalog } = filtered(randomInteractions(2), { kind: "k-core", user: 3, item: 4 });
    expect(catalog.itemColumns.titles).toEqual(catalog.items.ids.map((id) => `title ${id.slice(1)}`));
  });

  it("says when nothing is left", () => {
    expect(() => filtered(randomInteractions(1), { kind: "k-core", user: 100, item: 100 })).toThrow(
      "filter k-core leaves none of 300 interactions",
    );
  });
});

describe("min-count", () => {
  it("drops rare items, then rare users, once", () => {
    const interactions = randomInteractions(3);
    const byItem = counts(pairs(interactions).map((row) => row.split(" ")[1]!));
    const common = pairs(interactions).filter((row) => byItem.get(row.split(" ")[1]!)! >= 6);
    const byUser = counts(common.map((row) => row.split(" ")[0]!));
    const expected = common.filter((row) => byUser.get(row.split(" ")[0]!)! >= 5);
    expect(pairs(filtered(interactions, { kind: "min-count", user: 5, item: 6 }))).toEqual(expected);
  });
});

describe("deduplicate", () => {
  it("keeps the first or the last of equal rows", () => {
    const interactions = randomInteractions(4, 900);
    for (const by of ["user-item", "user-item-time"] as const) {
      const key = (row: string): string => (by === "user-item" ? row.split(" ").slice(0, 2).join(" ") : row);
      const rows = pairs(interactions);
      const first = rows.filter((row, at) => rows.findIndex((other) => key(other) === key(row)) === at);
      const last = rows.filter((row, at) => rows.findLastIndex((other) => key(other) === key(row)) === at);
      expect(pairs(filtered(interactions, { kind: "deduplicate", by }))).toEqual(first);
      expect(pairs(filtered(interactions, { kind: "deduplicate", by, keep: "last" }))).toEqual(last);
    }
  });
});

describe("min-weight", () => {
  it("keeps rows at or above the bound and needs a weight", () => {
    const interactions = randomInteractions(5);
    const result = filtered(interactions, { kind: "min-weight", weight: 4 });
    expect(result.size).toBe(interactions.context.weight!.filter((weight) => weight >= 4).length);
    expect(Math.min(...result.context.weight!)).toBe(4);
    expect(() => filtered({ ...interactions, context: {} }, { kind: "min-weight", weight: 4 })).toThrow(/weight/);
  });
});

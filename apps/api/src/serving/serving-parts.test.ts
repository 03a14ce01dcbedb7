import { idTable, queryBatch } from "@sequitur/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { askChain } from "./chain.js";
import { ItemDirectory } from "./item-directory.js";
import { itemTest } from "./item-filter.js";
import { ModelLink } from "./model-link.js";
import type { Question } from "./question.js";
import { boostedModel, NO_RULES, type Rules } from "./rules.js";
import { newestStage, type Stage } from "./stage.js";

const NOON = Date.UTC(2026, 6, 6, 12); // a Monday

function directoryOf(...records: Parameters<ItemDirectory["put"]>[0][]): ItemDirectory {
  const directory = new ItemDirectory();
  for (const record of records) directory.put(record);
  return directory;
}

function question(changes: Partial<Question> = {}): Question {
  return { history: [], now: NOON, k: 3, filter: {}, exclude: [], rules: NO_RULES, explain: false, ...changes };
}

/** A stage that ranks the items given, best first. */
function fixedStage(name: string, directory: ItemDirectory, ...ids: string[]): Stage {
  return {
    name,
    canServe: () => true,
    rank: (_, most) => ids.slice(0, most).map((id, at) => ({ index: directory.indexOf(id), score: -at })),
  };
}

describe("ItemDirectory", () => {
  it("keeps indices, forgets deleted items and takes them back", () => {
    const directory = directoryOf({ itemId: "a" }, { itemId: "b", categories: ["x"] });
    directory.remove("a");
    expect([directory.indexOf("a"), directory.indexOf("b"), directory.liveCount]).toEqual([-1, 1, 1]);
    directory.put({ itemId: "a", title: "again" });
    expect([directory.indexOf("a"), directory.record(0).title, directory.liveCount]).toEqual([0, "again", 2]);
  });

  it("knows whether any live item has a window, and orders by age", () => {
    const directory = directoryOf({ itemId: "old", createdAt: 1 }, { itemId: "new", createdAt: 2, availableUntil: 5 });
    expect(directory.hasWindows).toBe(true);
    expect(directory.newest()).toEqual([1, 0]);
    directory.put({ itemId: "new", createdAt: 2 });
    expect(directory.hasWindows).toBe(false);
    directory.remove("new");
    expect(directory.newest()).toEqual([0]);
  });
});

describe("boostedModel", () => {
  const directory = directoryOf(
    { itemId: "a", categories: ["x"], attributes: { price: 5 } },
    { itemId: "b", categories: ["x"], attributes: { price: 20 } },
    { itemId: "c" },
  );
  const catalog = { users: idTable(["u"]), items: idTable(["a", "b", "c"]), itemColumns: {} };
  const model = { name: "fixed", catalog, score: () => Float32Array.of(3, 2, 1), save: () => ({}) as never };
  const boosted = (boosts: Rules["boosts"]): number[] => {
    const link = new ModelLink(model, directory);
    link.candidates(undefined);
    return Array.from(boostedModel(link, directory, boosts).score(queryBatch([{ items: [] }])));
  };

  it("multiplies the factors of several boosts", () => {
    expect(
      boosted([
        { categories: ["x"], factor: 2 },
        { itemIds: ["a"], factor: 3 },
      ]),
    ).toEqual([13, 3, 1]);
  });

  it("means the items of an expression, and takes factors from one; 1 where it is unknown", () => {
    expect(boosted([{ where: { text: "price < 10" }, factor: 2 }])).toEqual([5, 2, 1]);
    expect(boosted([{ factor: { text: "price / 10" } }])).toEqual([2, 3, 1]);
  });
});

describe("itemTest", () => {
  const directory = directoryOf(
    { itemId: "cafe", categories: ["food", "cafe"], latitude: 45, longitude: 9, openingHours: "Mo-Fr 08:00-18:00" },
    { itemId: "bar", categories: ["food", "bar"], latitude: 45.1, longitude: 9, openingHours: "Mo-Su 20:00-03:00" },
    { itemId: "park", categories: ["outdoors"], latitude: 46, longitude: 9 },
    { itemId: "gone", availableUntil: NOON },
    { itemId: "soon", availableFrom: NOON + 1 },
    { itemId: "odd", openingHours: "on request" },
  );
  const passing = (filter: Parameters<typeof itemTest>[1], now = NOON): string[] => {
    const test = itemTest(directory, filter, now);
    return Array.from({ length: directory.size }, (_, at) => at)
      .filter(test)
      .map((at) => directory.record(at).itemId);
  };

  describe("where", () => {
    const shop = directoryOf(
      { itemId: "mug", attributes: { price: 5, in_stock: true, tags: ["blue"], odd: 1 } },
      { itemId: "pot", title: "Big pot", attributes: { price: 12, in_stock: false, title: "hidden", odd: "x" } },
      { itemId: "cup", categories: ["red"], attributes: { price: 8 } },
    );
    const passingWhere = (text: string): string[] => {
      const test = itemTest(shop, { where: { text } }, NOON);
      return Array.from({ length: shop.size }, (_, at) => at)
        .filter(test)
        .map((at) => shop.record(at).itemId);
    };

    it.each([
      ["price < 10", ["mug", "cup"]],
      ["price < 10 and not in_stock = false", ["mug"]],
      ["in_stock is null", ["cup"]],
      ['"blue" in tags or "red" in categories', ["mug", "cup"]],
      ['title = "Big pot"', ["pot"]],
      ['attributes.title = "hidden"', ["pot"]],
      ["attributes.price > 10", ["pot"]],
    ])("%s", (where, ids) => expect(passingWhere(where)).toEqual(ids));

    it("follows changes of the items, and refuses a field that none has or that has two types", () => {
      const changing = directoryOf({ itemId: "a", attributes: { price: 5 } });
      const passes = (where: string): boolean => itemTest(changing, { where: { text: where } }, NOON)(0);
      expect(passes("price < 10")).toBe(true);
      changing.put({ itemId: "a", attributes: { price: 15 } });
      expect(passes("price < 10")).toBe(false);
      changing.put({ itemId: "a", attributes: {} });
      expect(() => passes("price < 10")).toThrow(/unknown field "price"/);
      expect(() => passingWhere("odd = 1")).toThrow(/values of one type.*number and text/);
    });
  });

  it("never passes what is not available", () => {
    expect(passing({})).toEqual(["cafe", "bar", "park", "odd"]);
    expect(passing({}, NOON - 1)).toContain("gone");
    expect(passing({}, NOON + 1)).toContain("soon");
  });

  it("holds all conditions at once", () => {
    expect(passing({ categories: ["food"], deny: ["bar"] })).toEqual(["cafe"]);
    expect(passing({ allow: ["park", "bar", "nowhere"], notCategories: ["outdoors"] })).toEqual(["bar"]);
    expect(passing({ categories: ["never heard of"] })).toEqual([]);
    const near = { latitude: 45, longitude: 9 };
    expect(passing({ near, radiusKm: 1 })).toEqual(["cafe"]);
    expect(passing({ near, radiusKm: 12 })).toEqual(["cafe", "bar"]);
  });

  it("reads opening hours on the local clock; unknown hours are no promise", () => {
    expect(passing({ openAt: NOON })).toEqual(["cafe"]);
    expect(passing({ openAt: NOON, unknownHours: "keep" })).toEqual(["cafe", "park", "odd"]);
    expect(passing({ openAt: NOON, utcOffsetMinutes: 9 * 60 })).toEqual(["bar"]);
    const zoned = directoryOf({ itemId: "far", openingHours: "Mo 21:00-22:00", timeZone: "Asia/Tokyo" });
    expect(itemTest(zoned, { openAt: NOON }, NOON)(0)).toBe(true);
    const summer = directoryOf({ itemId: "early", openingHours: "Mo 09:00-10:00", timeZone: "Europe/Rome" });
    const [july, january] = [Date.UTC(2026, 6, 6, 7, 30), Date.UTC(2026, 0, 5, 7, 30)];
    expect([july, january].map((openAt) => itemTest(summer, { openAt }, openAt)(0))).toEqual([true, false]);
  });
});

describe("askChain", () => {
  const directory = directoryOf(
    ...["a", "b", "c", "d", "e", "f"].map((itemId, at) => ({
      itemId,
      categories: [at < 3 ? "x" : "y"],
      createdAt: at,
    })),
  );
  const failures: unknown[] = [];
  const ask = (stages: readonly Stage[], changes: Partial<Question> = {}) => {
    const run = { directory, stages, failed: (_: Stage, error: unknown) => void failures.push(error) };
    const answer = askChain(run, question(changes));
    return { ids: answer.items.map(({ index }) => directory.record(index).itemId), ...answer };
  };

  it("fills up from the next stage without repeating", () => {
    const stages = [fixedStage("one", directory, "c"), fixedStage("two", directory, "c", "d")];
    const { ids, servedBy, items } = ask([...stages, newestStage(directory)], { k: 4 });
    expect(ids).toEqual(["c", "d", "f", "e"]);
    expect(items.map((item) => item.servedBy)).toEqual(["one", "two", "newest", "newest"]);
    expect(servedBy).toBe("one");
  });

  it("goes on when a stage throws, and says so", () => {
    const broken: Stage = {
      ...fixedStage("broken", directory),
      rank() {
        throw new Error("no");
      },
    };
    const { ids, servedBy } = ask([broken, fixedStage("two", directory, "a")], { k: 1 });
    expect({ ids, servedBy }).toEqual({ ids: ["a"], servedBy: "two" });
    expect(failures).toEqual([new Error("no")]);
  });

  it("caps a category by looking deeper, and pins over everything but what is gone", () => {
    const all = fixedStage("all", directory, "a", "b", "c", "d", "e", "f");
    const caps: Rules = { ...NO_RULES, caps: [{ category: "x", most: 1 }] };
    expect(ask([all], { rules: caps, k: 3 }).ids).toEqual(["a", "d", "e"]);
    const pins = [
      { itemId: "f", position: 1 },
      { itemId: "nowhere", position: 0 },
      { itemId: "c", position: 0 },
    ];
    expect(ask([all], { rules: { ...NO_RULES, pins }, k: 4 }).ids).toEqual(["c", "f", "a", "b"]);
    const capped: Rules = { boosts: [], pins: [{ itemId: "c", position: 2 }], caps: [{ category: "x", most: 1 }] };
    expect(ask([all], { rules: capped, k: 3 }).ids).toEqual(["d", "e", "c"]);
    expect(ask([all], { rules: { ...NO_RULES, pins }, k: 2, filter: { deny: ["c"] } }).ids).toEqual(["a", "f"]);
  });

  it("gives k distinct items or all there are, whatever the rules", () => {
    const rulesArbitrary = fc.record({
      k: fc.integer({ min: 1, max: 8 }),
      pins: fc.array(fc.record({ itemId: fc.constantFrom("a", "c", "f", "zz"), position: fc.nat(9) }), {
        maxLength: 4,
      }),
      first: fc.shuffledSubarray(["a", "b", "c", "d"]),
    });
    fc.assert(
      fc.property(rulesArbitrary, ({ k, pins, first }) => {
        const stages = [fixedStage("one", directory, ...first), newestStage(directory)];
        const { ids } = ask(stages, { k, rules: { ...NO_RULES, pins } });
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids).toHaveLength(Math.min(k, 6));
      }),
    );
  });
});

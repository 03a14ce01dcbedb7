import {
  interactionsFrom,
  itemCounts,
  idTable,
  parseConfig,
  queryBatch,
  Random,
  type Catalog,
  type Interactions,
  type ItemColumns,
} from "@sequitur/core";
import type { Artifact, Model } from "@sequitur/recommender";
import { checkerboard, conforms, hitRate, noise, type PlantedData } from "@sequitur/recommender/conforms";
import { describe, expect, it } from "vitest";
import { contentKnn, contentKnnConfig } from "./content-knn.js";

const SHARED = { titles: Array.from({ length: 20 }, (_, item) => `${item % 2 === 0 ? "even" : "odd"} thing ${item}`) };

conforms(contentKnn, { itemColumns: SHARED });
conforms(contentKnn, { itemColumns: SHARED, config: { maxItems: 2, fade: 1, popularityWeight: 0 } });

async function fitted(train: Interactions, config: Record<string, unknown> = {}): Promise<Model> {
  return contentKnn.fit(train, parseConfig(contentKnnConfig, config, "test"), { random: new Random(1) });
}

/** One user who had `items`, in a catalogue of these texts. */
function shop(itemColumns: ItemColumns, items: readonly number[] = [0]): Interactions {
  const size = itemColumns.titles?.length ?? 3;
  const catalog = {
    users: idTable(["u"]),
    items: idTable(Array.from({ length: size }, (_, at) => `${at}`)),
    itemColumns,
  };
  return interactionsFrom(catalog, {
    users: new Int32Array(items.length),
    items: Int32Array.from(items),
    times: Float64Array.from(items.keys()),
  });
}

function scoresOf(model: Model, items: number[]): number[] {
  return Array.from(model.score(queryBatch([{ items }])));
}

/** The definition over plain words, for one history given oldest first. */
function slowScores(titles: readonly string[], counts: Int32Array, history: readonly number[], c: Settings): number[] {
  const words = titles.map((title) => title.split(" ").filter((word) => word !== ""));
  const all = [...new Set(words.flat())];
  const withText = words.filter((own) => own.length > 0).length;
  const unit = (vector: number[]): number[] => vector.map((value) => value / (Math.hypot(...vector) || 1));
  const rows = words.map((own) =>
    unit(
      all.map((word) => {
        const having = words.filter((other) => other.includes(word)).length;
        const times = own.filter((other) => other === word).length;
        if (times === 0 || having > c.maxShare * withText) return 0;
        return (c.termFrequency === "log" ? 1 + Math.log(times) : times) * Math.log(withText / having);
      }),
    ),
  );
  const newest = [...new Set(history.toReversed())].filter((item) => rows[item]!.some((value) => value > 0));
  const read = newest.slice(0, c.maxItems);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (read.length === 0) return Array.from(counts, (count) => count / total);
  const profile = unit(all.map((_, w) => read.reduce((sum, item, at) => sum + c.fade ** at * rows[item]![w]!, 0)));
  return rows.map(
    (row, item) =>
      row.reduce((sum, value, w) => sum + value * profile[w]!, 0) +
      (c.popularityWeight * Math.log(1 + counts[item]!)) / Math.log(1 + Math.max(...counts)),
  );
}

type Settings = ReturnType<typeof settings>;
function settings(config: Record<string, unknown>) {
  return parseConfig(contentKnnConfig, config, "test");
}

/** Items 2n and 2n + 1 share a word that no other has; a history ends with 2n, and its answer is 2n + 1. */
function sharedRareWords(random: Random): PlantedData {
  const size = 40;
  const titles = Array.from({ length: size }, (_, item) => `word pair${item >> 1} colour${random.integer(4)}`);
  const firsts = Array.from({ length: 100 }, () => 2 * random.integer(size / 2));
  const histories = firsts.map((first) => [random.integer(size), random.integer(size), first]);
  const catalog: Catalog = {
    users: idTable(histories.map((_, user) => `u${user}`)),
    items: idTable(titles.map((_, item) => `i${item}`)),
    itemColumns: { titles },
  };
  const train = interactionsFrom(catalog, {
    users: Int32Array.from(histories.flatMap((items, user) => items.map(() => user))),
    items: Int32Array.from(histories.flat()),
    times: Float64Array.from(histories.flat().keys()),
  });
  const queries = queryBatch(histories.map((items, user) => ({ user, items })));
  return { train, queries, answers: Int32Array.from(firsts, (first) => first + 1) };
}

describe("content-knn", () => {
  const red = { titles: ["red soap", "red comb", "blue comb", "", "blue red"] };

  it("follows the hand calculation", async () => {
    // Four texts: red in 3, comb and blue in 2, soap in 1.
    const model = await fitted(shop(red), { popularityWeight: 0 });
    const [common, half, rare] = [Math.log(4 / 3), Math.log(2), Math.log(4)];
    const [soap, comb, mixed] = [Math.hypot(common, rare), Math.hypot(common, half), Math.hypot(common, half)];
    const want = [1, common ** 2 / soap / comb, 0, 0, common ** 2 / soap / mixed];
    scoresOf(model, [0]).forEach((score, item) => expect(score).toBeCloseTo(want[item]!, 6));
  });

  it.each([
    {},
    { termFrequency: "count", popularityWeight: 0 },
    { maxItems: 2, fade: 0.5 },
    { fade: 1, popularityWeight: 0.3 },
    { maxShare: 0.3, maxItems: 1 },
  ])("equals its definition, written slowly, with %j", async (config: Record<string, unknown>) => {
    const random = new Random("texts");
    const drawn = (most: number, bound: number): number[] =>
      Array.from({ length: random.integer(most) }, () => random.integer(bound));
    const titles = Array.from({ length: 15 }, () =>
      drawn(6, 12)
        .map((word) => "abcdefghijkl"[word]!)
        .join(" "),
    );
    const train = shop({ titles }, [...drawn(40, 15), 1]);
    const model = await fitted(train, config);
    for (let round = 0; round < 30; round++) {
      const history = drawn(8, 15);
      const want = slowScores(titles, itemCounts(train), history, settings(config));
      scoresOf(model, history).forEach((score, item) =>
        expect(score, `${history}: item ${item}`).toBeCloseTo(want[item]!, 5),
      );
    }
  });

  it("reads categories and named texts, without the names of the columns", async () => {
    const columns = {
      titles: ["a", "b", "c"],
      categories: [["Hair", "Combs"], ["Bath"], ["Hair"]],
      texts: { brand: ["", "Acme", "Title"] },
    };
    const scores = scoresOf(await fitted(shop(columns), { popularityWeight: 0 }), [0]);
    expect(scores[1]).toBe(0);
    expect(scores[2]).toBeGreaterThan(0);
  });

  it("scores items that training never met by their texts", async () => {
    const scores = scoresOf(await fitted(shop({ titles: ["red soap", "comb", "soap"] }, [0, 1, 1, 1])), [0]);
    expect(scores[2]).toBeGreaterThan(scores[1]!);
    expect(scores[2]).toBeGreaterThan(0.1);
  });

  it("gives an item without text likeness 0, and leaves it out of profiles", async () => {
    const train = shop(red, [0, 3, 3]);
    const alike = await fitted(train, { popularityWeight: 0 });
    expect(scoresOf(alike, [0])[3]).toBe(0);
    expect(scoresOf(await fitted(train, { popularityWeight: 0.5 }), [0])[3]).toBeCloseTo(0.5, 6);
    const one = await fitted(train, { maxItems: 1 });
    expect(scoresOf(one, [0, 3])).toEqual(scoresOf(one, [0]));
  });

  it("gives popularity when nothing of the history can be read", async () => {
    const model = await fitted(shop(red, [0, 1, 1, 3]));
    const shares = Array.from(Float32Array.of(0.25, 0.5, 0, 0.25, 0));
    for (const items of [[], [3], [3, 3]]) expect(scoresOf(model, items)).toEqual(shares);
  });

  it.each([{}, { titles: ["", " ", "!"] }, { titles: ["same", "same", "same"] }])(
    "refuses a catalogue whose texts tell nothing: %j",
    async (columns) => {
      const fit = fitted(shop(columns));
      await expect(fit).rejects.toMatchObject({ code: "bad-data" });
      await expect(fit).rejects.toThrow(/content-knn reads titles.*none in 3 items/);
    },
  );

  it.each([
    ["words.values", Number.NaN],
    ["words.values", 2],
    ["words.columns", 5],
    ["words.offsets", 1],
    ["counts", -1],
  ])("refuses an artifact whose %s hold %d", async (name, value) => {
    const saved = (await fitted(shop(red))).save();
    const { shape, data } = saved.tensors.get(name)!;
    const broken = data.slice();
    broken[0] = value;
    const artifact: Artifact = { ...saved, tensors: new Map([...saved.tensors, [name, { shape, data: broken }]]) };
    expect(() => contentKnn.load(artifact)).toThrow(expect.objectContaining({ code: "bad-artifact" }));
    expect(() => contentKnn.load(saved)).not.toThrow();
  });

  it("finds items of the same taste and the other item with a rare word, and nothing in noise", async () => {
    const tastes = checkerboard(SHARED);
    expect(hitRate(await fitted(tastes.train, { maxItems: 20 }), tastes, 1, true)).toBe(1);
    const planted = sharedRareWords(new Random("content-knn"));
    expect(hitRate(await fitted(planted.train), planted, 1, true)).toBeGreaterThan(0.8);
    const random = new Random("unrelated texts");
    const chance = noise(random);
    const titles = Array.from({ length: 20 }, () => `word${random.integer(8)} word${random.integer(8)}`);
    const { users, items, times, catalog } = chance.train;
    const train = interactionsFrom({ ...catalog, itemColumns: { titles } }, { users, items, times });
    expect(hitRate(await fitted(train), chance, 1)).toBeLessThan(0.1);
  });
});

import { loadSlatePolicy } from "@sequitur/builtin";
import { idTable, Random } from "@sequitur/core";
import type { Model } from "@sequitur/recommender";
import { describe, expect, it } from "vitest";
import { askChain } from "./chain.js";
import { drawSlate, type DrawnSlate } from "./draw-slate.js";
import { ItemDirectory } from "./item-directory.js";
import type { Question } from "./question.js";
import { NO_RULES, type Rules } from "./rules.js";
import { modelStage, newestStage } from "./stage.js";

const NOW = Date.UTC(2026, 6, 6);
const ids = ["a", "b", "c", "d", "e"];
const scores = [5, 4, 3, 2, 1];
const directory = new ItemDirectory();
for (const [at, itemId] of [...ids, "new", "gone"].entries()) {
  directory.put({
    itemId,
    categories: [at < 3 ? "x" : "y"],
    createdAt: at,
    ...(itemId === "gone" && { availableUntil: 1 }),
  });
}
const catalog = { items: idTable(ids), users: idTable([]), itemColumns: {} };
const model: Model = {
  name: "popularity",
  catalog,
  score: ({ size }, candidates) =>
    Float32Array.from(
      Array.from({ length: size }, () => Array.from(candidates ?? ids.keys(), (at) => scores[at]!)).flat(),
    ),
  save: () => ({ model: "given", config: {}, catalog, tensors: new Map() }),
};
const stage = modelStage({ name: "model", versionId: 1, model, directory, sessionGapMs: Infinity });
const stages = [stage, newestStage(directory)];

function draw(policy: string, config: object, changes: Partial<Question>, seed: number | string, pool?: number) {
  const question = {
    history: [],
    now: NOW,
    k: 3,
    filter: {},
    exclude: [],
    rules: NO_RULES,
    explain: false,
    ...changes,
  };
  return drawSlate({
    directory,
    stage,
    policy: () => loadSlatePolicy({ name: policy, catalog, model, config: config as Record<string, unknown> }),
    question,
    ...(pool !== undefined && { pool }),
    random: new Random(seed),
    rank: (asked) => askChain({ directory, stages, failed: () => undefined }, asked),
    failed: (_, error) => {
      throw error;
    },
  });
}

const idsOf = ({ found }: DrawnSlate): string[] => found.items.map(({ index }) => directory.record(index).itemId);
const rules = (changes: Partial<Rules>): Partial<Question> => ({ rules: { ...NO_RULES, ...changes } });

describe("drawSlate", () => {
  it("greedy shows the best with certainty, by its scores", async () => {
    const drawn = await draw("greedy:popularity", {}, {}, 1);
    expect(idsOf(drawn)).toEqual(["a", "b", "c"]);
    expect(drawn.slate).toMatchObject({ kind: "exact", propensities: Float64Array.of(1, 1, 1) });
    expect(drawn.found.items.map(({ score }) => score)).toEqual([5, 4, 3]);
  });

  it("several boosts of an item multiply", async () => {
    // Above the lowest score, 1: e.g. d has 1, times 2 times 3 is more than the 4 of a; times 3 alone is not.
    const both = [
      { itemIds: ["d"], factor: 2 },
      { categories: ["y"], factor: 3 },
    ];
    expect(idsOf(await draw("greedy:popularity", {}, rules({ boosts: both }), 1))[0]).toBe("d");
    expect(idsOf(await draw("greedy:popularity", {}, rules({ boosts: [both[1]!] }), 1))[0]).toBe("a");
  });

  it("keeps pins at their places with probability 1, also of items that no model knows, and fills up", async () => {
    const pins = [
      { itemId: "new", position: 1 },
      { itemId: "b", position: 0 },
      { itemId: "gone", position: 0 },
    ];
    const drawn = await draw("random", {}, { ...rules({ pins }), k: 3 }, 1);
    expect(idsOf(drawn).slice(0, 2)).toEqual(["b", "new"]);
    expect([...drawn.slate.propensities]).toEqual([1, 1, 1 / 4]);
    const whole = await draw("random", {}, { k: 7 }, 2);
    expect(idsOf(whole).slice(5)).toEqual(["new"]);
    expect([...whole.slate.propensities].slice(4)).toEqual([1 / 5, 1]);
    expect(whole.found.items.at(-1)!.servedBy).toBe("newest");
  });

  it("caps a category, with conditionals that multiply to how often a slate comes", async () => {
    const changes = { ...rules({ caps: [{ category: "x", most: 1 }] }), k: 3 };
    const seen = new Map<string, { count: number; probability: number }>();
    const draws = 3000;
    for (let seed = 0; seed < draws; seed++) {
      const drawn = await draw("softmax:popularity", {}, changes, seed);
      const shown = idsOf(drawn);
      expect(shown.filter((id) => ["a", "b", "c"].includes(id)).length).toBeLessThanOrEqual(1);
      const probability = drawn.slate.conditionals.reduce((product, p) => product * p, 1);
      const one = seen.get(shown.join()) ?? { count: 0, probability };
      seen.set(shown.join(), { count: one.count + 1, probability });
    }
    let total = 0;
    for (const { count, probability } of seen.values()) {
      total += probability;
      const deviation = Math.sqrt((probability * (1 - probability)) / draws);
      expect(Math.abs(count / draws - probability)).toBeLessThan(4.5 * deviation);
    }
    expect(total).toBeCloseTo(1, 6);
  });

  it("chooses among the best of a pool alone, and among what the filter leaves", async () => {
    for (let seed = 0; seed < 20; seed++) {
      expect(idsOf(await draw("random", {}, { k: 2 }, seed, 2)).sort()).toEqual(["a", "b"]);
      const filtered = await draw("random", {}, { k: 1, filter: { categories: ["y"], deny: ["new"] } }, seed);
      expect(["d", "e"]).toContain(idsOf(filtered)[0]);
      expect(filtered.slate.propensities[0]).toBe(0.5);
    }
  });
});

import { IdTableBuilder, interactionsFrom, parseConfig, Random, type Interactions } from "@sequitur/core";
import {
  applyFilters,
  filterConfigSchema,
  splitConfigSchema,
  splitInteractions,
  trajectoryNumbers,
  type EvaluationSet,
  type Split,
} from "@sequitur/data";
import type { Model } from "@sequitur/recommender";
import { beforeAll, describe, expect, it } from "vitest";
import { personal, personalConfig } from "../src/personal.js";
import { datasetFile, rankOf, readText } from "./leave-one-out.js";

const path = datasetFile("foursquare-nyc/dataset_TSMC2014_NYC.subset.txt.gz");

/** user, venue, category id, category, latitude, longitude, clock offset in minutes, UTC time; exact repeats dropped. */
function readCheckIns(file: string): Interactions {
  const lines = [...new Set(readText(file).split("\n"))].filter((line) => line !== "").map((line) => line.split("\t"));
  const users = new IdTableBuilder();
  const items = new IdTableBuilder();
  const columns = {
    users: Int32Array.from(lines, ([user]) => users.add(user!)),
    items: Int32Array.from(lines, ([, venue]) => items.add(venue!)),
    times: Float64Array.from(lines, (fields) => Date.parse(fields[7]!)),
  };
  return interactionsFrom({ users: users.table(), items: items.table(), itemColumns: {} }, columns);
}

/** Shares of answers ranked within 1, 5, 10 and 20, then the mean reciprocal rank. */
function accuracies(model: Model, set: EvaluationSet, tieShare: number): number[] {
  const size = model.catalog.items.size;
  const scores = model.score(set.queries);
  const ranks = Array.from({ length: set.queries.size }, (_, b) =>
    rankOf(scores.subarray(b * size, (b + 1) * size), set.targets.items[b]!, tieShare),
  );
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return [...[1, 5, 10, 20].map((k) => mean(ranks.map((rank) => (rank <= k ? 1 : 0)))), mean(ranks.map((r) => 1 / r))];
}

describe.skipIf(path === undefined)(`Foursquare NYC, trajectories${path === undefined ? " (no data)" : ""}`, () => {
  const cut = { cutHours: 24, cutFrom: "first" } as const;
  let split: Split;
  let bySession: Interactions;
  beforeAll(() => {
    const all = applyFilters(readCheckIns(path!), [filterConfigSchema.parse({ kind: "k-core", user: 10, item: 10 })]);
    split = splitInteractions(all, splitConfigSchema.parse({ kind: "trajectory", ...cut, boundary: "trajectory" }));
    bySession = { ...split.train, context: { session: trajectoryNumbers(split.train, cut) } };
  });

  async function measure(name: string, config: Record<string, unknown>, tieShare = 0.5): Promise<number[]> {
    const model = await personal.fit(bySession, parseConfig(personalConfig, config, name), { random: new Random(1) });
    const figures = accuracies(model, split.test, tieShare);
    process.stdout.write(`${name}: Acc@1, 5, 10, 20, MRR ${figures.map((figure) => figure.toFixed(4)).join(" ")}\n`);
    return figures;
  }

  it("asks what the published protocol asks", () => {
    expect([split.validation.queries.size, split.test.queries.size]).toEqual([1489, 1470]);
  });

  const reference = [0.2361, 0.5306, 0.6599, 0.7544, 0.3698];
  const alone = { countHistory: false, withinSession: true, maxGapHours: null };

  it("equals the reference: training counts, all weights 1, tied places behind the answer", async () => {
    const equal = { ...alone, markovWeight: 1, popularityWeight: 1 };
    const figures = await measure("personal, weights 1, tied places behind the answer", equal, 0);
    reference.forEach((figure, at) => expect(figures[at]).toBeCloseTo(figure, 4));
  });

  it("passes the reference from the same counts at its default weights, half of the ties before the answer", async () => {
    const figures = await measure("personal, default weights, training counts", alone);
    reference.forEach((figure, at) => expect(figures[at]).toBeGreaterThan(figure));
  });

  it("passes the reference with its defaults", async () => {
    const figures = await measure("personal, defaults", {});
    [0.24, 0.59, 0.72, 0.81, 0.395].forEach((figure, at) => expect(figures[at]).toBeGreaterThan(figure));
  });
});

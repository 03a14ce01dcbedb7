import { IdTableBuilder, interactionsFrom, parseConfig, Random, type Interactions } from "@sequitur/core";
import { applyFilters, filterConfigSchema, splitConfigSchema, splitInteractions, type Split } from "@sequitur/data";
import { beforeAll, describe, expect, it } from "vitest";
import { personal, personalConfig } from "../src/personal.js";
import { datasetFile, readText } from "./leave-one-out.js";
import { meanMetrics } from "./mean-metrics.js";

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
    context: { utcOffsetMinutes: Int16Array.from(lines, (fields) => Number(fields[6])) },
  };
  return interactionsFrom({ users: users.table(), items: items.table(), itemColumns: {} }, columns);
}

const METRICS = ["hit@1", "hit@5", "hit@10", "hit@20", "mrr"];

describe.skipIf(path === undefined)(`Foursquare NYC, trajectories${path === undefined ? " (no data)" : ""}`, () => {
  let split: Split;
  beforeAll(() => {
    const all = applyFilters(readCheckIns(path!), [filterConfigSchema.parse({ kind: "k-core", user: 10, item: 10 })]);
    const protocol = { kind: "trajectory", sessionGapHours: 24, sessionGapFrom: "first", boundary: "trajectory" };
    split = splitInteractions(all, splitConfigSchema.parse(protocol));
  });

  async function measure(name: string, config: Record<string, unknown>): Promise<number[]> {
    const model = await personal.fit(split.train, parseConfig(personalConfig, config, name), { random: new Random(1) });
    const figures = meanMetrics(model, split.test, METRICS);
    process.stdout.write(`${name}: Acc@1, 5, 10, 20, MRR ${figures.map((figure) => figure.toFixed(4)).join(" ")}\n`);
    return figures;
  }

  it("asks what the published protocol asks", () => {
    expect([split.validation.queries.size, split.test.queries.size]).toEqual([1489, 1470]);
  });

  const reference = [0.2361, 0.5306, 0.6599, 0.7544, 0.3698];
  const alone = {
    countHistory: false,
    withinSession: true,
    sessionGapHours: null,
    visitHalfLifeDays: null,
    ownTransitionWeight: 0,
  };

  it("equals the reference: training counts, transitions within trajectories, all weights 1", async () => {
    const equal = { ...alone, markovWeight: 1, popularityWeight: 1 };
    const figures = await measure("personal, weights 1, training counts", equal);
    reference.forEach((figure, at) => expect(figures[at]).toBeCloseTo(figure, 4));
  });

  it("passes the reference with its defaults", async () => {
    const figures = await measure("personal, defaults", {});
    [0.28, 0.64, 0.75, 0.82, 0.44].forEach((figure, at) => expect(figures[at]).toBeGreaterThan(figure));
  });

  it("gains from the next instant where it is given", async () => {
    const figures = await measure("personal, next instant given", { nextTime: "given" });
    [0.36, 0.69, 0.78, 0.83, 0.51].forEach((figure, at) => expect(figures[at]).toBeGreaterThan(figure));
  });
});

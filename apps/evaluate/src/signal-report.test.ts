import { idTable, interactionsFrom, Random, type Interactions } from "@sequitur/core";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { evaluateTiny, modelOf } from "./evaluate.fixture.js";
import { parseExperiment } from "./experiment.js";
import type { Report } from "./report.js";

const USERS = 60;
const ITEMS = 20;
const KINDS = ["view", "purchase"];

/** A shop whose front shelf (items 0-9) is viewed twelve times by each user and whose back shelf is bought from three times. */
function shop(): Interactions {
  const random = new Random("shop");
  const rows = Array.from({ length: USERS }, (_, user) =>
    Array.from({ length: 15 }, (_, step) => {
      const bought = step % 5 === 4;
      // The first items of each shelf more often than the last.
      const place = Math.floor(10 * random.uniform() ** 2);
      return { user, item: bought ? 10 + place : place, time: 1_000_000 * step + user, kind: bought ? 1 : 0 };
    }),
  ).flat();
  const shelf = Array.from({ length: ITEMS }, (_, item) => (item < 10 ? "front" : "back"));
  return interactionsFrom(
    {
      users: idTable(Array.from({ length: USERS }, (_, user) => `u${user}`)),
      items: idTable(shelf.map((_, item) => `i${item}`)),
      itemColumns: { attributes: { shelf, price: shelf.map((_, item) => (item === 3 ? null : item)) } },
      userAttributes: { tier: Array.from({ length: USERS }, (_, user) => (user % 3 === 0 ? "gold" : null)) },
      kinds: KINDS,
    },
    {
      users: Int32Array.from(rows, ({ user }) => user),
      items: Int32Array.from(rows, ({ item }) => item),
      times: Float64Array.from(rows, ({ time }) => time),
      context: { kind: Int32Array.from(rows, ({ kind }) => kind) },
    },
  );
}

let folder = "";
let reports = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signals-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function report(signals: string, fields: object = {}): Promise<Report> {
  const experiment = parseExperiment(
    {
      data: "shop",
      signals,
      models: ["popularity"],
      split: { kind: "ratio", train: 0.5, validation: 0.2 },
      metrics: ["ndcg", "ndcg-linear", "ndcg-exp"],
      k: [5],
      exclude: "nothing",
      resamples: 100,
      threads: 1,
      ...fields,
    },
    "test",
  );
  const source = { interactions: shop(), fingerprint: "shop", notes: [], revisits: true };
  return evaluateTiny(experiment, { out: join(folder, String(reports++)) }, { openData: async () => source });
}

function means(found: Report, by: string, metric = "ndcg@5", label = "popularity"): Record<string, number> {
  const breakdown = modelOf(found, label).breakdowns.find((one) => one.by === by)!;
  return Object.fromEntries(breakdown.groups.map(({ name, metrics }) => [name, metrics[metric]!.mean]));
}

describe("what a report says of signals and attributes", () => {
  let buying: Report;
  let viewing: Report;
  beforeAll(async () => {
    buying = await report("view=1,purchase=9");
    viewing = await report("view=1,purchase=1.5");
  });

  test("whether purchases are ranked as well as views", () => {
    const by = "kind of event of the right item";
    expect(means(buying, by)["purchase"]).toBeGreaterThan(means(buying, by)["view"]! + 0.2);
    expect(means(viewing, by)["view"]).toBeGreaterThan(means(viewing, by)["purchase"]! + 0.2);
  });

  test("gains by value: what ranks the purchases is worth more the more a purchase is worth", () => {
    const { metrics } = modelOf(buying, "popularity");
    expect(metrics["ndcg-linear@5"]!.mean).toBeGreaterThan(metrics["ndcg@5"]!.mean + 0.05);
    expect(metrics["ndcg-exp@5"]!.mean).toBeGreaterThan(metrics["ndcg-linear@5"]!.mean);
  });

  test("attributes of items and users part the answers and the questions", () => {
    expect(Object.keys(means(buying, "shelf of the right item")).sort()).toEqual(["back", "front"]);
    expect(means(buying, "shelf of the right item")["back"]).toBeGreaterThan(
      means(buying, "shelf of the right item")["front"]!,
    );
    expect(Object.keys(means(buying, "price of the right item")).length).toBeGreaterThan(3);
    expect(Object.keys(means(buying, "tier of the user"))).toEqual(["gold", "(none)"]);
  });

  test("right answers of one kind alone", async () => {
    const only = await report("view=1,purchase=9", {
      targets: { kinds: "purchase" },
      tune: { metric: "ndcg-exp@5", trials: 2 },
    });
    expect(only.protocol.notes.join()).toMatch(/kind purchase alone: (\d+) of 60 test queries/);
    expect(modelOf(only, "popularity").metrics["ndcg@5"]!.mean).toBeCloseTo(
      means(buying, "kind of event of the right item")["purchase"]!,
      12,
    );
    await expect(report("view=1,purchase=9", { targets: { kinds: ["cart"] } })).rejects.toThrow(
      'no event is of kind "cart" (the data has view, purchase)',
    );
    await expect(report("view=1,purchase=negative", { targets: { kinds: ["purchase"] } })).rejects.toThrow(
      "no validation question has an answer of kind purchase",
    );
  });

  test("a model without the values of events counts a purchase like a view, beside the same with them", async () => {
    const both = await report("view=1,purchase=9", {
      models: ["popularity", { name: "popularity", label: "alike", without: ["value"] }],
    });
    const by = "kind of event of the right item";
    expect(means(both, by)).toEqual(means(buying, by));
    const alike = means(both, by, "ndcg@5", "alike");
    expect(alike["view"]).toBeGreaterThan(alike["purchase"]! + 0.2);
  });

  test("a graded metric is refused where every event counts alike", async () => {
    await expect(report("view=1,purchase=1")).rejects.toThrow(
      /ndcg-linear@5 needs answers of different worth.*signals/,
    );
  });
});

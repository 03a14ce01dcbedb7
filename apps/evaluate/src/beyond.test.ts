import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { evaluateTiny, modelOf, planted, reportFolder } from "./evaluate.fixture.js";
import type { Report } from "./report.js";
import { TINY_ITEMS, tinySource } from "./tiny-data.fixture.js";

/** The ring with a price on each item and stars on each event. */
function priced() {
  const source = tinySource();
  const { interactions } = source;
  const { catalog } = interactions;
  const attributes = {
    price: Array.from({ length: TINY_ITEMS }, (_, item) => item),
    brand: Array(TINY_ITEMS).fill("x"),
  };
  const weight = Float32Array.from(interactions.items, (item) => 1 + (item % 5));
  return {
    ...source,
    interactions: {
      ...interactions,
      context: { weight },
      catalog: { ...catalog, itemColumns: { ...catalog.itemColumns, attributes } },
    },
  };
}

async function evaluated(fields: object): Promise<{ readonly report: Report; readonly page: string }> {
  const out = await reportFolder();
  const experiment = planted(["follower", "noise", "constant"], {
    k: [1, 5],
    metric: "ndcg@5",
    keepLists: 5,
    ...fields,
  });
  const report = await evaluateTiny(experiment, { out }, { openData: async () => priced() });
  return { report, page: await readFile(join(out, "report.html"), "utf8") };
}

test("lists are measured by what was right, and the revisits apart from what is new", async () => {
  const { report, page } = await evaluated({ value: "price" });
  const of = (label: string) => modelOf(report, label).lists;
  expect(of("follower")["value@1"]).toBeGreaterThan(2 * of("noise")["value@1"]!);
  expect(of("follower")["personalisation@1"]).toBeGreaterThan(0.5);
  expect(of("constant")["personalisation@1"]).toBeLessThan(0.1);
  expect(of("follower")["serendipity@1"]).toBeGreaterThan(of("noise")["serendipity@1"]!);
  for (const label of ["follower", "noise", "constant"]) {
    expect(of(label)["exposure-fairness@5"]).toBeLessThanOrEqual(1);
    expect(of(label)["user-gap@5"] ?? 0).toBeGreaterThanOrEqual(0);
  }
  expect(page).toContain("Fairness of exposure");
  const revisits = modelOf(report, "follower").breakdowns.find(({ by }) => by === "right item had before");
  expect(revisits?.groups.map(({ name }) => name)).toEqual(["new to the user", "revisit"]);
  expect(revisits?.groups.reduce((sum, { queries }) => sum + queries, 0)).toBe(report.protocol.queries.test);
});

test("the value is a numeric attribute of the items", async () => {
  await expect(evaluated({ value: "brand" })).rejects.toThrow(
    'attribute brand must hold numbers to be summed, got "x"',
  );
  await expect(evaluated({ value: "weight" })).rejects.toThrow('got "weight" and price, brand.');
});

test("scores are judged as ratings or as probabilities where they are such", async () => {
  const rated = await evaluated({ scores: "rating" });
  const { rmse, mae, rated: share } = modelOf(rated.report, "constant").lists;
  expect(share).toBe(1);
  expect(rmse).toBeGreaterThanOrEqual(mae!);
  expect(rated.page).toContain("RMSE");
  const { report, page } = await evaluated({ scores: "probability" });
  expect(modelOf(report, "follower").lists["pooled-ap@5"]).toBeGreaterThan(
    modelOf(report, "noise").lists["pooled-ap@5"]!,
  );
  expect(
    modelOf(report, "noise")
      .pooled.map(({ name }) => name)
      .sort(),
  ).toEqual(["even", "odd"]);
  expect(page).toContain("Scores of noise by category");
});

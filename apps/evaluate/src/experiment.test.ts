import { PlatformError } from "@sequitur/core";
import { expect, test } from "vitest";
import { experimentSchema, labelOf, parseExperiment } from "./experiment.js";
import { metricNames } from "./metric-names.js";

function problem(value: unknown): string {
  try {
    metricNames(parseExperiment(value, "x.json"));
  } catch (error) {
    if (error instanceof PlatformError && error.code === "bad-config") return error.message;
    throw error;
  }
  throw new Error("expected a refusal");
}

test("one value stands for a list, a string for an object, and defaults are filled", () => {
  const experiment = parseExperiment({ data: "ml-100k", models: "ease", k: 10, seed: 7, split: "temporal" }, "x.json");
  expect(experiment).toMatchObject({
    data: { name: "ml-100k" },
    models: [{ name: "ease", config: {} }],
    k: [10],
    seed: [7],
    split: { kind: "temporal" },
    exclude: "auto",
  });
});

test("without models all baselines take part, and only those", () => {
  const { models } = parseExperiment({}, "x.json");
  expect(models.map(labelOf)).toEqual([
    "popularity",
    "markov",
    "item-knn",
    "ease",
    "session-knn",
    "co-occurrence",
    "personal",
  ]);
});

test("a resolved experiment gives itself when parsed again", () => {
  const once = parseExperiment({ models: ["popularity", { name: "ease", config: { l2: 3 } }], oracle: true }, "x.json");
  expect(parseExperiment(JSON.parse(JSON.stringify(once)), "x.json")).toEqual(once);
});

test("a misspelt key names the nearest known one, where it is", () => {
  expect(problem({ modles: ["ease"], models: "ease" })).toBe('x.json: unknown key "modles": did you mean "models".');
  expect(problem({ models: "ease", tune: { trails: 3 } })).toContain(
    'unknown key "trails" in tune: did you mean "trials"',
  );
  expect(problem({ models: [{ name: "ease", lable: "e" }] })).toContain(
    'unknown key "lable" in models.0: did you mean "label"',
  );
  expect(problem({ models: "ease", split: { kind: "leave-one-out", histroy: "all" } })).toContain(
    'did you mean "history"',
  );
});

test("wrong values say field, expectation and what came", () => {
  expect(problem({ models: "ease", k: 0 })).toMatch(/^x\.json: k\.0: .*>=1, got 0\.$/);
  expect(problem({ models: "ease", exclude: "all" })).toMatch(/exclude: .*"seen".*got "all"/);
  expect(problem({ models: [] })).toContain("models:");
  expect(problem({ models: "ease", metrics: "ndgc" })).toContain('"ndgc"');
  expect(problem({ models: "ease", metric: "ndcg@7" })).toContain("metric must be one of");
  expect(problem({ models: "ease", tune: { metric: "hit" } })).toContain('"hit"');
});

test("an unknown model is refused, unless a module brings it", () => {
  expect(problem({ models: ["ease", "popularty"] })).toMatch(/^x\.json: no model is called "popularty"; did you mean/);
  const own = parseExperiment({ models: { name: "mine", module: "./mine.js" } }, "x.json");
  expect(own.models.map(labelOf)).toEqual(["mine"]);
});

test("labels are distinct, the baseline takes part, the oracle needs a city", () => {
  expect(problem({ models: ["ease", "ease"] })).toContain('"ease" twice');
  expect(problem({ models: ["ease"], baseline: "markov" })).toContain('got "markov"');
  expect(problem({ models: ["ease"], data: "ml-100k", oracle: true })).toContain("needs the data set city");
});

test("the leaderboard is ordered by ndcg@10 where there is one", () => {
  const names = (value: object) => metricNames(parseExperiment({ models: "ease", ...value }, "x.json"));
  expect(names({}).main).toBe("ndcg@10");
  expect(names({ k: [3, 7] }).main).toBe("ndcg@3");
  expect(names({ metrics: "recall" }).main).toBe("recall@5");
  expect(names({ metrics: ["ndcg", "mrr"], k: [5, 10] }).compared).toEqual(["ndcg@10", "mrr@10"]);
});

test("every field is described", () => {
  const bare = Object.entries(experimentSchema.shape).filter(([, field]) => !field.description);
  expect(bare.map(([name]) => name)).toEqual([]);
});

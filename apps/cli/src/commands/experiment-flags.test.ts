import { expect, test } from "vitest";
import { experimentOf } from "./experiment-flags.js";

test("flags alone make an experiment", () => {
  expect(
    experimentOf(
      undefined,
      { data: "nyc", from: "x", models: ["ease"], k: [5], seed: [1, 2], tune: 10 },
      "command line",
    ),
  ).toEqual({ data: { name: "nyc", from: "x" }, models: ["ease"], k: [5], seed: [1, 2], tune: { trials: 10 } });
});

test("flags go on top of a file; data and tune keep their other fields", () => {
  const file = { data: "nyc", tune: { trials: 5, metric: "mrr" }, models: ["ease"], k: [10], breakdowns: true };
  const flags = { from: "copy", tune: 20, k: [5], breakdowns: false, filter: [{ kind: "k-core" }] };
  expect(experimentOf(file, flags, "file")).toEqual({
    data: { name: "nyc", from: "copy" },
    tune: { trials: 20, metric: "mrr" },
    models: ["ease"],
    k: [5],
    breakdowns: false,
    filters: [{ kind: "k-core" }],
  });
  expect(file.k).toEqual([10]);
});

test("short forms are written out for --set", () => {
  const flags = { models: ["ease", "bpr"], split: { kind: "temporal" }, data: "nyc" };
  const set = { "models.bpr.config.dimension": 16, "split.testFrom": 0.9, "data.datasetsDir": "sets" };
  expect(experimentOf(undefined, { ...flags, set }, "command line")).toEqual({
    models: [{ name: "ease" }, { name: "bpr", config: { dimension: 16 } }],
    split: { kind: "temporal", testFrom: 0.9 },
    data: { name: "nyc", datasetsDir: "sets" },
  });
});

test("a report gives its own experiment back", () => {
  const report = { format: "sequitur-report/1", title: "t", config: { models: ["ease"], k: [5] } };
  expect(experimentOf(report, { k: [10] }, "report.json")).toEqual({ models: ["ease"], k: [10] });
});

test("what is no object is refused", () => {
  expect(() => experimentOf([1], {}, "list.json")).toThrow("list.json: expected an object");
  expect(() => experimentOf({ format: "sequitur-report/1" }, {}, "r.json")).not.toThrow();
});

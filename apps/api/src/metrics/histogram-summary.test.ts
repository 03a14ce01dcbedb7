import { Histogram, Registry } from "prom-client";
import { expect, it } from "vitest";
import { summaryOf } from "./histogram-summary.js";

it("sums the series that pass, and finds quantiles within their buckets", async () => {
  const histogram = new Histogram({
    name: "h",
    help: "h",
    labelNames: ["route"],
    buckets: [1, 2, 4],
    registers: [new Registry()],
  });
  for (const value of [0.5, 0.5, 1.5, 1.5]) histogram.observe({ route: "a" }, value);
  histogram.observe({ route: "b" }, 3);
  histogram.observe({ route: "c" }, 100);
  const { values } = await histogram.get();
  const both = summaryOf(values, ({ route }) => route !== "c");
  expect(both.count).toBe(5);
  expect(both.quantile(0.2)).toBeCloseTo(0.5);
  expect(both.quantile(0.6)).toBeCloseTo(1.5);
  expect(both.quantile(1)).toBeCloseTo(4);
  expect(summaryOf(values, () => true).quantile(1)).toBe(4);
  const none = summaryOf(values, () => false);
  expect(none.count).toBe(0);
  expect(none.quantile(0.5)).toBeNaN();
});

import { Random } from "@sequitur/core";
import { canonicalJson } from "@sequitur/workbench";
import { expect, test } from "vitest";
import { drawConfigs } from "./search-space.js";

const space = {
  width: { kind: "integer", min: 1, max: 4 },
  learningRate: { kind: "number", min: 1e-4, max: 1e-1, log: true },
  loss: { kind: "choice", values: ["bpr", "bce"] },
} as const;

test("the given config comes first and its fields stay fixed in every draw", () => {
  const configs = drawConfigs({ loss: "bce", seed: 3 }, space, 20, new Random(1));
  expect(configs).toHaveLength(20);
  expect(configs[0]).toEqual({ loss: "bce", seed: 3 });
  for (const config of configs.slice(1)) expect(config).toMatchObject({ loss: "bce", seed: 3 });
});

test("draws stay in their ranges and reach both ends of an integer range", () => {
  const configs = drawConfigs({}, space, 400, new Random(2)).slice(1);
  const widths = new Set(configs.map((config) => config["width"]));
  expect([...widths].map(String).sort()).toEqual(["1", "2", "3", "4"]);
  const rates = configs.map((config) => config["learningRate"] as number);
  expect(Math.min(...rates)).toBeGreaterThanOrEqual(1e-4);
  expect(Math.max(...rates)).toBeLessThanOrEqual(1e-1);
  // Uniform in the logarithm: half of the draws lie below the geometric middle.
  const below = rates.filter((rate) => rate < Math.sqrt(1e-4 * 1e-1)).length / rates.length;
  expect(below).toBeGreaterThan(0.4);
  expect(below).toBeLessThan(0.6);
});

test("a log range of integers draws its ends about as often as its share of the logarithm says", () => {
  const range = { n: { kind: "integer", min: 1, max: 1000, log: true } } as const;
  const draws = Array.from({ length: 2000 }, (_, i) => drawConfigs({}, range, 2, new Random(i))[1]!["n"] as number);
  expect(Math.min(...draws)).toBe(1);
  expect(Math.max(...draws)).toBeLessThanOrEqual(1000);
  const ones = draws.filter((n) => n === 1).length / draws.length;
  expect(ones).toBeCloseTo(Math.log(2) / Math.log(1001), 1);
});

test("a small space is used up without repeats, and a longer search begins with the shorter one's draws", () => {
  const small = { loss: { kind: "choice", values: ["a", "b", "c"] } } as const;
  const all = drawConfigs({}, small, 50, new Random(3));
  expect(new Set(all.map((config) => config["loss"]))).toEqual(new Set([undefined, "a", "b", "c"]));
  const short = drawConfigs({}, space, 5, new Random(4));
  expect(drawConfigs({}, space, 9, new Random(4)).slice(0, 5)).toEqual(short);
});

test("a draw that spells out the defaults of the given config is no second trial", () => {
  const small = { loss: { kind: "choice", values: ["a", "b"] } } as const;
  const resolve = (config: object): object => ({ loss: "a", ...config });
  expect(drawConfigs({}, small, 9, new Random(5), resolve as never)).toEqual([{}, { loss: "b" }]);
});

test("canonical JSON does not depend on the order of keys", () => {
  expect(canonicalJson({ b: [1, { d: 1, c: 2 }], a: null })).toBe(canonicalJson({ a: null, b: [1, { c: 2, d: 1 }] }));
  expect(canonicalJson({ a: [1, 2] })).not.toBe(canonicalJson({ a: [2, 1] }));
});

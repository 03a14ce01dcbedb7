import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseConfig } from "./config.js";
import { PlatformError, throwIfCancelled } from "./errors.js";

const schema = z.strictObject({
  k: z.int().min(1).default(10),
  decay: z.strictObject({ days: z.number() }).optional(),
});

describe("parseConfig", () => {
  it("fills defaults and names every field that is wrong", () => {
    expect(parseConfig(schema, {}, "x.json")).toEqual({ k: 10 });
    expect(() => parseConfig(schema, { k: 0, decay: { days: "1" } }, "x.json")).toThrow(/^x.json: k: .*; decay.days: /);
    expect(() => parseConfig(schema, { depth: 1 }, "x.json")).toThrow('unknown key "depth": known keys are k, decay.');
    expect(() => parseConfig(schema, { decai: {} }, "x.json")).toThrow('unknown key "decai": did you mean "decay".');
    expect(() => parseConfig(schema, { decay: { dais: 1 } }, "x.json")).toThrow(
      'unknown key "dais" in decay: did you mean "days"',
    );
    expect(() => parseConfig(schema, [], "x.json")).toThrow(PlatformError);
  });
});

it("parseConfig names the key that took an old one's place, inside unions and refined schemas too", () => {
  const learning = z
    .number()
    .default(1)
    .meta({ description: "of the first step", formerly: ["rate", "lr"] });
  const inner = z.strictObject({ learningRate: learning }).superRefine(() => undefined);
  const outer = z.strictObject({ model: inner.nullable().prefault({}), other: z.number().optional() });
  const renamed = 'unknown key "rate": it is now called "learningRate".';
  expect(() => parseConfig(inner, { rate: 2 }, "config")).toThrow(renamed);
  expect(() =>
    parseConfig(
      z.preprocess((given) => given, inner),
      { lr: 2 },
      "config",
    ),
  ).toThrow(/called "learningRate"/);
  expect(() => parseConfig(outer, { model: { rate: 2 } }, "config")).toThrow(/"rate" in model: it is now called/);
});

it("parseConfig names the keys of the branch that is meant, not those of its siblings", () => {
  const split = z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("ratio"), train: z.number().default(0.8) }),
    z.strictObject({ kind: z.literal("random"), test: z.number().default(0.1) }),
  ]);
  const parse = (value: unknown) => parseConfig(z.strictObject({ split }), { split: value }, "x");
  expect(() => parse({ kind: "ratio", test: 0.3 })).toThrow(
    'x: unknown key "test" in split: known keys are kind, train.',
  );
  expect(() => parse({ kind: "random", tset: 0.3 })).toThrow('x: unknown key "tset" in split: did you mean "test".');
});

describe("throwIfCancelled", () => {
  it("throws only after the abort", () => {
    const control = new AbortController();
    expect(() => throwIfCancelled(undefined)).not.toThrow();
    expect(() => throwIfCancelled(control.signal)).not.toThrow();
    control.abort();
    expect(() => throwIfCancelled(control.signal)).toThrow("the work was cancelled.");
  });
});

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
    expect(() => parseConfig(schema, { depth: 1 }, "x.json")).toThrow(/depth/);
    expect(() => parseConfig(schema, [], "x.json")).toThrow(PlatformError);
  });
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

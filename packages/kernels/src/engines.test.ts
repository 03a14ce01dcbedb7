import { expect, it } from "vitest";
import { engineFor } from "./engines.js";

it("engineFor keeps an engine for each number of threads, and replaces one whose helpers hang", async () => {
  const engine = engineFor(2);
  expect(engineFor(2)).toBe(engine);
  expect(engineFor(1)).not.toBe(engine);
  Object.defineProperty(engine, "usable", { value: false });
  const next = engineFor(2);
  expect(next).not.toBe(engine);
  expect(next.usable).toBe(true);
  await Promise.all([engine.close(), next.close()]);
});

import { expect, it, vi } from "vitest";

const imported = vi.hoisted(() => [] as string[]);
vi.mock("@sequitur/baselines", async (original) => {
  imported.push("baselines");
  return original();
});

it("imports a model's package when it is first asked for, not before", async () => {
  const { loadRecommender, recommenderNames } = await import("./index.js");
  expect(recommenderNames).toContain("ease");
  await expect(loadRecommender("no-such-model")).rejects.toThrow(/no model/);
  expect(imported).toEqual([]);
  await loadRecommender("ease");
  expect(imported).toEqual(["baselines"]);
});

import { expect, test } from "vitest";
import { keptOutput } from "./io.fixture.js";
import { wantsColor } from "./io.js";

test("colour is for terminals; NO_COLOR wins over all, FORCE_COLOR over the terminal", () => {
  const [terminal, pipe] = [keptOutput(true), keptOutput()];
  expect([wantsColor(terminal, {}), wantsColor(pipe, {})]).toEqual([true, false]);
  expect(wantsColor(terminal, { NO_COLOR: "1", FORCE_COLOR: "1" })).toBe(false);
  expect(wantsColor(terminal, { NO_COLOR: "" })).toBe(true);
  expect([wantsColor(pipe, { FORCE_COLOR: "1" }), wantsColor(terminal, { FORCE_COLOR: "0" })]).toEqual([true, false]);
  expect(wantsColor(terminal, { TERM: "dumb" })).toBe(false);
});

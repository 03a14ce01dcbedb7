import { expect, test } from "vitest";
import { statWords } from "./stat-words.js";

test("known statistics get names and units, unknown ones stay as they are", () => {
  const words = statWords({
    users: 943,
    density: 0.0630466,
    perUser: { min: 20, median: 65.5, max: 737 },
    firstTime: Date.UTC(1997, 8, 20, 3, 5),
    lastTime: null,
    extra: "as given",
  });
  expect(words).toEqual([
    ["users", "943"],
    ["density", "6.3%"],
    ["interactions per user", "20 to 737, median 65.5"],
    ["first", "1997-09-20 03:05 UTC"],
    ["last", "–"],
    ["extra", "as given"],
  ]);
});

test("a share too small for a percent keeps its digits; odd values do not break the table", () => {
  expect(statWords({ density: 0.000012, perUser: "?", firstTime: 1e20 })).toEqual([
    ["density", "0.0012%"],
    ["interactions per user", "?"],
    ["first", "–"],
  ]);
});

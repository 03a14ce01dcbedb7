import { idTable, interactionsFrom } from "@sequitur/core";
import { splitConfigSchema, splitInteractions } from "@sequitur/data";
import { expect, test } from "vitest";
import { withWantedAnswers } from "./wanted-answers.js";

test("what is known of an answer goes with it: its kind and its rating", () => {
  const catalog = {
    users: idTable(["u"]),
    items: idTable(["a", "b", "c", "d"]),
    itemColumns: {},
    kinds: ["view", "buy"],
  };
  const whole = interactionsFrom(catalog, {
    users: new Int32Array(4),
    items: Int32Array.of(0, 1, 2, 3),
    times: Float64Array.of(0, 1, 2, 3),
    context: {
      kind: Int32Array.of(0, 0, 0, 1),
      weight: Float32Array.of(1, 2, 3, 4),
      part: Int8Array.of(0, 0, 2, 2),
    },
  });
  const split = splitInteractions(whole, splitConfigSchema.parse({ kind: "given" }));
  expect([...split.test.targetRatings!]).toEqual([3, 4]);
  const { targets, targetKinds, targetRatings } = withWantedAnswers(split, { targets: { kinds: ["buy"] } }).test;
  expect([[...targets.items], [...targetKinds!], [...targetRatings!]]).toEqual([[3], [1], [4]]);
});

import { idTable, kindOfSlate, listOf, NONE } from "@sequitur/core";
import { expect, it } from "vitest";
import type { ShownSlate } from "./read-slates.js";
import { slateLogOf } from "./slate-log.js";

const catalog = { items: idTable(["a", "b", "c"]), users: idTable(["u", "v"]), itemColumns: {} };

function slate(
  userId: string | undefined,
  time: number,
  items: Readonly<Record<string, [string, number, number][]>>,
): ShownSlate {
  const impressions = Object.entries(items).map(([itemId, feedback], position) => ({
    itemId,
    position,
    policy: "top",
    propensityKind: position === 0 ? ("exact" as const) : ("unknown" as const),
    ...(position === 0 && { propensity: 0.5 }),
    feedback: feedback.map(([kind, value, at]) => ({ kind, value, time: at })),
  }));
  return { requestId: `${time}`, ...(userId !== undefined && { userId }), time, kind: "slates", impressions };
}

it("makes a slate log of what was shown to known users, with the first reaction as the click", () => {
  const log = slateLogOf(catalog, [
    slate("v", 3, {
      a: [["click", 1, 9]],
      b: [
        ["view", 1, 4],
        ["click", 1, 5],
      ],
    }),
    slate("u", 4, { c: [["click", 0, 5]], gone: [], b: [] }),
    slate(undefined, 5, { a: [["click", 1, 6]] }),
    slate("stranger", 6, { a: [] }),
    slate("u", 2, { b: [["view", 1, 3]], c: [] }),
  ]);
  expect([...log.users]).toEqual([0, 0, 1]);
  expect([0, 1, 2].map((row) => [...listOf(log, row)])).toEqual([
    [1, 2],
    [2, NONE, 1],
    [0, 1],
  ]);
  expect([...log.clicks]).toEqual([NONE, NONE, 1]);
  expect([...log.propensities!]).toEqual([0.5, NaN, 0.5, NaN, NaN, 0.5, NaN]);
  expect([0, 1, 2].map((row) => kindOfSlate(log, row))).toEqual(["exact", "exact", "exact"]);
  expect([...slateLogOf(catalog, [slate("u", 2, { b: [["view", 1, 3]] })], ["view"]).clicks]).toEqual([0]);
});

import { describe, expect, it } from "vitest";
import { idTable, NONE } from "./id-table.js";
import { listOf } from "./ragged.js";
import { clicksOf, kindOfSlate, selectSlates, slateLogFrom, type SlateColumns } from "./slate-log.js";

const catalog = { items: idTable(["a", "b", "c"]), users: idTable(["u", "v"]), itemColumns: {} };
const columns: SlateColumns = {
  users: Int32Array.of(1, 0, 0),
  times: Float64Array.of(5, 9, 2),
  offsets: Int32Array.of(0, 2, 3, 6),
  items: Int32Array.of(0, 1, 2, 1, NONE, 0),
  clicks: Int32Array.of(1, NONE, 1),
  propensities: Float64Array.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6),
};

describe("slateLogFrom", () => {
  it("sorts by user and time, slates and propensities along", () => {
    const log = slateLogFrom(catalog, columns);
    expect([...log.times]).toEqual([2, 9, 5]);
    expect([0, 1, 2].map((row) => [...listOf(log, row)])).toEqual([[1, NONE, 0], [2], [0, 1]]);
    expect([...log.propensities!]).toEqual([0.4, 0.5, 0.6, 0.3, 0.1, 0.2]);
    expect([...log.clicks]).toEqual([1, NONE, 1]);
    expect([...log.userOffsets]).toEqual([0, 2, 3]);
    expect([...selectSlates(log, Int32Array.of(0, 2)).items]).toEqual([1, NONE, 0, 0, 1]);
  });

  it("carries every probability and its kind along, and reads the kind off the numbers where none is given", () => {
    const unknown = [NaN, NaN, 0.3, NaN, NaN, NaN];
    const log = slateLogFrom(catalog, {
      ...columns,
      propensities: Float64Array.from(unknown),
      conditionals: Float64Array.of(NaN, NaN, NaN, 0.5, 1, 1),
      standardErrors: Float64Array.of(NaN, NaN, 0.1, NaN, NaN, NaN),
    });
    expect([0, 1, 2].map((row) => kindOfSlate(log, row))).toEqual(["exact", "estimated", "unknown"]);
    expect([...log.conditionals!]).toEqual([0.5, 1, 1, NaN, NaN, NaN]);
    expect([...log.standardErrors!]).toEqual([NaN, NaN, NaN, 0.1, NaN, NaN]);
    const { propensities: _, ...bare } = columns;
    expect([...slateLogFrom(catalog, bare).kinds]).toEqual([0, 0, 0]);
    expect([...selectSlates(log, Int32Array.of(1)).kinds]).toEqual([2]);
  });

  it("gives the clicks on known items as interactions", () => {
    const clicks = clicksOf(slateLogFrom(catalog, columns));
    expect([[...clicks.users], [...clicks.items], [...clicks.times]]).toEqual([[1], [1], [5]]);
  });

  it.each<[string, Partial<SlateColumns>, string]>([
    [
      "a duplicate",
      { items: Int32Array.of(0, 0, 2, 1, NONE, 0) },
      "items of a slate must be distinct, got item 0 again at position 1 of slate 0.",
    ],
    [
      "a click outside",
      { clicks: Int32Array.of(2, NONE, 1) },
      "a click must be NONE or a position in [0, 2), got 2 in slate 0.",
    ],
    [
      "propensity 0",
      { propensities: Float64Array.of(0, 0.2, 0.3, 0.4, 0.5, 0.6) },
      "propensities must be in (0, 1] or NaN, got 0 at position 0 of slate 0.",
    ],
    [
      "propensity 1.5",
      { propensities: Float64Array.of(0.1, 1.5, 0.3, 0.4, 0.5, 0.6) },
      "propensities must be in (0, 1] or NaN, got 1.5 at position 1 of slate 0.",
    ],
    [
      "conditional 0",
      { conditionals: Float64Array.of(0.1, NaN, 0, 0.4, 0.5, 0.6) },
      "conditionals must be in (0, 1] or NaN, got 0 at position 0 of slate 1.",
    ],
    [
      "a negative error",
      { standardErrors: Float64Array.of(0.1, -1, 0, 0.4, 0.5, 0.6) },
      "standardErrors must be at least 0 or NaN, got -1 at position 1 of slate 0.",
    ],
    [
      "an unknown kind with a propensity",
      { kinds: Uint8Array.of(1, 1, 0) },
      "a slate of unknown kind must have no probabilities, got some in slate 0.",
    ],
    [
      "a strange item",
      { items: Int32Array.of(0, 3, 2, 1, NONE, 0) },
      "item must be NONE or in [0, 3), got 3 at position 1 of slate 0.",
    ],
    ["a strange user", { users: Int32Array.of(1, 2, 0) }, "user must be in [0, 2), got 2 in slate 1."],
    ["no time", { times: Float64Array.of(5, NaN, 2) }, "time must be a finite number of ms, got NaN in slate 1."],
    ["falling offsets", { offsets: Int32Array.of(0, 3, 2, 6) }, "offsets must ascend from 0, got 3, 2 in slate 1."],
    ["a short column", { clicks: Int32Array.of(1, 0) }, "column clicks of a slate log must have 3 values, got 2."],
  ])("refuses %s", (_, change, message) => {
    expect(() => slateLogFrom(catalog, { ...columns, ...change })).toThrow(
      expect.objectContaining({ code: "bad-data", message }),
    );
  });
});

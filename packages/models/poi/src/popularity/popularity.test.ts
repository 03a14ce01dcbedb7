import { idTable, interactionsFrom, Random, type Interactions } from "@sequitur/core";
import { describe, expect, it } from "vitest";
import { flowMap, rowNormalised, selfLoops } from "../graph/flow-map.js";
import { trajectoriesOf } from "../training/windows.js";
import { placePopularity, popularityOf, recentFrom, type PopularityOptions, type Tally } from "./popularity.js";

const HOUR = 3_600_000;
const blend: PopularityOptions = { formula: "recent", alpha: 0.67, beta: 0.67, recentFraction: 0.25 };
const counts: PopularityOptions = { ...blend, formula: "counts" };

/** 12 users who walk about 15 places at random; a trajectory ends where more than 24 h pass. */
function walks(seed: string): Interactions {
  const random = new Random(seed);
  const [users, items, times] = [[] as number[], [] as number[], [] as number[]];
  for (let user = 0; user < 12; user++) {
    let time = random.uniform() * 1000 * HOUR;
    for (let at = 0; at < 40; at++) {
      time += random.uniform() < 0.2 ? 30 * HOUR : HOUR;
      users.push(user);
      items.push(random.integer(15));
      times.push(time);
    }
  }
  const ids = (of: string, size: number) => idTable(Array.from({ length: size }, (_, at) => `${of}${at}`));
  return interactionsFrom(
    { users: ids("u", 12), items: ids("p", 16), itemColumns: {} },
    { users: Int32Array.from(users), items: Int32Array.from(items), times: Float64Array.from(times) },
  );
}

const train = walks("popularity");
const trajectories = trajectoriesOf(train, 24);

/** The tally of the rows given, the slow way. */
function slowTally(rows: readonly number[]): Tally {
  const from = recentFrom(train, 0.25);
  const part = (recent: boolean): number[] => rows.filter((row) => train.times[row]! >= from === recent);
  const users = (of: number[]): number => new Set(of.map((row) => train.users[row])).size;
  const [recent, past] = [part(true), part(false)];
  return {
    recentUsers: users(recent),
    recentCheckIns: recent.length,
    pastUsers: users(past),
    pastCheckIns: past.length,
  };
}

const rows = Array.from({ length: train.size }, (_, row) => row);
const isStep = (row: number): boolean => row > 0 && trajectories[row] === trajectories[row - 1];

describe("popularity", () => {
  const tally = { recentUsers: 2, recentCheckIns: 5, pastUsers: 3, pastCheckIns: 11 };

  it("counts users only at alpha 1, check-ins only at 0, and no past at beta 1", () => {
    expect(popularityOf(tally, { ...blend, alpha: 1, beta: 0.5 })).toBe(0.5 * 2 + 0.5 * 3);
    expect(popularityOf(tally, { ...blend, alpha: 0, beta: 0.5 })).toBe(0.5 * 5 + 0.5 * 11);
    expect(popularityOf(tally, { ...blend, beta: 1 })).toBeCloseTo(0.67 * 2 + 0.33 * 5, 12);
    expect(popularityOf({ ...tally, pastUsers: 90, pastCheckIns: 900 }, { ...blend, beta: 1 })).toBe(
      popularityOf(tally, { ...blend, beta: 1 }),
    );
  });

  it.each(Object.keys(tally) as (keyof Tally)[])("grows with %s", (key) => {
    for (const options of [blend, { ...blend, alpha: 0.2, beta: 0.9 }]) {
      expect(popularityOf({ ...tally, [key]: tally[key] + 1 }, options)).toBeGreaterThan(popularityOf(tally, options));
    }
  });

  it("equals the slow sum over the check-ins of each place", () => {
    const weights = placePopularity(train, blend);
    for (let place = 0; place < 16; place++) {
      const wanted = popularityOf(slowTally(rows.filter((row) => train.items[row] === place)), blend);
      expect(weights[place]).toBeCloseTo(wanted, 5);
    }
    expect(weights[15]).toBe(0);
  });
});

describe("the flow map", () => {
  it("equals the slow sum over the steps inside trajectories", () => {
    const map = flowMap(train, trajectories, blend);
    for (let from = 0; from < 16; from++) {
      const wanted = new Map<number, number>();
      for (let to = 0; to < 16; to++) {
        const steps = rows.filter((row) => isStep(row) && train.items[row - 1] === from && train.items[row] === to);
        if (steps.length > 0) wanted.set(to, popularityOf(slowTally(steps), blend));
      }
      const columns = Array.from(map.columnOf.subarray(map.offsets[from], map.offsets[from + 1]));
      expect(columns).toEqual([...wanted.keys()]);
      columns.forEach((to, at) => expect(map.values[map.offsets[from]! + at]).toBeCloseTo(wanted.get(to)!, 5));
    }
  });

  it("joins no two trajectories: GETNext's weights sum to the steps inside them", () => {
    const lengths = new Map<number, number>();
    for (const number of trajectories) lengths.set(number, (lengths.get(number) ?? 0) + 1);
    const inside = [...lengths.values()].reduce((sum, length) => sum + length - 1, 0);
    const { values } = flowMap(train, trajectories, counts);
    expect(values.reduce((sum, value) => sum + value, 0)).toBe(inside);
    expect(inside).toBeLessThan(train.size - 12); // some trajectories do end
  });

  it("is half of GETNext's at alpha 0 and beta 0.5, with the same edges after normalising", () => {
    const half = { ...blend, alpha: 0, beta: 0.5 };
    const [old, now] = [flowMap(train, trajectories, counts), flowMap(train, trajectories, half)];
    expect(now.values).toEqual(old.values.map((value) => value / 2));
    expect(placePopularity(train, half)).toEqual(placePopularity(train, counts).map((value) => value / 2));
    const [oldRows, newRows] = [rowNormalised(old), rowNormalised(now)];
    expect([newRows.offsets, newRows.columnOf]).toEqual([oldRows.offsets, oldRows.columnOf]);
  });

  it("has rows that sum to 1, and a self-loop alone where no edge leaves", () => {
    const { offsets, columnOf, values } = rowNormalised(flowMap(train, trajectories, blend));
    for (let row = 0; row < 16; row++) {
      const part = values.subarray(offsets[row], offsets[row + 1]);
      expect(part.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
      const columns = columnOf.subarray(offsets[row], offsets[row + 1]);
      expect(columns).toContain(row);
      expect(columns.every((column, at) => at === 0 || column > columns[at - 1]!)).toBe(true);
    }
    expect([...columnOf.subarray(offsets[15], offsets[16])]).toEqual([15]);
    const nobody = {
      rows: 3,
      columns: 3,
      offsets: new Int32Array(4),
      columnOf: new Int32Array(0),
      values: new Float32Array(0),
    };
    expect(rowNormalised(nobody)).toEqual(selfLoops(3));
  });
});

import { describe, expect, it } from "vitest";
import { leakageOf } from "./leakage.js";
import { splitInteractions } from "./split-interactions.js";
import { distinct, HOUR, interactionsOf, parse, plain, randomInteractions, rowsOf } from "./splits.fixture.js";

describe("rolling", () => {
  it("tests each event after the first two windows once, over all windows, and never trains on what is later", () => {
    const whole = randomInteractions(4);
    const asked: string[] = [];
    for (let window = 1; window <= 3; window++) {
      const split = splitInteractions(whole, parse({ kind: "rolling", from: 0.4, windows: 3, window }));
      expect(leakageOf(split).withLaterTraining).toBe(0);
      const trained = Math.max(...split.train.times);
      expect(Math.min(...split.validation.queries.now)).toBeGreaterThan(trained);
      expect(Math.min(...split.test.queries.now)).toBeGreaterThan(Math.max(...split.validation.queries.now));
      for (const { user, targets, now } of plain(split.test)) asked.push(String([user, targets[0], now]));
    }
    const times = [...new Map(rowsOf(whole).map((row) => [String(row), row[2]])).values()].sort((x, y) => x - y);
    const first = times[Math.floor((0.4 + 0.6 / 4) * times.length)]!;
    const expected = new Set(
      rowsOf(whole)
        .filter(([, , time]) => time >= first)
        .map(String),
    );
    expect(new Set(asked)).toEqual(expected);
    expect(asked.length).toBe(expected.size);
  });

  it("says what is wrong with the windows", () => {
    const of = (config: object) => () =>
      splitInteractions(randomInteractions(1), parse({ kind: "rolling", ...config }));
    expect(of({ windows: 2, window: 3 })).toThrow("window must be at most windows, got 3 of 2");
    const sameTime = interactionsOf([
      [0, 0, 5],
      [0, 1, 5],
      [0, 2, 5],
    ]);
    expect(() => splitInteractions(sameTime, parse({ kind: "rolling" }))).toThrow("over too few distinct times");
  });
});

describe("session-last", () => {
  it("asks for the last event of each session, knowing only the session", () => {
    const whole = interactionsOf([
      [0, 0, 0],
      [0, 1, 1 * HOUR],
      [0, 2, 50 * HOUR],
      [0, 3, 51 * HOUR],
      [1, 4, 60 * HOUR],
      [1, 5, 61 * HOUR],
      [1, 6, 62 * HOUR],
      [1, 7, 80 * HOUR],
    ]);
    const config = { kind: "session-last", gapHours: 2, validationFrom: 0.25, testFrom: 0.5 };
    const split = splitInteractions(whole, parse(config));
    expect(rowsOf(split.train).map(([, item]) => item)).toEqual([0, 1]);
    expect(plain(split.validation)).toMatchObject([{ user: 0, history: [2], targets: [3], seen: [0, 1, 2] }]);
    expect(plain(split.test)).toMatchObject([{ user: 1, history: [4, 5], targets: [6] }]);
    const all = splitInteractions(whole, parse({ ...config, history: "all" }));
    expect(plain(all.validation)).toMatchObject([{ history: [0, 1, 2] }]);
    expect(() => splitInteractions(whole, parse({ ...config, testFrom: 0.2 }))).toThrow("must be below testFrom");
  });
});

describe("next-basket", () => {
  it("asks for the whole last basket and keeps its events out of every history", () => {
    const whole = interactionsOf([
      [0, 0, 0],
      [0, 1, 1 * HOUR],
      [0, 2, 30 * HOUR],
      [0, 0, 31 * HOUR],
      [0, 3, 60 * HOUR],
      [0, 1, 61 * HOUR],
      [1, 0, 0],
      [1, 1, 30 * HOUR],
    ]);
    const split = splitInteractions(whole, parse({ kind: "next-basket" }));
    expect(rowsOf(split.train).map(([user, item]) => [user, item])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
    expect(plain(split.validation)).toEqual([
      { user: 0, history: [0, 1], now: 30 * HOUR, targets: [2, 0], seen: [0, 1] },
    ]);
    expect(plain(split.test)).toEqual([
      { user: 0, history: [0, 1, 2, 0], now: 60 * HOUR, targets: [3, 1], seen: [0, 1, 2] },
    ]);
    expect(() => splitInteractions(whole, parse({ kind: "next-basket", basket: "session" }))).toThrow("session column");
    const session = Int32Array.of(1, 1, 2, 2, 3, 4, 1, 2);
    const labelled = { ...whole, context: { session } };
    expect(plain(splitInteractions(labelled, parse({ kind: "next-basket" })).test)).toMatchObject([{ targets: [1] }]);
  });
});

describe("unseen-users", () => {
  it("trains on nobody who is asked, and asks for the newest of each", () => {
    const whole = randomInteractions(5);
    const split = splitInteractions(whole, parse({ kind: "unseen-users", test: 0.25, validation: 0.25 }));
    const trained = new Set(split.train.users);
    const asked = [...plain(split.validation), ...plain(split.test)];
    expect(asked.length).toBe(10);
    expect(trained.size).toBe(10);
    for (const { user, history, targets } of asked) {
      expect(trained.has(user)).toBe(false);
      const rows = [
        ...new Map(
          rowsOf(whole)
            .filter(([own]) => own === user)
            .map((row) => [String(row), row]),
        ).values(),
      ];
      const cut = Math.floor(0.8 * rows.length + 1e-9);
      expect(history).toEqual(rows.slice(0, cut).map(([, item]) => item));
      expect(distinct(targets)).toEqual(distinct(rows.slice(cut).map(([, item]) => item)));
    }
  });
});

describe("random", () => {
  it("parts each user's events by the shares, whatever their time, and says that training holds their future", () => {
    const whole = randomInteractions(6);
    const split = splitInteractions(whole, parse({ kind: "random" }));
    const leak = leakageOf(split);
    expect(leak.withOwnLaterTraining).toBeGreaterThan(leak.questions / 2);
    for (const { user, history, targets } of plain(split.test)) {
      const rows = [
        ...new Set(
          rowsOf(whole)
            .filter(([own]) => own === user)
            .map(String),
        ),
      ];
      expect(history.length).toBe(Math.floor(0.8 * rows.length + 1e-9));
      expect(targets.length).toBeLessThanOrEqual(rows.length - Math.floor(0.9 * rows.length + 1e-9));
    }
    const other = splitInteractions(whole, parse({ kind: "random", seed: 2 }));
    expect(rowsOf(other.train)).not.toEqual(rowsOf(split.train));
    expect(() => splitInteractions(whole, parse({ kind: "random", train: 0.9, validation: 0.1 }))).toThrow("below 1");
  });
});

describe("data that have only an order", () => {
  const plainOrder = randomInteractions(1);
  const ordered = { ...plainOrder, catalog: { ...plainOrder.catalog, timesAre: "order" as const } };

  it.each(["temporal", "rolling", "session-last", "trajectory", "next-basket"])("refuses the split %s", (kind) => {
    expect(() => splitInteractions(ordered, parse({ kind }))).toThrow("has only the order of each user's events");
  });

  it.each(["leave-one-out", "ratio", "unseen-users", "random"])("does not claim to know what %s leaks", (kind) => {
    const leak = leakageOf(splitInteractions(ordered, parse({ kind })));
    expect(leak).toMatchObject({ withLaterTraining: Number.NaN, laterShare: Number.NaN });
  });
});

import { listOf, PlatformError, Random, type Interactions } from "@sequitur/core";
import { describe, expect, it } from "vitest";
import { repeatedRows } from "./copies.js";
import { leakageOf } from "./leakage.js";
import { splitInteractions } from "./split-interactions.js";
import type { Split } from "./split.js";
import {
  distinct,
  HOUR,
  interactionsOf,
  parse,
  plain,
  randomInteractions,
  rowsOf,
  type Row,
} from "./splits.fixture.js";
import { trajectoryNumbers } from "./trajectory.js";

const CONFIGS: Record<string, unknown>[] = [
  { kind: "leave-one-out" },
  { kind: "leave-one-out", history: "train", minInteractions: 5 },
  { kind: "ratio" },
  { kind: "ratio", train: 0.5, validation: 0.2, history: "train" },
  { kind: "temporal" },
  { kind: "temporal", ask: "first", cold: "drop" },
  { kind: "temporal", ask: "set", validationFrom: 0.5, testFrom: 0.7 },
  { kind: "trajectory" },
  { kind: "trajectory", boundary: "trajectory", sessionGapFrom: "first", minLength: 2 },
  { kind: "rolling", windows: 3, window: 1 },
  { kind: "rolling", windows: 3, window: 3, ask: "set" },
  { kind: "session-last", gapHours: 30 },
  { kind: "session-last", gapHours: 10, history: "all" },
  { kind: "next-basket" },
  { kind: "next-basket", basket: "instant", history: "train" },
  { kind: "unseen-users", test: 0.3, validation: 0.2, history: 0.5 },
];

/** Those that draw whatever the time: training may hold the own user's future. */
const TIMELESS: Record<string, unknown>[] = [
  { kind: "random" },
  { kind: "random", by: "all", history: "all", train: 0.6, validation: 0.2 },
];

/** The rows with some repeated, as a log that is delivered at least once has them. */
function withRepeats(seed: number): Interactions {
  const random = new Random(seed);
  const rows = rowsOf(randomInteractions(seed)).slice(0, 250);
  return interactionsOf(rows.flatMap((row) => new Array<Row>(1 + random.integer(3)).fill(row)));
}

describe("every split", () => {
  for (const config of [...CONFIGS, ...TIMELESS]) {
    const name = JSON.stringify(config);

    it(`is deterministic and loses no training row to the held-out parts: ${name}`, () => {
      const interactions = randomInteractions(1);
      const split = splitInteractions(interactions, parse(config));
      const again = splitInteractions(interactions, parse(config));
      expect(rowsOf(again.train)).toEqual(rowsOf(split.train));
      expect(plain(again.test)).toEqual(plain(split.test));
      expect(split.train.catalog).toBe(interactions.catalog);
    });

    it(`keeps every copy of an answer's event out of its history and of training: ${name}`, () => {
      for (let seed = 0; seed < 5; seed++) {
        const whole = withRepeats(seed);
        const split = splitInteractions(whole, parse(config));
        const trained = new Set(rowsOf(split.train).map(String));
        for (const set of [split.validation, split.test]) {
          const { queries } = set;
          for (let b = 0; b < queries.size; b++) {
            const history = [...listOf(queries, b)].map((item, i) => [item, queries.times[queries.offsets[b]! + i]]);
            const [first] = listOf(set.targets, b);
            const event = [first!, (set.answeredFrom ?? queries.now)[b]!];
            expect(history.map(String)).not.toContain(String(event));
            expect(trained.has(String([queries.users[b], ...event]))).toBe(false);
            expect(new Set(history.map(String)).size).toBe(history.length);
          }
        }
        // Training keeps all rows of its events.
        const all = rowsOf(whole)
          .map(String)
          .filter((row) => trained.has(row));
        expect(rowsOf(split.train).map(String)).toEqual(all);
      }
    });

    it(`says what its training knows of the time after a question: ${name}`, () => {
      const split = splitInteractions(randomInteractions(3), parse(config));
      const { queries } = split.test;
      const rows = rowsOf(split.train);
      const asked = split.test.answeredFrom ?? queries.now;
      const later = Array.from(asked, (now) => rows.filter(([, , time]) => time > now).length / rows.length);
      const own = Array.from(asked, (now, b) => rows.some(([user, , time]) => user === queries.users[b] && time > now));
      expect(leakageOf(split)).toEqual({
        questions: queries.size,
        withLaterTraining: later.filter((share) => share > 0).length,
        laterShare: expect.closeTo(later.reduce((sum, share) => sum + share, 0) / later.length, 12),
        withOwnLaterTraining: own.filter(Boolean).length,
      });
    });

    it(`trains on no held-out event: ${name}`, () => {
      const whole = randomInteractions(2);
      const split = splitInteractions(whole, parse(config));
      const trained = new Set(rowsOf(split.train).map(String));
      const byUser = (user: number) => rowsOf(whole).filter(([own]) => own === user);
      for (const { user, targets, now } of [...plain(split.validation), ...plain(split.test)]) {
        for (const item of targets) {
          // At least one event of an answer is not in training, and none at or after the question where order counts.
          const events = byUser(user).filter(([, own]) => own === item);
          expect(events.some((row) => !trained.has(String(row)))).toBe(true);
          expect(TIMELESS.includes(config) || events.every((row) => row[2] < now || !trained.has(String(row)))).toBe(
            true,
          );
        }
      }
    });
  }

  for (const config of CONFIGS) {
    it(`leaks nothing of the own user: ${JSON.stringify(config)}`, () => {
      for (let seed = 0; seed < 5; seed++) {
        const split = splitInteractions(randomInteractions(seed), parse(config));
        expectNoLeak(split);
      }
    });
  }
});

/** Of one user: training before validation before test; history strictly not after the answer; targets never from train. */
function expectNoLeak(split: Split): void {
  const lastTrain = new Map<number, number>();
  for (const [user, , time] of rowsOf(split.train)) {
    lastTrain.set(user, Math.max(time, lastTrain.get(user) ?? -Infinity));
  }
  for (const set of [split.validation, split.test]) {
    const { queries } = set;
    for (let b = 0; b < queries.size; b++) {
      const now = queries.now[b]!;
      expect(now).toBeGreaterThanOrEqual(lastTrain.get(queries.users[b]!) ?? -Infinity);
      const times = queries.times.subarray(queries.offsets[b], queries.offsets[b + 1]);
      for (const time of times) expect(time).toBeLessThanOrEqual(now);
      expect([...times]).toEqual([...times].sort((x, y) => x - y));
      expect(queries.sessionStarts[b]).toBeGreaterThanOrEqual(queries.offsets[b]!);
      expect(queries.sessionStarts[b]).toBeLessThanOrEqual(queries.offsets[b + 1]!);
      expect(listOf(set.targets, b).length).toBeGreaterThan(0);
    }
  }
}

it("counts an event once, also where its copies differ in a column", () => {
  const rows = interactionsOf([
    [0, 0, 1],
    [0, 1, 2],
    [0, 2, 3],
    [0, 2, 3],
    [0, 3, 4],
    [0, 3, 4],
  ]);
  const logged = { ...rows, context: { weight: Float32Array.of(1, 1, 1, 5, 2, 1) } };
  expect(repeatedRows(logged)).toBe(2);
  expect(repeatedRows(randomInteractions(1))).toBe(400 - new Set(rowsOf(randomInteractions(1)).map(String)).size);
  const split = splitInteractions(logged, parse({ kind: "leave-one-out" }));
  expect(rowsOf(split.train)).toEqual([
    [0, 0, 1],
    [0, 1, 2],
  ]);
  expect(plain(split.validation)).toEqual([{ user: 0, history: [0, 1], now: 3, targets: [2], seen: [0, 1] }]);
  expect(plain(split.test)).toEqual([{ user: 0, history: [0, 1, 2], now: 4, targets: [3], seen: [0, 1, 2] }]);
});

it("finds the leaks across users of leave-one-out and ratio, and none in the cuts in time", () => {
  const leak = (config: Record<string, unknown>) => leakageOf(splitInteractions(randomInteractions(1), parse(config)));
  expect(leak({ kind: "leave-one-out" }).withLaterTraining).toBeGreaterThan(0);
  expect(leak({ kind: "ratio" }).laterShare).toBeGreaterThan(0);
  for (const kind of ["temporal", "trajectory"])
    expect(leak({ kind })).toMatchObject({ withLaterTraining: 0, laterShare: 0 });
});

describe("leave-one-out", () => {
  it("holds out the last two of each user, ties in input order", () => {
    const interactions = interactionsOf([
      [0, 3, 5],
      [0, 1, 5],
      [0, 2, 5],
      [0, 0, 1],
      [1, 0, 9],
      [1, 1, 8],
    ]);
    const split = splitInteractions(interactions, parse({ kind: "leave-one-out" }));
    expect(rowsOf(split.train)).toEqual([
      [0, 0, 1],
      [0, 3, 5],
      [1, 1, 8],
      [1, 0, 9],
    ]);
    expect(plain(split.validation)).toEqual([{ user: 0, history: [0, 3], now: 5, targets: [1], seen: [0, 3] }]);
    expect(plain(split.test)).toEqual([{ user: 0, history: [0, 3, 1], now: 5, targets: [2], seen: [0, 1, 3] }]);
  });

  it("hides the validation item from the history, not from the seen items, when asked to", () => {
    const interactions = interactionsOf([0, 1, 2, 3].map((item) => [0, item, item]));
    const split = splitInteractions(interactions, parse({ kind: "leave-one-out", history: "train" }));
    expect(plain(split.test)).toEqual([{ user: 0, history: [0, 1], now: 3, targets: [3], seen: [0, 1, 2] }]);
  });

  it("equals a slow second implementation", () => {
    const interactions = randomInteractions(7);
    const split = splitInteractions(interactions, parse({ kind: "leave-one-out" }));
    // An event that is logged twice is one event.
    const rows = [...new Map(rowsOf(interactions).map((row) => [String(row), row])).values()];
    const expected = [];
    for (let user = 0; user < 20; user++) {
      const own = rows.filter((row) => row[0] === user);
      if (own.length < 3) continue;
      const past = own.slice(0, -1).map((row) => row[1]);
      const [, item, now] = own.at(-1)!;
      expected.push({ user, history: past, now, targets: [item], seen: distinct(past) });
    }
    expect(plain(split.test)).toEqual(expected);
  });

  it("cuts the session at a gap", () => {
    const interactions = interactionsOf([
      [0, 0, 0],
      [0, 1, 30 * HOUR],
      [0, 2, 31 * HOUR],
      [0, 3, 32 * HOUR],
    ]);
    const { test } = splitInteractions(interactions, parse({ kind: "leave-one-out", sessionGapHours: 24 }));
    expect([...test.queries.sessionStarts]).toEqual([1]);
  });
});

describe("temporal", () => {
  it("trains strictly before the cut and asks each later interaction with all that came before", () => {
    const interactions = randomInteractions(3);
    const split = splitInteractions(interactions, parse({ kind: "temporal", maxHistory: 1000 }));
    const rows = rowsOf(interactions);
    const times = rows.map((row) => row[2]).sort((a, b) => a - b);
    const cuts = [times[Math.floor(0.8 * times.length)]!, times[Math.floor(0.9 * times.length)]!];
    expect(rowsOf(split.train)).toEqual(rows.filter((row) => row[2] < cuts[0]!));
    const asked = rows.flatMap(([user, item, now], at) => {
      if (now < cuts[1]!) return [];
      const history = rows
        .slice(0, at)
        .filter((row) => row[0] === user)
        .map((row) => row[1]);
      return [{ user, history, now, targets: [item], seen: distinct(history) }];
    });
    expect(plain(split.test)).toEqual(asked);
    expect(Math.max(...split.train.times)).toBeLessThan(Math.min(...split.validation.queries.now));
    expect(Math.max(...split.validation.queries.now)).toBeLessThan(Math.min(...split.test.queries.now));
  });

  it("takes dates, and refuses them in the wrong order", () => {
    const day = (n: number): number => Date.UTC(2020, 0, n);
    const interactions = interactionsOf([1, 2, 3, 4].map((n) => [0, n, day(n)]));
    const config = { kind: "temporal", validationFrom: "2020-01-03", testFrom: "2020-01-04" };
    const split = splitInteractions(interactions, parse(config));
    expect(split.train.size).toBe(2);
    const reversed = parse({ ...config, testFrom: "2020-01-02" });
    expect(() => splitInteractions(interactions, reversed)).toThrow(/validationFrom must come before testFrom/);
  });

  it("asks once a user with the whole period as targets under ask: set", () => {
    const interactions = interactionsOf([
      ...[0, 1, 2, 3, 4, 5, 6, 7].map((n) => [0, n, n] as const),
      [0, 9, 8],
      [0, 9, 9],
      [0, 8, 10],
    ]);
    const split = splitInteractions(
      interactions,
      parse({ kind: "temporal", ask: "set", validationFrom: 0.5, testFrom: 0.7 }),
    );
    expect(plain(split.test)[0]?.targets).toEqual([7, 9, 8]);
  });

  it("carries at most maxHistory interactions but knows everything seen", () => {
    const interactions = interactionsOf(Array.from({ length: 50 }, (_, n) => [0, n, n] as const));
    const { test } = splitInteractions(interactions, parse({ kind: "temporal", maxHistory: 4 }));
    expect(plain(test)[0]?.history).toEqual([41, 42, 43, 44]);
    expect(plain(test)[0]?.seen).toHaveLength(45);
  });
});

describe("ratio", () => {
  it("cuts every user at floor(train n) and floor((train + validation) n)", () => {
    const interactions = interactionsOf(Array.from({ length: 10 }, (_, n) => [0, n, n] as const));
    const split = splitInteractions(interactions, parse({ kind: "ratio", train: 0.7, validation: 0.2 }));
    expect(split.train.size).toBe(7);
    expect(plain(split.validation)[0]?.targets).toEqual([7, 8]);
    expect(plain(split.test)).toEqual([
      { user: 0, history: [0, 1, 2, 3, 4, 5, 6, 7, 8], now: 9, targets: [9], seen: [0, 1, 2, 3, 4, 5, 6, 7, 8] },
    ]);
  });

  it("refuses shares that leave no test part", () => {
    const config = parse({ kind: "ratio", train: 0.9, validation: 0.1 });
    expect(() => splitInteractions(randomInteractions(1), config)).toThrow(/train \+ validation must be below 1/);
  });
});

describe("trajectory", () => {
  it("keeps a gap of exactly 24 h together and splits a longer one", () => {
    const at = (...times: number[]): number[] => {
      const interactions = interactionsOf(times.map((time, n) => [0, n, time]));
      return [...trajectoryNumbers(interactions, { sessionGapHours: 24, sessionGapFrom: "previous" })];
    };
    expect(at(0, 24 * HOUR)).toEqual([0, 0]);
    expect(at(0, 24.0003 * HOUR)).toEqual([0, 1]);
    expect(at(0, 20 * HOUR, 40 * HOUR)).toEqual([0, 0, 0]);
    const spanned = interactionsOf([0, 20, 40].map((hours, n) => [0, n, hours * HOUR]));
    expect([...trajectoryNumbers(spanned, { sessionGapHours: 24, sessionGapFrom: "first" })]).toEqual([0, 0, 1]);
  });

  it("drops unseen users and places, asks the last check-in, and knows the user's past", () => {
    const rows: Row[] = [];
    for (let day = 0; day < 16; day++) {
      for (let n = 0; n < 3; n++) rows.push([0, n, (day * 48 + n) * HOUR]);
    }
    const later = 16 * 48;
    rows.push([0, 0, later * HOUR], [0, 7, (later + 1) * HOUR], [0, 1, (later + 2) * HOUR], [0, 2, (later + 3) * HOUR]);
    rows.push([1, 0, (later + 4) * HOUR], [1, 1, (later + 5) * HOUR], [1, 2, (later + 6) * HOUR]);
    const split = splitInteractions(interactionsOf(rows), parse({ kind: "trajectory", train: 0.7, validation: 0.15 }));
    const last = plain(split.test).at(-1)!;
    expect(last.user).toBe(0);
    expect(last.targets).toEqual([2]);
    expect(last.history.slice(-2)).toEqual([0, 1]);
    expect(last.history).not.toContain(7);
    expect(plain(split.test).every((question) => question.user === 0)).toBe(true);
    const { queries } = split.test;
    expect(queries.offsets[queries.size]! - queries.sessionStarts[queries.size - 1]!).toBe(2);
    // Three check-ins a trajectory, and the same cut for training as for the queries.
    const { session } = split.train.context;
    expect([...session!]).toEqual(Array.from({ length: split.train.size }, (_, row) => Math.floor(row / 3)));
  });
});

describe("a split that cannot be made", () => {
  it("says so when nobody is left to ask", () => {
    const interactions = interactionsOf([
      [0, 0, 1],
      [1, 1, 2],
    ]);
    for (const kind of ["leave-one-out", "ratio", "trajectory"]) {
      expect(() => splitInteractions(interactions, parse({ kind }))).toThrow(PlatformError);
    }
    expect(() => splitInteractions(interactions, parse({ kind: "leave-one-out" }))).toThrow(
      "the split leaves no validation queries",
    );
  });
});

import { Random } from "@sequitur/core";
import { describe, expect, test } from "vitest";
import { differenceOfMeans } from "./difference-of-means.js";
import { interleavingCredit, interleavingSampleSize, interleavingTest, teamDraft } from "./interleaving.js";
import { momentsOf } from "./moments.js";
import { expectShare, normals, rateOf } from "./simulation.fixture.js";
import { switchbackArm, switchbackDesign, switchbackEffect, type SwitchbackDesign } from "./switchback.js";

const HOUR = 3_600_000;

describe("team-draft interleaving", () => {
  test("each round gives each ranking its best item not yet shown", () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const { items, teams } = teamDraft([1, 2, 3], [2, 4, 1], 4, new Random(seed));
      seen.add(`${[...items].join("")}/${[...teams].join("")}`);
    }
    // Round one: a first gives 1 then 2 (b), b first gives 2 then 1 (a). Round two: a has 3, b has 4, in either order.
    expect([...seen].sort()).toEqual(["1234/0101", "1243/0110", "2134/1001", "2143/1010"]);
  });

  test("equal rankings keep their order; teams are even in each full round; short lists end early", () => {
    const random = new Random("equal");
    for (let draw = 0; draw < 50; draw++) {
      const { items, teams } = teamDraft([5, 6, 7, 8, 9], [5, 6, 7, 8, 9], 4, random);
      expect([...items]).toEqual([5, 6, 7, 8]);
      expect(teams[0]! + teams[1]!).toBe(1);
      expect(teams[2]! + teams[3]!).toBe(1);
    }
    expect([...teamDraft([1], [], 5, random).items]).toEqual([1]);
    expect([...teamDraft([1, 2, 3], [1], 5, random).items].sort((x, y) => x - y)).toEqual([1, 2, 3]);
    expect(teamDraft([], [], 5, random).items.length).toBe(0);
  });

  test("credit is b less a, for clicks within the slate only", () => {
    const slate = { items: Int32Array.of(7, 8, 9), teams: Uint8Array.of(0, 1, 1) };
    expect(interleavingCredit(slate, [])).toBe(0);
    expect(interleavingCredit(slate, [8, 9, 7])).toBe(1);
    expect(() => interleavingCredit(slate, [5])).toThrow("must be in the slate, got item 5");
    expect(() => teamDraft([1, 1], [2], 3, new Random(0))).toThrow("ranking a must have distinct items, got 1 again");
    expect(() => teamDraft([1], [2], 0, new Random(0))).toThrow("at least 1, got 0");
  });

  test("a user who clicks at random prefers neither ranking, at 5 %, though the first places get most clicks", () => {
    const credits = (random: Random) =>
      Float64Array.from({ length: 100 }, () => {
        const slate = teamDraft([0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], 4, random);
        return interleavingCredit(
          slate,
          [...slate.items].filter((_, place) => random.uniform() < 0.6 / (place + 1)),
        );
      });
    // The sign test is exact, so its level is at most 5 %: about 3.5 % for some 80 pairs.
    expect(rateOf(1000, "random clicks", (random) => interleavingTest(credits(random)).pValue <= 0.05)).toBeLessThan(
      0.05,
    );
  });

  test("the exact sign test by hand: 8 wins against 2", () => {
    const credits = Float64Array.of(1, 2, 1, 1, 3, 1, 1, 1, -1, -4, 0, 0);
    const result = interleavingTest(credits);
    expect(result).toMatchObject({ winsB: 8, winsA: 2, ties: 2, preference: 0.5 });
    expect(result.pValue).toBeCloseTo((2 * (45 + 10 + 1)) / 1024, 12);
    expect(interleavingTest(new Float64Array(5))).toMatchObject({ preference: 0, pValue: 1, low: 0, high: 0 });
    expect(() => interleavingTest(Float64Array.of(1))).toThrow("at least two units, got 1");
  });

  test("the planned number of users finds the planned preference with the planned power", () => {
    const plan = { winShareB: 0.3, winShareA: 0.2 };
    const units = interleavingSampleSize(plan);
    const found = rateOf(1000, "preference", (random) => {
      const credits = Float64Array.from({ length: units }, () => {
        const draw = random.uniform();
        return draw < 0.3 ? 1 : draw < 0.5 ? -1 : 0;
      });
      return interleavingTest(credits).pValue <= 0.05;
    });
    // The exact test is a little below the normal formula: two points more than four deviations (0.0506).
    expect(Math.abs(found - 0.8)).toBeLessThan(0.07);
    expect(() => interleavingSampleSize({ winShareA: 0.2, winShareB: 0.2 })).toThrow("must differ");
    expect(() => interleavingSampleSize({ winShareA: 0.6, winShareB: 0.5 })).toThrow("at most 1");
  });

  test("needs far fewer users than an A/B test of the same two rankings", () => {
    // Relevance falls with the item number; ranking b has the two best items in the right order. Users click what is
    // relevant, sooner above: in an A/B test the gain of a place hides behind the noise of all other clicks.
    const a = [1, 0, 2, 3, 4];
    const b = [0, 1, 2, 3, 4];
    const clicksOf = (items: ArrayLike<number>, random: Random) =>
      Array.from(items).filter((item, place) => random.uniform() < 0.5 / (1 + 0.3 * item) / (1 + 0.2 * place));
    const interleaved = rateOf(200, "interleaved", (random) => {
      const credits = Float64Array.from({ length: 300 }, () => {
        const slate = teamDraft(a, b, 5, random);
        return interleavingCredit(slate, clicksOf(slate.items, random));
      });
      return interleavingTest(credits).pValue <= 0.05;
    });
    const split = rateOf(200, "split", (random) => {
      const arm = (ranking: readonly number[]) =>
        momentsOf(Array.from({ length: 150 }, () => clicksOf(ranking, random).length));
      return differenceOfMeans(arm(a), arm(b)).pValue <= 0.05;
    });
    expect(interleaved).toBeGreaterThan(split + 0.1);
  });
});

describe("switchback", () => {
  const plan = { startMs: 1e12, blockMs: HOUR, pairs: 12, regions: 2 };

  test("each pair of blocks has one treated; the arm is that of the block and region; undefined outside", () => {
    const design = switchbackDesign({ ...plan, random: new Random("design") });
    for (let pair = 0; pair < 24; pair++) expect(design.arms[2 * pair]! + design.arms[2 * pair + 1]!).toBe(1);
    expect(new Set(Array.from({ length: 24 }, (_, pair) => design.arms[2 * pair])).size).toBe(2);
    expect(switchbackArm(design, 1e12 + 5.5 * HOUR, 1)).toBe(design.arms[24 + 5]);
    expect(switchbackArm(design, 1e12 - 1)).toBeUndefined();
    expect(switchbackArm(design, 1e12 + 24 * HOUR)).toBeUndefined();
    expect(() => switchbackArm(design, 1e12, 2)).toThrow("below 2, got 2");
  });

  /** Events whose level drifts over the day and jumps from block to block: weather, lunch, a match. */
  function events(random: Random, design: SwitchbackDesign, effect: number, carryOverMs = 0) {
    const [times, values, regions] = [[] as number[], [] as number[], [] as number[]];
    for (let region = 0; region < design.regions; region++) {
      for (let block = 0; block < 2 * design.pairs; block++) {
        const level = 2 * Math.sin(block / 4) + 0.5 * random.normal();
        for (let event = 0; event < 12; event++) {
          const into = random.uniform() * design.blockMs;
          const time = design.startMs + block * design.blockMs + into;
          const acting = into < carryOverMs && block > 0 ? time - design.blockMs : time;
          times.push(time);
          regions.push(region);
          values.push(level + 0.5 * random.normal() + effect * switchbackArm(design, acting, region)!);
        }
      }
    }
    return { times: Float64Array.from(times), values: Float64Array.from(values), regions: Int32Array.from(regions) };
  }

  const analyse = (random: Random, effect: number, carryOverMs = 0, burnInMs = 0) => {
    const design = switchbackDesign({ ...plan, random: random.fork("design") });
    const log = events(random, design, effect, carryOverMs);
    const result = switchbackEffect(design, log, { random: random.fork("flips"), burnInMs, resamples: 500 });
    return { design, log, result };
  };

  test("A/A at 5 % by both tests, where single events give far more false alarms", () => {
    const rates = { t: 0, flips: 0, events: 0 };
    const root = new Random("switchback");
    for (let experiment = 0; experiment < 600; experiment++) {
      const { design, log, result } = analyse(root.fork(experiment), 0);
      if (result.pValue <= 0.05) rates.t += 1 / 600;
      if (result.randomisationPValue <= 0.05) rates.flips += 1 / 600;
      const arm = (treated: number) =>
        momentsOf(log.values.filter((_, i) => switchbackArm(design, log.times[i]!, log.regions[i]) === treated));
      if (differenceOfMeans(arm(0), arm(1)).pValue <= 0.05) rates.events += 1 / 600;
    }
    expectShare(rates.t, 0.05, 600);
    expectShare(rates.flips, 0.05, 600);
    expect(rates.events).toBeGreaterThan(0.1);
  });

  test("recovers a planted effect; carry-over biases it, and a burn-in of its length mends that", () => {
    const mean = (carryOverMs: number, burnInMs: number) => {
      const root = new Random("planted");
      let sum = 0;
      for (let i = 0; i < 60; i++) sum += analyse(root.fork(i), 1, carryOverMs, burnInMs).result.difference;
      return sum / 60;
    };
    // One experiment's error is about 0.17, so that of 60 is about 0.025.
    expect(Math.abs(mean(0, 0) - 1)).toBeLessThan(0.1);
    expect(mean(HOUR / 3, 0)).toBeLessThan(0.8);
    expect(Math.abs(mean(HOUR / 3, HOUR / 3) - 1)).toBeLessThan(0.1);
  });

  test("is unbiased where users compete for one supply and a split of users is not", () => {
    // Ten tables a block; a treated user tries harder (weight 3 against 1). All treated or none: ten bookings either way.
    const root = new Random("tables");
    const book = (random: Random, weights: readonly number[]) => {
      const keys = weights.map((weight, user) => [-Math.log(1 - random.uniform()) / weight, user] as const);
      const seated = new Set(
        keys
          .sort((x, y) => x[0] - y[0])
          .slice(0, 10)
          .map(([, user]) => user),
      );
      return weights.map((_, user) => (seated.has(user) ? 1 : 0));
    };
    const random = root.fork("users");
    const [control, treatment] = [[] as number[], [] as number[]];
    for (let block = 0; block < 24; block++) {
      const treated = Array.from({ length: 40 }, () => random.uint32() & 1);
      book(
        random,
        treated.map((own) => (own === 1 ? 3 : 1)),
      ).forEach((seat, user) => (treated[user] === 1 ? treatment : control).push(seat));
    }
    expect(differenceOfMeans(momentsOf(control), momentsOf(treatment)).low).toBeGreaterThan(0.1);
    const design = switchbackDesign({ ...plan, regions: 1, random: root.fork("design") });
    const [times, values] = [[] as number[], [] as number[]];
    for (let block = 0; block < 24; block++) {
      const demand = 30 + random.integer(20);
      const weight = design.arms[block] === 1 ? 3 : 1;
      for (const seat of book(random, new Array<number>(demand).fill(weight))) {
        times.push(plan.startMs + (block + 0.5) * HOUR);
        values.push(seat);
      }
    }
    const log = { times: Float64Array.from(times), values: Float64Array.from(values) };
    const result = switchbackEffect(design, log, { random: root.fork("flips") });
    expect(result.low).toBeLessThan(0);
    expect(result.high).toBeGreaterThan(0);
    expect(Math.abs(result.difference)).toBeLessThan(0.06);
  });

  test("enumerates all sign flips of few pairs: 3 equal differences have p = 2 / 8", () => {
    const design = { startMs: 0, blockMs: 10, regions: 1, pairs: 4, arms: Uint8Array.of(1, 0, 0, 1, 1, 0, 1, 0) };
    const times = Float64Array.of(5, 15, 25, 35, 45, 55, 65, 1, 99);
    const values = Float64Array.of(3, 1, 1, 3, 3, 1, 7, 100, 100);
    const result = switchbackEffect(design, { times, values }, { random: new Random(0), burnInMs: 4 });
    expect(result).toMatchObject({ difference: 2, control: 1, treatment: 3, pairs: 3, emptyPairs: 1 });
    expect(result).toMatchObject({ events: 7, skippedEvents: 2, randomisationPValue: 0.25, degrees: 2 });
  });

  test("refuses too few pairs, a burn-in of a whole block, columns of other lengths", () => {
    const design = switchbackDesign({ ...plan, random: new Random("bad") });
    const random = new Random("flips");
    const nothing = { times: new Float64Array(0), values: new Float64Array(0) };
    expect(() => switchbackEffect(design, nothing, { random })).toThrow(
      "two or more pairs with events in both blocks, got 0",
    );
    expect(() => switchbackEffect(design, nothing, { random, burnInMs: HOUR })).toThrow(
      "burnInMs must be in [0, 3600000)",
    );
    expect(() =>
      switchbackEffect(design, { times: normals(random, 2), values: normals(random, 3) }, { random }),
    ).toThrow("values must have 2 values, got 3");
    expect(() => switchbackDesign({ ...plan, pairs: 0, random })).toThrow("pairs must be a whole number of at least 1");
  });
});

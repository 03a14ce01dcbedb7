import { DAY_MS, Random } from "@sequitur/core";
import { cityConfigSchema, cityOracle, generateCity } from "@sequitur/data";
import { describe, expect, test } from "vitest";
import type { World } from "../world.js";
import { cityWorldSchema } from "./city-world.js";
import { latentWorld, latentWorldSchema } from "./latent-world.js";
import { visitLog } from "./visit-log.js";
import { openWorld, worldSchema } from "./worlds.js";

function checkVisits({ visits, start, days, catalog }: World): void {
  expect(visits.users.length).toBe(visits.times.length);
  expect([...visits.times]).toEqual([...visits.times].toSorted((a, b) => a - b));
  expect(visits.times[0]!).toBeGreaterThanOrEqual(start);
  expect(visits.times.at(-1)!).toBeLessThan(start + days * DAY_MS);
  expect(visits.users.every((user) => user >= 0 && user < catalog.users.size)).toBe(true);
}

describe("latent world", () => {
  const config = latentWorldSchema.parse({ kind: "latent", items: 40, groups: 4, dimensions: 3 });
  const world = latentWorld(config, { users: 400, days: 40 }, new Random(1));

  test("visits are as many as asked for, users and items come over time", () => {
    checkVisits(world);
    // Late users miss 45 % of the days on average.
    const expected = 400 * 40 * 0.5 * (1 - 0.3 * 0.45);
    expect(Math.abs(world.visits.users.length - expected)).toBeLessThan(0.15 * expected);
    const late = world.openedAt.filter((at) => at > world.start).length;
    expect(late).toBeGreaterThan(2);
    expect(late).toBeLessThan(16);
    const first = new Map<number, number>();
    world.visits.users.forEach((user, row) => first.has(user) || first.set(user, world.visits.times[row]!));
    expect([...first.values()].filter((time) => time > world.start + 20 * DAY_MS).length).toBeGreaterThan(20);
  });

  test("utilities are multiplier x (score - no click score): distances and products of the same vectors agree", () => {
    const scoresBy = (score: "l2" | "dot") => {
      const fixed = { ...config, score, driftDays: null, lateItems: 0, gamma: 0 };
      const world = latentWorld(fixed, { users: 3, days: 2 }, new Random(2));
      const people = world.populate();
      const visit = { user: 1, now: world.start };
      // With gamma 0 a click makes the user's state the item's vector.
      return (of: number, items?: Int32Array): Float64Array => {
        people.clicked(visit, of);
        const out = new Float64Array(items?.length ?? 40);
        people.utilities(out, visit, items);
        return out.map((utility) => utility / 5 - 0.3);
      };
    };
    const [distances, products] = [scoresBy("l2"), scoresBy("dot")];
    for (const [a, b] of [
      [5, 9],
      [0, 39],
      [3, 4],
    ] as const) {
      const squared = products(a)[a]! + products(b)[b]! - 2 * products(a)[b]!;
      expect(distances(a)[b]!).toBeCloseTo(-Math.sqrt(squared), 9);
      expect(distances(a)[a]!).toBeCloseTo(0, 12);
    }
    expect([...distances(9, Int32Array.of(7, 3))]).toEqual([distances(9)[7], distances(9)[3]]);
  });

  test("a click draws interests towards the item by 1 - gamma, and drift is a stationary walk", () => {
    const still = latentWorld({ ...config, driftDays: null, lateItems: 0 }, { users: 1, days: 2 }, new Random(3));
    const people = still.populate();
    const visit = { user: 0, now: still.start };
    const [before, after] = [new Float64Array(1), new Float64Array(1)];
    people.utilities(before, visit, Int32Array.of(2));
    people.clicked(visit, 2);
    people.utilities(after, visit, Int32Array.of(2));
    // distance' = 0.9 distance
    expect(after[0]! / 5 - 0.3).toBeCloseTo(0.9 * (before[0]! / 5 - 0.3), 12);

    const drifting = latentWorld(
      { ...config, dimensions: 1, score: "dot", driftDays: 10 },
      { users: 3000, days: 100 },
      new Random(4),
    );
    const crowd = drifting.populate();
    const stateOf = (user: number, now: number): number => {
      const out = new Float64Array(1);
      crowd.utilities(out, { user, now }, Int32Array.of(0));
      return out[0]! / 5 - 0.3;
    };
    const draws = new Random("drift");
    const pairs = Array.from({ length: 3000 }, (_, user) => {
      const [first, later] = [drifting.start, drifting.start + 10 * DAY_MS];
      crowd.arrive({ user, now: first }, draws);
      const one = stateOf(user, first);
      crowd.arrive({ user, now: later }, draws);
      return [one, stateOf(user, later)] as const;
    });
    const mean = (values: number[]): number => values.reduce((total, value) => total + value, 0) / values.length;
    const [one, two] = [mean(pairs.map(([x]) => x * x)), mean(pairs.map(([, y]) => y * y))];
    const correlation = mean(pairs.map(([x, y]) => x * y)) / Math.sqrt(one * two);
    expect(Math.abs(correlation - Math.exp(-1))).toBeLessThan(0.06);
    expect(Math.abs(two / one - 1)).toBeLessThan(0.12);
  });

  test("items to come are at -Infinity until they open", () => {
    const item = world.openedAt.findIndex((at) => at > world.start);
    const people = world.populate();
    const utilityAt = (now: number): number => {
      const out = new Float64Array(1);
      people.utilities(out, { user: 0, now }, Int32Array.of(item));
      return out[0]!;
    };
    expect(utilityAt(world.openedAt[item]! - 1)).toBe(Number.NEGATIVE_INFINITY);
    expect(utilityAt(world.openedAt[item]!)).toBeGreaterThan(-100);
  });

  test("segments are the nearest groups, and every group has an item from the start", () => {
    expect(world.segmentNames).toHaveLength(4);
    expect(world.segments.every((segment) => segment >= 0 && segment < 4)).toBe(true);
    for (let group = 0; group < 4; group++) {
      expect([...world.groups.keys()].some((i) => world.groups[i] === group && world.openedAt[i]! <= world.start)).toBe(
        true,
      );
    }
  });
});

describe("city world", () => {
  const parsed = cityWorldSchema.parse({ kind: "city", city: { size: "tiny" } });
  const opened = openWorld(parsed, { users: 40, days: 20, seed: 3 });

  test("is the generated city: its catalogue, its check-ins before the first day, its times after it", async () => {
    const world = await opened;
    checkVisits(world);
    expect(world.catalog.items.size).toBe(120);
    expect(world.history.times.every((time) => time < world.start)).toBe(true);
    expect(world.history.size).toBeGreaterThan(300);
    const perDay = world.visits.users.length / 20 / 40;
    expect(perDay).toBeGreaterThan(0.25);
    expect(perDay).toBeLessThan(0.75);
    expect(world.openedAt.some((at) => at > world.start)).toBe(true);
    expect(world.groupNames).toContain("Nightlife");
    expect(world.segmentNames).toContain("student");
    const again = await openWorld(parsed, { users: 40, days: 20, seed: 3 });
    expect(again.visits).toEqual(world.visits);
    expect((await openWorld(parsed, { users: 40, days: 20, seed: 4 })).visits).not.toEqual(world.visits);
  });

  test("utilities are the true log choice probabilities over the mass of no click; a click becomes a visit", async () => {
    const world = await opened;
    const people = world.populate();
    const visit = { user: world.visits.users[0]!, now: world.visits.times[0]! };
    const all = new Float64Array(120);
    people.utilities(all, visit);
    // The city's own oracle reads the same past: nothing but the history lies before the first visit.
    const months = Math.ceil((60 + 20 + 1) / 28);
    const city = await generateCity(
      cityConfigSchema.parse({ size: "tiny", users: 40, months, checkinsPerUser: 0.5 * months * 30.4, seed: 3 }),
    );
    const batch = {
      size: 1,
      offsets: Int32Array.of(0, 0),
      users: Int32Array.of(visit.user),
      items: new Int32Array(0),
      times: new Float64Array(0),
      sessionStarts: Int32Array.of(0),
      now: Float64Array.of(visit.now),
    };
    const oracle = cityOracle(city).score(batch);
    // Float32 against Float64; -Infinity is below both floors.
    for (let item = 0; item < 120; item++) {
      expect(Math.max(-500, all[item]! + Math.log(0.1))).toBeCloseTo(Math.max(-500, oracle[item]!), 4);
    }
    const mass = all.reduce((sum, utility) => sum + Math.exp(utility) * 0.1, 0);
    expect(mass).toBeCloseTo(1, 9);
    const [some, later] = [new Float64Array(1), new Float64Array(1)];
    const next = { user: visit.user, now: visit.now + 7 * DAY_MS };
    const item = all.reduce((worst, utility, i) => (utility > -100 && utility < all[worst]! ? i : worst), 0);
    people.utilities(some, next, Int32Array.of(item));
    people.clicked(visit, item);
    people.utilities(later, next, Int32Array.of(item));
    expect(later[0]!).toBeGreaterThan(some[0]!);
  });
});

test("a visit log keeps the latest rows in order of time, whatever the order they come in", () => {
  const memory = 7;
  const log = visitLog(2, memory);
  const draws = new Random("log");
  let told: { item: number; time: number }[] = [];
  for (let item = 0; item < 200; item++) {
    const time = Math.floor(item / 2) + draws.integer(4);
    log.add(1, item, time);
    told = [...told, { item, time }].toSorted((a, b) => a.time - b.time).slice(-memory);
    const { items, times, start, end } = log.rows(1);
    expect([...items.subarray(start, end)]).toEqual(told.map((row) => row.item));
    expect([...times.subarray(start, end)]).toEqual(told.map((row) => row.time));
  }
  expect(log.rows(0).end).toBe(0);
});

test("configs: defaults are filled, strays are refused", () => {
  expect(worldSchema.parse({ kind: "latent" })).toMatchObject({
    items: 50,
    groups: 10,
    dimensions: 2,
    multiplier: 5,
    gamma: 0.9,
  });
  expect(() => worldSchema.parse({ kind: "latent", colour: 1 })).toThrow("colour");
  expect(() => worldSchema.parse({ kind: "moon" })).toThrow("Invalid");
  expect(() => worldSchema.parse({ kind: "city", city: { users: 5 } })).toThrow("users");
});

import { HOUR_MS, DAY_MS, NONE, Random } from "@sequitur/core";
import type { SlatePolicy } from "@sequitur/recommender";
import { describe, expect, test } from "vitest";
import { behaviourSchema } from "./behaviour.js";
import { fatigueOf } from "./fatigue.js";
import { countingPolicy, randomPolicy } from "./policies.fixture.js";
import type { Showing } from "./people.js";
import { simulation, type SimulationPlan } from "./simulation.js";
import { slateLogBuilder } from "./slate-log-builder.js";
import { policyServer } from "./slate-server.js";
import type { World } from "./world.js";
import { latentWorld, latentWorldSchema } from "./worlds/latent-world.js";

const DAYS = 12;
const config = (fields: object = {}) => latentWorldSchema.parse({ kind: "latent", ...fields });
const worldOf = (users = 60, fields: object = {}): World =>
  latentWorld(config(fields), { users, days: DAYS }, new Random("world"));
const planOf = (fields: Partial<SimulationPlan> = {}, behaviour: object = {}): SimulationPlan => ({
  behaviour: behaviourSchema.parse(behaviour),
  k: 5,
  random: new Random("run"),
  ...fields,
});

type Kept = Omit<Showing, "clicked"> & { readonly clicked: readonly number[] };

async function shownBy(
  world: World,
  policy: SlatePolicy | "oracle",
  plan: SimulationPlan,
  days = DAYS,
): Promise<Kept[]> {
  const kept: Kept[] = [];
  const run = simulation(world, plan);
  const server = policy === "oracle" ? run.oracle : policyServer(policy);
  await run.run(server, days, (showing) => kept.push({ ...showing, clicked: [...showing.clicked] }));
  return kept;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const clicksOf = (shown: readonly Kept[]): number => sum(shown.map(({ clicked }) => sum(clicked)));

describe("one arm", () => {
  const world = worldOf();

  test("every visit gets its slate, in order of time, and the same seed gives the same of everything", async () => {
    const once = await shownBy(world, randomPolicy(50), planOf());
    expect(once.map(({ user }) => user)).toEqual([...world.visits.users]);
    expect(once.map(({ now }) => now)).toEqual([...world.visits.times]);
    expect(await shownBy(worldOf(), randomPolicy(50), planOf())).toEqual(once);
    expect(await shownBy(world, randomPolicy(50), planOf({ random: new Random("other") }))).not.toEqual(once);
  });

  test("people do not depend on how many others there are, nor on the size of batches", async () => {
    const few = await shownBy(worldOf(30), countingPolicy(50), planOf({}, { delayHours: 0, windowHours: 1 }), 1);
    const many = await shownBy(worldOf(60), countingPolicy(50), planOf({}, { delayHours: 0, windowHours: 1 }), 1);
    // On day 0 nothing is learnt yet: all see the same slate.
    expect(many.filter(({ user }) => user < 30)).toEqual(few);
    const small = await shownBy(worldOf(60), countingPolicy(50), planOf({ batchSize: 3 }), DAYS);
    expect(small).toEqual(await shownBy(worldOf(60), countingPolicy(50), planOf({ batchSize: 500 }), DAYS));
  });

  test("expected clicks are those that happen, and no slate is better than the oracle's", async () => {
    const large = worldOf(1500);
    const shown = await shownBy(large, randomPolicy(50), planOf({ regret: true }));
    const expected = sum(shown.map((showing) => showing.expected));
    expect(Math.abs(clicksOf(shown) - expected)).toBeLessThan(4 * Math.sqrt(expected));
    expect(shown.every((showing) => showing.best >= showing.expected - 1e-12)).toBe(true);
    const ceiling = await shownBy(large, "oracle", planOf({ regret: true }));
    expect(ceiling.every((showing) => Math.abs(showing.best - showing.expected) < 1e-12)).toBe(true);
    expect(clicksOf(ceiling)).toBeGreaterThan(1.4 * clicksOf(shown));
  });

  test("items that have not opened are never shown, and come in time", async () => {
    const shown = await shownBy(world, randomPolicy(50), planOf());
    const late = [...world.openedAt.keys()].filter((item) => world.openedAt[item]! > world.start);
    expect(late.length).toBeGreaterThan(3);
    for (const { now, slate } of shown)
      for (const item of slate.items) expect(world.openedAt[item]!).toBeLessThanOrEqual(now);
    const ever = new Set(shown.flatMap(({ slate }) => [...slate.items]));
    expect(late.some((item) => ever.has(item))).toBe(true);
  });

  test("the best slate is of exactly the items that are there at the visit, arms know those of the morning", async () => {
    // People who stay as they are, so that what they think of every item can be asked for at the end of the world.
    const still = worldOf(300, { items: 12, groups: 2, gamma: 1, driftDays: null, lateItems: 0.9 });
    const people = still.populate();
    const wants = new Float64Array(12);
    const bestOf = (user: number, isThere: (item: number) => boolean): number => {
      people.utilities(wants, { user, now: still.start + DAYS * DAY_MS });
      const odds = [...wants].filter((_, item) => isThere(item)).map((utility) => Math.exp(utility));
      const best = sum(odds.toSorted((a, b) => b - a).slice(0, 2));
      return best / (1 + best);
    };
    const offered: (readonly number[])[] = [];
    const policy = randomPolicy(12);
    const watched: SlatePolicy = {
      name: "watched",
      slates: (batch, k, options) => {
        for (let b = 0; b < batch.size; b++) offered.push([...(options.candidates ?? wants.keys())]);
        return policy.slates(batch, k, options);
      },
    };
    const shown = await shownBy(still, watched, planOf({ k: 2, regret: true }, { fatigue: 0 }));
    let [sinceMorning, laterToday] = [0, 0];
    for (const [visit, { user, now, day, best }] of shown.entries()) {
      const opened = (by: number) => (item: number) => still.openedAt[item]! <= by;
      const morning = still.start + day * DAY_MS;
      expect(best).toBeCloseTo(bestOf(user, opened(now)), 9);
      expect(offered[visit]).toEqual([...wants.keys()].filter(opened(morning)));
      if (best > bestOf(user, opened(morning)) + 1e-6) sinceMorning++;
      if (best < bestOf(user, opened(morning + DAY_MS)) - 1e-6) laterToday++;
    }
    // The three sets differ where it matters, so that none could be taken for another.
    expect(sinceMorning).toBeGreaterThan(20);
    expect(laterToday).toBeGreaterThan(20);
  });
});

describe("common random numbers", () => {
  test("two arms that show the same get the same clicks, and those that differ still see the same people", async () => {
    const world = worldOf(200, { gamma: 1 });
    const plan = planOf({}, { fatigue: 0 });
    const base = await shownBy(world, randomPolicy(50), plan);
    // The same slates, but for one user.
    const other: SlatePolicy = {
      name: "other",
      slates: (batch, k, options) => {
        const slates = randomPolicy(50).slates(batch, k, options);
        return slates.map((slate, b) => (batch.users[b] === 7 ? { ...slate, items: slate.items.toReversed() } : slate));
      },
    };
    const changed = await shownBy(world, other, plan);
    expect(changed.filter(({ user }) => user !== 7)).toEqual(base.filter(({ user }) => user !== 7));
    // Multinomial choice has no position effect, so the reversed slate is as good and is clicked as often.
    const own = (shown: readonly Kept[]) => shown.filter(({ user }) => user === 7).map(({ click }) => click !== NONE);
    expect(own(changed)).toEqual(own(base));
  });
});

describe("feedback", () => {
  test("outcomes come when they are due, clicks that come too late count as none", async () => {
    const world = worldOf(100);
    const prompt = countingPolicy(50);
    const shown = await shownBy(world, prompt, planOf({}, { delayHours: 0, windowHours: 0.1 }));
    const known = shown.filter(({ now }) => now + 0.1 * 3_600_000 <= world.start + (DAYS - 1) * 86_400_000);
    expect(prompt.told.length).toBe(known.length);
    expect(sum([...prompt.counts])).toBe(known.filter(({ click }) => click !== NONE).length);
    // A mean delay of 10 hours and a window of 1: a share of exp(-0.1) of the clicks is lost to the learner.
    const slow = countingPolicy(50);
    const late = await shownBy(worldOf(400), slow, planOf({}, { delayHours: 10, windowHours: 1 }));
    const clicks = late.filter(
      ({ click, now }) => click !== NONE && now < world.start + (DAYS - 1) * 86_400_000,
    ).length;
    const share = sum([...slow.counts]) / clicks;
    expect(Math.abs(share - (1 - Math.exp(-0.1)))).toBeLessThan(4 * Math.sqrt((0.1 * 0.9) / clicks) + 0.02);
  });

  test("learning before each batch knows more than learning at the start of the day", async () => {
    const world = worldOf(100);
    const [daily, always] = [countingPolicy(50), countingPolicy(50)];
    const quick = { delayHours: 0.01, windowHours: 0.02 };
    await shownBy(world, daily, planOf({ learn: "day" }, quick), 1);
    await shownBy(world, always, planOf({ learn: "batch", batchSize: 5 }, quick), 1);
    expect(daily.told.length).toBe(0);
    expect(always.told.length).toBeGreaterThan(20);
  });

  test("nobody hears of an outcome before it is due: neither the policy nor the history of a question", async () => {
    const world = worldOf(150, { visitsPerDay: 2 });
    const windowHours = 30;
    const sightings = { outcomes: 0, passed: 0, histories: 0 };
    let told: { shownAt: number; click: number }[] = [];
    const policy: SlatePolicy = {
      name: "listening",
      slates(batch, k, options) {
        const now = Math.min(...batch.now);
        const dayStart = now - ((now - world.start) % (24 * HOUR_MS));
        // Learning is daily, so what is known was due when the day began, and that is after it was shown.
        for (const { shownAt, click } of told) {
          expect(shownAt + (click === NONE ? windowHours * HOUR_MS : 0)).toBeLessThanOrEqual(dayStart);
        }
        told = [];
        for (const time of batch.times) expect(time).toBeLessThanOrEqual(dayStart);
        sightings.histories += batch.times.length;
        return randomPolicy(50).slates(batch, k, options);
      },
      observe(batch, _shown, clicks) {
        for (const [b, click] of clicks.entries()) told.push({ shownAt: batch.now[b]!, click });
        sightings.outcomes += clicks.length;
        sightings.passed += clicks.filter((click) => click === NONE).length;
      },
    };
    await shownBy(world, policy, planOf({ batchSize: 16 }, { delayHours: 20, windowHours }));
    expect(Math.min(sightings.outcomes - sightings.passed, sightings.passed, sightings.histories)).toBeGreaterThan(100);
  });

  test("learning before each batch does not hear of a click before its delay has passed", async () => {
    // Within the first day a click is known with probability 1 - exp(-hours left / 20).
    const always = countingPolicy(50);
    const world = worldOf(1500, { visitsPerDay: 4, lateUsers: 0 });
    const plan = planOf({ learn: "batch", batchSize: 20 }, { delayHours: 20, windowHours: 1_000 });
    const clicks = (await shownBy(world, always, plan, 1)).filter(({ click }) => click !== NONE).map(({ now }) => now);
    const end = world.visits.times.findLast((time) => time < world.start + 86_400_000)!;
    const chances = clicks.map((now) => 1 - Math.exp(-(end - now) / 3_600_000 / 20));
    const deviation = Math.sqrt(sum(chances.map((p) => p * (1 - p))));
    expect(Math.abs(sum([...always.counts]) - sum(chances))).toBeLessThan(4 * deviation + 5);
    expect(always.told.length).toBe(sum([...always.counts]));
  });

  test("a question carries the clicks that are known, oldest first, none of the future", async () => {
    const world = worldOf(80);
    let longest = 0;
    const policy: SlatePolicy = {
      name: "looking",
      slates(batch, k, options) {
        for (let b = 0; b < batch.size; b++) {
          const own = batch.times.subarray(batch.offsets[b], batch.offsets[b + 1]);
          longest = Math.max(longest, own.length);
          expect([...own]).toEqual([...own].toSorted((x, y) => x - y));
          expect(own.every((time) => time < batch.now[b]!)).toBe(true);
        }
        return randomPolicy(50).slates(batch, k, options);
      },
    };
    await shownBy(world, policy, planOf({ historyLength: 4 }));
    expect(longest).toBe(4);
  });
});

test("what was shown becomes the log that models train on, with its propensities", async () => {
  const world = worldOf(40);
  const builder = slateLogBuilder(world.catalog);
  const shown = await shownBy(world, randomPolicy(50), planOf());
  for (const { user, now, slate, click } of shown) builder.add(user, now, slate, click);
  const log = builder.log();
  expect(log.size).toBe(shown.length);
  const inOrder = shown.toSorted((a, b) => a.user - b.user || a.now - b.now);
  expect([...log.users]).toEqual(inOrder.map(({ user }) => user));
  expect([...log.clicks]).toEqual(inOrder.map(({ click }) => click));
  expect([...log.items]).toEqual(inOrder.flatMap(({ slate }) => [...slate.items]));
  expect([...log.propensities!]).toEqual(inOrder.flatMap(({ slate }) => [...slate.propensities]));
});

describe("what slates do to people", () => {
  test("showing the same again tires", async () => {
    const world = worldOf(300, { driftDays: null, gamma: 1, visitsPerDay: 2, lateUsers: 0 });
    const same = countingPolicy(50);
    const fixed: SlatePolicy = { name: "fixed", slates: (...args) => same.slates(...args) };
    const halves = async (fatigue: number) => {
      const shown = await shownBy(world, fixed, planOf({}, { fatigue }));
      const early = shown.filter(({ day }) => day < 2);
      const late = shown.filter(({ day }) => day >= DAYS - 2);
      return (
        sum(late.map(({ expected }) => expected)) / late.length -
        sum(early.map(({ expected }) => expected)) / early.length
      );
    };
    expect(Math.abs(await halves(0))).toBeLessThan(0.02);
    expect(await halves(1)).toBeLessThan(-0.06);
  });

  test("tiredness is a sum of showings that fade by half every week, and old showings are forgotten", () => {
    const behaviour = behaviourSchema.parse({ fatigue: 0.5, fatigueSlates: 2 });
    const tired = fatigueOf(2, 2, behaviour);
    const after = (days: number, item: number, user = 0): number => {
      const one = Float64Array.of(0);
      tired.apply(one, user, days * 86_400_000, Int32Array.of(item));
      return one[0]!;
    };
    tired.shown(0, 0, Int32Array.of(3, 4));
    expect([after(0, 3), after(7, 4), after(14, 3), after(0, 5), after(0, 3, 1)]).toEqual([-0.5, -0.25, -0.125, 0, 0]);
    tired.shown(0, 7 * 86_400_000, Int32Array.of(3, 5));
    expect([after(7, 3), after(7, 4), after(7, 5)]).toEqual([-0.75, -0.25, -0.5]);
    tired.shown(0, 7 * 86_400_000, Int32Array.of(6, 7));
    expect([after(7, 3), after(7, 4)]).toEqual([-0.5, 0]);
    const all = new Float64Array(8);
    tired.apply(all, 0, 7 * 86_400_000);
    expect([...all]).toEqual([0, 0, 0, -0.5, 0, -0.5, -0.5, -0.5]);
  });

  test("unsatisfied users drop visits when there is churn", async () => {
    const world = worldOf(300);
    const bad = await shownBy(world, randomPolicy(50), planOf({}, { churn: 0.8 }));
    const good = await shownBy(world, "oracle", planOf({}, { churn: 0.8 }));
    expect(bad.length).toBeLessThan(0.8 * world.visits.users.length);
    expect(good.length).toBeGreaterThan(bad.length);
  });
});

describe("what a policy may not do", () => {
  const world = worldOf(20);
  const broken = (change: (items: Int32Array, propensities: Float64Array) => object): SlatePolicy => ({
    name: "broken",
    slates: (batch, k, options) =>
      randomPolicy(50)
        .slates(batch, k, options)
        .map((slate) => ({ ...slate, ...change(slate.items, slate.propensities) })),
  });
  test.each([
    ["a duplicate", broken((items) => ({ items: items.fill(items[0]!) })), "broken: items must be distinct, got item-"],
    [
      "a propensity of 0",
      broken((_, p) => ({ propensities: p.fill(0) })),
      "propensities must be in (0, 1] or NaN, got 0",
    ],
    [
      "a propensity above 1",
      broken((_, p) => ({ propensities: p.fill(1.5) })),
      "must be in (0, 1] or NaN, got 1.5 at position 0",
    ],
    ["no propensity", broken(() => ({ propensities: new Float64Array(0) })), "expected 5 propensities, got 0"],
    ["no conditionals", broken(() => ({ conditionals: undefined })), "expected 5 conditionals, got none"],
    ["a kind of its own", broken(() => ({ kind: "sure" })), "kind must be one of unknown, exact, estimated, got sure"],
    ["an unknown item", broken((items) => ({ items: items.fill(50, 0, 1) })), "items must lie in [0, 50), got 50"],
    ["too many", broken(() => ({ items: Int32Array.of(0, 1, 2, 3, 4, 5) })), "expected at most 5 items, got 6"],
    [
      "a closed item",
      broken((items) => ({
        items: items.fill(
          world.openedAt.findIndex((t) => t > world.start),
          0,
          1,
        ),
      })),
      "items must have opened",
    ],
  ])("%s", async (_, policy, message) => {
    await expect(shownBy(world, policy, planOf())).rejects.toThrow(message);
  });
  test("a slate too few", async () => {
    const lazy: SlatePolicy = { name: "lazy", slates: () => [] };
    await expect(shownBy(world, lazy, planOf())).rejects.toThrow("lazy must give");
  });
});

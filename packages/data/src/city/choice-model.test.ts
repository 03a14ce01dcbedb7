import { PlatformError, Random } from "@sequitur/core";
import { beforeAll, expect, test } from "vitest";
import { CATEGORIES, GROUPS, transitionTable } from "./categories.js";
import { generateCity, type City } from "./city.js";
import { cityConfigSchema } from "./city-config.js";
import type { Situation } from "./moment.js";
import { openingTable } from "../local-time/opening-table.js";
import { hourProfile, seasonProfile, warmth, weekendSlots } from "./rhythms.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
let city: City;
let situations: Situation[];

beforeAll(async () => {
  city = await generateCity(cityConfigSchema.parse({ size: "tiny", places: 150, checkinsPerUser: 120 }));
  const { items, times, users, userOffsets } = city.interactions;
  situations = [];
  for (let row = 3; row < items.length; row += 97) {
    situations.push({ user: users[row]!, now: times[row]!, items, times, start: userOffsets[users[row]!]!, end: row });
  }
  // Never-seen times and pasts: the middle of a night, years later, right after a visit, nothing known.
  const past = {
    items: Int32Array.of(3, 9, 3),
    times: Float64Array.of(0, 1, 2).map((day) => city.truth.period.start + day * DAY),
  };
  const now = past.times[2]! + 20 * 60_000;
  situations.push(
    { user: 5, now, ...past, start: 0, end: 3 },
    { user: 5, now: now + 900 * DAY, ...past, start: 0, end: 3 },
  );
  situations.push({ user: 6, now: city.truth.period.start, ...past, start: 0, end: 0 });
});

/** The equations of datasets/city/README.md, term by term, with no table and no shortcut. */
function plainProbabilities({ truth }: City, { user, now, items, times, start, end }: Situation): number[] {
  const { places, residents, clock } = truth;
  const { month, slot } = { month: clock.month(now), slot: clock.slotOfWeek(now) };
  const weekend = weekendSlots();
  const transitions = transitionTable();
  const position = Math.min(Math.max((now - truth.period.start) / (91 * DAY), 0), residents.knots - 1);
  const taste = (factor: number): number => {
    const at = (knot: number): number =>
      residents.tastes[(user * residents.knots + knot) * (GROUPS.length + 6) + factor]!;
    const [low, high] = [Math.floor(position), Math.ceil(position)];
    return low === high ? at(low) : at(low) * (high - position) + at(high) * (position - low);
  };
  const open = places.hoursTexts.map((text) => openingTable(text)[month * 336 + slot] === 1);
  const isOpen = (j: number): boolean => open[places.hours[j]!]!;
  const gapHours = end > start ? (now - times[end - 1]!) / HOUR : Infinity;
  const previous = end > start ? items[end - 1]! : -1;
  const fresh = Math.exp(-gapHours / 3);
  const atWork = residents.employed[user] === 1 && slot < 240 && slot % 48 >= 18 && slot % 48 < 34;
  const home = [residents.homeX[user]!, residents.homeY[user]!] as const;
  const work = [residents.workX[user]!, residents.workY[user]!] as const;
  const origin = gapHours < 3 ? ([places.x[previous]!, places.y[previous]!] as const) : atWork ? work : home;
  const km = (j: number, [x, y]: readonly [number, number]): number => Math.hypot(places.x[j]! - x, places.y[j]! - y);
  const season = (c: number): number => seasonProfile(CATEGORIES[c]!.season, false)[month]!;
  const outdoor = (j: number): number => 0.6 * warmth(false)[month]! * places.traits[j * 6 + 4]!;
  const companions =
    previous < 0 ? [] : [...places.companions.subarray(previous * 3, previous * 3 + 3)].filter((j) => j >= 0);
  const after = (c: number): number =>
    previous < 0 ? 0 : transitions[places.categories[previous]! * CATEGORIES.length + c]!;
  const justThere = (j: number): number => (j === previous ? 1 - 0.95 * fresh : 1);
  const all = Array.from({ length: places.size }, (_, j) => j);

  const categoryPull = CATEGORIES.map(({ group, pull, rhythm }, c) => {
    const members = all.filter((j) => places.categories[j] === c);
    const available = Math.log(0.05 + members.filter(isOpen).length / members.length);
    const liking = taste(GROUPS.indexOf(group)) + residents.leafTastes[user * CATEGORIES.length + c]!;
    const led = companions.filter((j) => places.categories[j] === c).length;
    return Math.exp(
      pull + hourProfile(rhythm)[slot]! + season(c) + available + liking + fresh * (after(c) + 1.5 * led),
    );
  });
  const placePull = all.map((j) => {
    const opened = places.openedAt[j]!;
    const buzz = opened === -Infinity ? 1 : now < opened ? 0 : 1 + 2 * Math.exp(-(now - opened) / (45 * DAY));
    let liking = 0;
    for (let t = 0; t < 6; t++) liking += taste(GROUPS.length + t) * places.traits[j * 6 + t]!;
    const anchor = Math.min(km(j, home), km(j, work));
    const near = 1 / (1 + (km(j, origin) / 0.8) ** 2) / (1 + (anchor / 2.5) ** 2);
    const led = companions.includes(j) ? 1 + 30 * fresh : 1;
    return (
      Math.exp(places.quality[j]! + liking + outdoor(j)) * near * (isOpen(j) ? 1 : 0.02) * buzz * led * justThere(j)
    );
  });
  const categoryTotal = categoryPull.reduce((a, b) => a + b, 0);
  const placeTotal = CATEGORIES.map((_, c) =>
    all.reduce((sum, j) => sum + (places.categories[j] === c ? placePull[j]! : 0), 0),
  );

  const habit = all.map(() => 0);
  for (let v = Math.max(start, end - 128); v < end; v++) {
    const j = items[v]!;
    const then = clock.slotOfWeek(times[v]!);
    const apart = Math.abs((slot % 48) - (then % 48));
    const hours = Math.min(apart, 48 - apart) / 2;
    const like = (0.05 + Math.exp(-((hours / 1.5) ** 2) / 2)) * (weekend[slot] === weekend[then] ? 1 : 0.4);
    const recency = Math.exp(-Math.min(Math.floor((now - times[v]!) / DAY), 719) / 90);
    const mood = Math.exp(season(places.categories[j]!) + outdoor(j) + fresh * after(places.categories[j]!));
    const sameStep = v > start && items[v - 1] === previous && times[v]! - times[v - 1]! < 6 * HOUR ? 1 + 8 * fresh : 1;
    const near = 1 / (1 + (km(j, origin) / 3) ** 2);
    habit[j]! += recency * like * (isOpen(j) ? 1 : 0.02) * near * mood * sameStep * justThere(j);
  }
  const curiosity = residents.curiosity[user]!;
  const whole = curiosity + habit.reduce((a, b) => a + b, 0);
  return all.map((j) => {
    const c = places.categories[j]!;
    return (habit[j]! + (((curiosity * categoryPull[c]!) / categoryTotal) * placePull[j]!) / placeTotal[c]!) / whole;
  });
}

test("probabilities equal the documented equations, computed the plain way", () => {
  const model = city.truth.choice();
  const logs = new Float64Array(150);
  expect(situations.length).toBeGreaterThan(50);
  for (const situation of situations) {
    model.logProbabilities(logs, situation);
    plainProbabilities(city, situation).forEach((expected, j) => {
      expect(Math.abs(Math.exp(logs[j]!) - expected)).toBeLessThan(1e-9 * (expected + 1e-3));
    });
  }
});

test("probabilities sum to 1, and a slate's are those of the whole", () => {
  const model = city.truth.choice({ distance: 0.5, sequence: 2 });
  const logs = new Float64Array(150);
  const slate = Int32Array.of(149, 3, 9);
  const some = new Float64Array(3);
  for (const situation of situations) {
    model.logProbabilities(logs, situation);
    expect(logs.reduce((sum, log) => sum + Math.exp(log), 0)).toBeCloseTo(1, 10);
    model.logProbabilities(some, situation, slate);
    expect([...some]).toEqual([...slate].map((place) => logs[place]!));
  }
});

test("places are drawn as often as their probability says", () => {
  const model = city.truth.choice();
  const random = new Random("draws");
  const logs = new Float64Array(150);
  const draws = 20_000;
  for (const situation of [situations[20]!, situations.at(-3)!, situations.at(-1)!]) {
    model.logProbabilities(logs, situation);
    const counts = new Float64Array(150);
    for (let i = 0; i < draws; i++) counts[model.draw(situation, random)]! += 1;
    let chiSquare = 0;
    let cells = 0;
    logs.forEach((log, place) => {
      const expected = draws * Math.exp(log);
      if (expected < 5) return;
      chiSquare += (counts[place]! - expected) ** 2 / expected;
      cells++;
    });
    expect(cells).toBeGreaterThan(20);
    // Mean `cells`, standard deviation sqrt(2 cells).
    expect(chiSquare).toBeLessThan(cells + 5 * Math.sqrt(2 * cells));
  }
});

test("an unknown resident and a past after now are refused", () => {
  const model = city.truth.choice();
  const out = new Float64Array(150);
  const situation = situations[0]!;
  expect(() => model.logProbabilities(out, { ...situation, user: 60 })).toThrow(PlatformError);
  expect(() => model.logProbabilities(out, { ...situation, now: 0 })).toThrow(/must not be after now/);
});

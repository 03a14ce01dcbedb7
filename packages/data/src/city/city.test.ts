import { PlatformError, parseConfig, type Interactions } from "@sequitur/core";
import { expect, test } from "vitest";
import { CATEGORIES, GROUPS } from "./categories.js";
import { generateCity, type City } from "./city.js";
import { cityConfigSchema } from "./city-config.js";
import { SLOTS_PER_WEEK } from "../local-time/local-clock.js";
import { openingTable } from "../local-time/opening-table.js";

const build = (overrides: object): Promise<City> =>
  generateCity(cityConfigSchema.parse({ size: "tiny", ...overrides }));

test("the same seed gives the same bits, another seed another city", async () => {
  const [first, again, other] = [await build({ seed: 7 }), await build({ seed: 7 }), await build({ seed: 8 })];
  const bits = ({ interactions, truth }: City): Buffer[] =>
    [interactions.items, interactions.times, interactions.context.utcOffsetMinutes!, truth.residents.tastes].map(
      (column) => Buffer.from(column.buffer),
    );
  const expected = bits(first);
  bits(again).forEach((column, i) => expect(column.equals(expected[i]!)).toBe(true));
  expect(again.interactions.catalog.itemColumns).toEqual(first.interactions.catalog.itemColumns);
  expect(other.interactions.times).not.toEqual(first.interactions.times);
});

test("residents live the same lives whatever the number of others", async () => {
  const [few, many] = [await build({ users: 20 }), await build({ users: 50 })];
  const rows = few.interactions.size;
  expect(rows).toBeGreaterThan(100);
  expect(many.interactions.items.subarray(0, rows)).toEqual(few.interactions.items);
  expect(many.interactions.times.subarray(0, rows)).toEqual(few.interactions.times);
});

test("counts, span and order are as configured", async () => {
  const { interactions, truth, config } = await build({ users: 200, checkinsPerUser: 30 });
  expect(config).toMatchObject({ users: 200, places: 120, checkinsPerUser: 30, months: 18 });
  expect(interactions.catalog.users.size).toBe(200);
  expect(interactions.catalog.items.size).toBe(120);
  expect(interactions.size).toBeGreaterThan(200 * 30 * 0.7);
  expect(interactions.size).toBeLessThan(200 * 30 * 1.4);
  expect(truth.period.start).toBe(Date.parse("2022-12-31T23:00:00Z"));
  expect(truth.period.end).toBe(Date.parse("2024-06-30T22:00:00Z"));
  const [earliest, latest] = [
    interactions.times.reduce((a, b) => Math.min(a, b)),
    interactions.times.reduce((a, b) => Math.max(a, b)),
  ];
  expect(earliest).toBeGreaterThanOrEqual(truth.period.start);
  expect(latest).toBeLessThan(truth.period.end);
  expect(latest - earliest).toBeGreaterThan(530 * 86_400_000);
  for (let row = 1; row < interactions.size; row++) {
    const anotherUser = interactions.users[row] !== interactions.users[row - 1];
    expect(anotherUser || interactions.times[row]! - interactions.times[row - 1]! >= 300_000).toBe(true);
  }
});

test("activity and popularity are heavy-tailed", async () => {
  const { interactions } = await build({ users: 400, places: 400 });
  const perUser = [...interactions.userOffsets].slice(1).map((end, user) => end - interactions.userOffsets[user]!);
  const perItem = new Float64Array(400);
  for (const item of interactions.items) perItem[item]! += 1;
  const shareOfTopTenth = (counts: number[]): number => {
    const sorted = counts.sort((a, b) => b - a);
    return sorted.slice(0, sorted.length / 10).reduce((a, b) => a + b, 0) / interactions.size;
  };
  expect(shareOfTopTenth(perUser)).toBeGreaterThan(0.25);
  expect(shareOfTopTenth([...perItem])).toBeGreaterThan(0.3);
});

test("places carry every column, with texts built from their attributes", async () => {
  const { interactions, truth } = await build({});
  const { titles, categories, texts, latitudes, longitudes, openingHours, timeZones } =
    interactions.catalog.itemColumns;
  for (let place = 0; place < 120; place++) {
    const [group, leaf] = categories![place]!;
    expect(GROUPS).toContain(group);
    expect(CATEGORIES.find(({ name }) => name === leaf)?.group).toBe(group);
    expect(titles![place]).toContain(leaf);
    const description = texts!["description"]![place]!;
    expect(description).toContain(leaf);
    expect(description).toContain(texts!["neighbourhood"]![place]!);
    expect(description.includes("Opened in")).toBe(Number.isFinite(truth.places.openedAt[place]));
    expect(Math.abs(latitudes![place]! - 44)).toBeLessThan(0.2);
    expect(Math.abs(longitudes![place]! - 9)).toBeLessThan(0.2);
    expect(openingTable(openingHours![place]!)).toContain(1);
    expect(timeZones![place]).toBe("Europe/Rome");
  }
  expect(CATEGORIES.length).toBeGreaterThanOrEqual(30);
  expect(new Set(CATEGORIES.map(({ name }) => name)).size).toBe(CATEGORIES.length);
});

/** Summer time in Rome, from the law: last Sunday of March to last Sunday of October, 01:00 UTC. */
const SUMMER_TIME = [
  [Date.UTC(2023, 2, 26, 1), Date.UTC(2023, 9, 29, 1)],
  [Date.UTC(2024, 2, 31, 1), Date.UTC(2024, 9, 27, 1)],
] as const;

test("context columns say where and on which clock", async () => {
  const { interactions } = await build({});
  const { latitude, longitude, utcOffsetMinutes } = interactions.context;
  const { latitudes, longitudes } = interactions.catalog.itemColumns;
  for (let row = 0; row < interactions.size; row += 17) {
    const time = interactions.times[row]!;
    expect(latitude![row]).toBe(latitudes![interactions.items[row]!]);
    expect(longitude![row]).toBe(longitudes![interactions.items[row]!]);
    expect(utcOffsetMinutes![row]).toBe(SUMMER_TIME.some(([from, to]) => time >= from && time < to) ? 120 : 60);
  }
});

test("nobody checks in before joining or at a place before it opens, and new places are found", async () => {
  const { interactions, truth } = await build({ users: 300 });
  let atNewPlaces = 0;
  for (let row = 0; row < interactions.size; row++) {
    const [time, opened] = [interactions.times[row]!, truth.places.openedAt[interactions.items[row]!]!];
    expect(time).toBeGreaterThanOrEqual(truth.residents.joinedAt[interactions.users[row]!]!);
    expect(time).toBeGreaterThanOrEqual(opened);
    if (opened > truth.period.start) atNewPlaces++;
  }
  expect(atNewPlaces).toBeGreaterThan(20);
});

/** Share of check-ins in the month (0 = January) that are in the category. */
function shareIn({ catalog, items, times }: Interactions, category: string, month: number): number {
  let [inMonth, hits] = [0, 0];
  for (let row = 0; row < items.length; row++) {
    if (new Date(times[row]!).getUTCMonth() !== month) continue;
    inMonth++;
    if (catalog.itemColumns.categories![items[row]!]!.includes(category)) hits++;
  }
  return hits / inMonth;
}

test("seasons show, turn in the southern hemisphere, and vanish with their weight", async () => {
  const size = { users: 300, checkinsPerUser: 60 };
  const north = (await build(size)).interactions;
  const south = (await build({ ...size, latitude: -40 })).interactions;
  const flat = (await build({ ...size, weights: { season: 0, openingHours: 0 } })).interactions;
  const summer = (log: Interactions): number => shareIn(log, "Ice Cream Parlour", 6) + shareIn(log, "Outdoor Pool", 6);
  const winter = (log: Interactions): number => shareIn(log, "Ice Cream Parlour", 0) + shareIn(log, "Outdoor Pool", 0);
  expect(summer(north)).toBeGreaterThan(4 * winter(north));
  expect(winter(south)).toBeGreaterThan(4 * summer(south));
  expect(summer(flat)).toBeLessThan(2 * winter(flat));
});

test("closed places are rarely chosen, unless opening hours have no weight", async () => {
  const closedShare = async (openingHours: number): Promise<number> => {
    const { interactions, truth } = await build({ users: 200, weights: { openingHours } });
    const tables = truth.places.hoursTexts.map(openingTable);
    let closed = 0;
    for (let row = 0; row < interactions.size; row++) {
      const time = interactions.times[row]!;
      const at = truth.clock.month(time) * SLOTS_PER_WEEK + truth.clock.slotOfWeek(time);
      if (tables[truth.places.hours[interactions.items[row]!]!]![at] === 0) closed++;
    }
    return closed / interactions.size;
  };
  expect(await closedShare(1)).toBeLessThan(0.05);
  expect(await closedShare(0)).toBeGreaterThan(0.15);
});

test("progress is reported and an aborted signal stops the work", async () => {
  const tasks = new Map<string, number>();
  const config = cityConfigSchema.parse({ size: "tiny" });
  await generateCity(config, { report: ({ task, done, total }) => tasks.set(task, done / total) });
  expect([...tasks.keys()]).toEqual(["city: plan outings", "city: choose places"]);
  expect([...tasks.values()]).toEqual([1, 1]);
  const controller = new AbortController();
  const stopped = generateCity(config, { signal: controller.signal, report: () => controller.abort() });
  await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
});

test.each([
  [{ size: "huge" }, /size/],
  [{ places: 3 }, /places/],
  [{ months: 0 }, /months/],
  [{ startDate: "yesterday" }, /startDate/],
  [{ users: 1.5 }, /users/],
  [{ weights: { magic: 1 } }, /weights/],
  [{ timeZone: "Mars/Olympus" }, /Mars\/Olympus/],
])("bad config is one line: %j", async (config, message) => {
  const attempt = async (): Promise<City> => generateCity(parseConfig(cityConfigSchema, config, "city"));
  await expect(attempt()).rejects.toThrow(PlatformError);
  await expect(attempt()).rejects.toThrow(message);
});

test("a tiny city takes less than 200 ms of processor time", async () => {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    const start = process.cpuUsage();
    await build({ seed: i });
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / 1_000);
  }
  expect(best).toBeLessThan(200);
});

import { idTable, interactionsFrom, queryBatch, Random, type Catalog, type Interactions } from "@sequitur/core";
import { encodeArtifact, recommend } from "@sequitur/recommender";
import { hitRate, plantedSequences } from "@sequitur/recommender/conforms";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fitted } from "../fitted.fixture.js";
import { seaget } from "../seaget/seaget.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MONDAY = Date.UTC(2024, 0, 1);
const planted = plantedSequences(new Random("fit"), { users: 40, items: 20, length: 8 });
const noisy = { dropout: 0.3, userDropout: 0.2, epochs: 3 };

interface Row {
  readonly user: number;
  readonly place: number;
  readonly time: number;
}

function interactions(
  rows: readonly Row[],
  columns: Catalog["itemColumns"],
  places: number,
  users: number,
): Interactions {
  const ids = (of: string, size: number) => idTable(Array.from({ length: size }, (_, at) => `${of}${at}`));
  return interactionsFrom(
    { users: ids("u", users), items: ids("p", places), itemColumns: columns },
    {
      users: Int32Array.from(rows, ({ user }) => user),
      items: Int32Array.from(rows, ({ place }) => place),
      times: Float64Array.from(rows, ({ time }) => time),
    },
  );
}

describe.each(["seaget", "getnext"] as const)("a fit of %s", (name) => {
  it("that was stopped goes on to the same bits", async () => {
    const dir = await mkdtemp(join(tmpdir(), "sequitur-poi-"));
    const whole = await fitted(name, planted.train, noisy);
    const stop = new AbortController();
    let reports = 0;
    const report = (): void => {
      if (++reports === 5) stop.abort();
    };
    const interrupted = fitted(name, planted.train, noisy, { checkpointDir: dir, signal: stop.signal, report });
    await expect(interrupted).rejects.toMatchObject({ code: "cancelled" });
    const resumed = await fitted(name, planted.train, noisy, { checkpointDir: dir });
    expect(encodeArtifact(resumed.save())).toEqual(encodeArtifact(whole.save()));
    const other = fitted(name, planted.train, { ...noisy, learningRate: 0.02 }, { checkpointDir: dir });
    await expect(other).rejects.toMatchObject({ code: "bad-artifact" });
    const itemColumns = { openingHours: Array.from({ length: 20 }, () => "24/7") };
    const opened = { ...planted.train, catalog: { ...planted.train.catalog, itemColumns } };
    const elsewhere = fitted(name, opened, noisy, { checkpointDir: dir });
    await expect(elsewhere).rejects.toMatchObject({ code: "bad-artifact" });
    await rm(dir, { recursive: true });
  });

  it("keeps the weights of the best validation and stops when it does not improve", async () => {
    const values = [0.1, 0.4, 0.3, 0.2, 0.9];
    const seen: Float32Array[] = [];
    const validate = (current: { score: (batch: typeof planted.queries) => Float32Array }): Promise<number> => {
      seen.push(current.score(planted.queries));
      return Promise.resolve(values[seen.length - 1]!);
    };
    const model = await fitted(name, planted.train, { epochs: 20, patience: 2 }, { validate });
    expect(seen).toHaveLength(4);
    expect(model.score(planted.queries)).toEqual(seen[1]);
  });

  it("says what is missing when there is nothing to learn from", async () => {
    const lone = [0, 1, 2].map((user) => ({ user, place: user, time: MONDAY }));
    const wanted = name === "seaget" ? { askFirst: false } : {};
    for (const rows of [[], lone]) {
      const refused = fitted(name, interactions(rows, {}, 3, 3), wanted);
      await expect(refused).rejects.toMatchObject({
        code: "bad-data",
        message: expect.stringMatching(/two check-ins/),
      });
    }
  });
});

describe("what SEAGET takes from the data", () => {
  /** 60 users, each with a place of their own in the morning and one in the evening; the current day says nothing. */
  const habits: Row[] = [];
  for (let user = 0; user < 60; user++) {
    for (let day = 0; day < 12; day++) {
      habits.push({ user, place: user, time: MONDAY + 2 * day * DAY + 8 * HOUR });
      habits.push({ user, place: 60 + user, time: MONDAY + (2 * day + 1) * DAY + 9.1 * HOUR + 11 * HOUR });
    }
  }
  const own = interactions(habits, {}, 120, 60);
  const asked = (user: number, now: number) => {
    const [from, to] = [own.userOffsets[user]!, own.userOffsets[user + 1]!];
    return { user, items: own.items.slice(from, to), times: own.times.slice(from, to), sessionStart: to - from, now };
  };

  it("goes back to the user's own place of that hour, beyond the trajectory, also for a user it never met", async () => {
    const model = await fitted("seaget", own, { epochs: 6 });
    const users = Array.from({ length: 20 }, (_, user) => user);
    for (const known of [true, false]) {
      const ask = (hour: number) =>
        users.map((user) => ({ ...asked(user, MONDAY + 30 * DAY + hour * HOUR), ...(!known && { user: -1 }) }));
      const [morning, evening] = [8.2, 20.2].map((hour) => recommend(model, queryBatch(ask(hour)), { k: 1 }).items);
      expect(users.filter((user) => morning![user] === user).length).toBeGreaterThan(17);
      expect(users.filter((user) => evening![user] === 60 + user).length).toBeGreaterThan(17);
    }
  });

  it("does not read the next instant where that is to be predicted", async () => {
    const model = await fitted("seaget", planted.train, { nextTime: "predicted", epochs: 1 });
    const { queries } = planted;
    const later = { ...queries, now: queries.now.map((now) => now + 5 * HOUR) };
    expect(model.score(later)).toEqual(model.score(queries));
    const given = await fitted("seaget", planted.train, { epochs: 1 });
    expect(given.score(later)).not.toEqual(given.score(queries));
  });

  it("does not read it by way of summer time or opening hours either", async () => {
    const columns = {
      timeZones: Array.from({ length: 20 }, () => "Europe/Rome"),
      openingHours: Array.from({ length: 20 }, (_, place) => (place < 10 ? "Mo-Su 08:00-20:00" : "")),
    };
    const train = { ...planted.train, catalog: { ...planted.train.catalog, itemColumns: columns } };
    const model = await fitted("seaget", train, { nextTime: "predicted", epochs: 1 });
    const [items, times] = [planted.queries.items.slice(0, 3), planted.queries.times.slice(0, 3)];
    const at = (now: number) =>
      model.score(
        queryBatch([
          { items, times, now },
          { items: [], now },
        ]),
      );
    const noon = Date.UTC(2024, 0, 15, 12);
    expect(at(noon + 182.5 * DAY)).toEqual(at(noon)); // in summer, at midnight
  });

  it("ranks a new place by its category and whereabouts", async () => {
    const random = new Random("cold");
    const kinds = ["food", "work"];
    // Places 0..29 have a kind; people change between kinds. Places 30 and 31 are new, one of each kind.
    const kindOf = (place: number): number => place % 2;
    const rows: Row[] = [];
    for (let user = 0; user < 80; user++) {
      for (let at = 0; at < 8; at++) {
        rows.push({ user, place: 2 * random.integer(15) + (at % 2), time: MONDAY + user * 60_000 + at * HOUR });
      }
    }
    const categories = Array.from({ length: 32 }, (_, place) => [kinds[kindOf(place)]!]);
    const latitudes = Float64Array.from({ length: 32 }, () => 40 + random.uniform() / 50);
    const longitudes = latitudes.map((latitude) => latitude - 114);
    const model = await fitted("seaget", interactions(rows, { categories, latitudes, longitudes }, 32, 80), {
      visits: 0,
      epochs: 16,
    });
    const score = model.score(
      queryBatch([{ items: [0, 1, 2], times: [0, 1, 2].map((at) => MONDAY + at * HOUR), now: MONDAY + 3 * HOUR }]),
    );
    expect(score[31]).toBeGreaterThan(score[30]! + 1);
    expect(score.every(Number.isFinite)).toBe(true);
  });

  it("pushes down what is closed, softly, hard or not at all, and answers for a radius and open places", async () => {
    const openingHours = Array.from({ length: 20 }, (_, place) => (place < 10 ? "24/7" : "Mo-Su 03:00-04:00"));
    const timeZones = openingHours.map(() => "UTC");
    const latitudes = Float64Array.from({ length: 20 }, (_, place) => 40 + place / 100);
    const columns = { openingHours, timeZones, latitudes, longitudes: latitudes.map(() => 9) };
    const train = { ...planted.train, catalog: { ...planted.train.catalog, itemColumns: columns } };
    const noon = { ...planted.queries, now: planted.queries.now.map((now) => now - (now % DAY) + DAY + 12 * HOUR) };
    const [off, soft, hard] = await Promise.all(
      ["off", "soft", "hard"].map(async (form) =>
        (await fitted("seaget", train, { epochs: 1, hours: { form } })).score(noon),
      ),
    );
    off!.forEach((score, at) => {
      const closed = at % 20 >= 10;
      expect(soft![at]).toBeCloseTo(score - (closed ? 2 : 0), 4);
      expect(hard![at]).toBeCloseTo(score - (closed ? 1000 : 0), 2);
    });
    const model = await fitted("seaget", train, { epochs: 1 });
    const reach = { within: { from: { latitude: 40, longitude: 9 }, radiusKm: 12 }, openAt: { instant: noon.now[0]! } };
    expect([...model.placesWithin(reach)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...model.placesWithin({ within: reach.within })]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const [first, second] = model.explain(noon, 0, [3, 15]);
    expect([first!.opening, second!.opening]).toEqual(["open", "closed"]);
    expect(first!.localMinutes).toBe(12 * 60);
    expect(first!.visits.total).toBe([...planted.queries.items.subarray(0, 8)].filter((item) => item === 3).length);
  });

  it("refuses an artifact whose numbers point outside its tensors", async () => {
    const timeZones = Array.from({ length: 20 }, () => "Europe/Rome");
    const train = { ...planted.train, catalog: { ...planted.train.catalog, itemColumns: { timeZones } } };
    const artifact = (await fitted("seaget", train, { epochs: 1 })).save();
    for (const [name, at, value] of [
      ["facts.categories", 0, 1],
      ["facts.zoneOf", 3, 1],
      ["graph.columns", 0, 20],
      ["graph.offsets", 1, 1e6],
      ["graph.offsets", 20, 0],
      ["hours.timetables", 0, 0],
    ] as const) {
      const { shape, data } = artifact.tensors.get(name)!;
      const damaged = { shape, data: (data as Int32Array).with(at, value) };
      const load = (): unknown => seaget.load({ ...artifact, tensors: new Map(artifact.tensors).set(name, damaged) });
      const refusal = { code: "bad-artifact", message: expect.stringContaining(name) as string };
      expect(load).toThrow(expect.objectContaining(refusal));
    }
  });

  it("gives scores to places of a season that training never saw", async () => {
    const model = await fitted("seaget", planted.train, { epochs: 1 });
    const july = { ...planted.queries, now: planted.queries.now.map((now) => now + 182 * DAY) };
    expect(model.score(july).every(Number.isFinite)).toBe(true);
    expect(hitRate(model, planted, 20)).toBe(1);
  });

  it.each([
    [
      "a latitude that cannot be",
      { latitudes: Float64Array.of(95, 40, 40), longitudes: Float64Array.of(9, 9, 9) },
      /latitude/,
    ],
    ["a time zone that does not exist", { timeZones: ["Europe/Roma", "", ""] }, /Europe\/Roma/],
    ["hours that do not parse", { openingHours: ["whenever", "", ""] }, /whenever/],
  ])("refuses %s, naming the place", async (_, columns, what) => {
    const rows = [0, 1, 2, 1, 0].map((place, at) => ({ user: 0, place, time: MONDAY + at * HOUR }));
    const refused = fitted("seaget", interactions(rows, columns, 3, 1));
    await expect(refused).rejects.toMatchObject({ code: "bad-data", message: expect.stringMatching(what) });
    await expect(refused).rejects.toThrow(/p0/);
  });
});

import fc from "fast-check";
import { sql } from "kysely";
import { beforeAll, describe, expect, it } from "vitest";
import {
  appendEvents,
  backfillFeatures,
  eraseUser,
  featureFreshness,
  featureView,
  readItemFeatures,
  readUserFeatures,
  refreshFeatures,
  trainingFeatures,
  upsertItems,
  type Event,
  type FeatureView,
  type Store,
} from "../index.js";
import { eachStore } from "../testing/index.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const T0 = Date.UTC(2024, 1, 20);
const CATEGORIES: Record<string, string[]> = { a: [], b: ["food"], c: ["food", "thai"], d: ["art"] };

const VIEWS = [
  featureView({ name: "user-count", entity: "user", aggregation: { kind: "count" } }),
  featureView({ name: "user-week", entity: "user", aggregation: { kind: "per-day" }, windowDays: 7 }),
  featureView({ name: "user-items", entity: "user", aggregation: { kind: "distinct" }, windowDays: 3 }),
  featureView({ name: "item-users", entity: "item", aggregation: { kind: "distinct" }, kinds: ["buy"] }),
  featureView({
    name: "item-rate",
    entity: "item",
    aggregation: { kind: "ratio", numerator: ["buy"], priorMean: 0.25, priorWeight: 2 },
    windowDays: 10,
  }),
  featureView({ name: "item-popularity", entity: "item", aggregation: { kind: "popularity", recentDays: 4 } }),
  featureView({ name: "user-tastes", entity: "user-category", aggregation: { kind: "share" }, windowDays: 9 }),
  featureView({ name: "item-hours", entity: "item-hour", aggregation: { kind: "share" } }),
  featureView({
    name: "item-months",
    entity: "item-month",
    aggregation: { kind: "count" },
    windowDays: 12,
    ttlMs: DAY,
  }),
  featureView({ name: "user-last", entity: "user", aggregation: { kind: "last", n: 3 } }),
] as const;

/** The plain reading of a view's definition, over events that have arrived. */
function reference(
  view: FeatureView,
  key: string,
  part: string,
  asOf: number,
  events: readonly Event[],
): number | undefined {
  const ofUser = view.entity.startsWith("user");
  const own = events.filter(
    (event) =>
      (ofUser ? event.userId : event.itemId) === key &&
      event.time < asOf &&
      (view.windowDays === undefined || event.time >= asOf - view.windowDays * DAY) &&
      (view.kinds === undefined || view.kinds.includes(event.kind!)),
  );
  const local = (event: Event): Date => new Date(event.time + (event.utcOffsetMinutes ?? 0) * 60_000);
  const rows = own.filter((event) => {
    if (view.entity === "item-hour") return String(local(event).getUTCHours()) === part;
    if (view.entity === "item-month") return String(local(event).getUTCMonth() + 1) === part;
    return view.entity !== "user-category" || CATEGORIES[event.itemId]!.includes(part);
  });
  if (rows.length === 0) return undefined;
  const users = (among: readonly Event[]): number => new Set(among.map((event) => event.userId)).size;
  const { aggregation } = view;
  switch (aggregation.kind) {
    case "count":
      return rows.length;
    case "per-day":
      return rows.length / view.windowDays!;
    case "distinct":
      return ofUser ? new Set(rows.map((event) => event.itemId)).size : users(rows);
    case "share":
      return rows.length / own.length;
    case "ratio": {
      const wins = rows.filter((event) => aggregation.numerator.includes(event.kind!)).length;
      return (wins + aggregation.priorWeight * aggregation.priorMean) / (rows.length + aggregation.priorWeight);
    }
    case "popularity": {
      const { alpha, beta } = aggregation;
      const recent = rows.filter((event) => event.time >= asOf - aggregation.recentDays * DAY);
      const past = rows.filter((event) => !recent.includes(event));
      const weigh = (among: readonly Event[]): number => alpha * users(among) + (1 - alpha) * among.length;
      return beta * weigh(recent) + (1 - beta) * weigh(past);
    }
    case "last":
      return undefined;
  }
}

interface History {
  /** Rounds of arrivals, each followed by a refresh. */
  readonly rounds: readonly { readonly events: readonly Event[]; readonly asOf: number }[];
  readonly labels: readonly { userId: string; itemId: string; time: number; utcOffsetMinutes: number }[];
}

const someTime = fc.integer({ min: 0, max: 480 }).map((hours) => T0 + hours * HOUR);
const someUser = fc.constantFrom("u", "v", "w");
const someItem = fc.constantFrom("a", "b", "c", "d");
const someOffset = fc.constantFrom(0, 90, -600);
const someEvent = fc.record({
  userId: someUser,
  itemId: someItem,
  time: someTime,
  kind: fc.constantFrom("view", "buy"),
  utcOffsetMinutes: someOffset,
});
const someHistory: fc.Arbitrary<History> = fc.record({
  rounds: fc
    .tuple(
      fc.array(fc.array(someEvent, { maxLength: 12 }), { minLength: 3, maxLength: 4 }),
      fc.uniqueArray(someTime, { minLength: 4, maxLength: 4 }),
    )
    .map(([batches, instants]) => {
      const sorted = instants.sort((x, y) => x - y);
      return batches.map((events, round) => ({
        events: events.map((event, i) => ({ ...event, eventId: `r${round}-${i}` })),
        asOf: sorted[round]!,
      }));
    }),
  labels: fc.array(fc.record({ userId: someUser, itemId: someItem, time: someTime, utcOffsetMinutes: someOffset }), {
    minLength: 6,
    maxLength: 12,
  }),
});

function partOf(view: FeatureView, label: History["labels"][number]): string {
  const local = new Date(label.time + label.utcOffsetMinutes * 60_000);
  if (view.entity === "item-hour") return String(local.getUTCHours());
  if (view.entity === "item-month") return String(local.getUTCMonth() + 1);
  return view.entity === "user-category" ? (CATEGORIES[label.itemId]!.at(-1) ?? "none") : "";
}

/** Equal but for the order of additions; no value equals no value. */
function same(x: number | undefined, y: number | undefined): boolean {
  return x === y || Math.abs(x! - y!) < 1e-9 || (Number.isNaN(x ?? Number.NaN) && Number.isNaN(y ?? Number.NaN));
}

async function reset(store: Store): Promise<void> {
  await sql`truncate users, items, interactions, event_keys, feature_definitions, feature_dirty_items cascade`.execute(
    store.db,
  );
  await upsertItems(
    store,
    Object.entries(CATEGORIES).map(([itemId, categories]) => ({ itemId, categories })),
  );
}

eachStore((engine) => {
  describe("features", () => {
    let store: Store;
    let now = T0;
    beforeAll(async () => {
      store = await engine.open({ clock: () => now });
    });

    it("gives training what was known then, never later, like the plain reading (property)", async () => {
      const check = async ({ rounds, labels }: History): Promise<void> => {
        await reset(store);
        const arrived: Event[] = [];
        const known: { asOf: number; events: readonly Event[] }[] = [];
        for (const { events, asOf } of rounds) {
          await appendEvents(store, events);
          arrived.push(...events);
          await refreshFeatures(store, VIEWS, { asOf });
          known.push({ asOf, events: [...arrived] });
        }
        const { columns } = await trainingFeatures(store, VIEWS, labels);
        for (const [row, label] of labels.entries()) {
          const then = known.findLast(({ asOf }) => asOf <= label.time);
          for (const view of VIEWS.filter(({ name }) => name !== "user-last")) {
            const column = columns.get(view.name)!;
            const key = view.entity.startsWith("user") ? label.userId : label.itemId;
            const expected = then && reference(view, key, partOf(view, label), then.asOf, then.events);
            const got = column.values[row];
            expect({ view: view.name, label, got, expected, same: same(got, expected) }).toMatchObject({ same: true });
            expect(column.asOf[row]).toBe(then?.asOf ?? Number.NaN);
            expect(column.stale[row]).toBe(then && label.time - then.asOf > view.ttlMs ? 1 : 0);
          }
        }
        await checkServed(arrived, rounds.at(-1)!.asOf);
      };
      await fc.assert(fc.asyncProperty(someHistory, check), { numRuns: engine.name === "PGlite" ? 4 : 10, seed: 8 });
    }, 60_000);

    async function checkServed(arrived: readonly Event[], asOf: number): Promise<void> {
      now = asOf;
      const ofUsers = VIEWS.filter((view) => view.entity.startsWith("user"));
      for (const userId of ["u", "v", "w"]) {
        const row = await readUserFeatures(store, ofUsers as readonly FeatureView[], userId);
        const own = arrived.map((event, i) => ({ event, i })).filter(({ event }) => event.userId === userId);
        const last = own.sort((x, y) => x.event.time - y.event.time || x.i - y.i).slice(-3);
        expect(row["user-last"]?.value).toEqual(
          last.map(({ event: { itemId, time, kind } }) => ({ itemId, time, kind })),
        );
        const count = reference(VIEWS[0], userId, "", asOf, arrived);
        expect(row["user-count"]).toEqual({
          value: count ?? 0,
          status: count === undefined ? "missing" : "fresh",
          asOf,
        });
        for (const category of ["food", "thai", "art"]) {
          const tastes = row["user-tastes"]?.value as unknown as Record<string, number>;
          const share = reference(VIEWS[6], userId, category, asOf, arrived);
          expect(same(tastes[category], share)).toBe(true);
        }
      }
    }

    it("says fresh, stale or missing for each value, and types it by its view", async () => {
      await reset(store);
      now = T0 + 10 * DAY;
      const visit: Event = { eventId: "e", userId: "u", itemId: "c", time: now - HOUR, kind: "buy" };
      await appendEvents(store, [visit]);
      const views = [VIEWS[0], VIEWS[6], VIEWS[9]] as const;
      const before = await readUserFeatures(store, views, "u");
      expect(before["user-count"]).toEqual({ value: 0, status: "missing" });
      expect((await featureFreshness(store, VIEWS)).every(({ status }) => status === "missing")).toBe(true);
      await refreshFeatures(store, VIEWS);
      const served = await readUserFeatures(store, views, "u");
      const thai: number | undefined = served["user-tastes"].value["thai"];
      expect([thai, served["user-count"].value, served["user-last"].value[0]?.itemId]).toEqual([1, 1, "c"]);
      expect(served["user-count"].status).toBe("fresh");
      const [item, none] = await readItemFeatures(store, [VIEWS[4], VIEWS[8]] as const, ["c", "nothing"]);
      expect(item?.["item-rate"].value).toBeCloseTo((1 + 0.5) / 3, 12);
      expect(item?.["item-months"].value).toEqual({ "2": 1 });
      expect(none?.["item-rate"]).toMatchObject({ value: 0.25, status: "missing" });
      now += DAY + 1;
      expect((await readUserFeatures(store, views, "u"))["user-count"].status).toBe("stale");
      expect((await readUserFeatures(store, views, "nobody"))["user-last"]).toMatchObject({
        value: [],
        status: "missing",
      });
      const [freshness] = await featureFreshness(store, VIEWS);
      expect(freshness).toMatchObject({ name: "user-count", status: "stale", ageMs: DAY + 1, values: 1, changes: 1 });
    });

    it("backfills a grid as if refreshed then, goes on where it stopped, and starts over when told", async () => {
      await reset(store);
      const events = Array.from({ length: 40 }, (_, i): Event => {
        return {
          eventId: `b${i}`,
          userId: "uvw"[i % 3]!,
          itemId: "abcd"[i % 4]!,
          time: T0 + i * 7 * HOUR,
          kind: "buy",
        };
      });
      await appendEvents(store, events);
      const stop = new AbortController();
      const grid = { from: T0, to: T0 + 12 * DAY, everyMs: DAY };
      const report = ({ done }: { done: number }): void => {
        if (done === 5) stop.abort();
      };
      await expect(backfillFeatures(store, VIEWS, { ...grid, signal: stop.signal, report })).rejects.toMatchObject({
        code: "cancelled",
      });
      expect(await backfillFeatures(store, VIEWS, grid)).toBe(8);
      const label = { userId: "v", itemId: "c", time: T0 + 5 * DAY + HOUR };
      const { columns, sequences } = await trainingFeatures(store, VIEWS, [label]);
      for (const view of [VIEWS[1], VIEWS[5]]) {
        const key = view.entity === "user" ? "v" : "c";
        expect(columns.get(view.name)!.values[0]).toBeCloseTo(reference(view, key, "", T0 + 5 * DAY, events)!, 12);
      }
      const past = events.filter((event) => event.userId === "v" && event.time < label.time).slice(-3);
      expect(sequences.get("user-last")?.[0]?.map((entry) => entry.time)).toEqual(past.map((event) => event.time));
      await expect(refreshFeatures(store, VIEWS, { asOf: T0 })).rejects.toMatchObject({ code: "bad-data" });
      expect(await backfillFeatures(store, VIEWS, { ...grid, restart: true })).toBe(13);
    });

    it("counts again what an erased user or a changed category leaves behind", async () => {
      await reset(store);
      const visit = (eventId: string, userId: string, itemId: string): Event => {
        return { eventId, userId, itemId, time: T0, kind: "buy" };
      };
      await appendEvents(store, [visit("1", "u", "c"), visit("2", "v", "c"), visit("3", "u", "d")]);
      now = T0 + DAY;
      await refreshFeatures(store, VIEWS);
      const users = async (): Promise<unknown[]> =>
        (await readItemFeatures(store, [VIEWS[3]] as const, ["c", "d"])).map((row) => row["item-users"].value);
      expect(await users()).toEqual([2, 1]);
      await eraseUser(store, "u");
      await upsertItems(store, [{ itemId: "c", categories: ["street"] }]);
      now += HOUR;
      await refreshFeatures(store, VIEWS);
      expect(await users()).toEqual([1, 0]);
      expect((await readUserFeatures(store, [VIEWS[6]] as const, "v"))["user-tastes"].value).toEqual({ street: 1 });
      expect((await readUserFeatures(store, [VIEWS[0]] as const, "u"))["user-count"].status).toBe("missing");
      const { rows } = await sql<{ marks: number }>`select count(*) as marks from feature_dirty_items`.execute(
        store.db,
      );
      expect(rows[0]?.marks).toBe(0);
    });
  });
});

describe("featureView", () => {
  it("refuses what cannot be computed", () => {
    const bad = [
      { name: "x", entity: "item", aggregation: { kind: "last", n: 3 } },
      { name: "x", entity: "item", aggregation: { kind: "per-day" } },
      { name: "x", entity: "user", aggregation: { kind: "share" } },
      { name: "x", entity: "user", aggregation: { kind: "popularity" } },
      { name: "X y", entity: "user", aggregation: { kind: "count" } },
    ] as const;
    for (const view of bad) expect(() => featureView(view)).toThrow(/feature (x|X y)/);
  });
});

import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sql } from "kysely";
import { Client } from "pg";
import {
  appendEvents,
  eraseUser,
  exportInteractions,
  grouped,
  readInteractions,
  userHistory,
  type Event,
  type HistoryOptions,
  type Store,
} from "../index.js";
import { eachStore, onServer } from "../testing/index.js";

const T0 = Date.UTC(2024, 0, 31, 23, 59, 59, 990);

function visit(eventId: string, userId: string, itemId: string, time: number, more: Partial<Event> = {}): Event {
  return { eventId, userId, itemId, time, ...more };
}

eachStore((engine) => {
  describe("events", () => {
    let store: Store;
    beforeAll(async () => {
      store = await engine.open();
    });

    it("tells each row what became of it", async () => {
      const results = await appendEvents(store, [
        visit("a1", "ann", "cafe", T0),
        visit("a2", "ann", "park", T0 + 20),
        visit("a1", "ann", "bar", T0),
        visit("a3", "", "bar", T0),
        visit("a4", "ann", "b\0r", T0),
        visit("a5", "ann", "bar", Number.NaN),
        visit("a6", "ann", "bar", T0, { position: 0.5 }),
        visit("a7", "ann", "bar", T0, { latitude: 91 }),
        visit("a8", "\ud800", "bar", T0),
      ]);
      expect(results.map((result) => result.status)).toEqual([
        "accepted",
        "accepted",
        "duplicate",
        ...new Array<string>(6).fill("rejected"),
      ]);
      expect(results[5]).toEqual({ status: "rejected", message: expect.stringContaining("time must be a number") });
    });

    it("counts an event id once, even with another time, user or item", async () => {
      const again = await appendEvents(store, [
        visit("a1", "ann", "cafe", T0),
        visit("a1", "bob", "bar", T0 + 90 * 86_400_000),
        visit("a2", "ann", "park", T0 + 40 * 86_400_000),
      ]);
      expect(again.map((result) => result.status)).toEqual(["duplicate", "duplicate", "duplicate"]);
      const { rows } = await sql<{ count: number }>`select count(*) from interactions`.execute(store.db);
      expect(rows[0]?.count).toBe(2);
    });

    it("keeps instants to the millisecond across a month's end", async () => {
      const [history] = await userHistory(store, [{ userId: "ann" }], { limit: 10 });
      expect(history).toEqual([
        { itemId: "cafe", time: T0, kind: "visit" },
        { itemId: "park", time: T0 + 20, kind: "visit" },
      ]);
      const { rows } = await sql<{ name: string }>`
        select distinct tableoid::regclass::text as name from interactions order by name`.execute(store.db);
      expect(rows.map((row) => row.name)).toEqual(["interactions_2024_01", "interactions_2024_02"]);
    });

    it("takes times far from our days without a partition for each", async () => {
      const times = [-1e14, -1, 0, 1e3, Date.UTC(1989, 11, 31), Date.UTC(2100, 0), 9e13, 1e14];
      const results = await appendEvents(
        store,
        times.map((time, i) => visit(`far${i}`, "far", "moon", time)),
      );
      expect(results.every((result) => result.status === "accepted")).toBe(true);
      const [history] = await userHistory(store, [{ userId: "far" }], { limit: 10 });
      expect(history?.map((entry) => entry.time)).toEqual(times);
      const { rows } = await sql<{ count: number }>`
        select count(distinct interactions.tableoid) from interactions join users using (user_key) where user_id = 'far'
      `.execute(store.db);
      expect(rows[0]?.count).toBe(2);
    });

    it("reads the newest of a history, before an instant, of the kinds asked, oldest first", async () => {
      const rows = Array.from({ length: 30 }, (_, i) =>
        visit(`h${i}`, "hal", `i${i}`, T0 + Math.floor(i / 3) * 3_600_000, { kind: i % 2 === 0 ? "view" : "buy" }),
      );
      await appendEvents(store, rows);
      const ids = async (options: HistoryOptions, ...befores: (number | undefined)[]): Promise<string[][]> => {
        const asks = befores.map((before) => ({ userId: "hal", ...(before !== undefined && { before }) }));
        const [nobody, ...histories] = await userHistory(store, [{ userId: "nobody" }, ...asks], options);
        expect(nobody).toEqual([]);
        return histories.map((history) => history.map((entry) => entry.itemId));
      };
      expect(await ids({ limit: 4 }, undefined)).toEqual([["i26", "i27", "i28", "i29"]]);
      expect(await ids({ limit: 2, kinds: ["view"] }, undefined)).toEqual([["i26", "i28"]]);
      expect(await ids({ limit: 3 }, T0 + 2 * 3_600_000, T0, undefined)).toEqual([
        ["i3", "i4", "i5"],
        [],
        ["i27", "i28", "i29"],
      ]);
      expect(await userHistory(store, [], { limit: 2 })).toEqual([]);
    });

    it("reads back every column for training, ties in the order of recording", async () => {
      const more = { weight: 2.5, position: 3, session: 7, latitude: 1.25, longitude: -2.5, utcOffsetMinutes: -330 };
      await appendEvents(store, [
        visit("t2", "tim", "x", T0 + 5, more),
        visit("t1", "tim", "y", T0 + 5),
        visit("t0", "tim", "z", T0),
      ]);
      const log = await readInteractions(store, { from: T0 });
      const user = log.catalog.users.indexOf("tim");
      const own = [...log.items].slice(log.userOffsets[user], log.userOffsets[user + 1]);
      expect(own.map((item) => log.catalog.items.ids[item])).toEqual(["z", "x", "y"]);
      const at = log.userOffsets[user]! + 1;
      const { weight, position, session, latitude, longitude, utcOffsetMinutes } = log.context;
      expect([weight, position, session, latitude, longitude, utcOffsetMinutes].map((column) => column?.[at])).toEqual([
        2.5, 3, 7, 1.25, -2.5, -330,
      ]);
      expect(weight?.[at + 1]).toBeNaN();
      expect(position?.[at + 1]).toBe(0);
    });

    it("exports what was appended", async () => {
      const events: Event[] = [];
      for await (const page of exportInteractions(store, { from: T0, kinds: ["view"] })) events.push(...page);
      expect(events).toHaveLength(15);
      expect(events[0]).toEqual(visit("h0", "hal", "i0", T0, { kind: "view" }));
      const [history] = await userHistory(store, [{ userId: "hal" }], { limit: 100, kinds: ["view"] });
      expect(events.map(({ itemId, time }) => [itemId, time])).toEqual(
        history!.map(({ itemId, time }) => [itemId, time]),
      );
      expect(await appendEvents(store, events)).toEqual(events.map(() => ({ status: "duplicate" })));
    });

    it("accepts each of many concurrent, overlapping batches' ids once", async () => {
      const batches = Array.from({ length: 12 }, (_, batch) =>
        Array.from({ length: 60 }, (_, i) => {
          const id = (i * 7 + batch * 20) % 200;
          return visit(`c${id}`, `cu${id % 17}`, `ci${(id * 5 + batch) % 23}`, T0 + id);
        }),
      );
      const results = await Promise.all(batches.map((batch) => appendEvents(store, batch)));
      const accepted = results.flat().filter((result) => result.status === "accepted").length;
      expect(accepted).toBe(200);
    });

    it("makes each new month once when many need it at once", async () => {
      for (let month = 0; month < 12; month++) {
        const time = Date.UTC(2030, month, 3);
        const one = (name: string): Event => visit(`m${month}-${name}`, `mu${name}`, "cafe", time);
        const results = await Promise.all(["a", "b", "c", "d"].map((name) => appendEvents(store, [one(name)])));
        expect(results.flat().map((result) => result.status)).toEqual(new Array(4).fill("accepted"));
      }
    });

    it("erases a user while events for them keep coming, and leaves nothing behind", async () => {
      const busy = Array.from({ length: 8 }, (_, batch) =>
        appendEvents(
          store,
          Array.from({ length: 20 }, (_, i) => visit(`z${batch}-${i}`, "zoe", `i${i}`, T0 + i)),
        ),
      );
      await Promise.all([...busy, eraseUser(store, "zoe")]);
      expect(await userHistory(store, [{ userId: "zoe" }], { limit: 1_000 })).toSatisfy(
        ([history]: [unknown[]]) => history.length <= 160 && history.length % 20 === 0,
      );
      await eraseUser(store, "zoe");
      expect(await eraseUser(store, "zoe")).toBeUndefined();
      const { rows } = await sql<{ orphans: number; claims: number }>`
        select (select count(*) from interactions where not exists (
            select from users where users.user_key = interactions.user_key)) as orphans,
          (select count(*) from event_keys) - (select count(*) from interactions) as claims
      `.execute(store.db);
      expect(rows[0]).toEqual({ orphans: 0, claims: 0 });
    });
  });
});

onServer((engine) => {
  describe("a new month", () => {
    let url: string;
    let other: Client;
    beforeAll(async () => {
      url = await engine.database();
    });
    beforeEach(async () => {
      other = new Client({ connectionString: url });
      await other.connect();
    });
    afterEach(() => other.end());

    const inMonth = (month: number): Event => visit(`new${month}`, `nu${month}`, "cafe", Date.UTC(2031, month, 3));
    const make = (month: number): Promise<unknown> =>
      other.query("select ensure_interaction_partition($1)", [new Date(Date.UTC(2031, month, 3))]);
    const waiting = async (where: string): Promise<number> => {
      const { rows } = await other.query<{ count: string }>(
        `select count(*) from pg_locks where not granted and ${where}
           and database = (select oid from pg_database where datname = current_database())`,
      );
      return Number(rows[0]!.count);
    };

    it("is not written to while who made it holds the lock, committed or not", async () => {
      const store = await engine.open({ databaseUrl: url });
      await appendEvents(store, [inMonth(0)]);
      await other.query("select pg_advisory_lock(hashtext('sequitur.partition'))");
      await make(1);
      const appending = appendEvents(store, [inMonth(1)]);
      await expect.poll(() => waiting("locktype = 'advisory'"), { timeout: 5_000 }).toBe(1);
      await other.query("select pg_advisory_unlock(hashtext('sequitur.partition'))");
      expect(await appending).toEqual([{ status: "accepted" }]);
    });

    it("is noticed by a session that was looking up the months when it came", async ({ skip }) => {
      const { rows } = await other.query<{ is_superuser: string }>("show is_superuser");
      skip(rows[0]!.is_superuser === "off", "only a superuser can lock the catalogue");
      const store = await engine.open({ databaseUrl: url });
      const reader = await engine.open({ databaseUrl: url, pool: { max: 1 } });
      const look = sql`select count(*) from interactions where time < '2200-01-01'`;
      await appendEvents(reader, [inMonth(2)]);
      await look.execute(reader.db);
      // The one session of the reader has to look up the months again, among them one whose row it has not read yet,
      // and is stopped at that row: the month after it comes in between.
      await make(3);
      await sql`select from only interactions`.execute(reader.db);
      await other.query("begin");
      await make(4);
      await other.query("lock table pg_class in access exclusive mode");
      const looking = look.execute(reader.db);
      await expect.poll(() => waiting("relation = 'pg_class'::regclass"), { timeout: 5_000 }).toBeGreaterThan(0);
      await other.query("commit");
      await looking;
      expect(await appendEvents(store, [inMonth(4)])).toEqual([{ status: "accepted" }]);
      const [history] = await userHistory(reader, [{ userId: "nu4" }], { limit: 1 });
      expect(history).toEqual([{ itemId: "cafe", time: inMonth(4).time, kind: "visit" }]);
    });

    it("is announced after the transactions that use the log, of which the long ones are waited for a second", async () => {
      const store = await engine.open({ databaseUrl: url });
      await other.query("begin; select from interactions limit 1");
      const start = performance.now();
      expect(await appendEvents(store, [inMonth(5)])).toEqual([{ status: "accepted" }]);
      expect(performance.now() - start).toBeGreaterThanOrEqual(990);
      await other.query("commit");
    });
  });
});

describe("grouped", () => {
  it("writes what comes together in one batch, gives each its own results and isolates a bad call", async () => {
    const written: number[][] = [];
    const write = grouped<number, number>(async (rows) => {
      written.push([...rows]);
      await Promise.resolve();
      if (rows.includes(13)) throw new Error("13");
      return rows.map((row) => row * 10);
    });
    const calls = [[1, 2], [3], [13], [4]].map((rows) => write(rows).catch((error: Error) => error.message));
    expect(await Promise.all(calls)).toEqual([[10, 20], [30], "13", [40]]);
    expect(written[0]).toEqual([1, 2, 3, 13, 4]);
  });
});

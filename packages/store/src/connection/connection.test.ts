import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { Random } from "@sequitur/core";
import { appendEvents, openStore, pingStore, upsertItems, userHistory, type Change, type Store } from "../index.js";
import { dumpSchema } from "../testing/dump-schema.js";
import { eachStore, findPostgres, onServer, startPostgres, type OwnServer } from "../testing/index.js";
import { runAppender } from "../testing/run-appender.fixture.js";
import { databaseOf } from "../testing/engines-setup.js";
import { lockFolder } from "./folder-lock.js";
import { readMigrations } from "./migrate.js";
import { retrying } from "./retry.js";

async function exec(url: string, query: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(query);
  await client.end();
}

eachStore((engine) => {
  describe("connection", () => {
    let store: Store;
    beforeAll(async () => {
      store = await engine.open();
    });

    it("has the schema of schema.sql", async () => {
      await expect(await dumpSchema(store.db)).toMatchFileSnapshot("../../schema.sql");
    });

    it("tells listeners of committed changes only", async () => {
      const changes: Change[] = [];
      const stop = await store.onChange((change) => changes.push(change));
      await upsertItems(store, [{ itemId: "x" }]);
      const undone = store.transaction("fail", async (db) => {
        await sql`select pg_notify('sequitur_changes', '{"kind":"experiments"}')`.execute(db);
        throw new Error("undone");
      });
      await expect(undone).rejects.toThrow("undone");
      await expect.poll(() => changes, { timeout: 5_000 }).toEqual([{ kind: "items" }]);
      await stop();
      await upsertItems(store, [{ itemId: "y" }]);
      expect(await pingStore(store)).toBe(true);
      expect(changes).toHaveLength(1);
    });
  });
});

onServer((engine) => {
  describe("migrations", () => {
    it("are applied once when two processes start at once", async () => {
      const template = await engine.database();
      const name = `empty_${process.pid}`;
      await exec(template, `create database ${name} template template0`);
      const url = databaseOf(template, name);
      const processes = [runAppender("url", url), runAppender("url", url)];
      await Promise.all(processes.map((process) => process.waitFor(/^open$/)));
      const store = await openStore({ databaseUrl: url, clock: Date.now, migrate: false });
      const { rows } = await sql`select number from schema_migrations`.execute(store.db);
      expect(rows).toHaveLength((await readMigrations()).length);
      await store.close();
    });

    it("refuse an edited, an unknown and a missing one", async () => {
      const cases = [
        ["update schema_migrations set checksum = 'x' where number = 2", /was changed after/],
        ["insert into schema_migrations values (99, '0099-later.sql', 'x')", /does not know/],
        ["delete from schema_migrations where number > 2", /lacks migration 0003/],
      ] as const;
      for (const [query, message] of cases) {
        const url = await engine.database();
        await exec(url, query);
        const opening = openStore({ databaseUrl: url, clock: Date.now, migrate: false });
        await expect(opening).rejects.toMatchObject({ code: "bad-data", message: expect.stringMatching(message) });
      }
    });

    it("that fail change nothing and name their file", async () => {
      const folder = await mkdtemp(join(tmpdir(), "sequitur-migrations-"));
      await writeFile(join(folder, "0002-second.sql"), "select 1");
      await expect(readMigrations(folder)).rejects.toThrow(/expected 0001-name.sql, got 0002-second.sql/);
      await rm(folder, { recursive: true });
    });
  });

  describe("close", () => {
    it("can be called twice, and what comes after it fails without hanging", async () => {
      const other = await engine.open();
      await Promise.all([other.close(), other.close()]);
      expect(await pingStore(other)).toBe(false);
    });
  });

  describe("retries", () => {
    it("make concurrent serializable transactions all succeed", async () => {
      const store = await engine.open({ pool: { max: 8 }, retry: { attempts: 50, baseMs: 2 } });
      await upsertItems(store, [{ itemId: "counter", attributes: { n: 0 } }]);
      let tries = 0;
      const increment = (): Promise<void> =>
        store.transaction(
          "increment",
          async (db) => {
            tries += 1;
            const { rows } = await sql<{ n: number }>`select (attributes ->> 'n')::integer as n from items`.execute(db);
            await sql`update items set attributes = jsonb_build_object('n', ${rows[0]!.n + 1}::integer)`.execute(db);
          },
          { isolation: "serializable" },
        );
      await Promise.all(Array.from({ length: 12 }, increment));
      const { rows } = await sql<{ n: number }>`select (attributes ->> 'n')::integer as n from items`.execute(store.db);
      expect(rows[0]?.n).toBe(12);
      expect(tries).toBeGreaterThan(12);
    });

    it("do not repeat a slow statement, which ends as unavailable", async () => {
      const store = await engine.open({ pool: { statementTimeoutMs: 100 } });
      let tries = 0;
      const slow = store.attempt("sleep", (db) => {
        tries += 1;
        return sql`select pg_sleep(20)`.execute(db);
      });
      await expect(slow).rejects.toMatchObject({ code: "unavailable" });
      expect(tries).toBe(1);
      const bulk = store.transaction("sleep", (db) => sql`select pg_sleep(0.2)`.execute(db), { bulk: true });
      await expect(bulk).resolves.toBeDefined();
    });
  });
});

describe("retrying", () => {
  const settings = { attempts: 4, baseMs: 1, capMs: 2 };

  it("gives up after its attempts, and at once on an error that stays", async () => {
    let tries = 0;
    const lost = retrying("work", settings, new Random("retry"), async () => {
      tries += 1;
      throw Object.assign(new Error("gone"), { code: "ECONNREFUSED" });
    });
    await expect(lost).rejects.toMatchObject({ code: "unavailable", message: expect.stringContaining("4 tries") });
    expect(tries).toBe(4);
    const wrong = retrying("work", settings, new Random("retry"), async () => {
      tries += 1;
      throw Object.assign(new Error("syntax"), { code: "42601" });
    });
    await expect(wrong).rejects.toThrow("syntax");
    expect(tries).toBe(5);
  });
});

onServer((engine) => {
  it("keeps to a schema of its own when the URL names one, beside tables of others", async () => {
    const url = new URL(await engine.database());
    const other = await openStore({ databaseUrl: url.href, clock: Date.now });
    await sql`drop schema public cascade; create schema public; create schema sequitur`.execute(other.db);
    await sql`create table users (name text); insert into users values ('mine')`.execute(other.db);
    url.searchParams.set("options", "-csearch_path=sequitur");
    const store = await openStore({ databaseUrl: url.href, clock: Date.now });
    const event = { eventId: "e", userId: "ann", itemId: "cafe", time: Date.UTC(2026, 0, 1, 12) };
    expect(await appendEvents(store, [event])).toEqual([{ status: "accepted" }]);
    expect(await userHistory(store, [event], { limit: 1 })).toMatchObject([[{ itemId: "cafe", time: event.time }]]);
    const { rows } = await sql`show timezone`.execute(store.db);
    expect(rows).toEqual([{ TimeZone: "UTC" }]);
    const { rows: mine } = await sql`select * from public.users`.execute(other.db);
    expect(mine).toEqual([{ name: "mine" }]);
    await Promise.all([store.close(), other.close()]);
  });
});

describe("a server that does not answer", () => {
  it("is unavailable soon", async () => {
    const opening = openStore({
      databaseUrl: "postgres://nobody@127.0.0.1:1/none",
      clock: Date.now,
      retry: { attempts: 2, baseMs: 1 },
    });
    await expect(opening).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });
});

describe.skipIf(findPostgres(process.env) === undefined)("a server that is killed under load", () => {
  let server: OwnServer;
  beforeAll(async () => {
    server = await startPostgres(findPostgres(process.env)!);
  });
  afterAll(() => server.stop());

  it("loses no acknowledged event, and the store goes on by itself", async () => {
    const retry = { attempts: 60, baseMs: 20, capMs: 200 };
    const store = await openStore({ databaseUrl: server.url, clock: Date.now, retry });
    const changes: Change[] = [];
    await store.onChange((change) => changes.push(change));
    const acknowledged: string[] = [];
    const stop = new AbortController();
    const writer = async (name: string): Promise<void> => {
      for (let batch = 0; !stop.signal.aborted; batch++) {
        const events = Array.from({ length: 10 }, (_, i) => ({
          eventId: `${name}-${batch}-${i}`,
          userId: `${name}-u${i}`,
          itemId: `i${batch % 5}`,
          time: 1.7e12 + batch,
        }));
        const results = await appendEvents(store, events);
        for (const [i, result] of results.entries()) {
          // After a commit whose answer was lost the retry finds its own rows.
          expect(["accepted", "duplicate"]).toContain(result.status);
          acknowledged.push(events[i]!.eventId);
        }
      }
    };
    const writers = ["a", "b", "c"].map(writer);
    await expect.poll(() => acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(300);
    await server.crash();
    const atCrash = acknowledged.length;
    expect(await pingStore(store)).toBe(false);
    await server.restart();
    await expect.poll(() => acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(atCrash + 300);
    stop.abort();
    await Promise.all(writers);
    const { rows } = await sql<{ event_id: string }>`select event_id from interactions`.execute(store.db);
    const stored = new Set(rows.map((row) => row.event_id));
    expect(stored.size).toBe(rows.length);
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
    await expect.poll(() => changes, { timeout: 10_000 }).toContainEqual({ kind: "resync" });
    await store.close();
  }, 60_000);
});

describe("the folder of PGlite", () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "sequitur-folder-"));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  it("is refused to a second process, and keeps what a killed one acknowledged", async () => {
    const folder = join(root, "store");
    const child = runAppender("folder", folder, true, inject("sequiturEngines").snapshot);
    await child.waitFor(/^ack 20$/);
    await expect(openStore({ folder, clock: Date.now })).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/is in use by process \d+/),
    });
    await child.kill();
    const acknowledged = child.lines.filter((line) => line.startsWith("ack")).length;
    const store = await openStore({ folder, clock: Date.now });
    const { rows } = await sql<{ count: number }>`select count(*) from interactions`.execute(store.db);
    expect(rows[0]?.count).toBeGreaterThanOrEqual(acknowledged * 5);
    await expect(openStore({ folder, clock: Date.now })).rejects.toMatchObject({ code: "unavailable" });
    await store.close();
    await expect(readFile(`${folder}.lock`)).rejects.toMatchObject({ code: "ENOENT" });
  }, 60_000);

  it("is given to one of many that find a dead process' lock, and not taken from another host", async () => {
    const folder = join(root, "contended");
    await mkdir(folder);
    await writeFile(`${folder}.lock`, `999999999 ? ${hostname()}\n`);
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)));
    const won = results.filter((result) => result.status === "fulfilled");
    expect(won.length).toBe(1);
    await Promise.all(won.map((result) => result.value()));
    await writeFile(`${folder}.lock`, `1 ? another-host\n`);
    await expect(lockFolder(folder)).rejects.toThrow(/process 1 on another-host/);
    // This process' id, but another start: the machine was restarted since.
    await writeFile(`${folder}.lock`, `${process.pid} an-earlier-boot/5 ${hostname()}\n`);
    await (
      await lockFolder(folder)
    )();
  });
});

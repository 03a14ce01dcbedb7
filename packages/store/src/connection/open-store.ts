import { Kysely, PostgresDialect, sql } from "kysely";
import { throwIfCancelled } from "@sequitur/core";
import type { Pool } from "pg";
import type { Tables } from "../tables.js";
import { migrate, readMigrations } from "./migrate.js";
import { openEmbedded } from "./embedded.js";
import { openServer } from "./server.js";
import { retrying } from "./retry.js";
import type { Change, Db, Store } from "./store.js";
import { resolveOptions, type ResolvedOptions, type StoreOptions } from "./store-options.js";

/** What differs between the engines. */
export interface Backend {
  readonly engine: Store["engine"];
  readonly pool: Pool;
  readonly onChange: (handler: (change: Change) => void) => Promise<() => Promise<void>>;
  /** After the pool has ended. */
  readonly close: () => Promise<void>;
}

/**
 * Opens the database and brings its schema up to date: a PostgreSQL server when `databaseUrl` is given, else PGlite in
 * `folder`, else PGlite in memory. `unavailable` when the server does not answer or another process holds the folder;
 * `bad-data` when the schema is newer than this code or a migration was edited.
 */
export async function openStore(options: StoreOptions, signal?: AbortSignal): Promise<Store> {
  const resolved = resolveOptions(options);
  const backend = resolved.databaseUrl === undefined ? await openEmbedded(resolved) : openServer(resolved);
  try {
    throwIfCancelled(signal);
    await prepare(backend, resolved);
    return storeOn(backend, resolved);
  } catch (error) {
    await backend.pool.end();
    await backend.close();
    throw error;
  }
}

async function prepare(backend: Backend, options: ResolvedOptions): Promise<void> {
  const migrations = await readMigrations();
  await retrying("open the database", options.retry, options.random, async () => {
    const client = await backend.pool.connect();
    let failure: Error | undefined;
    try {
      // Another process may hold the migration lock for longer than one statement may last.
      await client.query("set statement_timeout = 0; set lock_timeout = 0");
      const applied = await migrate(client, migrations, options.migrate ?? true);
      const total = migrations.length;
      options.report?.({ task: "migrate the database", done: total, total, unit: "migrations", values: { applied } });
      await client.query("reset statement_timeout; reset lock_timeout");
    } catch (error) {
      failure = error as Error;
      throw error;
    } finally {
      client.release(failure);
    }
  });
}

function storeOn(backend: Backend, options: ResolvedOptions): Store {
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: backend.pool }) });
  const { retry, random, clock } = options;
  const stops = new Set<() => Promise<void>>();
  let closing: Promise<void> | undefined;
  return {
    engine: backend.engine,
    db,
    now: clock,
    random,
    attempt: (what, work) => retrying(what, retry, random, () => work(db)),
    prepared: (what, { name, text, values }) =>
      retrying(what, retry, random, async () => (await backend.pool.query({ name, text, values: [...values] })).rows),
    transaction: (what, work, how = {}) =>
      retrying(what, retry, random, () => {
        const { isolation = "read committed", bulk = false } = how;
        return db
          .transaction()
          .setIsolationLevel(isolation)
          .execute(async (transaction) => {
            if (bulk) await makeBulk(transaction);
            return work(transaction);
          });
      }),
    onChange: async (handler) => {
      const stop = await retrying("listen for changes", retry, random, () => backend.onChange(handler));
      const once = async (): Promise<void> => {
        if (stops.delete(once)) await stop();
      };
      stops.add(once);
      return once;
    },
    close: () => {
      closing ??= (async () => {
        await Promise.all([...stops].map((stop) => stop()));
        await db.destroy();
        // Kysely ends only a pool that it has used.
        if (!backend.pool.ended) await backend.pool.end();
        await backend.close();
      })();
      return closing;
    },
  };
}

async function makeBulk(db: Db): Promise<void> {
  await sql`set local statement_timeout = 0`.execute(db);
  await sql`set local idle_in_transaction_session_timeout = 0`.execute(db);
  await sql`set local work_mem = '64MB'`.execute(db);
}

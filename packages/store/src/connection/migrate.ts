import { PlatformError } from "@sequitur/core";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { ClientBase } from "pg";

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, hex. */
  readonly checksum: string;
}

/** Beside both `src` and `dist`. */
const MIGRATIONS = fileURLToPath(new URL("../../migrations", import.meta.url));
const LOCK = "hashtext('sequitur.migrations')";

/** The migrations of this version of the code, in order; `bad-config` when their numbers have a hole. */
export async function readMigrations(folder: string = MIGRATIONS): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  return Promise.all(
    names.map(async (name, index) => {
      const match = /^(\d{4})-[a-z0-9-]+\.sql$/.exec(name);
      if (Number(match?.[1]) !== index + 1) {
        const expected = String(index + 1).padStart(4, "0");
        throw new PlatformError("bad-config", `migrations: expected ${expected}-name.sql, got ${name} in ${folder}.`);
      }
      const sql = await readFile(`${folder}/${name}`, "utf8");
      return { number: index + 1, name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}

/**
 * Brings the schema up to the migrations given, each in its own transaction. An advisory lock of the session makes
 * processes that start together take turns. `bad-data` when the database holds a migration that is unknown here or
 * differs from the file of its number; then nothing is changed.
 */
export async function migrate(client: ClientBase, migrations: readonly Migration[], apply: boolean): Promise<number> {
  await client.query(`select pg_advisory_lock(${LOCK})`);
  try {
    await client.query(
      `create table if not exists schema_migrations (
        number integer primary key, name text not null, checksum text not null,
        applied_at timestamptz not null default now())`,
    );
    const { rows } = await client.query<Migration>(
      "select number, name, checksum from schema_migrations order by number",
    );
    checkApplied(rows, migrations);
    const pending = migrations.slice(rows.length);
    if (!apply && pending.length > 0) {
      throw new PlatformError("bad-data", `the database lacks migration ${pending[0]!.name}: migrate it first.`);
    }
    for (const migration of pending) await applyOne(client, migration);
    return pending.length;
  } finally {
    await client.query(`select pg_advisory_unlock(${LOCK})`).catch(() => {
      // The connection is gone, and its locks with it.
    });
  }
}

async function applyOne(client: ClientBase, migration: Migration): Promise<void> {
  await client.query("begin");
  try {
    await client.query(migration.sql);
    await client.query("insert into schema_migrations (number, name, checksum) values ($1, $2, $3)", [
      migration.number,
      migration.name,
      migration.checksum,
    ]);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    if (error instanceof Error) error.message = `${migration.name}: ${error.message}`;
    throw error;
  }
}

function checkApplied(applied: readonly Omit<Migration, "sql">[], known: readonly Migration[]): void {
  for (const [index, row] of applied.entries()) {
    const own = known[index];
    if (row.number !== index + 1 || own === undefined) {
      throw new PlatformError(
        "bad-data",
        `the database holds migration ${row.number} (${row.name}), which this version does not know: ` +
          `it knows ${known.length}. Start a version as new as the database.`,
      );
    }
    if (row.checksum !== own.checksum) {
      throw new PlatformError(
        "bad-data",
        `migration ${own.name} was changed after the database applied it: expected checksum ${row.checksum}, ` +
          `got ${own.checksum}. Restore the file and write a new migration.`,
      );
    }
  }
}

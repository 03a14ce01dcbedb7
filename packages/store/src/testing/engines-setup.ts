import { PGlite } from "@electric-sql/pglite";
import { createPgConfig } from "@electric-sql/pglite/node-postgres";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { PlatformError } from "@sequitur/core";
import { migrate, readMigrations } from "../connection/migrate.js";
import { openStore } from "../connection/open-store.js";
import { findPostgres, startPostgres } from "./postgres-server.js";

/** What `eachStore` needs to open stores fast; handed to the test files by vitest. */
export interface TestEngines {
  /** A file with a migrated data folder of PGlite. */
  readonly snapshot: string;
  /** A server, and a migrated database on it to copy; undefined when none was found. */
  readonly server?: { readonly url: string; readonly template: string };
}

interface Project {
  provide(key: "sequiturEngines", value: TestEngines): void;
}

/**
 * Prepares both engines once for a test run; use it as `globalSetup` of vitest. The server is TEST_DATABASE_URL, else
 * one of our own from the machine's binaries; with neither, its tests are skipped, or in CI the run fails.
 */
export async function setup(project: Project): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "sequitur-test-"));
  const snapshot = join(folder, "pglite.tar");
  const [server] = await Promise.all([serverForTests(), writeSnapshot(snapshot)]);
  const template = `sequitur_template_${process.pid}`;
  if (server !== undefined) await makeTemplate(server.url, template);
  project.provide("sequiturEngines", { snapshot, ...(server && { server: { url: server.url, template } }) });
  return async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

async function serverForTests(): Promise<{ url: string; stop: () => Promise<void> } | undefined> {
  const url = process.env["TEST_DATABASE_URL"];
  if (url !== undefined && url !== "") return { url, stop: async () => {} };
  const binaries = findPostgres(process.env);
  if (binaries !== undefined) return startPostgres(binaries);
  const missing =
    "no PostgreSQL server: set TEST_DATABASE_URL (its user must be allowed to create databases), or set PG_BIN to a " +
    "folder with initdb and postgres, or install PostgreSQL 15 or newer";
  if (process.env["CI"] === "true" || process.env["CI"] === "1") {
    throw new PlatformError("unavailable", `${missing}; in CI its tests are not skipped.`);
  }
  process.stderr.write(`\n!!! SKIPPING every test on a PostgreSQL server: ${missing}.\n\n`);
  return undefined;
}

/** A migrated folder as one file: opening it takes a tenth of making it. */
async function writeSnapshot(path: string): Promise<void> {
  const pglite = await PGlite.create();
  const client = new Client(createPgConfig(pglite));
  await client.connect();
  await client.query("set timezone = 'UTC'");
  await migrate(client, await readMigrations(), true);
  await client.end();
  const dump = await pglite.dumpDataDir("none");
  await writeFile(path, Buffer.from(await dump.arrayBuffer()));
  await pglite.close();
}

async function makeTemplate(url: string, template: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`create database ${template}`);
  await client.end();
  const store = await openStore({ databaseUrl: databaseOf(url, template), clock: Date.now });
  await store.close();
}

/** The same server, another database. */
export function databaseOf(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

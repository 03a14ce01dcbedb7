import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Client } from "pg";
import { afterAll, describe, inject } from "vitest";
import { openStore } from "../connection/open-store.js";
import type { Store } from "../connection/store.js";
import type { StoreOptions } from "../connection/store-options.js";
import { databaseOf, type TestEngines } from "./engines-setup.js";

declare module "vitest" {
  interface ProvidedContext {
    sequiturEngines: TestEngines;
  }
}

/** One of the two engines, as a test sees it. */
export interface TestEngine {
  readonly name: "PGlite" | "PostgreSQL";
  /** Opens an empty, migrated store of its own; it is closed after the tests of the file. */
  open(options?: Partial<StoreOptions>): Promise<Store>;
  /** The URL of a new, empty, migrated database; only a server has one. */
  database(): Promise<string>;
}

/** Runs the same tests on PGlite and on a PostgreSQL server. Needs a `vitest.setup.ts` with the `setup` of `testing-setup`. */
export function eachStore(body: (engine: TestEngine) => void): void {
  describe("on PGlite", () => {
    body(embeddedEngine());
  });
  onServer(body);
}

/** Runs tests that only a server can have, such as those with several connections. */
export function onServer(body: (engine: TestEngine) => void): void {
  const { server } = inject("sequiturEngines");
  describe.skipIf(server === undefined)("on a PostgreSQL server", () => {
    body(serverEngine(server));
  });
}

function embeddedEngine(): TestEngine {
  const open = closingAfterwards();
  return {
    name: "PGlite",
    open: async (options) => {
      const snapshot = new Blob([await readFile(inject("sequiturEngines").snapshot)]);
      return open({ clock: Date.now, snapshot, ...options });
    },
    database: () => Promise.reject(new Error("PGlite has no URL.")),
  };
}

function serverEngine(server: TestEngines["server"]): TestEngine {
  const open = closingAfterwards();
  const database = async (): Promise<string> => {
    const { url, template } = server!;
    const name = `test_${randomBytes(8).toString("hex")}`;
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      // Two copies of one template at a time are refused.
      await client.query("select pg_advisory_lock(hashtext('sequitur.template'))");
      await client.query(`create database ${name} template ${template}`);
    } finally {
      await client.end();
    }
    return databaseOf(url, name);
  };
  return {
    name: "PostgreSQL",
    open: async (options) => open({ clock: Date.now, databaseUrl: await database(), pool: { max: 4 }, ...options }),
    database,
  };
}

function closingAfterwards(): (options: StoreOptions) => Promise<Store> {
  const stores: Store[] = [];
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()));
  });
  return async (options) => {
    const store = await openStore(options);
    stores.push(store);
    return store;
  };
}

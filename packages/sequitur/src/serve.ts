import { apiLogger, apiSettingsSchema, SCOPES, startApi, trainFromStore } from "@sequitur/api";
import { parseConfig } from "@sequitur/core";
import { DASHBOARD_PAGES } from "@sequitur/dashboard";
import { createApiKey, importInteractions, openStore, type Store } from "@sequitur/store";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Table } from "./read-table.js";

export interface ServeOptions {
  /** Name of a built-in model that is trained on the table and answers. */
  readonly model: string;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Folder of the embedded database and the models (default ".sequitur"). */
  readonly dir?: string;
  /** 0, the default, takes a free port. */
  readonly port?: number;
  /** Settings of the API, such as { requestsPerSecondPerKey: 500 }. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** A running API. */
export interface Served {
  readonly url: string;
  /** With every scope; give it to `apiClient` of sequitur/client. */
  readonly key: string;
  close(): Promise<void>;
}

/** Loads a table into an embedded Postgres, trains a model on it and serves the HTTP API on this machine. */
export async function serve(table: Table, options: ServeOptions): Promise<Served> {
  const { model, config = {}, dir = ".sequitur", port = 0, settings = {} } = options;
  const parsed = parseConfig(apiSettingsSchema, settings, "settings");
  await mkdir(dir, { recursive: true });
  const store = await openStore({ folder: join(dir, "db"), clock: Date.now });
  try {
    await importInteractions(store, table.interactions, { source: table.name });
    const artifactsDir = join(dir, "models");
    const fallbacks = { activate: true, fallbacks: true, seed: 1, codeVersion: "library" };
    await trainFromStore({ store, model, config, artifactsDir, ...fallbacks });
    const api = await startApi({
      store,
      settings: { ...parsed, artifactsDir },
      port,
      logger: apiLogger("silent", () => true),
      pages: DASHBOARD_PAGES,
    });
    return { url: api.url, key: await keyOf(store), close: () => api.close().finally(() => store.close()) };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function keyOf(store: Store): Promise<string> {
  return (await createApiKey(store, { name: "made by serve", scopes: SCOPES })).secret;
}

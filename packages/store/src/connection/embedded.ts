import { PGlite, type PGliteOptions } from "@electric-sql/pglite";
import { createPgConfig } from "@electric-sql/pglite/node-postgres";
import { mkdir } from "node:fs/promises";
import { Pool } from "pg";
import { parseChange, CHANNEL } from "./changes.js";
import { columnTypes } from "./column-types.js";
import { lockFolder } from "./folder-lock.js";
import type { Backend } from "./open-store.js";
import type { ResolvedOptions } from "./store-options.js";

/** PGlite behind a pool of its one connection. A folder is locked first. */
export async function openEmbedded(options: ResolvedOptions): Promise<Backend> {
  const { folder, snapshot } = options;
  const unlock = folder === undefined ? async (): Promise<void> => {} : await lockFolder(folder);
  try {
    if (folder !== undefined) await mkdir(folder, { recursive: true });
    const settings: PGliteOptions = {
      ...(folder !== undefined && { dataDir: folder }),
      ...(snapshot !== undefined && { loadDataDir: snapshot }),
    };
    const pglite = await PGlite.create(settings);
    await pglite.exec("set timezone = 'UTC'");
    // The one connection is one session of the database: ending it when idle would only lose its settings.
    const settingsOfPool = { types: columnTypes, idleTimeoutMillis: 0 };
    const pool = new Pool(Object.assign(createPgConfig(pglite), settingsOfPool));
    pool.on("error", ignore);
    return {
      engine: "pglite",
      pool,
      onChange: (handler) =>
        pglite.listen(CHANNEL, (payload) => {
          const change = parseChange(payload);
          if (change !== undefined) handler(change);
        }),
      close: async () => {
        await pglite.close();
        await unlock();
      },
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}

function ignore(): void {
  // An idle connection that fails is replaced; the next query reports what is wrong.
}

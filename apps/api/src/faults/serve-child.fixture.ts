import { openStore } from "@sequitur/store";
import { readFile } from "node:fs/promises";
import { apiLogger } from "../api-logger.js";
import { startApi } from "../server.js";
import { apiSettingsSchema } from "../settings.js";

/** What the process is told in its first argument, as JSON. */
export interface ServeChildOptions {
  readonly folder?: string;
  readonly databaseUrl?: string;
  /** 0 takes a free port. */
  readonly port?: number;
  /** File with a migrated data folder of PGlite, so that a new one opens fast. */
  readonly snapshot?: string;
}

// A process of its own for the fault tests: serves a store and says where, until it is killed.
const { snapshot, port = 0, ...where } = JSON.parse(process.argv[2]!) as ServeChildOptions;
const start = snapshot === undefined ? {} : { snapshot: new Blob([await readFile(snapshot)]) };
const store = await openStore({ ...where, ...start, clock: Date.now });
const settings = apiSettingsSchema.parse({});
const api = await startApi({ store, settings, port, logger: apiLogger("silent", () => undefined) });
process.send!({ url: api.url });

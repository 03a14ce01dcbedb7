import { DAY_MS, idTable, interactionsFrom, Random, type Interactions } from "@sequitur/core";
import { createApiKey, importInteractions, openStore } from "@sequitur/store";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { apiLogger } from "../src/api-logger.js";
import { trainFromStore } from "../src/offline/train-from-store.js";
import { startApi } from "../src/server.js";
import { apiSettingsSchema } from "../src/settings.js";

// The server of the load bench, in a process of its own: fills a store, trains, serves until its parent goes away, and
// answers every message with its memory and processor time so far.

const USERS = 2_000;
const EVENTS_EACH = 25;

/** Popular items by a power law, in sessions that walk between neighbours. */
function log(items: number): Interactions {
  const random = new Random("load");
  const size = USERS * EVENTS_EACH;
  const draw = (): number => Math.min(items - 1, Math.floor(items * random.uniform() ** 3));
  const columns = { users: new Int32Array(size), items: new Int32Array(size), times: new Float64Array(size) };
  const now = Date.now();
  for (let row = 0; row < size; row++) {
    columns.users[row] = Math.floor(row / EVENTS_EACH);
    const step = row % EVENTS_EACH;
    columns.items[row] = step % 5 === 0 ? draw() : (columns.items[row - 1]! + 1 + random.integer(3)) % items;
    columns.times[row] = now - (EVENTS_EACH - step) * DAY_MS;
  }
  const catalog = {
    users: idTable(Array.from({ length: USERS }, (_, user) => `u${user}`)),
    items: idTable(Array.from({ length: items }, (_, item) => `i${item}`)),
    itemColumns: {},
  };
  return interactionsFrom(catalog, columns);
}

const [items, model, databaseUrl] = [Number(process.argv[2]), process.argv[3]!, process.argv[4]];
const folder = await mkdtemp(join(tmpdir(), "sequitur-load-"));
const where = databaseUrl === undefined ? { folder: join(folder, "db") } : { databaseUrl };
const store = await openStore({ ...where, clock: Date.now });
await importInteractions(store, log(items), { source: "load" });
const seeded = { artifactsDir: folder, seed: 1, codeVersion: "bench", activate: true };
await trainFromStore({ store, model, fallbacks: true, ...seeded });
const settings = apiSettingsSchema.parse({ requestsPerSecondPerKey: 1_000_000 });
const logger = apiLogger("error", (line) => process.stderr.write(line));
const api = await startApi({ store, settings, logger, watchProcess: true });
const { secret } = await createApiKey(store, { name: "load", scopes: ["serve", "ingest"] });
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send!({ rssMb: Math.round(process.memoryUsage.rss() / 1e6), cpuSeconds: (user + system) / 1e6 });
});
process.on("disconnect", () => process.exit(0));
process.send!({ url: api.url, secret, users: USERS, folder });

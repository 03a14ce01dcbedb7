import { interactionsFrom, idTable, Random } from "@sequitur/core";
import { importInteractions, createApiKey, openStore, type Store } from "@sequitur/store";
import { findPostgres, startPostgres } from "@sequitur/store/testing";
import autocannon from "autocannon";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { apiLogger } from "../src/api-logger.js";
import { trainFromStore } from "../src/offline/train-from-store.js";
import { startApi } from "../src/server.js";
import { apiSettingsSchema } from "../src/settings.js";

const SECONDS = Number(process.env["SECONDS_EACH"] ?? 10);
const CONNECTIONS = 8;
const USERS = 2_000;
const EVENTS_EACH = 25;
const DAY_MS = 86_400_000;

interface Row {
  readonly engine: string;
  readonly items: number;
  readonly what: string;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
  readonly rssMb: number;
}

const rows: Row[] = [];
const folder = await mkdtemp(join(tmpdir(), "sequitur-load-"));
const binaries = findPostgres(process.env);
for (const items of [10_000, 100_000]) {
  const embedded = await openStore({ clock: Date.now });
  await measure("PGlite", embedded, items);
  await embedded.close();
  if (binaries === undefined) continue;
  const server = await startPostgres(binaries, { durable: true });
  const store = await openStore({ databaseUrl: server.url, clock: Date.now });
  await measure("PostgreSQL", store, items);
  await store.close();
  await server.stop();
}
await rm(folder, { recursive: true, force: true });
const machine = `${cpus()[0]?.model ?? "unknown"} x ${cpus().length}`;
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
const home = new URL("results/", import.meta.url);
await mkdir(home, { recursive: true });
const result = { machine, node: process.version, commit, connections: CONNECTIONS, secondsEach: SECONDS, rows };
await writeFile(new URL("load.json", home), `${JSON.stringify(result, null, 2)}\n`);

/** Popular items by a power law, in sessions that walk between neighbours. */
function log(items: number) {
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

async function measure(engine: string, store: Store, items: number): Promise<void> {
  await importInteractions(store, log(items), { source: "load" });
  const seeded = { store, artifactsDir: folder, seed: 1, codeVersion: "bench", activate: true };
  await trainFromStore({ ...seeded, model: "session-knn", fallbacks: true });
  const settings = apiSettingsSchema.parse({ requestsPerSecondPerKey: 1_000_000 });
  const api = await startApi({ store, settings, logger: apiLogger("error", (line) => process.stderr.write(line)) });
  const { secret } = await createApiKey(store, { name: "load", scopes: ["serve", "ingest"] });
  let request = 0;
  const user = (): string => `u${(request++ * 7919) % USERS}`;
  const ask = (extra: object) => () => JSON.stringify({ userId: user(), k: 10, ...extra });
  const run = async (what: string, path: string, body: () => string, each = 1, amount?: number): Promise<void> => {
    const options = { url: `${api.url}${path}`, secret, body };
    await cannon(options, 2);
    const found = await cannon(options, SECONDS, amount);
    const row: Row = {
      engine,
      items,
      what,
      perSecond: Math.round(found.requests.average * each),
      p50Ms: found.latency.p50,
      p99Ms: found.latency.p99,
      failed: found.non2xx + found.errors,
      rssMb: Math.round(process.memoryUsage().rss / 1e6),
    };
    rows.push(row);
    process.stdout.write(`${Object.values(row).join("\t")}\n`);
  };
  if (rows.length === 0) process.stdout.write("engine\titems\twhat\tper s\tp50 ms\tp99 ms\tfailed\trss MB\n");
  await run("known user, not recorded", "/v1/recommendations", ask({ record: false }));
  await run("known user, recorded", "/v1/recommendations", ask({}));
  const session = () => JSON.stringify({ history: [{ itemId: `i${request++ % items}` }], k: 10, record: false });
  await run("session, not recorded", "/v1/recommendations", session);
  await run("known user, 1,000 a second asked", "/v1/recommendations", ask({ record: false }), 1, 1_000);
  await run("slate, softmax, recorded", "/v1/slates", ask({ policy: { kind: "softmax" } }));
  let event = 0;
  const events = () => {
    const batch = Array.from({ length: 500 }, () => ({
      eventId: `b${event++}`,
      userId: user(),
      itemId: `i${event % items}`,
    }));
    return JSON.stringify({ events: batch });
  };
  await run("events, batches of 500", "/v1/events", events, 500);
  await api.close();
}

interface Cannon {
  readonly url: string;
  readonly secret: string;
  readonly body: () => string;
}

async function cannon({ url, secret, body }: Cannon, duration: number, overallRate?: number) {
  return autocannon({
    url,
    duration,
    connections: CONNECTIONS,
    ...(overallRate !== undefined && { overallRate }),
    requests: [
      {
        method: "POST",
        headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
        setupRequest: (request) => ({ ...request, body: body() }),
      },
    ],
  });
}

import { findPostgres, startPostgres } from "@sequitur/store/testing";
import autocannon from "autocannon";
import { execFileSync, fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";

// Load on loopback. The API runs in a process of its own; the generator runs here, the database beside both (PGlite:
// inside the API). SECONDS_EACH, MINUTES (of the memory run), ITEMS, ENGINES and ONLY shorten or lengthen it;
// PROFILE=folder writes a processor profile of each server.

const { env } = process;
const SECONDS = Number(env["SECONDS_EACH"] ?? 4);
const MINUTES = Number(env["MINUTES"] ?? 0.5);
const SIZES = (env["ITEMS"] ?? "10000,100000").split(",").map(Number);
const ENGINES = (env["ENGINES"] ?? "PGlite,PostgreSQL").split(",");
const MODEL = env["MODEL"] ?? "session-knn";
const ONLY = new RegExp(env["ONLY"] ?? "");
const CONNECTIONS = 8;
const RATE = 1_000;
const BATCH = 500;

interface Server {
  readonly child: ChildProcess;
  readonly url: string;
  readonly secret: string;
  readonly users: number;
  readonly items: number;
  readonly folder: string;
}

interface Usage {
  readonly rssMb: number;
  readonly cpuSeconds: number;
}

interface Load {
  readonly path: string;
  readonly body: () => string;
  readonly seconds: number;
  /** Requests a second, corrected for coordinated omission; as many as go when absent. */
  readonly rate?: number;
}

const rows: Record<string, unknown>[] = [];
const memory: Record<string, unknown>[] = [];
const binaries = findPostgres(env);
process.stdout.write("engine\titems\twhat\tper s\tp50 ms\tp99 ms\tmax ms\tfailed\tserver CPU ms each\tRSS MB\n");
for (const items of SIZES) {
  for (const engine of ENGINES) {
    if (engine === "PGlite") await withServer(items, undefined, (server) => measure(engine, server));
    if (engine !== "PostgreSQL" || binaries === undefined) continue;
    const database = await startPostgres(binaries, { durable: true });
    await withServer(items, database.url, async (server) => {
      await measure(engine, server);
      if (items === SIZES.at(-1)) await watchMemory(engine, server);
    });
    await database.stop();
  }
}
const result = {
  machine: `${cpus()[0]?.model ?? "unknown"} x ${cpus().length}`,
  node: process.version,
  commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim(),
  loadAverage: loadavg(),
  model: MODEL,
  connections: CONNECTIONS,
  secondsEach: SECONDS,
  rows,
  memory,
};
const home = new URL("results/", import.meta.url);
await mkdir(home, { recursive: true });
await writeFile(new URL("load.json", home), `${JSON.stringify(result, null, 2)}\n`);

async function withServer(items: number, url: string | undefined, work: (server: Server) => Promise<void>) {
  const file = fileURLToPath(new URL("load-server.ts", import.meta.url));
  const argv = [String(items), MODEL, ...(url === undefined ? [] : [url])];
  const profile = env["PROFILE"] === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${env["PROFILE"]}`];
  const execArgv = [...profile, "--import", "tsx", "--conditions", "@sequitur/source"];
  const child = fork(file, argv, { execArgv });
  const [told] = (await once(child, "message")) as [Omit<Server, "child" | "items">];
  await work({ ...told, child, items });
  child.disconnect();
  await once(child, "exit");
  await rm(told.folder, { recursive: true, force: true });
}

async function usageOf({ child }: Server): Promise<Usage> {
  child.send("usage");
  const [usage] = (await once(child, "message")) as [Usage];
  return usage;
}

/** Bodies of each kind; users and items go round. */
function bodies({ users, items }: Server) {
  let request = 0;
  let event = 0;
  const user = (): string => `u${(request++ * 7919) % users}`;
  const ask = (extra: object) => () => JSON.stringify({ userId: user(), k: 10, ...extra });
  return {
    known: ask({}),
    unrecorded: ask({ record: false }),
    slate: ask({ policy: { kind: "softmax" } }),
    session: () => JSON.stringify({ history: [{ itemId: `i${request++ % items}` }], k: 10, record: false }),
    events: () => {
      const events = Array.from({ length: BATCH }, () => {
        event++;
        return { eventId: `b${event}`, userId: user(), itemId: `i${event % items}` };
      });
      return JSON.stringify({ events });
    },
  };
}

async function measure(engine: string, server: Server): Promise<void> {
  const { known, unrecorded, slate, session, events } = bodies(server);
  const path = "/v1/recommendations";
  const loads: readonly [what: string, load: Omit<Load, "seconds">, each?: number][] = [
    ["session, not recorded", { path, body: session }],
    ["known user, not recorded", { path, body: unrecorded }],
    ["known user, recorded", { path, body: known }],
    [`known user, not recorded, ${RATE} a second asked`, { path, body: unrecorded, rate: RATE }],
    [`known user, recorded, ${RATE} a second asked`, { path, body: known, rate: RATE }],
    ["slate, softmax, recorded", { path: "/v1/slates", body: slate }],
    [`events, batches of ${BATCH}`, { path: "/v1/events", body: events }, BATCH],
  ];
  for (const [what, load, each = 1] of loads) {
    if (!ONLY.test(what)) continue;
    await cannon(server, { ...load, seconds: 1 });
    const before = await usageOf(server);
    const { requests, latency, non2xx, errors } = await cannon(server, { ...load, seconds: SECONDS });
    const { cpuSeconds, rssMb } = await usageOf(server);
    const row = {
      engine,
      items: server.items,
      what,
      perSecond: Math.round(requests.average * each),
      p50Ms: latency.p50,
      p99Ms: latency.p99,
      maxMs: latency.max,
      failed: non2xx + errors,
      serverCpuMsEach: Number((((cpuSeconds - before.cpuSeconds) * 1000) / (requests.total * each)).toFixed(3)),
      rssMb,
    };
    rows.push(row);
    process.stdout.write(`${Object.values(row).join("\t")}\n`);
  }
}

/** Memory over time while half the rate is asked, recorded, and events come in besides. */
async function watchMemory(engine: string, server: Server): Promise<void> {
  if (MINUTES === 0) return;
  const { known, events } = bodies(server);
  const seconds = MINUTES * 60;
  const started = performance.now();
  const look = async (): Promise<void> => {
    const { rssMb } = await usageOf(server);
    memory.push({ engine, items: server.items, minutes: (performance.now() - started) / 60_000, rssMb });
  };
  const watching = setInterval(() => void look(), Math.max(1_000, (seconds * 1000) / 20));
  const [asked, told] = await Promise.all([
    cannon(server, { path: "/v1/recommendations", body: known, seconds, rate: RATE / 2 }),
    cannon(server, { path: "/v1/events", body: events, seconds, rate: 10 }),
  ]);
  clearInterval(watching);
  await look();
  const rss = memory.map(({ rssMb }) => rssMb).join(" ");
  process.stdout.write(`memory over ${MINUTES} min at ${RATE / 2} recommendations and 5,000 events/s, MB: ${rss}\n`);
  process.stdout.write(`p99 meanwhile: ${asked.latency.p99} ms and ${told.latency.p99} ms\n`);
}

async function cannon({ url, secret }: Server, { path, body, seconds, rate }: Load) {
  const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
  return autocannon({
    url: `${url}${path}`,
    duration: seconds,
    connections: rate === undefined ? CONNECTIONS : CONNECTIONS * 4,
    ...(rate !== undefined && { overallRate: rate }),
    requests: [{ method: "POST", headers, setupRequest: (request) => ({ ...request, body: body() }) }],
  });
}

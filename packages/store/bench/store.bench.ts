import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { idTable, interactionsFrom, Random, type Interactions } from "@sequitur/core";
import {
  appendEvents,
  featureView,
  importInteractions,
  openStore,
  readInteractions,
  readUserFeatures,
  recordRequests,
  refreshFeatures,
  trainingFeatures,
  userHistory,
  type Event,
  type Store,
} from "../src/index.js";
import { findPostgres, startPostgres } from "../src/testing/postgres-server.js";

/** Rows of the log; 100,000 by default. */
const ROWS = Number(process.env["ROWS"] ?? 100_000);
const USERS = 2_000;
const ITEMS = 10_000;
const START = Date.UTC(2024, 0);
const SPAN = 365 * 86_400_000;

const random = new Random("store-bench");

interface Line {
  readonly engine: string;
  readonly what: string;
  readonly unit: string;
  readonly perSecond: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}
const lines: Line[] = [];

function data(): Interactions {
  const ids = (name: string, size: number): string[] => Array.from({ length: size }, (_, i) => `${name}${i}`);
  const catalog = {
    users: idTable(ids("user", USERS)),
    items: idTable(ids("item", ITEMS)),
    itemColumns: { categories: ids("c", ITEMS).map((_, i) => [`category${i % 50}`]) },
  };
  const draw = (bound: number): Int32Array => Int32Array.from({ length: ROWS }, () => random.integer(bound));
  const times = Float64Array.from({ length: ROWS }, () => START + Math.floor(random.uniform() * SPAN));
  return interactionsFrom(catalog, { users: draw(USERS), items: draw(ITEMS), times });
}

async function timed(engine: string, what: string, unit: string, units: number, work: () => Promise<unknown>) {
  const began = performance.now();
  await work();
  const ms = performance.now() - began;
  lines.push({ engine, what, unit, perSecond: (units / ms) * 1_000 });
  process.stdout.write(
    `${engine.padEnd(12)} ${what.padEnd(44)} ${((units / ms) * 1_000).toFixed(0).padStart(9)} ${unit}/s\n`,
  );
}

async function repeated(engine: string, what: string, times: number, work: (i: number) => Promise<unknown>) {
  for (let i = 0; i < 20; i++) await work(i);
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    const began = performance.now();
    await work(i);
    took.push(performance.now() - began);
  }
  took.sort((a, b) => a - b);
  const total = took.reduce((sum, ms) => sum + ms, 0);
  const [p50Ms, p99Ms] = [took[Math.floor(times * 0.5)]!, took[Math.floor(times * 0.99)]!];
  const perSecond = (times / total) * 1_000;
  lines.push({ engine, what, unit: "calls", perSecond, p50Ms, p99Ms });
  const spread = `p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`;
  process.stdout.write(
    `${engine.padEnd(12)} ${what.padEnd(44)} ${perSecond.toFixed(0).padStart(9)} calls/s  ${spread}\n`,
  );
}

const views = [
  featureView({ name: "user-count", entity: "user", aggregation: { kind: "count" }, windowDays: 30 }),
  featureView({ name: "item-popularity", entity: "item", aggregation: { kind: "popularity" } }),
  featureView({ name: "user-tastes", entity: "user-category", aggregation: { kind: "share" } }),
  featureView({ name: "item-hours", entity: "item-hour", aggregation: { kind: "share" } }),
  featureView({ name: "user-last", entity: "user", aggregation: { kind: "last", n: 20 } }),
] as const;
const ofUsers = [views[0], views[2], views[4]] as const;

async function measure(engine: string, store: Store): Promise<void> {
  const log = data();
  await timed(engine, "import, batches of 10,000", "rows", ROWS, () =>
    importInteractions(store, log, { source: "bench" }),
  );
  let next = 0;
  const batch = (size: number): Event[] =>
    Array.from({ length: size }, () => ({
      eventId: `live${next++}`,
      userId: `user${random.integer(USERS)}`,
      itemId: `item${random.integer(ITEMS)}`,
      time: START + SPAN,
    }));
  for (const [size, calls] of [
    [1_000, 30],
    [100, 100],
  ] as const) {
    await timed(engine, `append, batches of ${size}, one at a time`, "events", size * calls, async () => {
      for (let i = 0; i < calls; i++) await appendEvents(store, batch(size));
    });
  }
  await timed(engine, "append, batches of 1000, four at a time", "events", 40_000, async () => {
    for (let i = 0; i < 10; i++) await Promise.all([1, 2, 3, 4].map(() => appendEvents(store, batch(1_000))));
  });
  await timed(engine, "append, one event a call", "events", 300, async () => {
    for (let i = 0; i < 300; i++) await appendEvents(store, batch(1));
  });
  await timed(engine, "read all interactions for training", "rows", ROWS + 73_300, () => readInteractions(store));
  await repeated(engine, "last 20 of a user", 500, (i) => userHistory(store, [{ userId: `user${i}` }], { limit: 20 }));
  const requests = (size: number) =>
    Array.from({ length: size }, () => ({
      requestId: crypto.randomUUID(),
      userId: `user${random.integer(USERS)}`,
      time: START + SPAN,
      kind: "slates",
      impressions: Array.from({ length: 10 }, (_, position) => ({
        itemId: `item${random.integer(ITEMS)}`,
        position,
        policy: "top",
        propensityKind: "exact" as const,
        propensity: 1,
      })),
    }));
  await repeated(engine, "record a request with 10 impressions", 200, () => recordRequests(store, requests(1)));
  await timed(engine, "record requests with 10 impressions by 50", "requests", 2_500, async () => {
    for (let i = 0; i < 50; i++) await recordRequests(store, requests(50));
  });
  const asOf = START + SPAN / 2;
  await timed(engine, "first refresh of 4 feature views", "rows", ROWS / 2, () =>
    refreshFeatures(store, views, { asOf }),
  );
  await timed(engine, "refresh of 4 views one day on", "views", 4, () =>
    refreshFeatures(store, views, { asOf: asOf + 86_400_000 }),
  );
  await repeated(engine, "a user's feature row (2 kept, last 20)", 500, (i) =>
    readUserFeatures(store, ofUsers, `user${i}`),
  );
  const labels = Array.from({ length: 20_000 }, () => ({
    userId: `user${random.integer(USERS)}`,
    itemId: `item${random.integer(ITEMS)}`,
    time: asOf + random.integer(86_400_000),
  }));
  await timed(engine, "training features, 5 views", "labels", labels.length, () =>
    trainingFeatures(store, views, labels),
  );
}

async function onPglite(): Promise<void> {
  const folder = join(tmpdir(), `sequitur-bench-${process.pid}`);
  const store = await openStore({ folder, clock: Date.now });
  try {
    await measure("PGlite", store);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function onServer(): Promise<void> {
  const binaries = findPostgres(process.env);
  if (binaries === undefined) {
    process.stdout.write("no PostgreSQL binaries found: only PGlite was measured\n");
    return;
  }
  const server = await startPostgres(binaries, { durable: true });
  const store = await openStore({ databaseUrl: server.url, clock: Date.now });
  try {
    await measure(`PG ${server.version.split(" ")[0]}`, store);
  } finally {
    await store.close();
    await server.stop();
  }
}

await onPglite();
await onServer();
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
const machine = {
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  node: process.version,
  commit,
  loadOneMinute: loadavg()[0],
};
mkdirSync(new URL("results/", import.meta.url), { recursive: true });
writeFileSync(
  new URL("results/store.json", import.meta.url),
  `${JSON.stringify({ machine, rows: ROWS, lines }, undefined, 2)}\n`,
);

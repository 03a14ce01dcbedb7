import { createApiKey, openStore } from "@sequitur/store";
import { findPostgres, startPostgres } from "@sequitur/store/testing";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { clientsOf, lostEvents, readiness, serveChild } from "../src/faults/load.fixture.js";
import { smallDisk } from "../src/faults/small-disk.fixture.js";

const ROUNDS = 5;
const WAIT = { timeout: 60_000, interval: 50 };
/** Twice the answer timeout of the API. */
const HANGING_MS = 30_000;

async function keyIn(where: { folder: string } | { databaseUrl: string }): Promise<string> {
  const store = await openStore({ ...where, clock: Date.now });
  const { secret } = await createApiKey(store, { name: "client", scopes: ["ingest", "serve"] });
  await store.close();
  return secret;
}

function tell(what: string, { acknowledged, statuses, slowestMs }: ReturnType<typeof clientsOf>): void {
  const answers = JSON.stringify(Object.fromEntries(statuses));
  process.stdout.write(
    `${what}: ${acknowledged.size} acknowledged, ${answers}, slowest ${slowestMs().toFixed(0)} ms\n`,
  );
}

test(`${ROUNDS} kill -9 of the API on PGlite in mid-ingest lose no acknowledged event`, async () => {
  const root = await mkdtemp(join(tmpdir(), "sequitur-kill-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const folder = join(root, "db");
  const key = await keyIn({ folder });
  let child = await serveChild({ folder });
  const port = Number(new URL(child.url).port);
  const load = clientsOf(child.url, key, "pglite");
  for (let round = 0; round < ROUNDS; round++) {
    const before = load.acknowledged.size;
    await expect.poll(() => load.acknowledged.size, WAIT).toBeGreaterThan(before + 300);
    await sleep(137 * round);
    await child.kill();
    child = await serveChild({ folder, port });
  }
  await load.stop();
  await child.kill();
  tell("API on PGlite", load);
  const store = await openStore({ folder, clock: Date.now });
  onTestFinished(() => store.close());
  expect(await lostEvents(store, load.acknowledged)).toEqual({ lost: [], doubled: 0 });
});

test.skipIf(findPostgres(process.env) === undefined)(
  `${ROUNDS} kill -9 of PostgreSQL and of the API, in turns, lose no acknowledged event`,
  async () => {
    const server = await startPostgres(findPostgres(process.env)!);
    onTestFinished(() => server.stop());
    const databaseUrl = server.url;
    const key = await keyIn({ databaseUrl });
    let child = await serveChild({ databaseUrl });
    onTestFinished(() => child.kill());
    const port = Number(new URL(child.url).port);
    const load = clientsOf(child.url, key, "postgres", 6);
    for (let round = 0; round < ROUNDS; round++) {
      const before = load.acknowledged.size;
      await expect.poll(() => load.acknowledged.size, WAIT).toBeGreaterThan(before + 2_000);
      await sleep(137 * round);
      await server.crash();
      await sleep(500);
      expect((await readiness(child.url))?.body.ready).toBe(false);
      if (round % 2 === 1) await child.kill();
      await server.restart();
      if (round % 2 === 1) child = await serveChild({ databaseUrl, port });
      await expect.poll(async () => (await readiness(child.url))?.status, WAIT).toBe(200);
    }
    await load.stop();
    tell("PostgreSQL", load);
    const store = await openStore({ databaseUrl, clock: Date.now });
    onTestFinished(() => store.close());
    expect(await lostEvents(store, load.acknowledged)).toEqual({ lost: [], doubled: 0 });
    expect([...load.statuses.keys()].filter((status) => ![0, 200, 503].includes(status))).toEqual([]);
    expect(load.slowestMs()).toBeLessThan(HANGING_MS);
  },
);

test("a full disk under PGlite: refused, nothing lost, and on by itself when there is room", async (context) => {
  const disk = await smallDisk(120);
  if (disk === undefined) return context.skip();
  onTestFinished(disk.unmount);
  const folder = join(disk.folder, "db");
  const key = await keyIn({ folder });
  const child = await serveChild({ folder });
  onTestFinished(child.kill);
  const load = clientsOf(child.url, key, "full");
  await expect.poll(() => load.acknowledged.size, WAIT).toBeGreaterThan(500);
  disk.fill();
  await expect.poll(() => load.statuses.get(503), WAIT).toBeGreaterThan(5);
  expect(await readiness(child.url)).toMatchObject({ status: 503, body: { writable: false } });
  await disk.empty();
  const before = load.acknowledged.size;
  await expect.poll(() => load.acknowledged.size, WAIT).toBeGreaterThan(before + 500);
  await expect.poll(async () => (await readiness(child.url))?.status, WAIT).toBe(200);
  await load.stop();
  await child.kill();
  tell("PGlite on a full disk", load);
  const store = await openStore({ folder, clock: Date.now });
  onTestFinished(() => store.close());
  expect(await lostEvents(store, load.acknowledged)).toEqual({ lost: [], doubled: 0 });
  expect(new Set(load.statuses.keys())).toEqual(new Set([200, 503]));
});

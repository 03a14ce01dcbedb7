import { openStore, type Store } from "@sequitur/store";
import { findPostgres, startPostgres } from "@sequitur/store/testing";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { circleEvents, testApi } from "../src/api.fixture.js";
import { fuzzedRequest } from "../src/fuzz.fixture.js";
import type { Scope } from "../src/http/principal.js";

const REQUESTS = Number(process.env["SEQUITUR_FUZZ"] ?? 100_000);
const SLOWEST_MS = 10_000;
const LEAK = /\b(select|insert into|from unnest|syntax error|constraint|pg_|at .+\.(ts|js):\d+|node_modules|stack)\b/i;

/** Fails on the first bad answer; gives the share of the routes that some request got an answer of. */
async function fuzz(store: Store): Promise<number> {
  const api = await testApi(store);
  await api.call("POST", "/v1/events", { events: circleEvents(20, 12, 10, Date.UTC(2026, 0, 5)) });
  await api.serve(await api.fit("session-knn"));
  await api.serve(await api.fit("popularity"), "popular");
  const { body } = await api.call("GET", "/openapi.json", undefined, "nobody");
  const paths = body.paths as Record<string, Record<string, { readonly "x-scopes"?: Scope[] }>>;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { "x-scopes": scopes = [] }]) => ({
      scopes,
      method: method.toUpperCase(),
      path: path.replace("{versionId}", "1").replace(/\{\w+\}/, "i1"),
    })),
  );
  const statuses = new Map<number, number>();
  const reached = new Set<string>();
  const check = fc.asyncProperty(fuzzedRequest(operations), async ({ method, path, route, body: sent, scope }) => {
    const started = performance.now();
    const answer = await api.call(method, path, sent, scope);
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    if (answer.status < 300) reached.add(`${method} ${route}`);
    if (answer.status >= 500) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    expect(performance.now() - started).toBeLessThan(SLOWEST_MS);
    expect(answer.status < 400 ? "" : JSON.stringify(answer.body)).not.toMatch(LEAK);
  });
  await fc.assert(check, { numRuns: REQUESTS, seed: 20_260_105 });
  const counts = JSON.stringify(Object.fromEntries([...statuses].sort(([a], [b]) => a - b)));
  process.stdout.write(
    `${store.engine}: ${counts}; ${reached.size} of ${operations.length} routes got past the checks\n`,
  );
  await api.serving.stop();
  return reached.size / operations.length;
}

test(
  `${REQUESTS} fuzzed requests over all routes on PGlite: no 5xx, no leak, no hang`,
  { timeout: 3_600_000 },
  async () => {
    const store = await openStore({ clock: Date.now });
    onTestFinished(() => store.close());
    expect(await fuzz(store)).toBeGreaterThan(0.5);
  },
);

test.skipIf(findPostgres(process.env) === undefined)(
  `${REQUESTS} fuzzed requests over all routes on PostgreSQL: no 5xx, no leak, no hang`,
  { timeout: 3_600_000 },
  async () => {
    const server = await startPostgres(findPostgres(process.env)!);
    onTestFinished(() => server.stop());
    const store = await openStore({ databaseUrl: server.url, clock: Date.now });
    onTestFinished(() => store.close());
    expect(await fuzz(store)).toBeGreaterThan(0.5);
  },
);

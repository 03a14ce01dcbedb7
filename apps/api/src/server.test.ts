import { createApiKey, openStore, type Store } from "@sequitur/store";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { apiLogger } from "./api-logger.js";
import { apiClient } from "./client.js";
import { startApi, type RunningApi, type ServeOptions } from "./server.js";
import { apiSettingsSchema } from "./settings.js";

let store: Store;
let key: string;
const running: RunningApi[] = [];
beforeAll(async () => {
  store = await openStore({ clock: Date.now });
  key = (await createApiKey(store, { name: "all", scopes: ["serve", "ingest"] })).secret;
});
afterAll(async () => {
  await Promise.all(running.map((api) => api.close()));
  await store.close();
});

async function start(settings: object = {}, options: Partial<ServeOptions> = {}): Promise<RunningApi> {
  const logger = apiLogger("silent", () => undefined);
  const api = await startApi({ store, settings: apiSettingsSchema.parse(settings), logger, ...options });
  running.push(api);
  return api;
}

it("serves the typed client, and stops with nothing left behind", async () => {
  const api = await start();
  const client = apiClient(api.url, key);
  const sent = await client.v1.events.$post({ json: { events: [{ eventId: "e1", userId: "ada", itemId: "tea" }] } });
  expect(await sent.json()).toMatchObject({ accepted: 1 });
  const asked = await client.v1.recommendations.$post({ json: { userId: "ada", k: 1 } });
  expect(asked.status).toBe(200);
  expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
  await api.close();
  await expect(fetch(`${api.url}/healthz`)).rejects.toThrow("fetch failed");
});

it("cuts off a body that never ends, and one that is too slow", async () => {
  const api = await start({ requestTimeoutMs: 400 });
  const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
  const head = `POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\n`;
  socket.write(`${head}content-length: 1000\r\n\r\n{"events":`);
  const started = performance.now();
  let answer = "";
  socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
  await once(socket, "close");
  expect(performance.now() - started).toBeLessThan(5_000);
  expect(answer).toMatch(/^HTTP\/1\.1 408/);
  const large = await fetch(`${api.url}/v1/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: "x".repeat(5_000_000),
  }).then(
    ({ status }) => status,
    () => 413,
  );
  expect(large).toBe(413);
});

it("lets running requests end when it stops", async () => {
  const api = await start();
  const body = JSON.stringify({ events: [{ eventId: "last", userId: "ada", itemId: "tea" }] });
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", "content-length": body.length };
  const sending = request(`${api.url}/v1/events`, { method: "POST", headers });
  const answered = once(sending, "response");
  sending.write(body.slice(0, 10));
  for (let round = 0; round < 3; round++) await fetch(`${api.url}/healthz`);
  const closed = api.close();
  sending.end(body.slice(10));
  const [response] = (await answered) as [IncomingMessage];
  let text = "";
  for await (const chunk of response) text += String(chunk);
  expect(JSON.parse(text)).toMatchObject({ accepted: 1 });
  await closed;
});

it("says when the port is taken", async () => {
  const api = await start();
  const port = Number(new URL(api.url).port);
  await expect(start({}, { port })).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("taken"),
  });
});

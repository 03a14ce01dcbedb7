import { createApiKey, exportInteractions, openStore } from "@sequitur/store";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROUNDS = 3;
const SENDERS = 4;

let folder: string;
let key: string;
beforeAll(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "sequitur-kill-")), "db");
  const store = await openStore({ folder, clock: Date.now });
  key = (await createApiKey(store, { name: "sender", scopes: ["ingest"] })).secret;
  await store.close();
});
afterAll(() => rm(join(folder, ".."), { recursive: true, force: true }));

async function serve(): Promise<{ child: ChildProcess; url: string }> {
  const file = fileURLToPath(new URL("serve.child.ts", import.meta.url));
  const execArgv = ["--import", "tsx", "--conditions", "@sequitur/source"];
  const child = fork(file, [folder], { execArgv, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const [message] = (await once(child, "message")) as [{ url: string }];
  return { child, url: message.url };
}

/** Sends batches until the server is gone; the ids of all that was acknowledged. */
async function send(url: string, name: string, acknowledged: Set<string>): Promise<void> {
  for (let batch = 0; ; batch++) {
    const events = Array.from({ length: 50 }, (_, row) => ({
      eventId: `${name}-${batch}-${row}`,
      userId: `u${row % 17}`,
      itemId: `i${(batch + row) % 101}`,
    }));
    try {
      const response = await fetch(`${url}/v1/events`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify({ events }),
      });
      const { accepted } = (await response.json()) as { accepted: number };
      expect(accepted).toBe(50);
      for (const { eventId } of events) acknowledged.add(eventId);
    } catch (error) {
      if (error instanceof TypeError || error instanceof SyntaxError) return;
      throw error;
    }
  }
}

test("kill -9 in the middle of ingestion loses no acknowledged event", async () => {
  const acknowledged = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const { child, url } = await serve();
    const senders = Array.from({ length: SENDERS }, (_, n) => send(url, `${round}-${n}`, acknowledged));
    await new Promise((resolve) => setTimeout(resolve, 2_000 + 700 * round));
    child.kill("SIGKILL");
    await Promise.all([once(child, "exit"), ...senders]);
  }
  const store = await openStore({ folder, clock: Date.now });
  const kept = new Set<string>();
  for await (const page of exportInteractions(store)) for (const { eventId } of page) kept.add(eventId);
  await store.close();
  const lost = [...acknowledged].filter((id) => !kept.has(id));
  process.stdout.write(`${acknowledged.size} acknowledged, ${kept.size} kept, ${lost.length} lost\n`);
  expect(acknowledged.size).toBeGreaterThan(1_000);
  expect(lost).toEqual([]);
});

import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { exportInteractions, type Store } from "@sequitur/store";
import type { ServeChildOptions } from "./serve-child.fixture.js";

export interface ServeChild {
  readonly url: string;
  /** kill -9; resolves when it is gone. */
  readonly kill: () => Promise<void>;
}

/** The API in a process of its own, answering. */
export async function serveChild(options: ServeChildOptions): Promise<ServeChild> {
  const file = fileURLToPath(new URL("serve-child.fixture.ts", import.meta.url));
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const execArgv = ["--conditions", "@sequitur/source", "--import", tsx];
  const child: ChildProcess = fork(file, [JSON.stringify(options)], { execArgv });
  const gone = once(child, "exit");
  const [message] = (await Promise.race([
    once(child, "message"),
    gone.then(() => Promise.reject(new Error("the API did not start"))),
  ])) as [{ url: string }];
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await gone;
  };
  return { url: message.url, kill };
}

/** What clients saw. */
export interface Load {
  /** Ids of all events that were acknowledged. */
  readonly acknowledged: ReadonlySet<string>;
  /** Status -> how many answers; 0 where no answer came at all. */
  readonly statuses: ReadonlyMap<number, number>;
  /** The longest that anybody waited for an answer or an error, ms. */
  readonly slowestMs: () => number;
  /** Ends it when what is under way has been answered. */
  readonly stop: () => Promise<void>;
}

/** How long a client waits before it sends a refused batch again, ms. */
const PAUSE_MS = 20;
const BATCH = 50;

/** Clients that send events and ask for recommendations; each sends a batch again until it is acknowledged. */
export function clientsOf(url: string, key: string, name: string, senders = 3): Load {
  const acknowledged = new Set<string>();
  const statuses = new Map<number, number>();
  const state = { running: true, slowest: 0 };
  const send = async (path: string, body: object): Promise<Record<string, number> | undefined> => {
    const started = performance.now();
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    const { status, told } = await fetch(`${url}${path}`, init)
      .then(async (response) => ({ status: response.status, told: await response.text() }))
      .catch(() => ({ status: 0, told: "" }));
    state.slowest = Math.max(state.slowest, performance.now() - started);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status === 200) return JSON.parse(told) as Record<string, number>;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    return undefined;
  };
  const sender = async (n: number): Promise<void> => {
    for (let batch = 0; state.running; batch++) {
      const events = Array.from({ length: BATCH }, (_, row) => ({
        eventId: `${name}-${n}-${batch}-${row}`,
        userId: `u${row % 17}`,
        itemId: `i${(batch + row) % 101}`,
      }));
      let answer: Record<string, number> | undefined;
      while (answer === undefined && state.running) answer = await send("/v1/events", { events });
      if (answer === undefined) return;
      if (answer["accepted"]! + answer["duplicates"]! !== BATCH) throw new Error(`rejected: ${JSON.stringify(answer)}`);
      for (const { eventId } of events) acknowledged.add(eventId);
    }
  };
  const asker = async (): Promise<void> => {
    for (let n = 0; state.running; n++) await send("/v1/recommendations", { userId: `u${n % 17}`, k: 3 });
  };
  const running = Promise.all([...Array.from({ length: senders }, (_, n) => sender(n)), asker()]);
  return {
    acknowledged,
    statuses,
    slowestMs: () => state.slowest,
    stop: async () => {
      state.running = false;
      await running;
    },
  };
}

/** The acknowledged events that the store does not hold, and what it holds twice. */
export async function lostEvents(store: Store, acknowledged: ReadonlySet<string>) {
  const kept = new Set<string>();
  let rows = 0;
  for await (const page of exportInteractions(store)) {
    rows += page.length;
    for (const { eventId } of page) kept.add(eventId);
  }
  return { lost: [...acknowledged].filter((id) => !kept.has(id)), doubled: rows - kept.size };
}

/** What /readyz says; undefined when nobody answers. */
export async function readiness(url: string): Promise<{ status: number; body: Readiness } | undefined> {
  return fetch(`${url}/readyz`).then(
    async (response) => ({ status: response.status, body: (await response.json()) as Readiness }),
    () => undefined,
  );
}

interface Readiness {
  readonly ready: boolean;
  readonly database: boolean;
  readonly writable: boolean;
  readonly slots: Readonly<Record<string, number>>;
  readonly broken: readonly string[];
}

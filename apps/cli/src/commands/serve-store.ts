import type { ApiSettings, LogLevel, Scope } from "@sequitur/api";
import { PlatformError } from "@sequitur/core";
import type { Store } from "@sequitur/store";
import { once } from "node:events";
import type { Io } from "../io.js";

export interface ServeRequest {
  readonly host?: string;
  readonly port: number;
  /** Take a free port when this one is taken, in place of an error. */
  readonly anyPort?: boolean;
  readonly settings: ApiSettings;
  readonly logLevel: LogLevel;
  /** Stop again as soon as it answers. */
  readonly once: boolean;
  /** The line about keys that stands above the curl lines. */
  readonly keyLine: string;
}

/** Serves the store until Ctrl-C, after lines to paste. */
export async function serveStore(io: Io, store: Store, request: ServeRequest): Promise<void> {
  const { apiLogger, startApi } = await import("@sequitur/api");
  const { host = "127.0.0.1", port, settings } = request;
  const logger = apiLogger(request.logLevel, (line) => io.stderr.write(line));
  const options = { store, settings, logger, host, watchProcess: true };
  const api = await startApi({ ...options, port }).catch((error: unknown) => {
    const taken = error instanceof PlatformError && error.code === "unavailable";
    if (!taken || request.anyPort !== true) throw error;
    return startApi({ ...options, port: 0 });
  });
  try {
    io.stdout.write(await welcome(store, api.url, request.keyLine));
    if (request.once || io.signal.aborted) return;
    io.stderr.write("\nCtrl-C stops it.\n");
    await once(io.signal, "abort");
  } finally {
    await api.close();
  }
}

/** A key with every scope, as a line of shell. */
export async function makeKey(store: Store, name: string): Promise<string> {
  const { createApiKey } = await import("@sequitur/store");
  const { SCOPES } = await import("@sequitur/api");
  const scopes: readonly Scope[] = SCOPES;
  return `export KEY=${(await createApiKey(store, { name, scopes })).secret}`;
}

/** What to paste next, for a user and an item that are there. */
async function welcome(store: Store, url: string, keyLine: string): Promise<string> {
  const user = await store.db.selectFrom("users").select("user_id").orderBy("user_key").limit(1).executeTakeFirst();
  const place = await store.db
    .selectFrom("items")
    .select(["item_id", "latitude", "longitude"])
    .where("deleted_at", "is", null)
    .orderBy("item_key")
    .limit(1)
    .executeTakeFirst();
  const userId = user?.user_id ?? "ada";
  const itemId = place?.item_id ?? "cafe-7";
  const lines = [
    curl(url, "/v1/recommendations", { userId, k: 5, explain: true }),
    curl(url, "/v1/slates", { userId, k: 5, policy: { kind: "softmax", temperature: 1 } }),
    curl(url, "/v1/events", { events: [{ eventId: "e1", userId, itemId }] }),
  ];
  if (place !== undefined && place.latitude !== null && place.longitude !== null) {
    const { latitude, longitude } = place;
    lines.push(curl(url, "/v1/next-poi", { userId, k: 5, latitude, longitude, radiusKm: 2 }));
  }
  return `Sequitur answers at ${url} (reference: ${url}/reference)\n\n${keyLine}\n\n${lines.join("\n")}\n`;
}

function curl(url: string, path: string, body: unknown): string {
  const json = JSON.stringify(body).replaceAll("'", String.raw`'\''`);
  return `curl -s ${url}${path} -H "authorization: Bearer $KEY" -H 'content-type: application/json' -d '${json}'`;
}

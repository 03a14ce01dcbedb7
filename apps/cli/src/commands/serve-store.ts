import type { ApiSettings, LogLevel, Scope } from "@sequitur/api";
import { PlatformError } from "@sequitur/core";
import { DASHBOARD_PAGES } from "@sequitur/dashboard";
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
  /** What to print once it answers. */
  readonly welcome: (url: string) => Promise<string> | string;
}

/** Serves the store until Ctrl-C, after lines to paste. */
export async function serveStore(io: Io, store: Store, request: ServeRequest): Promise<void> {
  const { apiLogger, startApi } = await import("@sequitur/api");
  const { host = "127.0.0.1", port, settings } = request;
  const logger = apiLogger(request.logLevel, (line) => io.stderr.write(line));
  const options = { store, settings, logger, host, watchProcess: true, pages: DASHBOARD_PAGES };
  const api = await startApi({ ...options, port }).catch((error: unknown) => {
    const taken = error instanceof PlatformError && error.code === "unavailable";
    if (!taken || request.anyPort !== true) throw error;
    return startApi({ ...options, port: 0 });
  });
  try {
    io.stdout.write(await request.welcome(api.url));
    if (request.once || io.signal.aborted) return;
    io.stderr.write("\nCtrl-C stops it.\n");
    await once(io.signal, "abort");
  } finally {
    await api.close();
  }
}

/** The dashboard's address that signs in by itself: no server sees what stands behind the #. */
export function signInLink(url: string, key: string): string {
  return `${url}/#key=${key}`;
}

/** A key with every scope. */
export async function makeKey(store: Store, name: string): Promise<string> {
  const { createApiKey } = await import("@sequitur/store");
  const { SCOPES } = await import("@sequitur/api");
  const scopes: readonly Scope[] = SCOPES;
  return (await createApiKey(store, { name, scopes })).secret;
}

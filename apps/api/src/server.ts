import { createAdaptorServer } from "@hono/node-server";
import { getConnInfo } from "@hono/node-server/conninfo";
import { PlatformError } from "@sequitur/core";
import type { Store } from "@sequitur/store";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { createApi } from "./app.js";
import { ApiMetrics } from "./metrics/api-metrics.js";
import { artifactFolder } from "./models/model-source.js";
import type { Pages } from "./routes/page-routes.js";
import type { ApiSettings } from "./settings.js";

/** Connections whose request has not arrived in time are looked for this often. */
const CHECK_MS = 500;
const SWEEP_MS = 50;
/** Past this many connections newcomers are refused instead of slowing all others. */
const MOST_CONNECTIONS = 10_000;

export interface ServeOptions {
  readonly store: Store;
  readonly settings: ApiSettings;
  readonly logger: Logger;
  /** Default 127.0.0.1: nobody else can reach it. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port?: number;
  /** Pages that are shown at /; none when absent. */
  readonly pages?: Pages;
  /** Whether /metrics shows memory and event loop of the process. */
  readonly watchProcess?: boolean;
}

export interface RunningApi {
  readonly url: string;
  /** Says no on /readyz, lets running requests end, then closes what is left; the store stays open. */
  close(): Promise<void>;
}

/** Starts the API on a port; resolves once it answers. `unavailable` when the port is taken. */
export async function startApi(options: ServeOptions): Promise<RunningApi> {
  const { store, settings, logger, host = "127.0.0.1", port = 0, watchProcess = false, pages } = options;
  const metrics = new ApiMetrics();
  if (watchProcess) metrics.watchProcess();
  const addressOf = (c: Parameters<typeof getConnInfo>[0]): string => getConnInfo(c).remote.address ?? "unknown";
  const source = artifactFolder(settings.artifactsDir);
  const api = createApi({ store, source, settings, logger, metrics, addressOf, pages });
  await api.serving.start();
  const server = createAdaptorServer({
    fetch: api.app.fetch,
    serverOptions: {
      requestTimeout: settings.requestTimeoutMs,
      headersTimeout: Math.min(settings.requestTimeoutMs, 10_000),
      connectionsCheckingInterval: CHECK_MS,
      maxHeaderSize: 16_384,
    },
  }) as Server;
  server.maxConnections = MOST_CONNECTIONS;
  try {
    await listen(server, host, port);
  } catch (error) {
    await api.serving.stop();
    throw error;
  }
  const { port: taken } = server.address() as AddressInfo;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${taken}`;
  logger.info({ url }, "the API answers");
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    api.drain();
    await stopServer(server, settings.drainMs);
    await api.serving.stop();
    logger.info("the API has stopped");
  };
  return { url, close: () => (closing ??= close()) };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === "EADDRINUSE" ? "it is taken" : (cause.code ?? cause.message);
      reject(new PlatformError("unavailable", `cannot listen on ${host}:${port}: ${taken}.`, { cause }));
    });
    server.listen(port, host, resolve);
  });
}

/** Takes no new connections, waits for running requests, then cuts what is left. */
async function stopServer(server: Server, drainMs: number): Promise<void> {
  const done = new Promise<void>((resolve) => server.close(() => resolve()));
  // A kept-alive connection is idle again when its last answer is sent, and would stay.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  const abort = new AbortController();
  const late = sleep(drainMs, undefined, { signal: abort.signal }).then(
    () => server.closeAllConnections(),
    () => undefined,
  );
  await Promise.race([done, late]);
  abort.abort();
  await done;
  clearInterval(sweep);
}

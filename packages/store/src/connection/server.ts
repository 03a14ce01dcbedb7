import { Client, Pool, type ClientConfig } from "pg";
import { CHANNEL, parseChange } from "./changes.js";
import { columnTypes } from "./column-types.js";
import type { Backend } from "./open-store.js";
import type { Change } from "./store.js";
import type { ResolvedOptions } from "./store-options.js";

/** A pool on a PostgreSQL server. Connects when first used. */
export function openServer(options: ResolvedOptions): Backend {
  const { pool: limits } = options;
  const { connectionString, settings } = splitUrl(options.databaseUrl!);
  const config: ClientConfig = {
    connectionString,
    connectionTimeoutMillis: limits.connectTimeoutMs,
    keepAlive: true,
    application_name: "sequitur",
    types: columnTypes,
    options: `${settings} -c timezone=UTC`,
  };
  const pool = new Pool({
    ...config,
    max: limits.max,
    idleTimeoutMillis: limits.idleTimeoutMs,
    statement_timeout: limits.statementTimeoutMs,
    lock_timeout: limits.lockTimeoutMs,
    idle_in_transaction_session_timeout: limits.statementTimeoutMs,
  });
  pool.on("error", ignore);
  // The pool stops listening to a client that it has handed out; without this a lost connection ends the process.
  pool.on("connect", (client) => client.on("error", ignore));
  return {
    engine: "postgres",
    pool,
    onChange: (handler) => listen(config, options, handler),
    close: async () => {},
  };
}

/** The URL without its `options`, which would replace ours, such as -csearch_path=sequitur; and these. */
function splitUrl(databaseUrl: string): { connectionString: string; settings: string } {
  if (!databaseUrl.includes("options=")) return { connectionString: databaseUrl, settings: "" };
  const url = new URL(databaseUrl);
  const settings = url.searchParams.get("options") ?? "";
  url.searchParams.delete("options");
  return { connectionString: url.href, settings };
}

/**
 * LISTEN on a connection of its own. States: connected; waiting (lost, a timer runs, the wait doubles up to the cap);
 * stopped. Each connection after the first begins with `resync`, since messages in between are lost.
 */
async function listen(
  config: ClientConfig,
  options: ResolvedOptions,
  handler: (change: Change) => void,
): Promise<() => Promise<void>> {
  let stopped = false;
  let client: Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let waitMs = options.retry.baseMs;

  const connect = async (): Promise<void> => {
    const next = new Client(config);
    client = next;
    let lost = false;
    const onLost = (): void => {
      if (lost) return;
      lost = true;
      void next.end().catch(ignore);
      if (stopped || client !== next) return;
      timer = setTimeout(() => void reconnect(), waitMs);
      waitMs = Math.min(options.retry.capMs, waitMs * 2);
    };
    next.on("notification", (message) => {
      const change = parseChange(message.payload);
      if (change !== undefined) handler(change);
    });
    try {
      await next.connect();
      await next.query(`listen ${CHANNEL}`);
    } catch (error) {
      next.on("error", ignore);
      await next.end().catch(ignore);
      throw error;
    }
    next.on("error", onLost);
    next.on("end", onLost);
    waitMs = options.retry.baseMs;
  };
  const reconnect = async (): Promise<void> => {
    try {
      await connect();
      if (!stopped) handler({ kind: "resync" });
    } catch {
      if (stopped) return;
      timer = setTimeout(() => void reconnect(), waitMs);
      waitMs = Math.min(options.retry.capMs, waitMs * 2);
    }
  };

  await connect();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await client?.end().catch(ignore);
  };
}

function ignore(): void {
  // An idle connection that fails is replaced; the next query reports what is wrong.
}

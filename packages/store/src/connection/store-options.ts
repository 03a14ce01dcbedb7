import { parseConfig, Random, type Report } from "@sequitur/core";
import { z } from "zod";

export const poolSettings = z.strictObject({
  max: z.int().min(1).max(1000).default(10).describe("connections held at most; PGlite has one"),
  connectTimeoutMs: z.int().min(1).default(5_000).describe("longest wait for a connection, ms"),
  idleTimeoutMs: z.int().min(0).default(30_000).describe("an idle connection is closed after this, ms; 0 = never"),
  statementTimeoutMs: z.int().min(1).default(15_000).describe("longest statement of serving, ms; bulk work has none"),
  lockTimeoutMs: z.int().min(1).default(10_000).describe("longest wait for a lock, ms"),
});
export type PoolSettings = z.output<typeof poolSettings>;

export const retrySettings = z.strictObject({
  attempts: z.int().min(1).max(100).default(8).describe("tries in all before the work is unavailable"),
  baseMs: z.number().min(0).default(25).describe("longest first wait, ms; it doubles with each try"),
  capMs: z.number().min(0).default(1_000).describe("longest wait between two tries, ms"),
});
export type RetrySettings = z.output<typeof retrySettings>;

/** Where the store lives and how it behaves. With neither `databaseUrl` nor `folder` it lives in memory. */
export interface StoreOptions {
  /** postgres://… of a PostgreSQL server, 15 or newer. */
  readonly databaseUrl?: string;
  /** Folder of the embedded PGlite; made when missing. One process at a time. Ignored when `databaseUrl` is given. */
  readonly folder?: string;
  /** ms since the epoch, UTC. */
  readonly clock: () => number;
  /** Spreads the retries of many processes; seed it differently in each. */
  readonly random?: Random;
  readonly report?: Report;
  readonly pool?: z.input<typeof poolSettings>;
  readonly retry?: z.input<typeof retrySettings>;
  /** False leaves the schema as it is and only checks that it is the one expected. Default true. */
  readonly migrate?: boolean;
  /** A data folder as PGlite's `dumpDataDir` gave it: an embedded store that starts from it opens in half a second. */
  readonly snapshot?: Blob;
}

export interface ResolvedOptions extends StoreOptions {
  readonly pool: PoolSettings;
  readonly retry: RetrySettings;
  readonly random: Random;
}

/** Fills in the defaults; `bad-config` names what is out of bounds. */
export function resolveOptions(options: StoreOptions): ResolvedOptions {
  return {
    ...options,
    pool: parseConfig(poolSettings, options.pool ?? {}, "pool"),
    retry: parseConfig(retrySettings, options.retry ?? {}, "retry"),
    random: options.random ?? new Random("store"),
  };
}

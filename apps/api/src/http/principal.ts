/**
 * What a key may do: `serve` asks, `ingest` tells what happened, `catalog` writes items and users, `read` only reads
 * items, users, models and experiments, `metrics` reads /metrics. `admin` is apart: it runs models, keys and experiments,
 * and serves nobody.
 */
export const SCOPES = ["serve", "ingest", "catalog", "read", "metrics", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** The holder of a key. */
export interface Principal {
  /** Names the key in logs and limits; it is not the key. */
  readonly keyId: string;
  readonly scopes: ReadonlySet<Scope>;
}

/** What a key may do. `admin` is apart: it runs models, keys and experiments, and serves nobody. */
export const SCOPES = ["serve", "ingest", "catalog", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** The holder of a key. */
export interface Principal {
  /** Names the key in logs and limits; it is not the key. */
  readonly keyId: string;
  readonly scopes: ReadonlySet<Scope>;
}

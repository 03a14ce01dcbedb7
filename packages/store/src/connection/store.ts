import type { Kysely, Transaction } from "kysely";
import type { Random } from "@sequitur/core";
import type { Tables } from "../tables.js";

/** Anything a query can run on: the pool, or a transaction. */
export type Db = Kysely<Tables> | Transaction<Tables>;

/** What happened elsewhere and matters here; `resync` says that messages may have been missed. */
export type Change =
  | { readonly kind: "models"; readonly slot?: string | undefined }
  | { readonly kind: "items" }
  | { readonly kind: "experiments" }
  | { readonly kind: "resync" };

/** A statement with $1, $2, …; one name always means one text. */
export interface Prepared {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** An open database. Every query of this package is a function that takes one. */
export interface Store {
  readonly engine: "postgres" | "pglite";
  /** For reads that one statement answers; use `attempt` or `transaction` for anything else. */
  readonly db: Kysely<Tables>;
  /** ms since the epoch, UTC: the clock that the store was opened with. */
  readonly now: () => number;
  readonly random: Random;
  /** Runs idempotent work, again when it fails in a way that may pass; `what` names it in errors. */
  attempt<T>(what: string, work: (db: Kysely<Tables>) => Promise<T>): Promise<T>;
  /**
   * Rows of one statement that each connection plans once and keeps under its name: for what is asked all the time. Idempotent,
   * like the work of `attempt`.
   */
  prepared<Row>(what: string, statement: Prepared): Promise<Row[]>;
  /** Like `attempt`, in one transaction. */
  transaction<T>(what: string, work: (db: Transaction<Tables>) => Promise<T>, how?: TransactionOptions): Promise<T>;
  /** Calls back on changes that any process made; resolves to the way to stop. Survives lost connections. */
  onChange(handler: (change: Change) => void): Promise<() => Promise<void>>;
  /** Waits for running work, then gives back connections, folder and lock. Safe to call twice. */
  close(): Promise<void>;
}

export interface TransactionOptions {
  readonly isolation?: "read committed" | "repeatable read" | "serializable";
  /** No statement timeout and more memory for sorts: for training reads, backfills and imports. */
  readonly bulk?: boolean;
}

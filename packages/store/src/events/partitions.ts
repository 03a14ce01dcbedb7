import { sql } from "kysely";
import type { Store } from "../connection/store.js";
import { instant } from "../instant.js";

/** Months known to exist and to be noticed by all sessions, a store; partitions are never dropped while it is open. */
const known = new WeakMap<Store, Set<string>>();

/**
 * Makes the partitions that these instants (ms) need, in transactions of their own, before rows are inserted; then every
 * session of the database knows them.
 */
export async function ensurePartitions(store: Store, times: Iterable<number>): Promise<void> {
  let months = known.get(store);
  if (months === undefined) known.set(store, (months = new Set()));
  const missing = new Map<string, number>();
  for (const time of times) {
    const month = monthOf(time);
    if (!months.has(month)) missing.set(month, time);
  }
  for (const time of [...missing.values()].sort((a, b) => a - b)) {
    await store.attempt("make a partition", (db) =>
      sql`select ensure_interaction_partition(${instant(time)})`.execute(db),
    );
  }
  if (missing.size === 0) return;
  await store.attempt("announce partitions", (db) => sql`select renew_interaction_partitions()`.execute(db));
  for (const month of missing.keys()) months.add(month);
}

const FIRST = Date.UTC(1990, 0);
const AFTER = Date.UTC(2100, 0);

function monthOf(time: number): string {
  if (time < FIRST) return "early";
  if (time >= AFTER) return "late";
  const date = new Date(time);
  return `${date.getUTCFullYear()}-${String(date.getUTCMonth() + 1).padStart(2, "0")}`;
}

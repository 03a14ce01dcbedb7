import { sql } from "kysely";
import type { Store } from "../connection/store.js";
import { instant } from "../instant.js";

/** Months known to exist, a store; partitions are never dropped while it is open. */
const known = new WeakMap<Store, Set<string>>();

/** Makes the partitions that these instants (ms) need, in a transaction of their own, before rows are inserted. */
export async function ensurePartitions(store: Store, times: Iterable<number>): Promise<void> {
  let months = known.get(store);
  if (months === undefined) known.set(store, (months = new Set()));
  const missing = new Map<string, number>();
  for (const time of times) {
    const month = monthOf(time);
    if (!months.has(month)) missing.set(month, time);
  }
  for (const [month, time] of [...missing].sort(([a], [b]) => (a < b ? -1 : 1))) {
    await store.attempt("make a partition", (db) =>
      sql`select ensure_interaction_partition(${instant(time)})`.execute(db),
    );
    months.add(month);
  }
}

const FIRST = Date.UTC(1990, 0);
const AFTER = Date.UTC(2100, 0);

function monthOf(time: number): string {
  if (time < FIRST) return "early";
  if (time >= AFTER) return "late";
  const date = new Date(time);
  return `${date.getUTCFullYear()}-${String(date.getUTCMonth() + 1).padStart(2, "0")}`;
}

import { sql } from "kysely";
import { PlatformError, throwIfCancelled, type Report } from "@sequitur/core";
import type { Store } from "../connection/store.js";
import { isKept, type FeatureView } from "./feature-view.js";
import { refreshRegistered, registerFeatures } from "./refresh-features.js";

export interface BackfillOptions {
  /** First and last instant to refresh to, ms since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Distance of the instants between, ms: how often the values would have been refreshed. */
  readonly everyMs: number;
  /** Drops the values that the views have and starts over. Default: goes on after their newest refresh. */
  readonly restart?: boolean;
  readonly report?: Report;
  readonly signal?: AbortSignal;
}

/**
 * Refreshes the views to every instant of a grid, as if they had been kept up to date then, so that training reads find
 * values for the past. Can be cancelled and run again: it goes on where it stopped. Resolves to the instants done.
 */
export async function backfillFeatures(
  store: Store,
  views: readonly FeatureView[],
  options: BackfillOptions,
): Promise<number> {
  const { from, to, everyMs, report, signal } = options;
  if (!(everyMs > 0 && from <= to)) {
    throw new PlatformError("bad-config", `expected from <= to and everyMs > 0, got ${from}, ${to} and ${everyMs}.`);
  }
  if (options.restart) await dropValues(store, views);
  await registerFeatures(store, views);
  const kept = views.filter(isKept);
  const done = await refreshedTo(store, kept);
  const total = Math.floor((to - from) / everyMs) + 1;
  let steps = 0;
  for (let step = 0; step < total; step++) {
    throwIfCancelled(signal);
    const asOf = from + step * everyMs;
    const due = kept.filter((view) => (done.get(view.name) ?? -Infinity) < asOf);
    if (due.length > 0) {
      await refreshRegistered(store, due, { asOf, ...(signal && { signal }) });
      steps += 1;
    }
    report?.({ task: "backfill features", done: step + 1, total, unit: "instants" });
  }
  return steps;
}

async function dropValues(store: Store, views: readonly FeatureView[]): Promise<void> {
  await store.attempt("drop feature values", (db) =>
    sql`delete from feature_definitions where name = any(${views.map((view) => view.name)}::text[])`.execute(db),
  );
}

async function refreshedTo(store: Store, views: readonly FeatureView[]): Promise<Map<string, number | null>> {
  const rows = await store.attempt("read feature definitions", (db) =>
    db
      .selectFrom("feature_definitions")
      .select(["name", "refreshed_to"])
      .where("name", "=", sql<string>`any(${views.map((view) => view.name)}::text[])`)
      .execute(),
  );
  return new Map(rows.map((row) => [row.name, row.refreshed_to]));
}

import { parseConfig, signalsSchema, type Signals } from "@sequitur/core";
import { sql } from "kysely";
import { announce } from "../connection/changes.js";
import type { Store } from "../connection/store.js";
import { instant } from "../instant.js";

const NAME = "signals";

/** What events of this store say of liking; undefined where nobody set it: the default table holds. */
export async function readSignals(store: Store): Promise<Signals | undefined> {
  const value = await store.attempt("read the signals", async (db) => {
    const { rows } = await sql<{ value: unknown }>`select value from settings where name = ${NAME}`.execute(db);
    return rows[0]?.value;
  });
  return value === undefined ? undefined : parseConfig(signalsSchema, value, "the store's setting signals");
}

/** Sets what events of this store say; fits and servers read them so from then on. */
export async function writeSignals(store: Store, signals: Signals): Promise<void> {
  await store.transaction("set the signals", async (db) => {
    await sql`
      insert into settings (name, value, updated_at)
      values (${NAME}, ${JSON.stringify(signals)}::jsonb, ${instant(store.now())})
      on conflict (name) do update set value = excluded.value, updated_at = excluded.updated_at
    `.execute(db);
    await announce(db, { kind: "items" });
  });
}

import { sql } from "kysely";
import { z } from "zod";
import type { Change, Db } from "./store.js";

export const CHANNEL = "sequitur_changes";

const changeSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("models"), slot: z.string().optional() }),
  z.object({ kind: z.literal("items") }),
  z.object({ kind: z.literal("experiments") }),
]);

/** Tells every process that listens, when the transaction commits. */
export async function announce(db: Db, change: z.infer<typeof changeSchema>): Promise<void> {
  await sql`select pg_notify(${CHANNEL}, ${JSON.stringify(change)})`.execute(db);
}

/** A message of the channel, or undefined for one that a newer version may send. */
export function parseChange(payload: string | undefined): Change | undefined {
  try {
    return changeSchema.safeParse(JSON.parse(payload ?? "")).data;
  } catch {
    return undefined;
  }
}

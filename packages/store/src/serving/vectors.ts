import { sql } from "kysely";
import { PlatformError } from "@sequitur/core";
import type { Store } from "../connection/store.js";
import { pages } from "../events/cursor.js";

/** The vectors of one model version: row i, of width `width`, belongs to `ids[i]`. */
export interface Vectors {
  readonly ids: readonly string[];
  readonly width: number;
  /** (ids.length, width) row-major. */
  readonly data: Float32Array;
}

const BATCH = 5_000;

/** Stores vectors beside a model version; an id's earlier one is replaced, an id without a row is left out. */
export async function writeVectors(
  store: Store,
  versionId: number,
  entity: "user" | "item",
  vectors: Vectors,
): Promise<void> {
  const { ids, width, data } = vectors;
  if (data.length !== ids.length * width) {
    throw new PlatformError("bad-data", `vectors must hold ${ids.length} x ${width} values, got ${data.length}.`);
  }
  const table = sql.table(`${entity}_vectors`);
  const entities = sql.table(`${entity}s`);
  const key = sql.ref(`${entity}_key`);
  const id = sql.ref(`${entity}_id`);
  for (let from = 0; from < ids.length; from += BATCH) {
    const to = Math.min(ids.length, from + BATCH);
    const bytes: Buffer[] = [];
    for (let row = from; row < to; row++) bytes.push(bytesOf(data.subarray(row * width, (row + 1) * width)));
    await store.transaction("write vectors", (db) =>
      sql`
        with input as (
          select * from unnest(${ids.slice(from, to)}::text[], ${bytes}::bytea[]) as t (id, vector)
        ), present as (
          select ${key}, vector from ${entities} join input on input.id = ${id}
          order by ${key} for key share of ${entities}
        )
        insert into ${table} (version_id, ${key}, vector) select ${versionId}::integer, ${key}, vector from present
        on conflict (version_id, ${key}) do update set vector = excluded.vector
      `.execute(db),
    );
  }
}

/** The vectors of a model version in the order of the entities; none give width 0. `bad-data` when widths differ. */
export async function readVectors(store: Store, versionId: number, entity: "user" | "item"): Promise<Vectors> {
  return store.transaction(
    "read vectors",
    async (db) => {
      const ids: string[] = [];
      const rows: Float32Array[] = [];
      const key = sql.ref(`${entity}_key`);
      const query = sql<{ id: string; vector: Buffer }>`
        select ${sql.ref(`${entity}_id`)} as id, vector
        from ${sql.table(`${entity}_vectors`)} join ${sql.table(`${entity}s`)} using (${key})
        where version_id = ${sql.lit(versionId)} order by ${key}`;
      for await (const page of pages(db, query, BATCH)) {
        for (const { id, vector } of page) {
          ids.push(id);
          rows.push(floatsOf(vector));
        }
      }
      const width = rows[0]?.length ?? 0;
      const data = new Float32Array(ids.length * width);
      for (const [index, row] of rows.entries()) {
        if (row.length !== width) {
          throw new PlatformError("bad-data", `vector of ${ids[index]}: expected width ${width}, got ${row.length}.`);
        }
        data.set(row, index * width);
      }
      return { ids, width, data };
    },
    { isolation: "repeatable read", bulk: true },
  );
}

const LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function bytesOf(vector: Float32Array): Buffer {
  const bytes = Buffer.from(vector.buffer.slice(vector.byteOffset, vector.byteOffset + vector.byteLength));
  return LITTLE ? bytes : bytes.swap32();
}

function floatsOf(bytes: Buffer): Float32Array {
  const own = Buffer.from(bytes);
  if (!LITTLE) own.swap32();
  const copy = new Uint8Array(own.length);
  copy.set(own);
  return new Float32Array(copy.buffer);
}

import type { Random } from "@sequitur/core";
import { createHash } from "node:crypto";

/**
 * A hash of all that a fit's weights depend on, so that it never goes on from the checkpoint of another one: `settings`, which
 * must survive JSON, the seed, and the columns of the data that the fit reads.
 */
export function fitIdentity(
  settings: readonly unknown[],
  columns: readonly (ArrayBufferView | undefined)[],
  random: Random,
): string {
  const lengths = columns.map((column) => column?.byteLength ?? null);
  const hash = createHash("sha256");
  hash.update(JSON.stringify([...settings, random.fork("identity").uint32(), lengths]));
  for (const column of columns) {
    if (column !== undefined) hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  }
  return hash.digest("hex").slice(0, 32);
}

import type { Interactions, Random } from "@sequitur/core";
import { createHash } from "node:crypto";

/**
 * A hash of all that a fit's weights depend on, so that it never goes on from the checkpoint of another one. Opening
 * hours act when scoring, and so when validation chooses among the weights.
 */
export function fitIdentity(name: string, config: unknown, data: Interactions, random: Random): string {
  const hash = createHash("sha256");
  const { itemColumns } = data.catalog;
  const { categories = null, timeZones = null, openingHours = null } = itemColumns;
  hash.update(JSON.stringify([name, config, random.fork("identity").uint32(), categories, timeZones, openingHours]));
  const columns = [
    data.items,
    data.times,
    data.userOffsets,
    data.context.session,
    data.context.utcOffsetMinutes,
    itemColumns.latitudes,
    itemColumns.longitudes,
  ];
  for (const column of columns) {
    if (column !== undefined) hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  }
  return hash.digest("hex").slice(0, 32);
}

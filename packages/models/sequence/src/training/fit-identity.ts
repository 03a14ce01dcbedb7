import type { Interactions, Random } from "@sequitur/core";
import { createHash } from "node:crypto";

/** A hash of all that a fit's weights depend on, so that it never goes on from the checkpoint of another one. */
export function fitIdentity(
  settings: readonly unknown[],
  { items, userOffsets }: Interactions,
  random: Random,
): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([...settings, random.fork("identity").uint32()]));
  for (const column of [items, userOffsets]) {
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  }
  return hash.digest("hex").slice(0, 32);
}

import { createHash } from "node:crypto";

/** A hash of some texts in their order. */
export function textsHash(texts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex").slice(0, 32);
}

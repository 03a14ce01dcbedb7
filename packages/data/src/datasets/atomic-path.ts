import { randomUUID } from "node:crypto";

/** A name beside `path` to write to before renaming; two writers never share it. */
export function atomicPath(path: string): string {
  return `${path}.${randomUUID().slice(0, 8)}.tmp`;
}

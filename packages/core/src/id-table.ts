import { PlatformError } from "./errors.js";

/** The only sentinel for "no user" and "no item"; index 0 is a real one. */
export const NONE = -1;

/** Outside ids (strings) <-> dense indices 0..size-1, frozen once made. */
export interface IdTable {
  readonly size: number;
  /** (size) the outside id of each index. */
  readonly ids: readonly string[];
  /** The index of an outside id, or NONE. */
  indexOf(id: string): number;
}

/** A frozen table over distinct ids; a repeated id is `bad-data`. */
export function idTable(ids: readonly string[]): IdTable {
  const indices = new Map<string, number>();
  for (let index = 0; index < ids.length; index++) {
    const id = ids[index] as string;
    if (indices.has(id)) {
      throw new PlatformError("bad-data", `ids must be distinct, got "${id}" at ${indices.get(id)} and ${index}.`);
    }
    indices.set(id, index);
  }
  return { size: ids.length, ids, indexOf: (id) => indices.get(id) ?? NONE };
}

/** Gives each new id the next index; `table()` freezes what was seen. */
export class IdTableBuilder {
  private readonly indices = new Map<string, number>();
  private readonly ids: string[] = [];

  /** The index of an id, a new one when it was not seen before. */
  add(id: string): number {
    const known = this.indices.get(id);
    if (known !== undefined) return known;
    const index = this.ids.length;
    this.indices.set(id, index);
    this.ids.push(id);
    return index;
  }

  table(): IdTable {
    const { ids, indices } = this;
    return { size: ids.length, ids, indexOf: (id) => indices.get(id) ?? NONE };
  }
}

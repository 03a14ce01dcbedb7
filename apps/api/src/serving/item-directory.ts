import { NONE, PlatformError } from "@sequitur/core";
import { openingTable } from "@sequitur/data";
import { ItemFields } from "./item-fields.js";

/** What serving needs to know of an item. */
export interface ItemRecord {
  readonly itemId: string;
  readonly title?: string | undefined;
  /** Most specific last. */
  readonly categories?: readonly string[] | undefined;
  /** WGS84 degrees. */
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
  /** OSM `opening_hours`, local time. */
  readonly openingHours?: string | undefined;
  /** IANA name. */
  readonly timeZone?: string | undefined;
  /** ms since the epoch; shown from .. until (exclusive), always when absent. */
  readonly availableFrom?: number | undefined;
  readonly availableUntil?: number | undefined;
  /** ms since the epoch; orders the newest items. */
  readonly createdAt?: number | undefined;
  /** Anything else; texts, numbers, booleans and lists of texts can be filtered on. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Every item of the store as columns in memory, so that a filter over the catalogue costs a pass over arrays. An index
 * is given once and never moves; a deleted item keeps its index and is no longer live. `version` grows with each change.
 */
export class ItemDirectory {
  /** What expressions over the items read. */
  readonly fields: ItemFields = new ItemFields(this);
  private readonly indices = new Map<string, number>();
  private readonly records: ItemRecord[] = [];
  private readonly alive: boolean[] = [];
  private readonly categoryNumbers = new Map<string, number>();
  private readonly categoriesOf: (readonly number[])[] = [];
  private readonly tables = new Map<string, Uint8Array | undefined>();
  private newestFirst: readonly number[] | undefined;
  private changes = 0;
  private live = 0;
  private windows = 0;

  /** Indices ever given: live items and deleted ones. */
  get size(): number {
    return this.records.length;
  }

  get liveCount(): number {
    return this.live;
  }

  /** Whether some live item is not always available. */
  get hasWindows(): boolean {
    return this.windows > 0;
  }

  get version(): number {
    return this.changes;
  }

  /** The index of a live item, or NONE. */
  indexOf(itemId: string): number {
    const index = this.indices.get(itemId) ?? NONE;
    return index !== NONE && this.alive[index] === true ? index : NONE;
  }

  isLive(index: number): boolean {
    return this.alive[index] === true;
  }

  record(index: number): ItemRecord {
    const record = this.records[index];
    if (record === undefined) throw new PlatformError("not-found", `no item has the index ${index}.`);
    return record;
  }

  /** Adds an item or replaces what is known of it. */
  put(record: ItemRecord): void {
    const known = this.indices.get(record.itemId);
    const index = known ?? this.records.length;
    if (known === undefined) this.indices.set(record.itemId, index);
    if (this.alive[index] === true) this.forget(index);
    this.live++;
    this.fields.count(record, 1);
    if (isWindowed(record)) this.windows++;
    this.records[index] = record;
    this.alive[index] = true;
    this.categoriesOf[index] = (record.categories ?? []).map((name) => this.numberOf(name));
    this.newestFirst = undefined;
    this.changes++;
  }

  remove(itemId: string): void {
    const index = this.indexOf(itemId);
    if (index === NONE) return;
    this.alive[index] = false;
    this.forget(index);
    // Its index stays taken; what was known of it would only fill the memory.
    this.records[index] = { itemId };
    this.categoriesOf[index] = [];
    this.newestFirst = undefined;
    this.changes++;
  }

  /** The number of a category, or NONE when no item ever had it. */
  categoryNumber(name: string): number {
    return this.categoryNumbers.get(name) ?? NONE;
  }

  categories(index: number): readonly number[] {
    return this.categoriesOf[index] ?? [];
  }

  /** The opening table of its hours, (12, 336) by month and slot of the week; undefined when unknown or not readable. */
  openingTable(index: number): Uint8Array | undefined {
    const hours = this.record(index).openingHours ?? "";
    if (hours === "") return undefined;
    if (!this.tables.has(hours)) this.tables.set(hours, readable(hours));
    return this.tables.get(hours);
  }

  /** Live items, the newest first; ties by index. */
  newest(): readonly number[] {
    if (this.newestFirst === undefined) {
      const age = (index: number): number => this.records[index]!.createdAt ?? -Infinity;
      const live = [...this.records.keys()].filter((index) => this.alive[index] === true);
      this.newestFirst = live.sort((a, b) => (age(a) === age(b) ? a - b : age(b) - age(a)));
    }
    return this.newestFirst;
  }

  private forget(index: number): void {
    this.live--;
    this.fields.count(this.records[index]!, -1);
    if (isWindowed(this.records[index]!)) this.windows--;
  }

  private numberOf(category: string): number {
    const known = this.categoryNumbers.get(category);
    if (known !== undefined) return known;
    const number = this.categoryNumbers.size;
    this.categoryNumbers.set(category, number);
    return number;
  }
}

function isWindowed({ availableFrom, availableUntil }: ItemRecord): boolean {
  return availableFrom !== undefined || availableUntil !== undefined;
}

function readable(hours: string): Uint8Array | undefined {
  try {
    return openingTable(hours);
  } catch (error) {
    if (error instanceof PlatformError) return undefined;
    throw error;
  }
}

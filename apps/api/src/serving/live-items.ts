import { NONE } from "@sequitur/core";
import { readItems, type Store, type StoredItem } from "@sequitur/store";
import { isDeepStrictEqual } from "node:util";
import { ItemDirectory, type ItemRecord } from "./item-directory.js";

/** Writes commit a while after their instant, and clocks differ a little: each look goes back this far before the last. */
const OVERLAP_MS = 10_000;

export interface LiveItemsOptions {
  /** Whether items that only events name are shown. */
  readonly unknown: boolean;
  /** How long after its last change an item is shown, ms. */
  readonly timeToLiveMs: number;
}

/** Keeps the directory in step with the items of the store that may be recommended. */
export class LiveItems {
  readonly directory = new ItemDirectory();
  private readonly store: Store;
  private readonly options: LiveItemsOptions;
  private lookedAtMs: number | undefined;
  private forgets = 0;
  private running: Promise<void> | undefined;

  constructor(store: Store, options: LiveItemsOptions) {
    this.store = store;
    this.options = options;
  }

  /** Reads what was written since the last look; everything the first time. Calls that overlap share one look. */
  async sync(): Promise<void> {
    this.running ??= this.look().finally(() => (this.running = undefined));
    return this.running;
  }

  /** Makes the next look read everything, after changes may have been missed. */
  forget(): void {
    this.lookedAtMs = undefined;
    this.forgets++;
  }

  /** Takes an item over at once, as it is in the store now. */
  take(item: StoredItem): void {
    const shown = item.deletedAt === undefined && item.hidden !== true && (item.inCatalog || this.options.unknown);
    if (!shown) return this.directory.remove(item.itemId);
    const record = recordOf(item, this.options.timeToLiveMs);
    if (!this.isKnown(record)) this.directory.put(record);
  }

  /** Looks overlap: what is the same must not make the directory look changed. */
  private isKnown(record: ItemRecord): boolean {
    const index = this.directory.indexOf(record.itemId);
    return index !== NONE && isDeepStrictEqual(this.directory.record(index), record);
  }

  private async look(): Promise<void> {
    const now = this.store.now();
    const { forgets } = this;
    const since = this.lookedAtMs === undefined ? {} : { updatedSince: this.lookedAtMs - OVERLAP_MS };
    for await (const page of readItems(this.store, since)) for (const item of page) this.take(item);
    if (forgets === this.forgets) this.lookedAtMs = now;
  }
}

/** What answers need of an item: its texts stay in the store. */
function recordOf(item: StoredItem, timeToLiveMs: number): ItemRecord {
  const { texts: _, updatedAt, inCatalog: __, hidden: ___, deletedAt: ____, ...record } = item;
  const end = Math.min(record.availableUntil ?? Infinity, updatedAt + timeToLiveMs);
  return Number.isFinite(end) ? { ...record, availableUntil: end } : record;
}

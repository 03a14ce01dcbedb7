import { NONE } from "@sequitur/core";
import { readItems, type Store, type StoredItem } from "@sequitur/store";
import { isDeepStrictEqual } from "node:util";
import { ItemDirectory } from "./item-directory.js";

/** Writes commit a while after their instant, and clocks differ a little: each look goes back this far before the last. */
const OVERLAP_MS = 10_000;

/** Keeps the directory in step with the items of the store. */
export class LiveItems {
  readonly directory = new ItemDirectory();
  private readonly store: Store;
  private lookedAtMs: number | undefined;
  private forgets = 0;
  private running: Promise<void> | undefined;

  constructor(store: Store) {
    this.store = store;
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
    if (item.deletedAt !== undefined) this.directory.remove(item.itemId);
    else if (!this.isKnown(item)) this.directory.put(item);
  }

  /** Looks overlap: what is the same must not make the directory look changed. */
  private isKnown(item: StoredItem): boolean {
    const index = this.directory.indexOf(item.itemId);
    return index !== NONE && isDeepStrictEqual(this.directory.record(index), item);
  }

  private async look(): Promise<void> {
    const now = this.store.now();
    const { forgets } = this;
    const since = this.lookedAtMs === undefined ? {} : { updatedSince: this.lookedAtMs - OVERLAP_MS };
    for await (const page of readItems(this.store, since)) for (const item of page) this.take(item);
    if (forgets === this.forgets) this.lookedAtMs = now;
  }
}

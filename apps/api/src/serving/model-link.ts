import { NONE } from "@sequitur/core";
import type { Model } from "@sequitur/recommender";
import type { ItemDirectory } from "./item-directory.js";
import type { ItemTest } from "./item-filter.js";

/**
 * Joins the items of a model, frozen at its fit, with those of the store, which come and go. Read again when the
 * directory has changed.
 */
export class ModelLink {
  readonly model: Model;
  private readonly directory: ItemDirectory;
  /** (N) index in the directory, or NONE for items that the store does not have. */
  private readonly toDirectory: Int32Array;
  private readVersion = -1;
  private servable: Int32Array | undefined;

  constructor(model: Model, directory: ItemDirectory) {
    this.model = model;
    this.directory = directory;
    this.toDirectory = new Int32Array(model.catalog.items.size).fill(NONE);
  }

  /** The directory's index of an item of the model. */
  directoryIndex(item: number): number {
    return this.toDirectory[item] ?? NONE;
  }

  /** The model's index of an item of the directory, or NONE. */
  itemOf(index: number): number {
    return this.itemIndex(this.directory.record(index).itemId);
  }

  /** The model's index of an outside id, or NONE. */
  itemIndex(itemId: string): number {
    return this.model.catalog.items.indexOf(itemId);
  }

  /** Item indices of the model that pass the test; `undefined` as test: every live item. Absent when all of them. */
  candidates(test: ItemTest | undefined): Int32Array | undefined {
    this.refresh();
    if (test === undefined) return this.servable;
    const passed: number[] = [];
    for (let item = 0; item < this.toDirectory.length; item++) {
      const index = this.toDirectory[item]!;
      if (index !== NONE && test(index)) passed.push(item);
    }
    return Int32Array.from(passed);
  }

  private refresh(): void {
    const { directory, toDirectory } = this;
    if (this.readVersion === directory.version) return;
    const { ids } = this.model.catalog.items;
    const live: number[] = [];
    for (let item = 0; item < toDirectory.length; item++) {
      if (toDirectory[item] === NONE) toDirectory[item] = directory.indexOf(ids[item]!);
      if (toDirectory[item] !== NONE && directory.isLive(toDirectory[item]!)) live.push(item);
    }
    this.servable = live.length === toDirectory.length ? undefined : Int32Array.from(live);
    this.readVersion = directory.version;
  }
}

import { NONE } from "@sequitur/core";
import { engineFor, normalAt, normalRow, rowStream, type Floats, type Scratch } from "@sequitur/kernels";
import type { Posterior } from "./posterior.js";
import { clickState, type Start } from "./user-state.js";

/** Rows of the streams that are no items. */
const OTHER_ROW = 0x7fffffff;
const START_ROW = 0x70000000;
const OFFSET_ROW = 0x70000001;

/**
 * A posterior where the kernels can draw from it: a copy of 8 bytes a number in the memory of the engine, freed with
 * its holder. A draw is a key; each number of it is a function of the key and the number's place.
 */
export class DrawTable {
  private readonly padded: number;
  /** (N, 2, padded) means and scales of the items; padded: the width rounded up to a multiple of 4 by zeros. */
  private readonly items: Floats;
  /** Means and scales of what makes the state, the parameters from `keep` on; the rest do not move a ranking. */
  private readonly means: Floats;
  private readonly scales: Floats;

  constructor(posterior: Posterior) {
    const { catalog, config, globals, otherMeans, otherScales } = posterior;
    const { memory } = engineFor(1);
    this.padded = Math.ceil(config.width / 4) * 4;
    this.items = memory.floats(2 * catalog.items.size * this.padded);
    this.items.array.fill(0);
    this.means = memory.floatsFrom(otherMeans.subarray(globals.keep.from));
    this.scales = memory.floatsFrom(otherScales.subarray(globals.keep.from));
    freed.register(this, [this.items, this.means, this.scales]);
    for (let item = 0; item < catalog.items.size; item++) this.write(posterior, item);
  }

  /** Takes over what the posterior now says of an item. */
  write({ config, itemMeans, itemScales }: Posterior, item: number): void {
    const { width } = config;
    const { array } = this.items;
    const [from, to] = [item * width, 2 * item * this.padded];
    for (let j = 0; j < width; j++) {
      array[to + j] = itemMeans[from + j]!;
      array[to + this.padded + j] = itemScales[from + j]!;
    }
  }

  /** (D) a draw of z, the preference of a user after these clicks, and `start` what `startOf` says of them. */
  preference(posterior: Posterior, key: number, start: Start, clicks: Int32Array, user: number): Float32Array {
    const { config, globals, offsets } = posterior;
    const { width } = config;
    const { memory, kernels } = engineFor(1);
    return memory.withScratch((scratch) => {
      const others = scratch.floats(this.means.length);
      const count = config.state === "gru" ? others.length : globals.keep.size;
      const shape = { key, row: OTHER_ROW, from: globals.keep.from, count };
      kernels.drawnRow(others, this.means, this.scales, shape);
      const first = new Float32Array(width);
      normalRow(first, key, START_ROW);
      for (let j = 0; j < width; j++) first[j] = start.mean[j]! + start.scale[j]! * first[j]!;
      const z = clickState(posterior, others, first, this.vectors(key, clicks, width, scratch), scratch);
      const offset = offsets.get(user);
      if (offset === undefined) return z;
      const stream = rowStream(key, OFFSET_ROW);
      for (let j = 0; j < width; j++) z[j]! += offset[j]! + offset[width + j]! * normalAt(stream, j);
      return z;
    });
  }

  /** (n, D) the vectors of these items under a draw. */
  private vectors(key: number, list: Int32Array, width: number, scratch: Scratch): Floats {
    const { items, padded } = this;
    const { kernels } = engineFor(1);
    const out = scratch.floats(list.length * width);
    for (const [place, item] of list.entries()) {
      const means = items.part(2 * item * padded, width);
      const scales = items.part((2 * item + 1) * padded, width);
      kernels.drawnRow(out.part(place * width, width), means, scales, { key, row: item, count: width });
    }
    return out;
  }

  /** For each draw the k items nearest to its z (D), nearest first, ties to the lower item. */
  nearest(states: readonly Float32Array[], k: number, draws: readonly number[], candidates?: Int32Array): Int32Array[] {
    const { items: table, padded: width } = this;
    const { memory, kernels } = engineFor(1);
    return memory.withScratch((scratch) => {
      const queries = scratch.floats(draws.length * width);
      queries.array.fill(0);
      for (const [draw, z] of states.entries()) queries.array.set(z, draw * width);
      const keys = scratch.words(draws.length);
      keys.array.set(draws);
      const list = candidates && scratch.ints(candidates.length);
      if (candidates) list!.array.set(candidates);
      const [items, scores] = [scratch.ints(draws.length * k), scratch.floats(draws.length * k)];
      const n = table.length / (2 * width);
      const shape = { draws: draws.length, n, width, k, candidates: list };
      kernels.nearestDrawn(items, scores, queries, keys, table, shape);
      return draws.map((_, draw) => items.array.slice(draw * k, (draw + 1) * k).filter((item) => item !== NONE));
    });
  }
}

const freed = new FinalizationRegistry<readonly Floats[]>((blocks) => {
  for (const block of blocks) engineFor(1).memory.release(block);
});

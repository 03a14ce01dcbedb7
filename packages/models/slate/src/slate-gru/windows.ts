import { clickedItem, NONE, type Random, type SlateLog } from "@sequitur/core";
import type { SlateGruConfig } from "./config.js";

/** A batch of B windows as the likelihood sees it: the choices of each step, what was chosen, and the items met. */
export interface Choices {
  /** (B + 1) into the steps. */
  readonly userOffsets: Int32Array;
  /** (steps + 1) into items. */
  readonly offsets: Int32Array;
  /** The choices of each step, as places in `items`. */
  readonly locals: Int32Array;
  /** (steps) 0 for no click, else 1 + the place of the click within the step's choices. */
  readonly targets: Int32Array;
  /** (steps) which no-click bias counts: the number of items shown. */
  readonly biases: Int32Array;
  /** (B + 1) into clicks. */
  readonly clickOffsets: Int32Array;
  /** Clicked items of each window in order, as places in `items`. */
  readonly clicks: Int32Array;
  /** (steps) clicks of the window before this step. */
  readonly clicksBefore: Int32Array;
  /** (n) distinct items of the batch. */
  readonly items: Int32Array;
  /** (n) in how many windows of the batch each occurs; candidates drawn twice count twice. */
  readonly touches: Int32Array;
}

/** Runs of at most `maxSlates` slates of one user: (W + 1) rows; window w is rows[w] .. ends[w]. */
export interface Windows {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** Cuts each user's slates into windows. */
export function windowsOf({ userOffsets }: SlateLog, maxSlates: number): Windows {
  const starts: number[] = [];
  const ends: number[] = [];
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    for (let row = userOffsets[user]!; row < userOffsets[user + 1]!; row += maxSlates) {
      starts.push(row);
      ends.push(Math.min(row + maxSlates, userOffsets[user + 1]!));
    }
  }
  return { starts: Int32Array.from(starts), ends: Int32Array.from(ends) };
}

/** A step that counts neither for the likelihood nor for the state: its click is on an item that nobody knows. */
export function isMasked(log: SlateLog, row: number): boolean {
  return log.clicks[row] !== NONE && clickedItem(log, row) === NONE;
}

/** How a batch of windows is read. */
export interface BatchReader {
  /** (N) how often a pass over the data touches each item, in expectation; see `Choices.touches`. */
  readonly expectedTouches: Float64Array;
  /** Windows `list[from .. to]` as a batch. */
  read(list: Int32Array, from: number, to: number, random: Random): Choices;
}

type ReaderConfig = Pick<SlateGruConfig, "likelihood" | "candidates">;

/** A reader of the log for one likelihood. */
export function batchReader(log: SlateLog, windows: Windows, config: ReaderConfig): BatchReader {
  const places = new Int32Array(log.catalog.items.size).fill(NONE);
  const lastWindow = new Int32Array(log.catalog.items.size);
  const read: BatchReader["read"] = (list, from, to, random) => {
    const batch = new BatchBuilder(places, lastWindow);
    for (let at = from; at < to; at++) {
      for (let row = windows.starts[list[at]!]!; row < windows.ends[list[at]!]!; row++) {
        if (isMasked(log, row)) continue;
        if (config.likelihood === "slate") batch.addSlate(log, row);
        else batch.addCandidates(log, row, config.candidates, random);
      }
      batch.endWindow();
    }
    return batch.finish();
  };
  const expectedTouches = touchesOf(log, windows, config);
  return { expectedTouches, read };
}

class BatchBuilder {
  private readonly userOffsets = [0];
  private readonly offsets = [0];
  private readonly locals: number[] = [];
  private readonly targets: number[] = [];
  private readonly biases: number[] = [];
  private readonly clickOffsets = [0];
  private readonly clicks: number[] = [];
  private readonly clicksBefore: number[] = [];
  private readonly items: number[] = [];
  private readonly touches: number[] = [];
  private readonly places: Int32Array;
  private readonly lastWindow: Int32Array;

  constructor(places: Int32Array, lastWindow: Int32Array) {
    this.places = places;
    this.lastWindow = lastWindow;
  }

  addSlate(log: SlateLog, row: number): void {
    const start = log.offsets[row]!;
    const end = log.offsets[row + 1]!;
    const click = log.clicks[row]!;
    let target = 0;
    for (let place = start; place < end; place++) {
      const item = log.items[place]!;
      if (item === NONE) continue;
      this.locals.push(this.touch(item));
      if (place === start + click) target = this.locals.length - this.offsets.at(-1)!;
    }
    this.endStep(target, end - start);
  }

  /** The clicked item, if any, and uniform others; the no-click has one bias. */
  addCandidates(log: SlateLog, row: number, count: number, random: Random): void {
    const clicked = clickedItem(log, row);
    const total = this.places.length;
    if (clicked !== NONE) this.locals.push(this.touch(clicked));
    const drawable = total > 1 ? count : 0;
    for (let drawn = 0; drawn < drawable; drawn++) {
      let item = random.integer(total);
      while (item === clicked) item = random.integer(total);
      const place = this.placeOf(item);
      this.touches[place]! += 1;
      this.locals.push(place);
    }
    this.endStep(clicked === NONE ? 0 : 1, 0);
  }

  endWindow(): void {
    this.userOffsets.push(this.targets.length);
    this.clickOffsets.push(this.clicks.length);
  }

  finish(): Choices {
    for (const item of this.items) this.places[item] = NONE;
    return {
      userOffsets: Int32Array.from(this.userOffsets),
      offsets: Int32Array.from(this.offsets),
      locals: Int32Array.from(this.locals),
      targets: Int32Array.from(this.targets),
      biases: Int32Array.from(this.biases),
      clickOffsets: Int32Array.from(this.clickOffsets),
      clicks: Int32Array.from(this.clicks),
      clicksBefore: Int32Array.from(this.clicksBefore),
      items: Int32Array.from(this.items),
      touches: Int32Array.from(this.touches),
    };
  }

  private endStep(target: number, bias: number): void {
    const start = this.offsets.at(-1)!;
    this.clicksBefore.push(this.clicks.length - this.clickOffsets.at(-1)!);
    this.offsets.push(this.locals.length);
    this.targets.push(target);
    this.biases.push(bias);
    if (target > 0) this.clicks.push(this.locals[start + target - 1]!);
  }

  /** The item's place in the batch, counted once a window. */
  private touch(item: number): number {
    const place = this.placeOf(item);
    const window = this.userOffsets.length;
    if (this.lastWindow[item] !== window) this.touches[place]! += 1;
    this.lastWindow[item] = window;
    return place;
  }

  private placeOf(item: number): number {
    const known = this.places[item]!;
    if (known !== NONE) return known;
    const place = this.items.length;
    this.places[item] = place;
    this.lastWindow[item] = 0;
    this.items.push(item);
    this.touches.push(0);
    return place;
  }
}

function touchesOf(log: SlateLog, windows: Windows, { likelihood, candidates }: ReaderConfig): Float64Array {
  const total = log.catalog.items.size;
  const touches = new Float64Array(total);
  const lastWindow = new Int32Array(total).fill(NONE);
  let drawn = 0;
  for (let window = 0; window < windows.starts.length; window++) {
    for (let row = windows.starts[window]!; row < windows.ends[window]!; row++) {
      if (isMasked(log, row)) continue;
      drawn += candidates;
      const clicked = clickedItem(log, row);
      const seen = likelihood === "slate" ? log.items.subarray(log.offsets[row], log.offsets[row + 1]) : [clicked];
      for (const item of seen) {
        if (item === NONE || lastWindow[item] === window) continue;
        lastWindow[item] = window;
        touches[item]! += 1;
      }
    }
  }
  if (likelihood === "all-item" && total > 1) for (let item = 0; item < total; item++) touches[item]! += drawn / total;
  return touches;
}

import { PlatformError } from "@sequitur/core";
import type { Floats } from "@sequitur/kernels";
import { intervalOf, intervalsOf } from "../intervals.js";
import type { RunningState } from "./encoder.js";
import { isKnown, readable, sharesOf, type History, type SequenceModelParts } from "./model-parts.js";
import { scoreStates } from "./score-states.js";

/** One session at serving time: its last states are kept, so that an event costs one step of the network. */
export interface SequenceSession {
  /** Known items that were read, the newest `maxLength` of them. */
  readonly items: readonly number[];
  /** Reads one more item, at `timeMs` or the time of the last one; an unknown item is skipped. */
  append(item: number, timeMs?: number): void;
  /** (N), or (C) for candidates: the very scores of `Model.score` for this history. */
  scores(candidates?: Int32Array): Float32Array;
  /** Frees the states; the session is over. */
  close(): void;
}

/**
 * A session over the parts of a model. Where a history has outgrown `maxLength` its window moves with every event, which
 * changes every state in it, so that an event then costs a full pass over the window.
 */
export function openSession(parts: SequenceModelParts, history: History): SequenceSession {
  const { encoder, shares, maxLength, weights } = parts;
  const { memory } = weights.engine;
  let read: { readonly items: number[]; readonly times: number[] } = { items: [], times: [] };
  let running: RunningState | undefined;
  let state: Floats | undefined = memory.floats(encoder.width);

  function step(item: number, timeMs: number, out: Floats): void {
    const interval = intervalOf(timeMs, read.times.at(-1));
    read.items.push(item);
    read.times.push(timeMs);
    running ??= encoder.start();
    out.array.set(running.step(item, interval).array);
  }

  function readWindow(window: typeof read, out: Floats): void {
    read = window;
    running?.release();
    running = undefined;
    const { length } = window.items;
    memory.withScratch((scratch) => {
      const [items, intervals] = [scratch.ints(length), scratch.ints(length)];
      items.array.set(window.items);
      intervals.array.set(intervalsOf(window.times));
      encoder.encode(out, items, 1, length, intervals);
    });
  }

  function open(): Floats {
    if (state === undefined) throw new PlatformError("not-found", "the session is closed.");
    return state;
  }

  const known = readable(history, parts);
  if (known.items.length === maxLength) readWindow(known, state);
  else known.items.forEach((item, at) => step(item, known.times[at]!, open()));

  return {
    get items() {
      return read.items;
    },
    append(item, timeMs = read.times.at(-1) ?? 0) {
      const out = open();
      if (!isKnown(parts, item)) return;
      if (read.items.length < maxLength) step(item, timeMs, out);
      else readWindow({ items: [...read.items.slice(1), item], times: [...read.times.slice(1), timeMs] }, out);
    },
    scores(candidates) {
      const out = open();
      if (read.items.length === 0) return sharesOf(shares, candidates).slice();
      return scoreStates(parts, out, 1, candidates);
    },
    close() {
      running?.release();
      running = undefined;
      if (state !== undefined) memory.release(state);
      state = undefined;
    },
  };
}

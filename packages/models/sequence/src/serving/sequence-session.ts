import { PlatformError } from "@sequitur/core";
import type { Floats } from "@sequitur/kernels";
import type { RunningState } from "./encoder.js";
import { isKnown, readable, sharesOf, type SequenceModelParts } from "./model-parts.js";
import { scoreStates } from "./score-states.js";

/** One session at serving time: its last states are kept, so that an event costs one step of the network. */
export interface SequenceSession {
  /** Known items that were read, the newest `maxLength` of them. */
  readonly items: readonly number[];
  /** Reads one more item; an unknown one is skipped. */
  append(item: number): void;
  /** (N), or (C) for candidates: the very scores of `Model.score` for this history. */
  scores(candidates?: Int32Array): Float32Array;
  /** Frees the states; the session is over. */
  close(): void;
}

/**
 * A session over the parts of a model. Where a history has outgrown `maxLength` its window moves with every event, which
 * changes every state in it, so that an event then costs a full pass over the window.
 */
export function openSession(parts: SequenceModelParts, history: ArrayLike<number> = []): SequenceSession {
  const { encoder, shares, maxLength, weights } = parts;
  const { memory } = weights.engine;
  let items: number[] = [];
  let running: RunningState | undefined;
  let state: Floats | undefined = memory.floats(encoder.width);

  function read(item: number, out: Floats): void {
    items.push(item);
    running ??= encoder.start();
    out.array.set(running.step(item).array);
  }

  function readWindow(window: number[], out: Floats): void {
    items = window;
    running?.release();
    running = undefined;
    memory.withScratch((scratch) => {
      const block = scratch.ints(window.length);
      block.array.set(window);
      encoder.encode(out, block, 1, window.length);
    });
  }

  function open(): Floats {
    if (state === undefined) throw new PlatformError("not-found", "the session is closed.");
    return state;
  }

  const known = Array.from(readable(history, parts));
  if (known.length === maxLength) readWindow(known, state);
  else for (const item of known) read(item, state);

  return {
    get items() {
      return items;
    },
    append(item) {
      const out = open();
      if (!isKnown(parts, item)) return;
      if (items.length < maxLength) read(item, out);
      else readWindow([...items.slice(1), item], out);
    },
    scores(candidates) {
      const out = open();
      if (items.length === 0) return sharesOf(shares, candidates).slice();
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

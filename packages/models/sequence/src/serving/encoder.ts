import type { Floats, Ints } from "@sequitur/kernels";

/** A trained network as plain kernel calls: no tape, no gradients, nothing dropped. */
export interface Encoder {
  /** D of the states. */
  readonly width: number;
  /**
   * out (count, D) = the state after each history of items (count, length), every one of them real. `intervals` (count,
   * length) holds `intervalOf` each item.
   */
  encode(out: Floats, items: Ints, count: number, length: number, intervals?: Ints): void;
  /** An empty history that is read item by item. */
  start(): RunningState;
}

/** A history that was read so far; its blocks live until `release`. */
export interface RunningState {
  /** Reads one more item and its interval; the state after it is (D), valid until the next call. At most `maxLength`. */
  step(item: number, interval: number): Floats;
  release(): void;
}

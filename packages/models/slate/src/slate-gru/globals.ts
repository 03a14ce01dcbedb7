import type { SlateGruConfig } from "./config.js";
import { START_PRIOR_SCALE } from "./start-state.js";

/** A run of parameters within the vector of all that are not items. */
export interface Slot {
  readonly from: number;
  readonly size: number;
  /** Prior of each entry: normal with this mean and scale; absent for a point estimate. */
  readonly prior?: { readonly mean: number; readonly scale: number };
}

/** Where each parameter that is not an item vector stands in one flat vector. */
export interface Globals {
  readonly size: number;
  /** (G, D) means mu_g of the item vectors of a group. */
  readonly groupMean: Slot;
  /** (G, D) scales sigma_g of the item vectors of a group, used as max(|sigma|, 0.001). */
  readonly groupScale: Slot;
  /** (longest slate + 1) b: score of no click for a slate of so many items. */
  readonly bias: Slot;
  /** (1) gamma: what the linear state keeps at a click. */
  readonly keep: Slot;
  /** (1) s: scale of the first state; a point estimate. */
  readonly start: Slot;
  /** (D) m: mean of the first state, the same for everybody. */
  readonly startMean: Slot;
  /** (D, 3D), (D, 3D), (D, D): gates of the click, gates of the state (reset, update, new), and z = h W. */
  readonly input: Slot;
  readonly hidden: Slot;
  readonly output: Slot;
  /** (3D) biases of the gates; the published GRU has none. */
  readonly gateBias: Slot;
}

export type SlotName = Exclude<keyof Globals, "size">;
export const SLOT_NAMES: readonly SlotName[] = [
  "groupMean",
  "groupScale",
  "bias",
  "keep",
  "start",
  "startMean",
  "input",
  "hidden",
  "output",
  "gateBias",
];

type Sizes = Pick<SlateGruConfig, "width" | "groupMeanScale" | "groupScaleScale" | "gruScale">;

/** The layout for G groups and slates of at most `longest` items. */
export function globalsOf(config: Sizes, groups: number, longest: number): Globals {
  const { width, groupMeanScale, groupScaleScale, gruScale } = config;
  let size = 0;
  const slot = (length: number, prior?: Slot["prior"]): Slot => {
    const made = { from: size, size: length, ...(prior && { prior }) };
    size += length;
    return made;
  };
  const slots = {
    groupMean: slot(groups * width, { mean: 0, scale: groupMeanScale }),
    groupScale: slot(groups * width, { mean: 0, scale: groupScaleScale }),
    bias: slot(longest + 1, { mean: 0, scale: 1 }),
    keep: slot(1, { mean: 0.5, scale: 0.3 }),
    start: slot(1),
    startMean: slot(width, { mean: 0, scale: START_PRIOR_SCALE }),
    input: slot(width * 3 * width, { mean: 0, scale: gruScale }),
    hidden: slot(width * 3 * width, { mean: 0, scale: gruScale }),
    output: slot(width * width, { mean: 0, scale: gruScale }),
    gateBias: slot(3 * width, { mean: 0, scale: gruScale }),
  };
  return { size, ...slots };
}

/** A view of one slot of a flat vector. */
export function slotOf(values: Float32Array, { from, size }: Slot): Float32Array {
  return values.subarray(from, from + size);
}

/** gamma lies in (0, 1), and so does a draw of it. */
export function clampKeep(value: number): number {
  return Math.min(0.999, Math.max(0.001, value));
}

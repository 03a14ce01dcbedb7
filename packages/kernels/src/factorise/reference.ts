import { type Floats } from "../block.js";
import {
  FACTORISE_CHUNK,
  FACTORISE_STATS,
  factoriseTotals,
  factoriseWindows,
  type Factors,
  type FactoriseKernels,
  type FactoriseOptions,
  type PositiveRows,
} from "./factorise.js";
import { filterBit, setFilterBits } from "./positive-filter.js";
import { referenceAlsRows } from "./reference-als.js";

const MOST_TRIES = 64;
const AHEAD = 32;

/** Plain factorisation updates; draws are those of the compiled twin, arithmetic is float64 between stores. */
export function referenceFactorise(): FactoriseKernels {
  return {
    factorise: (stats, factors, rows, options) => {
      stats.array.fill(0, 0, Math.ceil(options.samples / FACTORISE_CHUNK) * FACTORISE_STATS);
      const chunks = Math.ceil(options.samples / FACTORISE_CHUNK);
      if (rows.count > 0 && rows.items > 0) {
        for (let chunk = 0; chunk < chunks; chunk++) {
          const first = Math.floor((chunk * options.samples) / chunks);
          const end = Math.floor(((chunk + 1) * options.samples) / chunks);
          runChunk(stats.array.subarray(chunk * FACTORISE_STATS), chunk, end - first, factors, rows, options);
        }
      }
      return factoriseTotals(stats.array, options.samples);
    },
    positiveFilter: setFilterBits,
    alsRows: referenceAlsRows,
  };
}

interface Chunk {
  readonly stats: Float32Array;
  readonly factors: Factors;
  readonly rows: PositiveRows;
  readonly options: FactoriseOptions;
  readonly draw: () => number;
  /** The rows that this chunk draws from. */
  readonly windowStart: number;
  readonly windowRows: number;
}

function runChunk(
  stats: Float32Array,
  chunk: number,
  samples: number,
  factors: Factors,
  rows: PositiveRows,
  options: FactoriseOptions,
): void {
  const windows = factoriseWindows(rows.count);
  const window = ((mix(options.seed) + chunk) >>> 0) % windows;
  const windowStart = Math.floor((window * rows.count) / windows);
  const windowRows = Math.floor(((window + 1) * rows.count) / windows) - windowStart;
  const draw = generator(mix(options.seed ^ mix(chunk + 0x632be59b)));
  const self = { stats, factors, rows, options, draw, windowStart, windowRows };
  if (options.objective === "bpr") pairwise(self, samples);
  else if (options.objective === "warp") warp(self, samples);
  else pointwise(self, samples);
}

function mix(value: number): number {
  let z = (value + 0x9e3779b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

/** Uniform uint32 numbers: the mixed counter state + n * 0x9e3779b9. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    const drawn = mix(state);
    state = (state + 0x9e3779b9) | 0;
    return drawn;
  };
}

function below(self: Chunk, bound: number): number {
  return Math.floor((self.draw() * bound) / 4_294_967_296);
}

function drawItem(self: Chunk): number {
  const item = below(self, self.rows.items);
  const { alias } = self.options;
  if (alias === undefined) return item;
  const uniform = (self.draw() >>> 8) / 16_777_216;
  return uniform < alias.keep.array[item] ? item : alias.other.array[item];
}

function drawUnvoted(self: Chunk, user: number): number {
  for (let turn = 0; turn < MOST_TRIES; turn++) {
    const item = drawItem(self);
    if (!isPositive(self.rows, user, item)) return item;
  }
  return -1;
}

function isPositive(rows: PositiveRows, user: number, item: number): boolean {
  const [low, high] = [rows.offsets.array[user], rows.offsets.array[user + 1]];
  const bit = filterBit(user, item, low, high);
  if (((rows.filter.array[bit >>> 5] >>> (bit & 31)) & 1) === 0) return false;
  const own = rows.sortedItems.array.subarray(low, high);
  return own.includes(item);
}

function harder(self: Chunk, first: number, user: number): number {
  if (first < 0) return first;
  let best = first;
  for (let turn = 1; turn < self.options.candidates; turn++) {
    const item = drawUnvoted(self, user);
    if (item < 0) break;
    if (score(self, user, item) > score(self, user, best)) best = item;
  }
  return best;
}

function score(self: Chunk, user: number, item: number): number {
  const { width, users, items, bias } = self.factors;
  const logits = self.options.logits;
  return (
    dot(users.array, user * width, items.array, item * width, width) +
    (bias?.array[item] ?? 0) -
    (logits?.array[item] ?? 0)
  );
}

function dot(a: Float32Array, fromA: number, b: Float32Array, fromB: number, width: number): number {
  let sum = 0;
  for (let k = 0; k < width; k++) sum += a[fromA + k] * b[fromB + k];
  return sum;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

interface Sample {
  readonly user: number;
  readonly positive: number;
}

function drawSample(self: Chunk): Sample {
  const row = self.windowStart + below(self, self.windowRows);
  return { user: self.rows.pairs.array[2 * row], positive: self.rows.pairs.array[2 * row + 1] };
}

function pairwise(self: Chunk, samples: number): void {
  const { stats, options } = self;
  const block = drawnAhead(self, samples, 1);
  for (let done = 0; done < samples; done += AHEAD) {
    for (const { user, positive, first } of block()) {
      const negative = harder(self, first, user);
      if (negative < 0) {
        stats[1]++;
        continue;
      }
      const margin = score(self, user, positive) - score(self, user, negative);
      updatePair(self, user, positive, negative, options.learningRate * sigmoid(-margin));
      stats[0]++;
      if (margin > 0) stats[2]++;
    }
  }
}

function warp(self: Chunk, samples: number): void {
  const { stats, options, rows } = self;
  for (let sample = 0; sample < samples; sample++) {
    const { user, positive } = drawSample(self);
    const high = score(self, user, positive);
    let negative = -1;
    let turn = 1;
    for (; turn <= options.negatives; turn++) {
      const item = drawUnvoted(self, user);
      if (item < 0) break;
      if (score(self, user, item) > high - 1) {
        negative = item;
        break;
      }
    }
    if (negative < 0) {
      stats[1]++;
      stats[2]++;
      continue;
    }
    const rank = Math.max(1, Math.floor((rows.items - 1) / turn));
    updatePair(self, user, positive, negative, options.learningRate * Math.log(1 + rank));
    stats[0]++;
  }
}

function updatePair(self: Chunk, user: number, positive: number, negative: number, c: number): void {
  const { factors, options } = self;
  const { width, bias } = factors;
  const [u, v] = [factors.users.array, factors.items.array];
  const keepUser = 1 - options.learningRate * options.userDecay;
  const keepItem = 1 - options.learningRate * options.itemDecay;
  for (let k = 0; k < width; k++) {
    const [atU, atA, atB] = [user * width + k, positive * width + k, negative * width + k];
    const [x, a, b] = [u[atU], v[atA], v[atB]];
    u[atU] = keepUser * x + c * (a - b);
    v[atA] = keepItem * a + c * x;
    v[atB] = keepItem * b - c * x;
  }
  updateBias(self, bias, positive, c);
  updateBias(self, bias, negative, -c);
}

function updateBias({ options }: Chunk, bias: Floats | undefined, at: number, c: number): void {
  if (bias !== undefined) bias.array[at] = bias.array[at] * (1 - options.learningRate * options.biasDecay) + c;
}

/** Ascent coefficients of the preference and the flip factors; Yu & Qin 2020. */
function coefficients(
  objective: FactoriseOptions["objective"],
  voted: boolean,
  s: number,
  g: number,
): [number, number] {
  switch (objective) {
    case "nbpo":
      return voted ? [(1 - g) * (1 - s), -g * s] : [g * (1 - s) - s, (1 - g) * s];
    case "nbpo-original": {
      const d = 1 - s + g * s + 1e-10;
      return voted ? [1 - s, -g] : [((g - 1) * s * (1 - s)) / d, (g * (1 - g) * s) / d];
    }
    case "nbpo-surrogate":
      return voted ? [(1 - g) * s * (1 - s), -g * (1 - g) * s] : [(g - 1) * s * (1 - s), g * (1 - g) * s];
    default:
      return [voted ? 1 - s : -s, 0];
  }
}

/** Draws triples ahead of the updates, in the order of the compiled twin. */
function drawnAhead(self: Chunk, count: number, negatives: number): () => Generator<Sample & { first: number }> {
  let turn = 0;
  let held: Sample = { user: 0, positive: 0 };
  let left = count;
  return function* block() {
    const positives = Array.from({ length: Math.min(AHEAD, left) }, () => {
      if (turn === 0) held = drawSample(self);
      turn = (turn + 1) % negatives;
      return held;
    });
    left -= positives.length;
    const drawn = positives.map((sample) => ({ ...sample, first: drawUnvoted(self, sample.user) }));
    yield* drawn;
  };
}

function pointwise(self: Chunk, samples: number): void {
  const { stats, options } = self;
  const all = samples * options.negatives;
  const block = drawnAhead(self, all, options.negatives);
  for (let done = 0; done < all; done += AHEAD) {
    for (const { user, positive, first } of block()) {
      const negative = harder(self, first, user);
      if (negative < 0) {
        stats[1]++;
        continue;
      }
      const high = point(self, user, positive, true);
      const low = point(self, user, negative, false);
      stats[0]++;
      if (high > low) stats[2]++;
    }
  }
}

function point(self: Chunk, user: number, item: number, voted: boolean): number {
  const { stats, options, factors } = self;
  const { flips } = options;
  const before = score(self, user, item) + (factors.userBias?.array[user] ?? 0);
  let g = 0;
  if (flips !== undefined) {
    const { users, items, width } = flips.factors;
    g = sigmoid(flips.bias + dot(users.array, user * width, items.array, item * width, width));
  }
  const [preference, flip] = coefficients(options.objective, voted, sigmoid(before), g);
  const c = options.learningRate * preference;
  ascend(
    factors,
    user,
    item,
    c,
    1 - options.learningRate * options.userDecay,
    1 - options.learningRate * options.itemDecay,
  );
  updateBias(self, factors.bias, item, c);
  updateBias(self, factors.userBias, user, c);
  if (flips !== undefined) {
    const keep = 1 - flips.learningRate * flips.decay;
    ascend(flips.factors, user, item, flips.learningRate * flip, keep, keep);
  }
  stats[voted ? 3 : 4] += g;
  return before;
}

function ascend(factors: Factors, user: number, item: number, c: number, keepUser: number, keepItem: number): void {
  const [u, v] = [factors.users.array, factors.items.array];
  for (let k = 0; k < factors.width; k++) {
    const [atU, atV] = [user * factors.width + k, item * factors.width + k];
    const [x, y] = [u[atU], v[atV]];
    u[atU] = keepUser * x + c * y;
    v[atV] = keepItem * y + c * x;
  }
}

// Stochastic updates of a matrix factorisation, one sampled (user, positive, negative) at a time. A chunk draws its own
// samples from a generator seeded by (seed, chunk), so that what is drawn never depends on the number of threads. With
// one thread the updates are in order and the result repeats bit by bit; with more, threads write the shared rows
// without locks (Recht et al. 2011, "Hogwild!"). A chunk draws from one window of the rows, and the chunks go through the
// windows in turn: rows are sorted by user, so that a window's users, pairs and filter bits stay in a core's own cache.
import { ARGS } from "./layout";
import { chunkStart, parallel, threadScratch } from "./pool";

const BPR: i32 = 0;
const BPO: i32 = 1;
const NBPO: i32 = 2;
const NBPO_ORIGINAL: i32 = 3;
const NBPO_SURROGATE: i32 = 4;
const WARP: i32 = 5;

/** Draws before a user counts as having (nearly) everything. */
const MOST_TRIES: i32 = 64;
/** Samples a chunk. */
const CHUNK: i32 = 4096;
/** Rows of a window at least: 256 KB of pairs. */
const WINDOW: i32 = 32768;
/** Bits of filter a row, and the most bits of one user. */
const FILTER_BITS: u32 = 16;
const MOST_FILTER_BITS: u32 = 1048576;
/** Samples drawn ahead of their updates, so that the memory can answer many questions at once. */
const AHEAD: i32 = 32;
/** Floats of statistics a chunk: samples made, samples skipped, orders right, gamma on positives, gamma on unvoted. */
const STATS: i32 = 8;

@unmanaged
class FactoriseArgs {
  stats: usize; // (chunks, 8) float32
  userFactors: usize; // (users, width), width a multiple of 4
  itemFactors: usize; // (items, width)
  itemBias: usize; // (items), 0: none
  userBias: usize; // (users), 0: none; only point-wise objectives see it
  flipUsers: usize; // (users, flipWidth), 0: none
  flipItems: usize; // (items, flipWidth)
  rows: usize; // (rowCount, 2) int32: user, item
  positiveOffsets: usize; // (users + 1) int32
  positiveItems: usize; // (rows) int32, ascending within a user
  filter: usize; // bit h(u, i) of the user's own run of bits is set for every positive
  aliasKeep: usize; // (items) float32, 0: uniform
  aliasOther: usize; // (items) int32
  logits: usize; // (items) float32 subtracted from scores (log-Q), 0: none
  items: i32;
  rowCount: i32;
  width: i32;
  flipWidth: i32;
  samples: i32;
  chunks: i32;
  objective: i32;
  negatives: i32; // per positive; for WARP the most tries
  candidates: i32; // negatives drawn per one kept, the hardest stays
  seed: u32;
  rate: f32;
  userDecay: f32;
  itemDecay: f32;
  biasDecay: f32;
  flipRate: f32;
  flipDecay: f32;
  flipBias: f32;
}

let state: u32 = 0;
let windowStart: i32 = 0;
let windowRows: i32 = 0;

/** Chunks of `samples` samples: the statistics need 8 floats for each. */
export function factoriseChunks(samples: i32): i32 {
  return (samples + CHUNK - 1) / CHUNK;
}

/** `samples` stochastic updates; the parameters are described at FactoriseArgs. */
export function factorise(
  stats: usize,
  userFactors: usize,
  itemFactors: usize,
  itemBias: usize,
  userBias: usize,
  flipUsers: usize,
  flipItems: usize,
  rows: usize,
  positiveOffsets: usize,
  positiveItems: usize,
  filter: usize,
  aliasKeep: usize,
  aliasOther: usize,
  logits: usize,
  items: i32,
  rowCount: i32,
  width: i32,
  flipWidth: i32,
  samples: i32,
  objective: i32,
  negatives: i32,
  candidates: i32,
  seed: u32,
  rate: f32,
  userDecay: f32,
  itemDecay: f32,
  biasDecay: f32,
  flipRate: f32,
  flipDecay: f32,
  flipBias: f32,
): void {
  if (samples <= 0 || rowCount <= 0 || items <= 0) return;
  const args = changetype<FactoriseArgs>(ARGS);
  args.stats = stats;
  args.userFactors = userFactors;
  args.itemFactors = itemFactors;
  args.itemBias = itemBias;
  args.userBias = userBias;
  args.flipUsers = flipUsers;
  args.flipItems = flipItems;
  args.rows = rows;
  args.positiveOffsets = positiveOffsets;
  args.positiveItems = positiveItems;
  args.filter = filter;
  args.aliasKeep = aliasKeep;
  args.aliasOther = aliasOther;
  args.logits = logits;
  args.items = items;
  args.rowCount = rowCount;
  args.width = width;
  args.flipWidth = flipWidth;
  args.samples = samples;
  args.objective = objective;
  args.negatives = negatives;
  args.candidates = candidates;
  args.seed = seed;
  args.rate = rate;
  args.userDecay = userDecay;
  args.itemDecay = itemDecay;
  args.biasDecay = biasDecay;
  args.flipRate = flipRate;
  args.flipDecay = flipDecay;
  args.flipBias = flipBias;
  args.chunks = factoriseChunks(samples);
  parallel(factoriseChunk.index, args.chunks);
}

function factoriseChunk(chunk: i32): void {
  const args = changetype<FactoriseArgs>(ARGS);
  const samples = chunkStart(chunk + 1, args.chunks, args.samples) - chunkStart(chunk, args.chunks, args.samples);
  const stats = args.stats + <usize>(chunk * STATS) * 4;
  memory.fill(stats, 0, STATS * 4);
  state = mix(args.seed ^ mix(<u32>chunk + 0x632be59b));
  const windows = max(1, args.rowCount / WINDOW);
  const window = <i32>((mix(args.seed) + <u32>chunk) % <u32>windows);
  windowStart = chunkStart(window, windows, args.rowCount);
  windowRows = chunkStart(window + 1, windows, args.rowCount) - windowStart;
  if (args.objective == BPR) pairwise(args, samples, stats);
  else if (args.objective == WARP) warp(args, samples, stats);
  else pointwise(args, samples, stats);
}

// @ts-ignore: decorator
@inline
function mix(value: u32): u32 {
  let z = value + 0x9e3779b9;
  z = (z ^ (z >> 16)) * 0x21f0aaad;
  z = (z ^ (z >> 15)) * 0x735a2d97;
  return z ^ (z >> 15);
}

// @ts-ignore: decorator
@inline
function draw(): u32 {
  state += 0x9e3779b9;
  let z = state;
  z = (z ^ (z >> 16)) * 0x21f0aaad;
  z = (z ^ (z >> 15)) * 0x735a2d97;
  return z ^ (z >> 15);
}

// @ts-ignore: decorator
@inline
function below(bound: i32): i32 {
  return <i32>((<u64>draw() * <u64>bound) >> 32);
}

/** An item by the sampler's distribution (Walker's alias method when it is not uniform). */
// @ts-ignore: decorator
@inline
function drawItem(args: FactoriseArgs): i32 {
  const item = below(args.items);
  if (args.aliasKeep == 0) return item;
  const uniform = <f32>(draw() >> 8) * 5.9604644775390625e-8;
  return uniform < load<f32>(args.aliasKeep + (<usize>item << 2)) ? item : load<i32>(args.aliasOther + (<usize>item << 2));
}

/** Whether the user has the item: the bit filter answers most questions, a binary search the rest. */
// @ts-ignore: decorator
@inline
function isPositive(args: FactoriseArgs, user: i32, item: i32): bool {
  const offsets = args.positiveOffsets + (<usize>user << 2);
  const low = load<i32>(offsets);
  const high = load<i32>(offsets, 4);
  let h = <u32>item * 0x9e3779b1 + <u32>user * 0x85ebca77;
  h = (h ^ (h >> 15)) * 0x2c1b3c6d;
  const bits = min<u32>(<u32>(high - low) * FILTER_BITS, MOST_FILTER_BITS);
  const bit = <u32>low * FILTER_BITS + <u32>((<u64>h * <u64>bits) >> 32);
  if (((load<u8>(args.filter + (bit >> 3)) >> <u8>(bit & 7)) & 1) == 0) return false;
  return search(args, low, high, item);
}

function search(args: FactoriseArgs, low: i32, high: i32, item: i32): bool {
  while (low < high) {
    const middle = (low + high) >> 1;
    const found = load<i32>(args.positiveItems + (<usize>middle << 2));
    if (found == item) return true;
    if (found < item) low = middle + 1;
    else high = middle;
  }
  return false;
}

/** An item that the user does not have, or -1 after MOST_TRIES draws. */
// @ts-ignore: decorator
@inline
function drawUnvoted(args: FactoriseArgs, user: i32): i32 {
  for (let turn = 0; turn < MOST_TRIES; turn++) {
    const item = drawItem(args);
    if (!isPositive(args, user, item)) return item;
  }
  return -1;
}

/** The hardest, by score, of `first` and candidates - 1 more unvoted draws (dynamic negative sampling). */
// @ts-ignore: decorator
@inline
function harder(args: FactoriseArgs, first: i32, user: i32, factors: usize, bytes: usize): i32 {
  if (args.candidates <= 1 || first < 0) return first;
  let best = first;
  let bestScore = scoreOf(args, best, factors, bytes);
  for (let turn = 1; turn < args.candidates; turn++) {
    const item = drawUnvoted(args, user);
    if (item < 0) break;
    const score = scoreOf(args, item, factors, bytes);
    if (score > bestScore) {
      best = item;
      bestScore = score;
    }
  }
  return best;
}

/** bias_x - logit_x, each where there is one. */
// @ts-ignore: decorator
@inline
function biasOf(args: FactoriseArgs, item: i32): f32 {
  let bias: f32 = 0;
  if (args.itemBias != 0) bias += load<f32>(args.itemBias + (<usize>item << 2));
  if (args.logits != 0) bias -= load<f32>(args.logits + (<usize>item << 2));
  return bias;
}

/** U_u . V_x + bias_x - logit_x. */
// @ts-ignore: decorator
@inline
function scoreOf(args: FactoriseArgs, item: i32, factors: usize, bytes: usize): f32 {
  return dot(factors, args.itemFactors + <usize>item * bytes, bytes) + biasOf(args, item);
}

/** u . (a - b). */
// @ts-ignore: decorator
@inline
function dotDifference(u: usize, a: usize, b: usize, bytes: usize): f32 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let at: usize = 0;
  for (; at + 32 <= bytes; at += 32) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(u + at), f32x4.sub(v128.load(a + at), v128.load(b + at))));
    s1 = f32x4.add(
      s1,
      f32x4.mul(v128.load(u + at, 16), f32x4.sub(v128.load(a + at, 16), v128.load(b + at, 16))),
    );
  }
  for (; at < bytes; at += 16) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(u + at), f32x4.sub(v128.load(a + at), v128.load(b + at))));
  }
  const s = f32x4.add(s0, s1);
  return f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3));
}

// @ts-ignore: decorator
@inline
function dot(a: usize, b: usize, bytes: usize): f32 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let at: usize = 0;
  for (; at + 64 <= bytes; at += 64) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(a + at), v128.load(b + at)));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(a + at, 16), v128.load(b + at, 16)));
    s2 = f32x4.add(s2, f32x4.mul(v128.load(a + at, 32), v128.load(b + at, 32)));
    s3 = f32x4.add(s3, f32x4.mul(v128.load(a + at, 48), v128.load(b + at, 48)));
  }
  for (; at < bytes; at += 16) s0 = f32x4.add(s0, f32x4.mul(v128.load(a + at), v128.load(b + at)));
  const s = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
  return f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3));
}

/** 1 / (1 + exp(-x)) to about 1e-6, saturating beyond 30: 2^n by the exponent bits, 2^r by a polynomial. */
// @ts-ignore: decorator
@inline
function sigmoid(x: f32): f32 {
  const t = min<f32>(30, max<f32>(-30, x)) * <f32>-1.4426950408889634;
  const magic: f32 = 12582912;
  const n = t + magic - magic;
  const r = t - n;
  let p: f32 = <f32>0.0013333558;
  p = p * r + <f32>0.009618129;
  p = p * r + <f32>0.05550411;
  p = p * r + <f32>0.24022651;
  p = p * r + <f32>0.6931472;
  p = p * r + <f32>1;
  const power = reinterpret<f32>(reinterpret<i32>(p) + (<i32>n << 23));
  return <f32>1 / (<f32>1 + power);
}

/** u += c (a - b) - du u; a += c u - da a; b -= c u + da b, all from the values before. */
// @ts-ignore: decorator
@inline
function updatePair(u: usize, a: usize, b: usize, bytes: usize, c: f32, keepUser: f32, keepItem: f32): void {
  const step = f32x4.splat(c);
  const user = f32x4.splat(keepUser);
  const item = f32x4.splat(keepItem);
  for (let at: usize = 0; at < bytes; at += 16) {
    const vu = v128.load(u + at);
    const va = v128.load(a + at);
    const vb = v128.load(b + at);
    const su = f32x4.mul(step, vu);
    v128.store(u + at, f32x4.add(f32x4.mul(user, vu), f32x4.mul(step, f32x4.sub(va, vb))));
    v128.store(a + at, f32x4.add(f32x4.mul(item, va), su));
    v128.store(b + at, f32x4.sub(f32x4.mul(item, vb), su));
  }
}

/** u += c x - du u; x += c u - dx x, both from the values before. */
// @ts-ignore: decorator
@inline
function updatePoint(u: usize, x: usize, bytes: usize, c: f32, keepUser: f32, keepItem: f32): void {
  const step = f32x4.splat(c);
  const user = f32x4.splat(keepUser);
  const item = f32x4.splat(keepItem);
  for (let at: usize = 0; at < bytes; at += 16) {
    const vu = v128.load(u + at);
    const vx = v128.load(x + at);
    v128.store(u + at, f32x4.add(f32x4.mul(user, vu), f32x4.mul(step, vx)));
    v128.store(x + at, f32x4.add(f32x4.mul(item, vx), f32x4.mul(step, vu)));
  }
}

/** The bias at this address, decayed, plus c. */
// @ts-ignore: decorator
@inline
function updateBias(args: FactoriseArgs, bias: usize, c: f32): void {
  store<f32>(bias, load<f32>(bias) * (<f32>1 - args.rate * args.biasDecay) + c);
}

// @ts-ignore: decorator
@inline
function updateBiases(args: FactoriseArgs, positive: i32, negative: i32, c: f32): void {
  if (args.itemBias == 0) return;
  updateBias(args, args.itemBias + (<usize>positive << 2), c);
  updateBias(args, args.itemBias + (<usize>negative << 2), -c);
}

let touched: f32 = 0;

/** Reads one float of every cache line of a row, so that it is near when its turn comes. */
// @ts-ignore: decorator
@inline
function touch(row: usize, bytes: usize): f32 {
  let sum: f32 = 0;
  for (let at: usize = 0; at < bytes; at += 64) sum += load<f32>(row + at);
  return sum;
}

/** A row of the chunk's window. */
// @ts-ignore: decorator
@inline
function drawRow(args: FactoriseArgs): usize {
  return args.rows + (<usize>(windowStart + below(windowRows)) << 3);
}

/**
 * Draws `count` triples (user, positive, negative or -1) into the thread's scratch, `negatives` for each positive; the
 * first of them is number `first` of the chunk, and a positive that the last call left unfinished goes on.
 */
function drawAhead(args: FactoriseArgs, first: i32, count: i32, negatives: i32, bytes: usize): void {
  const items = args.itemFactors;
  const scratch = threadScratch();
  const end = scratch + <usize>count * 12;
  const last = scratch + (AHEAD - 1) * 12;
  let turn = first % negatives;
  let row = turn == 0 ? 0 : last;
  // Three passes, so that the misses of one kind are all on their way at once.
  for (let to = scratch; to < end; to += 12) {
    if (turn == 0) row = drawRow(args);
    if (++turn == negatives) turn = 0;
    store<u64>(to, load<u64>(row));
  }
  let sum: f32 = 0;
  for (let to = scratch; to < end; to += 12) {
    store<i32>(to, drawUnvoted(args, load<i32>(to)), 8);
    sum += touch(items + <usize>load<i32>(to, 4) * bytes, bytes);
  }
  for (let to = scratch; to < end; to += 12) {
    const negative = load<i32>(to, 8);
    if (negative >= 0) sum += touch(items + <usize>negative * bytes, bytes);
  }
  touched = sum;
}

/** BPR (Rendle et al. 2009): ascends log sigmoid(score_i - score_j). */
function pairwise(args: FactoriseArgs, samples: i32, stats: usize): void {
  const bytes = <usize>args.width << 2;
  const keepUser = <f32>1 - args.rate * args.userDecay;
  const keepItem = <f32>1 - args.rate * args.itemDecay;
  const scratch = threadScratch();
  let made = 0;
  let right = 0;
  for (let sample = 0; sample < samples; sample += AHEAD) {
    const count = min(AHEAD, samples - sample);
    drawAhead(args, sample, count, 1, bytes);
    for (let turn = 0; turn < count; turn++) {
      const from = scratch + <usize>turn * 12;
      const user = load<i32>(from);
      const positive = load<i32>(from, 4);
      const u = args.userFactors + <usize>user * bytes;
      const negative = harder(args, load<i32>(from, 8), user, u, bytes);
      if (negative < 0) continue;
      const a = args.itemFactors + <usize>positive * bytes;
      const b = args.itemFactors + <usize>negative * bytes;
      const margin = dotDifference(u, a, b, bytes) + biasOf(args, positive) - biasOf(args, negative);
      const c = args.rate * sigmoid(-margin);
      updatePair(u, a, b, bytes, c, keepUser, keepItem);
      updateBiases(args, positive, negative, c);
      made++;
      if (margin > 0) right++;
    }
  }
  record(stats, made, samples - made, right, 0, 0);
}

/** WARP (Weston et al. 2011): draws until a negative violates the margin 1; the rank is estimated from the draws. */
function warp(args: FactoriseArgs, samples: i32, stats: usize): void {
  const bytes = <usize>args.width << 2;
  const keepUser = <f32>1 - args.rate * args.userDecay;
  const keepItem = <f32>1 - args.rate * args.itemDecay;
  let made = 0;
  let right = 0;
  for (let sample = 0; sample < samples; sample++) {
    const row = drawRow(args);
    const user = load<i32>(row);
    const positive = load<i32>(row, 4);
    const u = args.userFactors + <usize>user * bytes;
    const score = scoreOf(args, positive, u, bytes);
    let negative = -1;
    let turn = 1;
    for (; turn <= args.negatives; turn++) {
      const item = drawUnvoted(args, user);
      if (item < 0) break;
      if (scoreOf(args, item, u, bytes) > score - 1) {
        negative = item;
        break;
      }
    }
    if (negative < 0) {
      right++;
      continue;
    }
    const c = args.rate * logarithm(max<f32>(1, <f32>((args.items - 1) / turn)));
    const a = args.itemFactors + <usize>positive * bytes;
    const b = args.itemFactors + <usize>negative * bytes;
    updatePair(u, a, b, bytes, c, keepUser, keepItem);
    updateBiases(args, positive, negative, c);
    made++;
  }
  record(stats, made, samples - made, right, 0, 0);
}

/** ln(1 + x), natural, for x >= 1; called once an update, so that the library's double precision is affordable. */
// @ts-ignore: decorator
@inline
function logarithm(x: f32): f32 {
  return <f32>NativeMath.log(1.0 + <f64>x);
}

let flipStep: f32 = 0;

/** Coefficient of the preference factors; leaves that of the flip factors in flipStep. Table of Yu & Qin 2020. */
// @ts-ignore: decorator
@inline
function coefficient(objective: i32, voted: bool, s: f32, g: f32): f32 {
  const one: f32 = 1;
  if (objective == BPO) {
    flipStep = 0;
    return voted ? one - s : -s;
  }
  if (objective == NBPO) {
    flipStep = voted ? -g * s : (one - g) * s;
    return voted ? (one - g) * (one - s) : g * (one - s) - s;
  }
  if (objective == NBPO_ORIGINAL) {
    const d = one - s + g * s + <f32>1e-10;
    flipStep = voted ? -g : (g * (one - g) * s) / d;
    return voted ? one - s : ((g - one) * s * (one - s)) / d;
  }
  flipStep = (voted ? -g : g) * (one - g) * s;
  return (voted ? one - g : g - one) * s * (one - s);
}

let lastGamma: f32 = 0;

/** One ascent step on the pair (user, item); leaves gamma in lastGamma and returns the score before it. */
// @ts-ignore: decorator
@inline
function point(args: FactoriseArgs, user: i32, item: i32, voted: bool, u: usize, bytes: usize): f32 {
  let score = scoreOf(args, item, u, bytes);
  if (args.userBias != 0) score += load<f32>(args.userBias + (<usize>user << 2));
  const s = sigmoid(score);
  let g: f32 = 0;
  const flipBytes = <usize>args.flipWidth << 2;
  const p = args.flipUsers + <usize>user * flipBytes;
  const q = args.flipItems + <usize>item * flipBytes;
  if (args.flipUsers != 0) g = sigmoid(args.flipBias + dot(p, q, flipBytes));
  const c = args.rate * coefficient(args.objective, voted, s, g);
  const keepUser = <f32>1 - args.rate * args.userDecay;
  const keepItem = <f32>1 - args.rate * args.itemDecay;
  updatePoint(u, args.itemFactors + <usize>item * bytes, bytes, c, keepUser, keepItem);
  if (args.itemBias != 0) updateBias(args, args.itemBias + (<usize>item << 2), c);
  if (args.userBias != 0) updateBias(args, args.userBias + (<usize>user << 2), c);
  if (args.flipUsers != 0) {
    const keep = <f32>1 - args.flipRate * args.flipDecay;
    updatePoint(p, q, flipBytes, args.flipRate * flipStep, keep, keep);
  }
  lastGamma = g;
  return score;
}

/** BPO and the NBPO family: a positive step before each of `negatives` unvoted steps, so that they weigh 1:1. */
function pointwise(args: FactoriseArgs, samples: i32, stats: usize): void {
  const bytes = <usize>args.width << 2;
  const scratch = threadScratch();
  const all = samples * args.negatives;
  let made = 0;
  let right = 0;
  let gammaPositive: f32 = 0;
  let gammaUnvoted: f32 = 0;
  for (let sample = 0; sample < all; sample += AHEAD) {
    const count = min(AHEAD, all - sample);
    drawAhead(args, sample, count, args.negatives, bytes);
    for (let turn = 0; turn < count; turn++) {
      const from = scratch + <usize>turn * 12;
      const user = load<i32>(from);
      const u = args.userFactors + <usize>user * bytes;
      const negative = harder(args, load<i32>(from, 8), user, u, bytes);
      if (negative < 0) continue;
      const high = point(args, user, load<i32>(from, 4), true, u, bytes);
      gammaPositive += lastGamma;
      const low = point(args, user, negative, false, u, bytes);
      gammaUnvoted += lastGamma;
      made++;
      if (high > low) right++;
    }
  }
  record(stats, made, all - made, right, gammaPositive, gammaUnvoted);
}

// @ts-ignore: decorator
@inline
function record(stats: usize, made: i32, skipped: i32, right: i32, gammaPositive: f32, gammaUnvoted: f32): void {
  store<f32>(stats, <f32>made);
  store<f32>(stats, <f32>skipped, 4);
  store<f32>(stats, <f32>right, 8);
  store<f32>(stats, gammaPositive, 12);
  store<f32>(stats, gammaUnvoted, 16);
}

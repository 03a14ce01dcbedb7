// Losses over the scores of a positive and some sampled negatives: softmax with log Q, BPR, BCE and gBCE. A row of scores
// becomes the slopes of its loss in place; negatives that do not count are set to -infinity, which none of the losses sees.
import { ARGS } from "./layout";
import { loadPart, sigmoid4, softplus4, storePart, sum4 } from "./math";
import { rowSum } from "./norms";
import { chunksFor, chunkStart, parallel } from "./pool";
import { expRow, rowMax, scaleRow } from "./softmax";

// The codes of SAMPLED_LOSSES in src/sampled/sampled.ts.
const SOFTMAX: i32 = 0;
const BPR: i32 = 1;

@unmanaged
class LossArgs {
  losses: usize;
  slopes: usize; // (rows, 1 + count)
  scores: usize;
  positives: usize;
  negatives: usize; // (count), or (rows, count)
  weights: usize;
  logQ: usize;
  rows: i32;
  count: i32; // negatives of a row
  shared: i32;
  kind: i32;
  keepHits: i32;
  beta: f32;
  chunks: i32;
}

/** Losses of the rows, and the slopes of their scores (which may lie where the scores do). */
export function sampledLoss(
  losses: usize,
  slopes: usize,
  scores: usize,
  positives: usize,
  negatives: usize,
  weights: usize,
  logQ: usize,
  rows: i32,
  count: i32,
  shared: i32,
  kind: i32,
  keepHits: i32,
  beta: f32,
): void {
  const args = changetype<LossArgs>(ARGS);
  args.losses = losses;
  args.slopes = slopes;
  args.scores = scores;
  args.positives = positives;
  args.negatives = negatives;
  args.weights = weights;
  args.logQ = logQ;
  args.rows = rows;
  args.count = count;
  args.shared = shared;
  args.kind = kind;
  args.keepHits = keepHits;
  args.beta = beta;
  args.chunks = chunksFor(rows, count * 8 + 16);
  parallel(lossChunk.index, args.chunks);
}

function lossChunk(chunk: i32): void {
  const args = changetype<LossArgs>(ARGS);
  const end = chunkStart(chunk + 1, args.chunks, args.rows);
  const bytes = <usize>(args.count + 1) << 2;
  for (let row = chunkStart(chunk, args.chunks, args.rows); row < end; row++) {
    const slopes = args.slopes + <usize>row * bytes;
    const loss = args.losses + (<usize>row << 2);
    const positive = load<i32>(args.positives + (<usize>row << 2));
    if (positive < 0) {
      store<f32>(loss, 0);
      memory.fill(slopes, 0, bytes);
      continue;
    }
    if (args.slopes != args.scores) memory.copy(slopes, args.scores + <usize>row * bytes, bytes);
    const usable = dropUnusable(slopes + 4, row, positive);
    const weight: f32 = args.weights == 0 ? 1 : load<f32>(args.weights + (<usize>row << 2));
    if (args.kind == SOFTMAX) store<f32>(loss, softmaxLoss(slopes, row, positive, weight));
    else if (args.kind == BPR) store<f32>(loss, usable == 0 ? noLoss(slopes) : bprLoss(slopes, weight / <f32>usable));
    else store<f32>(loss, binaryLoss(slopes, weight));
  }
}

/** -infinity for negatives that are padding or, unless kept, the positive itself; returns how many are left. */
function dropUnusable(scores: usize, row: i32, positive: i32): i32 {
  const args = changetype<LossArgs>(ARGS);
  const negatives = args.negatives + (args.shared ? 0 : <usize>row * <usize>args.count * 4);
  let usable = 0;
  let j: usize = 0;
  const hit = i32x4.splat(args.keepHits ? -1 : positive);
  const lost = f32x4.splat(-Infinity);
  for (const whole = <usize>(args.count & ~3); j < whole; j += 4) {
    const item = v128.load(negatives + (j << 2));
    const unusable = v128.or(i32x4.lt_s(item, i32x4.splat(0)), i32x4.eq(item, hit));
    const at = scores + (j << 2);
    v128.store(at, v128.bitselect(lost, v128.load(at), unusable));
    usable += 4 - popcnt<i32>(i32x4.bitmask(unusable));
  }
  for (; j < <usize>args.count; j++) {
    const item = load<i32>(negatives + (j << 2));
    if (item >= 0 && (item != positive || args.keepHits)) usable++;
    else store<f32>(scores + (j << 2), -Infinity);
  }
  return usable;
}

function noLoss(slopes: usize): f32 {
  memory.fill(slopes, 0, <usize>(changetype<LossArgs>(ARGS).count + 1) << 2);
  return 0;
}

/** -log of the positive's share of the softmax over scores - log Q. */
function softmaxLoss(slopes: usize, row: i32, positive: i32, weight: f32): f32 {
  const args = changetype<LossArgs>(ARGS);
  const width = args.count + 1;
  if (args.logQ != 0) {
    const negatives = args.negatives + (args.shared ? 0 : <usize>row * <usize>args.count * 4);
    store<f32>(slopes, load<f32>(slopes) - load<f32>(args.logQ + (<usize>positive << 2)));
    for (let j: usize = 0; j < <usize>args.count; j++) {
      const item = load<i32>(negatives + (j << 2));
      const at = slopes + 4 + (j << 2);
      if (item >= 0) store<f32>(at, load<f32>(at) - load<f32>(args.logQ + (<usize>item << 2)));
    }
  }
  const wanted = load<f32>(slopes);
  const peak = rowMax(slopes, width);
  const sum = expRow(slopes, slopes, width, peak);
  scaleRow(slopes, width, weight / sum);
  store<f32>(slopes, load<f32>(slopes) - weight);
  return weight * (Mathf.log(sum) + (peak - wanted));
}

/** Mean over the negatives of -log s(positive - negative); `weight` is already divided by their number. */
function bprLoss(slopes: usize, weight: f32): f32 {
  const count = changetype<LossArgs>(ARGS).count;
  const positive = f32x4.splat(load<f32>(slopes));
  const weights = f32x4.splat(weight);
  let losses = f32x4.splat(0);
  let left = count;
  for (let at = slopes + 4; left > 0; at += 16, left -= 4) {
    const part = left < 4;
    const lead = f32x4.sub(part ? loadPart(at, left) : v128.load(at), positive);
    const slope = f32x4.mul(sigmoid4(lead), weights);
    if (part) {
      storePart(at, slope, left);
      losses = f32x4.add(losses, firstLanes(softplus4(lead), left));
    } else {
      v128.store(at, slope);
      losses = f32x4.add(losses, softplus4(lead));
    }
  }
  store<f32>(slopes, -rowSum(slopes + 4, count));
  return weight * sum4(losses);
}

/** -beta log s(positive) - sum over the negatives of log(1 - s(negative)). */
function binaryLoss(slopes: usize, weight: f32): f32 {
  const args = changetype<LossArgs>(ARGS);
  const weights = f32x4.splat(weight);
  let losses = f32x4.splat(0);
  let left = args.count;
  for (let at = slopes + 4; left > 0; at += 16, left -= 4) {
    const part = left < 4;
    const score = part ? loadPart(at, left) : v128.load(at);
    const slope = f32x4.mul(sigmoid4(score), weights);
    if (part) {
      storePart(at, slope, left);
      losses = f32x4.add(losses, firstLanes(softplus4(score), left));
    } else {
      v128.store(at, slope);
      losses = f32x4.add(losses, softplus4(score));
    }
  }
  const against = f32x4.neg(f32x4.splat(load<f32>(slopes)));
  store<f32>(slopes, -weight * args.beta * f32x4.extract_lane(sigmoid4(against), 0));
  return weight * (args.beta * f32x4.extract_lane(softplus4(against), 0) + sum4(losses));
}

/** The first `count` lanes, zeros after them. */
// @ts-ignore: decorator
@inline
function firstLanes(x: v128, count: i32): v128 {
  return v128.and(x, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count)));
}

// Posterior draws that are never stored: the normal of (key, row, dim) is a function of these three numbers
// (src/draws/counter-normal.ts says which), so that a scan draws each item's vector, measures it and forgets it.
import { loadPart, madd, storePart } from "./math";
import { clear, offer, scoreOf, unload } from "./topk";

const GOLDEN: i32 = 0x9e3779b9;
const ROW: i32 = 0x85ebca6b;
const MIX_A: i32 = 0x21f0aaad;
const MIX_B: i32 = 0x735a2d97;
const SQRT_HALF_BITS: i32 = 0x3f3504f3;
const LN_2: f32 = 0.693147181;

function mix(h: i32): i32 {
  h = (h ^ (h >>> 16)) * MIX_A;
  h = (h ^ (h >>> 15)) * MIX_B;
  return h ^ (h >>> 15);
}

// @ts-ignore: decorator
@inline
function mix4(h: v128): v128 {
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 16)), i32x4.splat(MIX_A));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 15)), i32x4.splat(MIX_B));
  return v128.xor(h, i32x4.shr_u(h, 15));
}

/** 32 random bits as a number less one half, in [-0.5, 0.5]: p - 0.5 of the normal to come. */
// @ts-ignore: decorator
@inline
function centred(bits: v128): v128 {
  const signed = v128.xor(bits, i32x4.splat(i32.MIN_VALUE));
  return f32x4.mul(f32x4.convert_i32x4_s(signed), f32x4.splat(2.3283064365386963e-10));
}

/** 0.4975^2 - q^2: negative in the tails, beyond 2.81 standard deviations. */
// @ts-ignore: decorator
@inline
function fromTail(q: v128): v128 {
  return f32x4.sub(f32x4.splat(0.24750625), f32x4.mul(q, q));
}

/**
 * The inverse normal distribution outside the tails: q N(r) / D(r), a minimax fit of degrees 5 and 5 with relative
 * error 7e-7. All coefficients are positive and so is r: nothing cancels.
 */
const FIT: usize = memory.data<f32>([
  14479677, 14479677, 14479677, 14479677,
  15310864.8, 15310864.8, 15310864.8, 15310864.8,
  30346643.6, 30346643.6, 30346643.6, 30346643.6,
  13109650.1, 13109650.1, 13109650.1, 13109650.1,
  6051844.35, 6051844.35, 6051844.35, 6051844.35,
  1756336.95, 1756336.95, 1756336.95, 1756336.95,
  241364.335, 241364.335, 241364.335, 241364.335,
  55114.6667, 55114.6667, 55114.6667, 55114.6667,
  2380.79705, 2380.79705, 2380.79705, 2380.79705,
  466.058533, 466.058533, 466.058533, 466.058533,
  5.6422748, 5.6422748, 5.6422748, 5.6422748,
  1, 1, 1, 1,
]);

// @ts-ignore: decorator
@inline
function step(sum: v128, r: v128, at: usize): v128 {
  return madd(sum, r, v128.load(FIT + at));
}

// @ts-ignore: decorator
@inline
function central(q: v128, r: v128): v128 {
  let above = step(v128.load(FIT), r, 32);
  let below = step(v128.load(FIT + 16), r, 48);
  above = step(above, r, 64);
  below = step(below, r, 80);
  above = step(above, r, 96);
  below = step(below, r, 112);
  above = step(above, r, 128);
  below = step(below, r, 144);
  above = step(above, r, 160);
  below = step(below, r, 176);
  return f32x4.div(f32x4.mul(q, above), below);
}

/**
 * `normal` with the lanes of the tails (r < 0) put right: Wichura 1988 (AS 241, PPND7) in sqrt(-log p), p = the share
 * beyond, taken from the bits as an integer so that float32 keeps its digits near 0.
 */
function withTails(normal: v128, bits: v128, r: v128): v128 {
  const signed = v128.xor(bits, i32x4.splat(i32.MIN_VALUE));
  const sign = i32x4.shr_s(signed, 31);
  const beyond = f32x4.convert_i32x4_s(i32x4.sub(i32x4.splat(i32.MAX_VALUE), v128.xor(signed, sign)));
  const p = f32x4.mul(f32x4.add(beyond, f32x4.splat(0.5)), f32x4.splat(2.3283064365386963e-10));
  const t = f32x4.sub(f32x4.sqrt(f32x4.neg(log4(p))), f32x4.splat(1.6));
  let above = madd(t, f32x4.splat(0.17023821103), f32x4.splat(1.3067284816));
  above = madd(above, t, f32x4.splat(2.75681539));
  above = madd(above, t, f32x4.splat(1.4234372777));
  const below = madd(madd(t, f32x4.splat(0.12021132975), f32x4.splat(0.7370016425)), t, f32x4.splat(1));
  const size = f32x4.div(above, below);
  const tail = v128.or(size, v128.and(sign, f32x4.splat(-0.0)));
  return v128.bitselect(tail, normal, i32x4.shr_s(r, 31));
}

/** Natural logarithm of normal positive numbers: 2 atanh((m - 1) / (m + 1)) of the mantissa m in [sqrt 1/2, sqrt 2). */
// @ts-ignore: decorator
@inline
function log4(x: v128): v128 {
  const from = i32x4.sub(x, i32x4.splat(SQRT_HALF_BITS));
  const exponent = f32x4.convert_i32x4_s(i32x4.shr_s(from, 23));
  const m = i32x4.add(v128.and(from, i32x4.splat(0x7fffff)), i32x4.splat(SQRT_HALF_BITS));
  const t = f32x4.div(f32x4.sub(m, f32x4.splat(1)), f32x4.add(m, f32x4.splat(1)));
  const square = f32x4.mul(t, t);
  let series = madd(square, f32x4.splat(1.0 / 9.0), f32x4.splat(1.0 / 7.0));
  series = madd(series, square, f32x4.splat(0.2));
  series = madd(series, square, f32x4.splat(1.0 / 3.0));
  series = madd(series, square, f32x4.splat(1));
  return f32x4.add(f32x4.mul(exponent, f32x4.splat(LN_2)), f32x4.mul(f32x4.add(t, t), series));
}

/** out[i] = means[i] + scales[i] x the normal of (key, row, from + i), i < count. */
export function drawnRow(out: usize, means: usize, scales: usize, key: i32, row: i32, from: i32, count: i32): void {
  const stream = mix(mix(key ^ 0x5bd1e995) + (row + 1) * ROW);
  const first = i32x4.splat(stream + (from + 1) * GOLDEN);
  let counter = i32x4.add(first, i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(GOLDEN)));
  for (let left = count; left > 0; left -= 4) {
    const bits = mix4(counter);
    const q = centred(bits);
    const r = fromTail(q);
    let normal = central(q, r);
    if (i32x4.bitmask(r) != 0) normal = withTails(normal, bits, r);
    if (left >= 4) v128.store(out, f32x4.add(v128.load(means), f32x4.mul(v128.load(scales), normal)));
    else storePart(out, f32x4.add(loadPart(means, left), f32x4.mul(loadPart(scales, left), normal)), left);
    counter = i32x4.add(counter, i32x4.splat(4 * GOLDEN));
    out += 16;
    means += 16;
    scales += 16;
  }
}

/** Items that are measured for all draws before the next are: few enough to stay in the cache. */
const BLOCK: i32 = 1024;

/**
 * For each draw the k items whose drawn vectors are nearest to its query, as scores -|query - v|^2. Lists, heaps, queries
 * and keys have a row a draw.
 */
export function nearestDrawn(
  outItems: usize,
  outScores: usize,
  heaps: usize,
  queries: usize,
  keys: usize,
  table: usize,
  candidates: usize,
  count: i32,
  width: i32,
  k: i32,
  draws: i32,
): void {
  clear(heaps, k * draws);
  for (let from = 0; from < count; from += BLOCK) {
    const to = min(from + BLOCK, count);
    for (let draw = 0; draw < draws; draw++) {
      const query = queries + ((<usize>draw * <usize>width) << 2);
      const key = load<i32>(keys + (<usize>draw << 2));
      scan(heaps + ((<usize>draw * <usize>k) << 3), query, key, table, candidates, from, to, width, k);
    }
  }
  for (let draw: usize = 0; draw < <usize>draws; draw++) {
    const list = (draw * <usize>k) << 2;
    unload(outItems + list, outScores + list, heaps + (list << 1), k);
  }
}

/**
 * Offers the items of places [from, to) to the heap of one draw. Four at a time, a lane each; they are left once all four
 * are further away than the k best so far.
 */
function scan(
  heap: usize,
  query: usize,
  key: i32,
  table: usize,
  candidates: usize,
  from: i32,
  to: i32,
  width: i32,
  k: i32,
): void {
  const base = mix(key ^ 0x5bd1e995);
  const rowBytes = <usize>width << 3;
  const last = to - 1;
  let limit = f32x4.splat(-scoreOf(load<i64>(heap)));
  for (let place = from; place < to; place += 4) {
    // Beyond the end the last item stands again, and is not offered.
    let i0 = place;
    let i1 = min(place + 1, last);
    let i2 = min(place + 2, last);
    let i3 = min(place + 3, last);
    if (candidates != 0) {
      i0 = load<i32>(candidates + (<usize>i0 << 2));
      i1 = load<i32>(candidates + (<usize>i1 << 2));
      i2 = load<i32>(candidates + (<usize>i2 << 2));
      i3 = load<i32>(candidates + (<usize>i3 << 2));
    }
    const rows = i32x4.replace_lane(i32x4.replace_lane(i32x4.replace_lane(i32x4.splat(i0), 1, i1), 2, i2), 3, i3);
    const counter = i32x4.add(i32x4.splat(base), i32x4.mul(i32x4.add(rows, i32x4.splat(1)), i32x4.splat(ROW)));
    const sums = distances(
      query,
      table + <usize>i0 * rowBytes,
      table + <usize>i1 * rowBytes,
      table + <usize>i2 * rowBytes,
      table + <usize>i3 * rowBytes,
      <usize>width << 2,
      mix4(counter),
      limit,
    );
    if (!v128.any_true(f32x4.le(sums, limit))) continue;
    offer(heap, k, -f32x4.extract_lane(sums, 0), i0, 0);
    if (place < last) offer(heap, k, -f32x4.extract_lane(sums, 1), i1, 0);
    if (place + 1 < last) offer(heap, k, -f32x4.extract_lane(sums, 2), i2, 0);
    if (place + 2 < last) offer(heap, k, -f32x4.extract_lane(sums, 3), i3, 0);
    limit = f32x4.splat(-scoreOf(load<i64>(heap)));
  }
}

/** Squared distances of four drawn items, or larger ones than the limit once all are; four dimensions a round. */
function distances(
  query: usize,
  row0: usize,
  row1: usize,
  row2: usize,
  row3: usize,
  bytes: usize,
  streams: v128,
  limit: v128,
): v128 {
  let sum0 = f32x4.splat(0);
  let sum1 = f32x4.splat(0);
  let sum2 = f32x4.splat(0);
  let sum3 = f32x4.splat(0);
  let steps = i32x4.mul(i32x4(1, 2, 3, 4), i32x4.splat(GOLDEN));
  let sums = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const b0 = mix4(i32x4.add(v128.shuffle<i32>(streams, streams, 0, 0, 0, 0), steps));
    const b1 = mix4(i32x4.add(v128.shuffle<i32>(streams, streams, 1, 1, 1, 1), steps));
    const b2 = mix4(i32x4.add(v128.shuffle<i32>(streams, streams, 2, 2, 2, 2), steps));
    const b3 = mix4(i32x4.add(v128.shuffle<i32>(streams, streams, 3, 3, 3, 3), steps));
    const q0 = centred(b0);
    const q1 = centred(b1);
    const q2 = centred(b2);
    const q3 = centred(b3);
    const r0 = fromTail(q0);
    const r1 = fromTail(q1);
    const r2 = fromTail(q2);
    const r3 = fromTail(q3);
    let n0 = central(q0, r0);
    let n1 = central(q1, r1);
    let n2 = central(q2, r2);
    let n3 = central(q3, r3);
    if (i32x4.bitmask(v128.or(v128.or(r0, r1), v128.or(r2, r3))) != 0) {
      n0 = withTails(n0, b0, r0);
      n1 = withTails(n1, b1, r1);
      n2 = withTails(n2, b2, r2);
      n3 = withTails(n3, b3, r3);
    }
    const z = v128.load(query + at);
    sum0 = addSquares(sum0, z, row0 + at, bytes, n0);
    sum1 = addSquares(sum1, z, row1 + at, bytes, n1);
    sum2 = addSquares(sum2, z, row2 + at, bytes, n2);
    sum3 = addSquares(sum3, z, row3 + at, bytes, n3);
    steps = i32x4.add(steps, i32x4.splat(4 * GOLDEN));
    sums = lanesOf(sum0, sum1, sum2, sum3);
    if (!v128.any_true(f32x4.le(sums, limit))) break;
  }
  return sums;
}

/** sum + (z - mean - scale normal)^2 of four dimensions of a row. */
// @ts-ignore: decorator
@inline
function addSquares(sum: v128, z: v128, row: usize, bytes: usize, normal: v128): v128 {
  const gap = f32x4.sub(f32x4.sub(z, v128.load(row)), f32x4.mul(v128.load(row + bytes), normal));
  return f32x4.add(sum, f32x4.mul(gap, gap));
}

/** Lane i: the sum of the lanes of s_i. */
// @ts-ignore: decorator
@inline
function lanesOf(s0: v128, s1: v128, s2: v128, s3: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(s0, s1, 0, 4, 2, 6), v128.shuffle<f32>(s0, s1, 1, 5, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(s2, s3, 0, 4, 2, 6), v128.shuffle<f32>(s2, s3, 1, 5, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

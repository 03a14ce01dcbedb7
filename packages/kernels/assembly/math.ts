// Vector functions of four floats. pmin and pmax keep a NaN that stands in their first place.

const LOG2_E: f32 = 1.44269504;
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440e-4;
/** 1.5 * 2^23: adding it rounds to an integer, which then sits in the low bits. */
const ROUNDER: f32 = 12582912.0;
/** exp is held at e^88.37 above and is 0 below -87.33, where float32 has no normal numbers left. */
const EXP_HIGH: f32 = 88.37;
const EXP_LOW: f32 = -87.33;

// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), c);
}

/** e^r - 1 for |r| <= ln(2) / 2, by its series to the sixth power: within 2e-7. */
// @ts-ignore: decorator
@inline
function seriesOfExpm1(r: v128): v128 {
  let p = madd(r, f32x4.splat(1.0 / 720.0), f32x4.splat(1.0 / 120.0));
  p = madd(p, r, f32x4.splat(1.0 / 24.0));
  p = madd(p, r, f32x4.splat(1.0 / 6.0));
  p = madd(p, r, f32x4.splat(0.5));
  return madd(f32x4.mul(p, r), r, r);
}

/** e^x; relative error below 3e-7, at most 2.4e38, exactly 0 below -87.33. */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  const held = f32x4.pmax(f32x4.pmin(x, f32x4.splat(EXP_HIGH)), f32x4.splat(EXP_LOW));
  const rounded = madd(held, f32x4.splat(LOG2_E), f32x4.splat(ROUNDER));
  const n = f32x4.sub(rounded, f32x4.splat(ROUNDER));
  const r = f32x4.sub(f32x4.sub(held, f32x4.mul(n, f32x4.splat(LN2_HIGH))), f32x4.mul(n, f32x4.splat(LN2_LOW)));
  const e = f32x4.add(seriesOfExpm1(r), f32x4.splat(1));
  const scaled = i32x4.add(e, i32x4.shl(rounded, 23));
  return v128.andnot(scaled, f32x4.lt(x, f32x4.splat(EXP_LOW)));
}

/** 1 / (1 + e^-x). */
// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
}

/** tanh x = t / (t + 2) with t = e^2x - 1, taken without cancellation near 0. */
// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const twice = f32x4.add(x, x);
  const held = f32x4.pmax(f32x4.pmin(twice, f32x4.splat(20)), f32x4.splat(-20));
  const rounded = madd(held, f32x4.splat(LOG2_E), f32x4.splat(ROUNDER));
  const n = f32x4.sub(rounded, f32x4.splat(ROUNDER));
  const r = f32x4.sub(f32x4.sub(held, f32x4.mul(n, f32x4.splat(LN2_HIGH))), f32x4.mul(n, f32x4.splat(LN2_LOW)));
  const power = i32x4.add(i32x4.shl(rounded, 23), i32x4.splat(0x3f800000)); // 2^n
  const t = madd(power, seriesOfExpm1(r), f32x4.sub(power, f32x4.splat(1)));
  return f32x4.div(t, f32x4.add(t, f32x4.splat(2)));
}

/** Sum of the four lanes. */
// @ts-ignore: decorator
@inline
export function sum4(x: v128): f32 {
  return (
    f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3))
  );
}

/** Largest of the four lanes; NaN lanes are passed over unless all are. */
// @ts-ignore: decorator
@inline
export function max4(x: v128): f32 {
  const y = f32x4.pmax(v128.shuffle<f32>(x, x, 2, 3, 0, 1), x);
  return f32x4.extract_lane(f32x4.pmax(v128.shuffle<f32>(y, y, 1, 0, 3, 2), y), 0);
}

/** The first `count` (1 to 3) floats at `at`, the other lanes zero; reads nothing beyond them. */
// @ts-ignore: decorator
@inline
export function loadPart(at: usize, count: i32): v128 {
  let x = v128.load32_zero(at);
  if (count > 1) x = f32x4.replace_lane(x, 1, load<f32>(at, 4));
  if (count > 2) x = f32x4.replace_lane(x, 2, load<f32>(at, 8));
  return x;
}

/** Writes the first `count` (1 to 3) lanes. */
// @ts-ignore: decorator
@inline
export function storePart(at: usize, x: v128, count: i32): void {
  store<f32>(at, f32x4.extract_lane(x, 0));
  if (count > 1) store<f32>(at, f32x4.extract_lane(x, 1), 4);
  if (count > 2) store<f32>(at, f32x4.extract_lane(x, 2), 8);
}

/** log(1 + e^x), without overflow and accurate where it is small: max(x, 0) + log(1 + e^-|x|) by the series of atanh. */
// @ts-ignore: decorator
@inline
export function softplus4(x: v128): v128 {
  const u = exp4(f32x4.neg(f32x4.abs(x)));
  const z = f32x4.div(u, f32x4.add(u, f32x4.splat(2)));
  const square = f32x4.mul(z, z);
  let p = madd(square, f32x4.splat(1.0 / 11.0), f32x4.splat(1.0 / 9.0));
  p = madd(p, square, f32x4.splat(1.0 / 7.0));
  p = madd(p, square, f32x4.splat(0.2));
  p = madd(p, square, f32x4.splat(1.0 / 3.0));
  p = madd(p, square, f32x4.splat(1));
  return f32x4.add(f32x4.pmax(x, f32x4.splat(0)), f32x4.mul(f32x4.add(z, z), p));
}

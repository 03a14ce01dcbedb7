// Random bits as a function of (seed, counter, index): nothing is stored, a mask is made again when it is needed again.
// The finisher is the 32-bit multiply-xorshift mix with the constants of MurmurHash3 (public domain), run twice with
// a key of its own before each run.

/** Spreads seed and counter over one of two 32-bit keys. */
export function keyOf(seed: u32, counter: u32, which: u32): u32 {
  return mix(mix(seed + which * 0x9e3779b9) ^ (counter * 0x85ebca77 + which));
}

function mix(x: u32): u32 {
  x = (x ^ (x >> 16)) * 0x85ebca6b;
  x = (x ^ (x >> 13)) * 0xc2b2ae35;
  return x ^ (x >> 16);
}

// @ts-ignore: decorator
@inline
function mix4(x: v128): v128 {
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 16)), i32x4.splat(0x85ebca6b));
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 13)), i32x4.splat(0xc2b2ae35));
  return v128.xor(x, i32x4.shr_u(x, 16));
}

/** 32 random bits for each of four indices. */
// @ts-ignore: decorator
@inline
export function bits4(index: v128, key0: v128, key1: v128): v128 {
  return mix4(i32x4.add(mix4(v128.xor(index, key0)), key1));
}

/** All ones in the lanes to keep: those whose upper 24 bits are below `threshold` (0 to 2^24). */
// @ts-ignore: decorator
@inline
export function keep4(index: v128, key0: v128, key1: v128, threshold: v128): v128 {
  return i32x4.lt_s(i32x4.shr_u(bits4(index, key0, key1), 8), threshold);
}

// A row times the transpose of a table, the product that scores a state over a catalogue: for few rows packing B would take
// longer than the product itself, so B is read where it lies. Each sum runs along k in the order of the tiles: same bits.

/** C = [C +] A B' for columns [column, columnEnd) of one row: A (k), B (n, k), C (n). */
export function multiplyRow(
  out: usize,
  a: usize,
  b: usize,
  k: i32,
  column: i32,
  columnEnd: i32,
  accumulate: bool,
): void {
  const stride = <usize>k << 2;
  const whole = <usize>(k & ~3) << 2;
  let from = b + <usize>column * stride;
  let to = out + (<usize>column << 2);
  let j = column;
  // 16 columns at once: four sums that do not wait for each other.
  for (; j + 16 <= columnEnd; j += 16, from += stride << 4, to += 64) {
    let c0 = accumulate ? v128.load(to) : f32x4.splat(0);
    let c1 = accumulate ? v128.load(to, 16) : f32x4.splat(0);
    let c2 = accumulate ? v128.load(to, 32) : f32x4.splat(0);
    let c3 = accumulate ? v128.load(to, 48) : f32x4.splat(0);
    const second = from + 4 * stride;
    const third = from + 8 * stride;
    const fourth = from + 12 * stride;
    for (let p: usize = 0; p < whole; p += 16) {
      c0 = fourSteps(c0, a + p, from + p, stride);
      c1 = fourSteps(c1, a + p, second + p, stride);
      c2 = fourSteps(c2, a + p, third + p, stride);
      c3 = fourSteps(c3, a + p, fourth + p, stride);
    }
    for (let p = whole; p < stride; p += 4) {
      c0 = oneStep(c0, a + p, from + p, stride);
      c1 = oneStep(c1, a + p, second + p, stride);
      c2 = oneStep(c2, a + p, third + p, stride);
      c3 = oneStep(c3, a + p, fourth + p, stride);
    }
    v128.store(to, c0);
    v128.store(to, c1, 16);
    v128.store(to, c2, 32);
    v128.store(to, c3, 48);
  }
  for (; j < columnEnd; j++, from += stride, to += 4) {
    let c: f32 = accumulate ? load<f32>(to) : 0;
    for (let p: usize = 0; p < stride; p += 4) c += load<f32>(a + p) * load<f32>(from + p);
    store<f32>(to, c);
  }
}

/** Adds four steps along k to the sums of four columns, whose rows of B are transposed in registers. */
// @ts-ignore: decorator
@inline
function fourSteps(c: v128, a: usize, b: usize, stride: usize): v128 {
  const r0 = v128.load(b);
  const r1 = v128.load(b + stride);
  const r2 = v128.load(b + 2 * stride);
  const r3 = v128.load(b + 3 * stride);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  c = f32x4.add(c, f32x4.mul(v128.load_splat<f32>(a), v128.shuffle<f32>(low01, low23, 0, 1, 4, 5)));
  c = f32x4.add(c, f32x4.mul(v128.load_splat<f32>(a, 4), v128.shuffle<f32>(low01, low23, 2, 3, 6, 7)));
  c = f32x4.add(c, f32x4.mul(v128.load_splat<f32>(a, 8), v128.shuffle<f32>(high01, high23, 0, 1, 4, 5)));
  return f32x4.add(c, f32x4.mul(v128.load_splat<f32>(a, 12), v128.shuffle<f32>(high01, high23, 2, 3, 6, 7)));
}

// @ts-ignore: decorator
@inline
function oneStep(c: v128, a: usize, b: usize, stride: usize): v128 {
  let column = v128.load_splat<f32>(b);
  column = f32x4.replace_lane(column, 1, load<f32>(b + stride));
  column = f32x4.replace_lane(column, 2, load<f32>(b + 2 * stride));
  column = f32x4.replace_lane(column, 3, load<f32>(b + 3 * stride));
  return f32x4.add(c, f32x4.mul(v128.load_splat<f32>(a), column));
}

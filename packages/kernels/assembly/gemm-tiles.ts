// The inner loops of the matrix product: 4 rows by 8 columns of C in 8 vector registers.
//
// V8 decides the speed (25 to 60 GFLOP/s for the same arithmetic), so these functions keep to what its register
// allocator likes: the k loop is followed by nothing but stores, start values come through a pointer (zeros, a bias row
// or C itself; stride 0 repeats the row), and the functions are exported so that the optimiser cannot inline them.

/** C tile = start + A rows x packed B. `a0`..`a3` point at rows of A; `b` is a panel of 8 columns, k-major. */
export function tileRows(
  a0: usize,
  a1: usize,
  a2: usize,
  a3: usize,
  b: usize,
  k: i32,
  start: usize,
  startStride: usize,
  out: usize,
  outStride: usize,
): void {
  let c00 = v128.load(start);
  let c01 = v128.load(start, 16);
  let c10 = v128.load(start + startStride);
  let c11 = v128.load(start + startStride, 16);
  let c20 = v128.load(start + 2 * startStride);
  let c21 = v128.load(start + 2 * startStride, 16);
  let c30 = v128.load(start + 3 * startStride);
  let c31 = v128.load(start + 3 * startStride, 16);
  const end = b + ((<usize>k) << 5);
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load_splat<f32>(a0);
    c00 = f32x4.add(c00, f32x4.mul(x, b0));
    c01 = f32x4.add(c01, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a1);
    c10 = f32x4.add(c10, f32x4.mul(x, b0));
    c11 = f32x4.add(c11, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a2);
    c20 = f32x4.add(c20, f32x4.mul(x, b0));
    c21 = f32x4.add(c21, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a3);
    c30 = f32x4.add(c30, f32x4.mul(x, b0));
    c31 = f32x4.add(c31, f32x4.mul(x, b1));
    a0 += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    b += 32;
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out + outStride, c10);
  v128.store(out + outStride, c11, 16);
  v128.store(out + 2 * outStride, c20);
  v128.store(out + 2 * outStride, c21, 16);
  v128.store(out + 3 * outStride, c30);
  v128.store(out + 3 * outStride, c31, 16);
}

/** The same for a packed A: 4 rows interleaved, k-major. */
export function tilePacked(
  a: usize,
  b: usize,
  k: i32,
  start: usize,
  startStride: usize,
  out: usize,
  outStride: usize,
): void {
  let c00 = v128.load(start);
  let c01 = v128.load(start, 16);
  let c10 = v128.load(start + startStride);
  let c11 = v128.load(start + startStride, 16);
  let c20 = v128.load(start + 2 * startStride);
  let c21 = v128.load(start + 2 * startStride, 16);
  let c30 = v128.load(start + 3 * startStride);
  let c31 = v128.load(start + 3 * startStride, 16);
  const end = b + ((<usize>k) << 5);
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load_splat<f32>(a);
    c00 = f32x4.add(c00, f32x4.mul(x, b0));
    c01 = f32x4.add(c01, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(x, b0));
    c11 = f32x4.add(c11, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(x, b0));
    c21 = f32x4.add(c21, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a, 12);
    c30 = f32x4.add(c30, f32x4.mul(x, b0));
    c31 = f32x4.add(c31, f32x4.mul(x, b1));
    a += 16;
    b += 32;
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out + outStride, c10);
  v128.store(out + outStride, c11, 16);
  v128.store(out + 2 * outStride, c20);
  v128.store(out + 2 * outStride, c21, 16);
  v128.store(out + 3 * outStride, c30);
  v128.store(out + 3 * outStride, c31, 16);
}

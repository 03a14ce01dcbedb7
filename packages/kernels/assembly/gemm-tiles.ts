// The inner loop of the matrix product: 5 rows by 8 columns of C in 10 vector registers.
//
// V8 decides the speed (25 to 60 GFLOP/s for the same arithmetic), so this function keeps to what its register
// allocator likes: the k loop is followed by nothing but stores, start values come through a pointer (zeros, a bias row
// or C itself; stride 0 repeats the row), and it is exported so that the optimiser cannot inline it. 5 x 8 is the widest
// tile that stays in 16 registers: 4 x 8 reaches 48, 5 x 8 56, 6 x 8 32 GFLOP/s on the machine of bench/results.

/** C tile = start + A x B for `k` steps. A: 5 interleaved rows, k-major (20 bytes a step). B: 8 columns (32 bytes). */
export function tile5x8(
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
  let c40 = v128.load(start + 4 * startStride);
  let c41 = v128.load(start + 4 * startStride, 16);
  const end = b + (<usize>k << 5);
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const x0 = v128.load_splat<f32>(a);
    c00 = f32x4.add(c00, f32x4.mul(x0, b0));
    c01 = f32x4.add(c01, f32x4.mul(x0, b1));
    const x1 = v128.load_splat<f32>(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(x1, b0));
    c11 = f32x4.add(c11, f32x4.mul(x1, b1));
    const x2 = v128.load_splat<f32>(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(x2, b0));
    c21 = f32x4.add(c21, f32x4.mul(x2, b1));
    const x3 = v128.load_splat<f32>(a, 12);
    c30 = f32x4.add(c30, f32x4.mul(x3, b0));
    c31 = f32x4.add(c31, f32x4.mul(x3, b1));
    const x4 = v128.load_splat<f32>(a, 16);
    c40 = f32x4.add(c40, f32x4.mul(x4, b0));
    c41 = f32x4.add(c41, f32x4.mul(x4, b1));
    b += 32;
    a += 20;
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out + outStride, c10);
  v128.store(out + outStride, c11, 16);
  v128.store(out + 2 * outStride, c20);
  v128.store(out + 2 * outStride, c21, 16);
  v128.store(out + 3 * outStride, c30);
  v128.store(out + 3 * outStride, c31, 16);
  v128.store(out + 4 * outStride, c40);
  v128.store(out + 4 * outStride, c41, 16);
}

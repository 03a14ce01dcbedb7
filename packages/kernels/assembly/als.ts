// One side of implicit-feedback alternating least squares (Hu, Koren & Volinsky 2008), each row solved by a few steps of
// conjugate gradients from where it stands (Takacs, Pilaszy & Tikk 2011). For row u with columns i of extra confidence
// w_i = c_i - 1 >= 0:   (Y'Y + reg I + sum w_i y_i y_i') x_u = sum (1 + w_i) y_i
import { ARGS } from "./layout";
import { chunkStart, parallel, threadScratch } from "./pool";

@unmanaged
class AlsArgs {
  x: usize; // (rows, width), solved in place
  y: usize; // (columns, width)
  gram: usize; // (width, width) Y'Y
  offsets: usize; // (rows + 1) int32
  columns: usize; // int32
  extra: usize; // float32, 0: every w is `weight`
  rows: i32;
  width: i32; // a multiple of 4, at most 1024
  steps: i32;
  chunks: i32;
  weight: f32;
  decay: f32;
}

export function alsRows(
  x: usize,
  y: usize,
  gram: usize,
  offsets: usize,
  columns: usize,
  extra: usize,
  rows: i32,
  width: i32,
  steps: i32,
  weight: f32,
  decay: f32,
): void {
  if (rows <= 0 || width <= 0) return;
  const args = changetype<AlsArgs>(ARGS);
  args.x = x;
  args.y = y;
  args.gram = gram;
  args.offsets = offsets;
  args.columns = columns;
  args.extra = extra;
  args.rows = rows;
  args.width = width;
  args.steps = steps;
  args.weight = weight;
  args.decay = decay;
  args.chunks = max(1, min(rows, min(4096, rows / 8)));
  parallel(alsChunk.index, args.chunks);
}

function alsChunk(chunk: i32): void {
  const args = changetype<AlsArgs>(ARGS);
  const end = chunkStart(chunk + 1, args.chunks, args.rows);
  for (let row = chunkStart(chunk, args.chunks, args.rows); row < end; row++) solve(args, row);
}

function solve(args: AlsArgs, row: i32): void {
  const bytes = <usize>args.width << 2;
  const x = args.x + <usize>row * bytes;
  const r = threadScratch();
  const p = r + bytes;
  const q = p + bytes;
  const from = load<i32>(args.offsets + (<usize>row << 2));
  const to = load<i32>(args.offsets + (<usize>row << 2), 4);
  if (from == to) {
    memory.fill(x, 0, bytes);
    return;
  }
  residual(args, r, x, from, to, bytes);
  memory.copy(p, r, bytes);
  let square = dot(r, r, bytes);
  for (let step = 0; step < args.steps && square > <f32>1e-20; step++) {
    system(args, q, p, from, to, bytes);
    const curvature = dot(p, q, bytes);
    if (!(curvature > 0)) return;
    const length = square / curvature;
    add(x, p, length, bytes);
    add(r, q, -length, bytes);
    const next = dot(r, r, bytes);
    const turn = next / square;
    const ratio = f32x4.splat(turn);
    for (let at: usize = 0; at < bytes; at += 16) {
      v128.store(p + at, f32x4.add(v128.load(r + at), f32x4.mul(ratio, v128.load(p + at))));
    }
    square = next;
  }
}

/** r = b - A x. */
function residual(args: AlsArgs, r: usize, x: usize, from: i32, to: i32, bytes: usize): void {
  product(args, r, x, bytes);
  for (let at: usize = 0; at < bytes; at += 16) v128.store(r + at, f32x4.neg(v128.load(r + at)));
  for (let entry = from; entry < to; entry++) {
    const y = args.y + <usize>load<i32>(args.columns + (<usize>entry << 2)) * bytes;
    const w = weightOf(args, entry);
    add(r, y, <f32>1 + w - w * dot(y, x, bytes), bytes);
  }
}

/** q = A p. */
function system(args: AlsArgs, q: usize, p: usize, from: i32, to: i32, bytes: usize): void {
  product(args, q, p, bytes);
  if (args.extra == 0 && args.weight == 0) return;
  for (let entry = from; entry < to; entry++) {
    const y = args.y + <usize>load<i32>(args.columns + (<usize>entry << 2)) * bytes;
    add(q, y, weightOf(args, entry) * dot(y, p, bytes), bytes);
  }
}

/** out = (Y'Y + decay I) v; Y'Y is symmetric, so its rows are added, scaled by v. */
function product(args: AlsArgs, out: usize, v: usize, bytes: usize): void {
  const decay = f32x4.splat(args.decay);
  for (let at: usize = 0; at < bytes; at += 16) v128.store(out + at, f32x4.mul(decay, v128.load(v + at)));
  for (let k = 0; k < args.width; k += 4) {
    const at = v + (<usize>k << 2);
    const row = args.gram + <usize>k * bytes;
    const s0 = v128.load32_splat(at);
    const s1 = v128.load32_splat(at, 4);
    const s2 = v128.load32_splat(at, 8);
    const s3 = v128.load32_splat(at, 12);
    for (let to: usize = 0; to < bytes; to += 16) {
      const a = f32x4.add(
        f32x4.mul(s0, v128.load(row + to)),
        f32x4.mul(s1, v128.load(row + bytes + to)),
      );
      const b = f32x4.add(
        f32x4.mul(s2, v128.load(row + 2 * bytes + to)),
        f32x4.mul(s3, v128.load(row + 3 * bytes + to)),
      );
      v128.store(out + to, f32x4.add(v128.load(out + to), f32x4.add(a, b)));
    }
  }
}

// @ts-ignore: decorator
@inline
function weightOf(args: AlsArgs, entry: i32): f32 {
  return args.extra == 0 ? args.weight : load<f32>(args.extra + (<usize>entry << 2));
}

/** out += scale v. */
// @ts-ignore: decorator
@inline
function add(out: usize, v: usize, scale: f32, bytes: usize): void {
  const s = f32x4.splat(scale);
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(out + at, f32x4.add(v128.load(out + at), f32x4.mul(s, v128.load(v + at))));
  }
}

// @ts-ignore: decorator
@inline
function dot(a: usize, b: usize, bytes: usize): f32 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let at: usize = 0;
  for (; at + 32 <= bytes; at += 32) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(a + at), v128.load(b + at)));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(a + at, 16), v128.load(b + at, 16)));
  }
  for (; at < bytes; at += 16) s0 = f32x4.add(s0, f32x4.mul(v128.load(a + at), v128.load(b + at)));
  const s = f32x4.add(s0, s1);
  return f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3));
}

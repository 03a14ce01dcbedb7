// Rotary positions: each pair (i, i + width / 2) of each head is turned by an angle whose cosine and sine are given.
import { ARGS } from "./layout";
import { chunksFor, chunkStart, parallel } from "./pool";

@unmanaged
class RotateArgs {
  out: usize;
  x: usize;
  turns: usize; // (length, width): the cosines of a position's pairs, then their sines
  rows: i32;
  length: i32;
  heads: i32;
  turned: i32;
  width: i32; // of a head, even
  back: i32;
  chunks: i32;
}

/** See RotaryKernels in src/rotary/rotary.ts. `out` may be `x`. */
export function rotate(
  out: usize,
  x: usize,
  turns: usize,
  rows: i32,
  length: i32,
  heads: i32,
  turned: i32,
  width: i32,
  back: i32,
): void {
  const args = changetype<RotateArgs>(ARGS);
  args.out = out;
  args.x = x;
  args.turns = turns;
  args.rows = rows;
  args.length = length;
  args.heads = heads;
  args.turned = turned;
  args.width = width;
  args.back = back;
  args.chunks = chunksFor(rows, heads * width);
  parallel(rotateChunk.index, args.chunks);
}

function rotateChunk(chunk: i32): void {
  const args = changetype<RotateArgs>(ARGS);
  const headBytes = <usize>args.width << 2;
  const rowBytes = <usize>args.heads * headBytes;
  const turnedBytes = <usize>args.turned * headBytes;
  const end = chunkStart(chunk + 1, args.chunks, args.rows);
  for (let row = chunkStart(chunk, args.chunks, args.rows); row < end; row++) {
    const at = <usize>row * rowBytes;
    const turns = args.turns + <usize>(row % args.length) * headBytes;
    for (let head: usize = 0; head < turnedBytes; head += headBytes) {
      turnHead(args.out + at + head, args.x + at + head, turns, headBytes >> 1, args.back);
    }
    if (args.out == args.x) continue;
    memory.copy(args.out + at + turnedBytes, args.x + at + turnedBytes, rowBytes - turnedBytes);
  }
}

/** One head: halves a and b become a cos - b sin and b cos + a sin. */
// @ts-ignore: decorator
@inline
function turnHead(out: usize, x: usize, turns: usize, half: usize, back: i32): void {
  const sign: f32 = back ? -1 : 1;
  const signs = f32x4.splat(sign);
  let i: usize = 0;
  for (; i + 16 <= half; i += 16) {
    const a = v128.load(x + i);
    const b = v128.load(x + half + i);
    const cos = v128.load(turns + i);
    const sin = f32x4.mul(v128.load(turns + half + i), signs);
    v128.store(out + i, f32x4.sub(f32x4.mul(a, cos), f32x4.mul(b, sin)));
    v128.store(out + half + i, f32x4.add(f32x4.mul(b, cos), f32x4.mul(a, sin)));
  }
  for (; i < half; i += 4) {
    const a = load<f32>(x + i);
    const b = load<f32>(x + half + i);
    const cos = load<f32>(turns + i);
    const sin = load<f32>(turns + half + i) * sign;
    store<f32>(out + i, a * cos - b * sin);
    store<f32>(out + half + i, b * cos + a * sin);
  }
}

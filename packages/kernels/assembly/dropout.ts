import { ARGS } from "./layout";
import { loadPart, storePart } from "./math";
import { chunksFor, chunkStart, parallel } from "./pool";
import { keep4, keyOf } from "./random";

@unmanaged
class DropoutArgs {
  out: usize;
  x: usize;
  count: i32;
  threshold: i32;
  key0: u32;
  key1: u32;
  scale: f32;
  groups: i32;
  chunks: i32;
}

/** out = x / keep where the bits of (seed, counter, index) say keep, else 0. `threshold` = keep * 2^24. */
export function dropout(out: usize, x: usize, count: i32, threshold: i32, scale: f32, seed: u32, counter: u32): void {
  const args = changetype<DropoutArgs>(ARGS);
  args.out = out;
  args.x = x;
  args.count = count;
  args.threshold = threshold;
  args.scale = scale;
  args.key0 = keyOf(seed, counter, 0);
  args.key1 = keyOf(seed, counter, 1);
  args.groups = (count + 3) >> 2;
  args.chunks = chunksFor(args.groups, 16);
  parallel(dropoutChunk.index, args.chunks);
}

function dropoutChunk(chunk: i32): void {
  const args = changetype<DropoutArgs>(ARGS);
  const key0 = i32x4.splat(args.key0);
  const key1 = i32x4.splat(args.key1);
  const threshold = i32x4.splat(args.threshold);
  const scale = f32x4.splat(args.scale);
  const first = chunkStart(chunk, args.chunks, args.groups);
  const end = chunkStart(chunk + 1, args.chunks, args.groups);
  const wholeEnd = min(end, args.count >> 2);
  let index = i32x4.add(i32x4.splat(first << 2), i32x4(0, 1, 2, 3));
  let x = args.x + (<usize>first << 4);
  let out = args.out + (<usize>first << 4);
  for (let group = first; group < wholeEnd; group++) {
    const kept = keep4(index, key0, key1, threshold);
    v128.store(out, v128.and(f32x4.mul(v128.load(x), scale), kept));
    index = i32x4.add(index, i32x4.splat(4));
    x += 16;
    out += 16;
  }
  if (wholeEnd < end) {
    const kept = keep4(index, key0, key1, threshold);
    const rest = args.count & 3;
    storePart(out, v128.and(f32x4.mul(loadPart(x, rest), scale), kept), rest);
  }
}

// Rows of a table by index. Index -1 is padding: it reads zeros and receives nothing. Scatter-add is cut by columns, so
// that every element is summed in the order of the positions, whoever does it.
import { ARGS } from "./layout";
import { addRow } from "./norms";
import { chunksFor, chunkStart, parallel } from "./pool";

@unmanaged
class EmbeddingArgs {
  out: usize;
  x: usize;
  indices: usize;
  count: i32;
  width: i32;
  chunks: i32;
}

function start(out: usize, x: usize, indices: usize, count: i32, width: i32): EmbeddingArgs {
  const args = changetype<EmbeddingArgs>(ARGS);
  args.out = out;
  args.x = x;
  args.indices = indices;
  args.count = count;
  args.width = width;
  return args;
}

/** The first place of an index outside [low, high), or -1. */
export function firstOutside(indices: usize, count: i32, low: i32, high: i32): i32 {
  const lows = i32x4.splat(low);
  const highs = i32x4.splat(high);
  let bad = i32x4.splat(0);
  const whole = indices + (<usize>(count >> 2) << 4);
  let at = indices;
  for (; at < whole; at += 16) {
    const index = v128.load(at);
    bad = v128.or(bad, v128.or(i32x4.lt_s(index, lows), i32x4.ge_s(index, highs)));
  }
  if (!v128.any_true(bad)) {
    for (const end = indices + (<usize>count << 2); at < end; at += 4) {
      if (load<i32>(at) < low || load<i32>(at) >= high) return <i32>((at - indices) >> 2);
    }
    return -1;
  }
  for (let place = 0; place < count; place++) {
    const index = load<i32>(indices + (<usize>place << 2));
    if (index < low || index >= high) return place;
  }
  return -1;
}

/** out (count, width) = rows of the table. */
export function gather(out: usize, table: usize, indices: usize, count: i32, width: i32): void {
  const args = start(out, table, indices, count, width);
  args.chunks = chunksFor(count, width / 2 + 4);
  parallel(gatherChunk.index, args.chunks);
}

function gatherChunk(chunk: i32): void {
  const args = changetype<EmbeddingArgs>(ARGS);
  const bytes = <usize>args.width << 2;
  const end = chunkStart(chunk + 1, args.chunks, args.count);
  for (let place = chunkStart(chunk, args.chunks, args.count); place < end; place++) {
    const index = load<i32>(args.indices + (<usize>place << 2));
    const out = args.out + <usize>place * bytes;
    if (index < 0) memory.fill(out, 0, bytes);
    else copyRow(out, args.x + <usize>index * bytes, bytes);
  }
}

// @ts-ignore: decorator
@inline
function copyRow(out: usize, x: usize, bytes: usize): void {
  const whole = bytes & ~15;
  let at: usize = 0;
  for (; at < whole; at += 16) v128.store(out + at, v128.load(x + at));
  for (; at < bytes; at += 4) store<f32>(out + at, load<f32>(x + at));
}

/** table[indices[i]] += x[i]; the table is not cleared. */
export function scatterAdd(table: usize, x: usize, indices: usize, count: i32, width: i32): void {
  const args = start(table, x, indices, count, width);
  // A cache line of columns, 16 floats, is the least worth a chunk.
  const lines = (width + 15) >> 4;
  args.chunks = max(1, min(lines, chunksFor(count, width)));
  parallel(scatterChunk.index, args.chunks);
}

function scatterChunk(chunk: i32): void {
  const args = changetype<EmbeddingArgs>(ARGS);
  const lines = (args.width + 15) >> 4;
  const from = chunkStart(chunk, args.chunks, lines) << 4;
  const columns = min(args.width, chunkStart(chunk + 1, args.chunks, lines) << 4) - from;
  const bytes = <usize>args.width << 2;
  const shift = <usize>from << 2;
  for (let place = 0; place < args.count; place++) {
    const index = load<i32>(args.indices + (<usize>place << 2));
    if (index < 0) continue;
    addRow(args.out + <usize>index * bytes + shift, args.x + <usize>place * bytes + shift, columns);
  }
}

/**
 * Numbers the distinct indices by first appearance: `unique` receives them, `places[i]` the number of indices[i] (-1 for
 * padding). `marks` is scratch for as many i32 as the table has rows. Returns how many there are.
 */
export function uniqueIndices(unique: usize, places: usize, indices: usize, count: i32, marks: usize): i32 {
  for (let i = 0; i < count; i++) {
    const index = load<i32>(indices + (<usize>i << 2));
    if (index >= 0) store<i32>(marks + (<usize>index << 2), -1);
  }
  let found = 0;
  for (let i = 0; i < count; i++) {
    const index = load<i32>(indices + (<usize>i << 2));
    if (index < 0) {
      store<i32>(places + (<usize>i << 2), -1);
      continue;
    }
    const mark = marks + (<usize>index << 2);
    let place = load<i32>(mark);
    if (place < 0) {
      place = found++;
      store<i32>(mark, place);
      store<i32>(unique + (<usize>place << 2), index);
    }
    store<i32>(places + (<usize>i << 2), place);
  }
  return found;
}

// Matrix products. B is packed once into panels of 8 columns, k-major, padded with zeros; then tasks of rows x columns of
// C run in parallel, each in blocks of K_BLOCK along k so that a panel stays in the first-level cache. Where C is not a
// multiple of the tile, the tile is computed in the thread's scratch and its valid part copied.
import { tile5x8 } from "./gemm-tiles";
import { ARGS, ZEROS } from "./layout";
import { chunkStart, parallel, threadScratch } from "./pool";

const K_BLOCK: i32 = 256;
/** Rows of a tile; 8 columns. */
const ROWS: i32 = 5;
/** Edge tile in the thread's scratch, after the packed tile of A (K_BLOCK * 20 bytes). */
const EDGE: usize = 5120;

@unmanaged
class GemmArgs {
  out: usize;
  a: usize;
  b: usize;
  packed: usize;
  bias: usize; // 0: none
  outStride: usize; // bytes from one matrix of the batch to the next
  aStride: usize;
  bStride: usize; // 0: one B for the whole batch, packed once
  packedStride: usize;
  m: i32;
  n: i32;
  k: i32;
  transposeA: i32;
  transposeB: i32;
  accumulate: i32;
  batch: i32;
  rowBlock: i32; // rows of a task, a multiple of ROWS
  colBlock: i32; // columns of a task, a multiple of 8
  rowTasks: i32;
  colTasks: i32;
  chunks: i32;
}

/** C = op(A) op(B) [+ bias row] [+ C]. `packed` holds (batch of B) * k * roundUp8(n) floats. */
export function gemm(
  out: usize,
  a: usize,
  b: usize,
  packed: usize,
  bias: usize,
  m: i32,
  n: i32,
  k: i32,
  transposeA: i32,
  transposeB: i32,
  accumulate: i32,
  batch: i32,
  outStride: i32,
  aStride: i32,
  bStride: i32,
): void {
  if (m <= 0 || n <= 0 || batch <= 0) return;
  const args = changetype<GemmArgs>(ARGS);
  args.out = out;
  args.a = a;
  args.b = b;
  args.packed = packed;
  args.bias = bias;
  args.m = m;
  args.n = n;
  args.k = k;
  args.transposeA = transposeA;
  args.transposeB = transposeB;
  args.accumulate = accumulate;
  args.batch = batch;
  args.outStride = <usize>outStride << 2;
  args.aStride = <usize>aStride << 2;
  args.bStride = <usize>bStride << 2;
  const panels = (n + 7) >> 3;
  args.packedStride = bStride == 0 ? 0 : <usize>panels * <usize>k * 32;
  args.colBlock = min(panels, max(1, 65536 / (min(max(k, 1), K_BLOCK) * 8))) * 8;
  args.colTasks = (n + args.colBlock - 1) / args.colBlock;
  const perRow = 2.0 * <f64>max(k, 1) * <f64>min(n, args.colBlock);
  args.rowBlock = <i32>max<f64>(1, min<f64>(50, Math.floor(500000.0 / perRow / 5.0))) * ROWS;
  args.rowTasks = (m + args.rowBlock - 1) / args.rowBlock;
  const matricesOfB = bStride == 0 ? 1 : batch;
  const packJobs = <i64>matricesOfB * <i64>panels;
  args.chunks = <i32>max<i64>(1, min<i64>(min<i64>(256, packJobs), (packJobs * <i64>k * 8) / 16384));
  if (k > 0) parallel(packChunk.index, args.chunks);
  const tasks = <i64>batch * <i64>args.rowTasks * <i64>args.colTasks;
  args.chunks = <i32>min<i64>(tasks, 4096);
  parallel(gemmChunk.index, args.chunks);
}

function packChunk(chunk: i32): void {
  const args = changetype<GemmArgs>(ARGS);
  const panels = (args.n + 7) >> 3;
  const jobs = panels * (args.bStride == 0 ? 1 : args.batch);
  const end = chunkStart(chunk + 1, args.chunks, jobs);
  for (let job = chunkStart(chunk, args.chunks, jobs); job < end; job++) {
    const matrix = job / panels;
    const panel = job - matrix * panels;
    const from = args.b + <usize>matrix * args.bStride;
    const to = args.packed + <usize>matrix * args.packedStride + <usize>panel * <usize>args.k * 32;
    if (args.transposeB) packColumns(to, from, panel << 3, args.n, args.k);
    else packRows(to, from, panel << 3, args.n, args.k);
  }
}

/** B is (k, n) row-major. */
function packRows(to: usize, from: usize, column: i32, n: i32, k: i32): void {
  const columns = min(8, n - column);
  const stride = <usize>n << 2;
  from += <usize>column << 2;
  const end = to + (<usize>k << 5);
  if (columns == 8) {
    for (; to < end; to += 32, from += stride) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
    }
    return;
  }
  for (; to < end; to += 32, from += stride) {
    v128.store(to, f32x4.splat(0));
    v128.store(to, f32x4.splat(0), 16);
    for (let c = 0; c < columns; c++) store<f32>(to + (<usize>c << 2), load<f32>(from + (<usize>c << 2)));
  }
}

/** B is (n, k) row-major: transposes 4 x 4 at a time. */
function packColumns(to: usize, from: usize, column: i32, n: i32, k: i32): void {
  const stride = <usize>k << 2;
  const columns = min(8, n - column);
  from += <usize>column * stride;
  if (columns < 8) {
    memory.fill(to, 0, <usize>k << 5);
    for (let c = 0; c < columns; c++) {
      for (let i = 0; i < k; i++) {
        store<f32>(to + (<usize>i << 5) + (<usize>c << 2), load<f32>(from + <usize>c * stride + (<usize>i << 2)));
      }
    }
    return;
  }
  let i = 0;
  for (; i + 4 <= k; i += 4) {
    const at = from + (<usize>i << 2);
    transpose4(to + (<usize>i << 5), at, stride, 32);
    transpose4(to + (<usize>i << 5) + 16, at + 4 * stride, stride, 32);
  }
  for (; i < k; i++) {
    for (let c = 0; c < 8; c++) {
      store<f32>(to + (<usize>i << 5) + (<usize>c << 2), load<f32>(from + <usize>c * stride + (<usize>i << 2)));
    }
  }
}

/** Writes 4 rows of 4 floats, `step` bytes apart: the transpose of 4 rows `stride` bytes apart. */
// @ts-ignore: decorator
@inline
function transpose4(to: usize, from: usize, stride: usize, step: usize): void {
  const r0 = v128.load(from);
  const r1 = v128.load(from + stride);
  const r2 = v128.load(from + 2 * stride);
  const r3 = v128.load(from + 3 * stride);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
  v128.store(to + step, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
  v128.store(to + 2 * step, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
  v128.store(to + 3 * step, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
}

function gemmChunk(chunk: i32): void {
  const args = changetype<GemmArgs>(ARGS);
  const perMatrix = args.rowTasks * args.colTasks;
  const tasks = perMatrix * args.batch;
  const end = chunkStart(chunk + 1, args.chunks, tasks);
  for (let task = chunkStart(chunk, args.chunks, tasks); task < end; task++) {
    const matrix = task / perMatrix;
    const inMatrix = task - matrix * perMatrix;
    const rowTask = inMatrix / args.colTasks;
    const row = rowTask * args.rowBlock;
    const column = (inMatrix - rowTask * args.colTasks) * args.colBlock;
    gemmTask(matrix, row, min(args.m, row + args.rowBlock), column, min(args.n, column + args.colBlock));
  }
}

function gemmTask(matrix: i32, row: i32, rowEnd: i32, column: i32, columnEnd: i32): void {
  const args = changetype<GemmArgs>(ARGS);
  const out = args.out + <usize>matrix * args.outStride;
  const a = args.a + <usize>matrix * args.aStride;
  const packed = args.packed + <usize>matrix * args.packedStride;
  const k = args.k;
  let from = 0;
  do {
    const depth = min(K_BLOCK, k - from);
    const first = from == 0;
    const fromOut = !first || args.accumulate != 0;
    const bias = first ? args.bias : 0;
    for (let i = row; i < rowEnd; i += ROWS) {
      const rows = min(ROWS, rowEnd - i);
      if (args.transposeA) packColumnsOfA(threadScratch(), a, i, rows, args.m, from, depth);
      else packRowsOfA(threadScratch(), a, i, rows, k, from, depth);
      for (let j = column; j < columnEnd; j += 8) {
        const panel = packed + (<usize>(j >> 3) * <usize>k + <usize>from) * 32;
        tile(out, panel, i, rows, j, min(8, columnEnd - j), depth, fromOut, bias);
      }
    }
    from += K_BLOCK;
  } while (from < k);
}

/** A is (k, m): 5 columns of it from `from` on, k-major, missing ones zero. */
function packColumnsOfA(to: usize, a: usize, i: i32, rows: i32, m: i32, from: i32, depth: i32): void {
  const stride = <usize>m << 2;
  let at = a + <usize>from * stride + (<usize>i << 2);
  const end = to + <usize>depth * 20;
  if (rows == ROWS) {
    for (; to < end; to += 20, at += stride) {
      v128.store(to, v128.load(at));
      store<f32>(to, load<f32>(at, 16), 16);
    }
    return;
  }
  memory.fill(to, 0, end - to);
  for (; to < end; to += 20, at += stride) {
    for (let r = 0; r < rows; r++) store<f32>(to + (<usize>r << 2), load<f32>(at + (<usize>r << 2)));
  }
}

/** A is (m, k): 5 rows of it from column `from` on, interleaved, missing ones zero. */
function packRowsOfA(to: usize, a: usize, i: i32, rows: i32, k: i32, from: i32, depth: i32): void {
  const stride = <usize>k << 2;
  let at = a + <usize>i * stride + (<usize>from << 2);
  const end = to + <usize>depth * 20;
  if (rows < ROWS) {
    memory.fill(to, 0, end - to);
    for (let r = 0; r < rows; r++, at += stride, to += 4) {
      for (let p: usize = 0; p < <usize>depth; p++) store<f32>(to + p * 20, load<f32>(at + (p << 2)));
    }
    return;
  }
  const whole = to + <usize>(depth & ~3) * 20;
  for (; to < whole; to += 80, at += 16) {
    transpose4(to, at, stride, 20);
    const last = at + 4 * stride;
    store<f32>(to, load<f32>(last), 16);
    store<f32>(to, load<f32>(last, 4), 36);
    store<f32>(to, load<f32>(last, 8), 56);
    store<f32>(to, load<f32>(last, 12), 76);
  }
  for (; to < end; to += 20, at += 4) {
    for (let r: usize = 0; r < <usize>ROWS; r++) store<f32>(to + (r << 2), load<f32>(at + r * stride));
  }
}

function tile(
  out: usize,
  panel: usize,
  i: i32,
  rows: i32,
  j: i32,
  columns: i32,
  depth: i32,
  fromOut: bool,
  bias: usize,
): void {
  const args = changetype<GemmArgs>(ARGS);
  const rowBytes = <usize>args.n << 2;
  const place = out + <usize>i * rowBytes + (<usize>j << 2);
  const start = fromOut ? place : bias != 0 ? bias + (<usize>j << 2) : ZEROS;
  const startStride: usize = fromOut ? rowBytes : 0;
  if (rows == ROWS && columns == 8) {
    tile5x8(threadScratch(), panel, depth, start, startStride, place, rowBytes);
    return;
  }
  const edge = threadScratch() + EDGE;
  if (start != ZEROS) copyTile(edge, 32, start, startStride, rows, columns);
  tile5x8(threadScratch(), panel, depth, start == ZEROS ? ZEROS : edge, start == ZEROS ? 0 : 32, edge, 32);
  copyTile(place, rowBytes, edge, 32, rows, columns);
}

function copyTile(to: usize, toStride: usize, from: usize, fromStride: usize, rows: i32, columns: i32): void {
  for (let r = 0; r < rows; r++) {
    for (let c: usize = 0; c < <usize>columns << 2; c += 4) {
      store<f32>(to + <usize>r * toStride + c, load<f32>(from + <usize>r * fromStride + c));
    }
  }
}

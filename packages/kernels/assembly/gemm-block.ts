// A block of a matrix product on one thread, for every kernel that multiplies matrices. Strides are in bytes from one row
// to the next. B comes packed: panels of 8 columns, k-major, padded with zeros, panel p at `packed + p * k * 32`.
import { tile5x8 } from "./gemm-tiles";
import { ZEROS } from "./layout";
import { threadScratch } from "./pool";

/** Steps along k before C is stored: a panel then stays in the first-level cache. */
export const K_BLOCK: i32 = 256;
/** Rows of a tile; 8 columns. */
export const ROWS: i32 = 5;
/** Edge tile in the thread's scratch, after the packed tile of A (K_BLOCK * 20 bytes). */
const EDGE: usize = 5120;

/** Bytes of a packed B. */
// @ts-ignore: decorator
@inline
export function packedBytes(n: i32, k: i32): usize {
  return <usize>((n + 7) >> 3) * <usize>k * 32;
}

/** Packs all of B: (k, n), or (n, k) when `transposed`. */
export function packAll(to: usize, from: usize, stride: usize, n: i32, k: i32, transposed: bool): void {
  for (let panel = 0; panel < (n + 7) >> 3; panel++) packPanel(to, from, stride, panel, n, k, transposed);
}

/** Packs columns 8 * panel to 8 * panel + 7 of B into their place. */
export function packPanel(to: usize, from: usize, stride: usize, panel: i32, n: i32, k: i32, transposed: bool): void {
  to += <usize>panel * <usize>k * 32;
  if (transposed) packColumns(to, from, stride, panel << 3, n, k);
  else packRows(to, from, stride, panel << 3, n, k);
}

/** B is (k, n) row-major. */
function packRows(to: usize, from: usize, stride: usize, column: i32, n: i32, k: i32): void {
  const columns = min(8, n - column);
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
function packColumns(to: usize, from: usize, stride: usize, column: i32, n: i32, k: i32): void {
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

/**
 * Rows [row, rowEnd) and columns [column, columnEnd) of C = A B, started from C itself (`accumulate`), from the row `bias`, or
 * from zero (`bias` 0). A is (m, depth), or (depth, m) when `transposedA`; B was packed with `k` >= depth rows, of which the
 * first `depth` are used. `column` is a multiple of 8.
 */
export function multiplyBlock(
  out: usize,
  outStride: usize,
  a: usize,
  aStride: usize,
  transposedA: bool,
  packed: usize,
  k: i32,
  depth: i32,
  row: i32,
  rowEnd: i32,
  column: i32,
  columnEnd: i32,
  bias: usize,
  accumulate: bool,
): void {
  const tileOfA = threadScratch();
  let from = 0;
  do {
    const steps = min(K_BLOCK, depth - from);
    const fromOut = accumulate || from > 0;
    for (let i = row; i < rowEnd; i += ROWS) {
      const rows = min(ROWS, rowEnd - i);
      if (transposedA) packColumnsOfA(tileOfA, a + <usize>from * aStride + (<usize>i << 2), aStride, rows, steps);
      else packRowsOfA(tileOfA, a + <usize>i * aStride + (<usize>from << 2), aStride, rows, steps);
      for (let j = column; j < columnEnd; j += 8) {
        const panel = packed + (<usize>(j >> 3) * <usize>k + <usize>from) * 32;
        const place = out + <usize>i * outStride + (<usize>j << 2);
        const start = fromOut ? place : bias != 0 ? bias + (<usize>j << 2) : ZEROS;
        tile(place, outStride, panel, steps, rows, min(8, columnEnd - j), start, fromOut ? outStride : 0);
      }
    }
    from += K_BLOCK;
  } while (from < depth);
}

/** 5 columns of a (k, m) matrix, k-major, missing ones zero. */
function packColumnsOfA(to: usize, at: usize, stride: usize, rows: i32, depth: i32): void {
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

/** 5 rows of an (m, k) matrix, interleaved, missing ones zero. */
function packRowsOfA(to: usize, at: usize, stride: usize, rows: i32, depth: i32): void {
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
  place: usize,
  stride: usize,
  panel: usize,
  depth: i32,
  rows: i32,
  columns: i32,
  start: usize,
  startStride: usize,
): void {
  if (rows == ROWS && columns == 8) {
    tile5x8(threadScratch(), panel, depth, start, startStride, place, stride);
    return;
  }
  const edge = threadScratch() + EDGE;
  if (start != ZEROS) copyTile(edge, 32, start, startStride, rows, columns);
  tile5x8(threadScratch(), panel, depth, start == ZEROS ? ZEROS : edge, start == ZEROS ? 0 : 32, edge, 32);
  copyTile(place, stride, edge, 32, rows, columns);
}

function copyTile(to: usize, toStride: usize, from: usize, fromStride: usize, rows: i32, columns: i32): void {
  for (let r = 0; r < rows; r++) {
    for (let c: usize = 0; c < <usize>columns << 2; c += 4) {
      store<f32>(to + <usize>r * toStride + c, load<f32>(from + <usize>r * fromStride + c));
    }
  }
}

// Matrix products on all threads: B is packed once, then tasks of rows x columns of C run in parallel.
import { K_BLOCK, multiplyBlock, packedBytes, packPanel, ROWS } from "./gemm-block";
import { multiplyRow } from "./gemm-row";
import { ARGS } from "./layout";
import { chunkStart, parallel } from "./pool";

/** Up to so many rows times a transposed B are faster without packing it. */
const FEW_ROWS: i32 = 3;

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
  if (m <= FEW_ROWS && transposeB && !transposeA && bias == 0) {
    // As many columns of B as stay in the second-level cache while the rows take turns.
    args.chunks = <i32>max<i64>(1, min<i64>(4096, (<i64>n * <i64>k * <i64>batch) >> 15));
    return parallel(rowsChunk.index, args.chunks);
  }
  const panels = (n + 7) >> 3;
  args.packedStride = bStride == 0 ? 0 : packedBytes(n, k);
  args.colBlock = min(panels, max(1, 65536 / (min(max(k, 1), K_BLOCK) * 8))) * 8;
  args.colTasks = (n + args.colBlock - 1) / args.colBlock;
  const perRow = 2.0 * <f64>max(k, 1) * <f64>min(n, args.colBlock);
  // Each task reads all of B again, and of A' whole cache lines: several tiles must share that where A is tall.
  const fewest = transposeA ? max(1, min(4, (m + 4) / 5 / 4)) : 1;
  args.rowBlock = <i32>max<f64>(fewest, min<f64>(50, Math.floor(500000.0 / perRow / 5.0))) * ROWS;
  args.rowTasks = (m + args.rowBlock - 1) / args.rowBlock;
  const packJobs = (bStride == 0 ? 1 : batch) * panels;
  args.chunks = packChunks(packJobs, k);
  if (k > 0) parallel(packChunk.index, args.chunks);
  const tasks = <i64>batch * <i64>args.rowTasks * <i64>args.colTasks;
  args.chunks = <i32>min<i64>(tasks, 4096);
  parallel(gemmChunk.index, args.chunks);
}

/** A share of the columns of all matrices of the batch, in groups of 16. */
function rowsChunk(chunk: i32): void {
  const args = changetype<GemmArgs>(ARGS);
  const groups = (args.n + 15) >> 4;
  const end = chunkStart(chunk + 1, args.chunks, groups * args.batch);
  for (let at = chunkStart(chunk, args.chunks, groups * args.batch); at < end; ) {
    const matrix = at / groups;
    const group = at - matrix * groups;
    const next = min(end, (matrix + 1) * groups);
    const column = group << 4;
    const columnEnd = min(args.n, (group + next - at) << 4);
    const b = args.b + <usize>matrix * args.bStride;
    let out = args.out + <usize>matrix * args.outStride;
    let a = args.a + <usize>matrix * args.aStride;
    for (let row = 0; row < args.m; row++) {
      multiplyRow(out, a, b, args.k, column, columnEnd, args.accumulate != 0);
      out += <usize>args.n << 2;
      a += <usize>args.k << 2;
    }
    at = next;
  }
}

/** Chunks in which to pack `jobs` panels. */
function packChunks(jobs: i32, k: i32): i32 {
  return <i32>max<i64>(1, min<i64>(min<i64>(256, <i64>jobs), (<i64>jobs * <i64>k) >> 11));
}

function packChunk(chunk: i32): void {
  const args = changetype<GemmArgs>(ARGS);
  const panels = (args.n + 7) >> 3;
  const jobs = panels * (args.bStride == 0 ? 1 : args.batch);
  const stride = <usize>(args.transposeB ? args.k : args.n) << 2;
  const end = chunkStart(chunk + 1, args.chunks, jobs);
  for (let job = chunkStart(chunk, args.chunks, jobs); job < end; job++) {
    const matrix = job / panels;
    const from = args.b + <usize>matrix * args.bStride;
    const to = args.packed + <usize>matrix * args.packedStride;
    packPanel(to, from, stride, job - matrix * panels, args.n, args.k, args.transposeB != 0);
  }
}

/** Packs one B on all threads, for kernels that multiply by it many times. Uses ARGS. */
export function packParallel(to: usize, b: usize, n: i32, k: i32, transposed: bool): void {
  const args = changetype<GemmArgs>(ARGS);
  args.b = b;
  args.packed = to;
  args.bStride = 0;
  args.packedStride = 0;
  args.n = n;
  args.k = k;
  args.transposeB = transposed ? 1 : 0;
  args.chunks = packChunks((n + 7) >> 3, k);
  if (k > 0 && n > 0) parallel(packChunk.index, args.chunks);
}

function gemmChunk(chunk: i32): void {
  const args = changetype<GemmArgs>(ARGS);
  const perMatrix = args.rowTasks * args.colTasks;
  const tasks = perMatrix * args.batch;
  const aStride = <usize>(args.transposeA ? args.m : args.k) << 2;
  const end = chunkStart(chunk + 1, args.chunks, tasks);
  for (let task = chunkStart(chunk, args.chunks, tasks); task < end; task++) {
    const matrix = task / perMatrix;
    const inMatrix = task - matrix * perMatrix;
    const rowTask = inMatrix / args.colTasks;
    const row = rowTask * args.rowBlock;
    const column = (inMatrix - rowTask * args.colTasks) * args.colBlock;
    multiplyBlock(
      args.out + <usize>matrix * args.outStride,
      <usize>args.n << 2,
      args.a + <usize>matrix * args.aStride,
      aStride,
      args.transposeA != 0,
      args.packed + <usize>matrix * args.packedStride,
      args.k,
      args.k,
      row,
      min(args.m, row + args.rowBlock),
      column,
      min(args.n, column + args.colBlock),
      args.bias,
      args.accumulate != 0,
    );
  }
}

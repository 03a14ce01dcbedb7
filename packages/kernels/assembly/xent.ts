// Softmax cross-entropy against a table of items, and its gradients, in one pass by blocks of rows: the logits of a block
// are made, turned into probabilities and then into their own gradient where they lie, used for both products, and
// overwritten by the next block. The whole (rows, items) matrix never exists.
import { multiplyBlock, packAll } from "./gemm-block";
import { packParallel } from "./gemm";
import { ARGS } from "./layout";
import { addRow } from "./norms";
import { chunkStart, parallel } from "./pool";
import { expRow, rowMax, scaleRow } from "./softmax";

@unmanaged
class CrossEntropyArgs {
  losses: usize;
  hiddenOut: usize; // 0: not asked for
  tableOut: usize;
  biasOut: usize;
  hidden: usize;
  bias: usize;
  targets: usize;
  weights: usize; // 0: all 1
  packedTable: usize; // items as columns: for the logits
  packedRows: usize; // items as rows: for the gradient of the hidden vectors
  block: usize; // (blockRows, items)
  packedHidden: usize;
  first: i32; // row of the block's start
  rows: i32; // rows in this block
  width: i32;
  items: i32;
  accumulate: i32;
  chunks: i32;
}

/** Rows of a chunk: two tiles, so that their logits stay in the second-level cache between the steps. */
const CHUNK_ROWS: i32 = 10;

/** See CrossEntropyKernels in src/cross-entropy/cross-entropy.ts. Gradients of table and bias are added to what is there. */
export function crossEntropy(
  losses: usize,
  hiddenOut: usize,
  tableOut: usize,
  biasOut: usize,
  hidden: usize,
  table: usize,
  bias: usize,
  targets: usize,
  weights: usize,
  rows: i32,
  width: i32,
  items: i32,
  blockRows: i32,
  packedTable: usize,
  packedRows: usize,
  block: usize,
  packedHidden: usize,
): void {
  packParallel(packedTable, table, items, width, true);
  if (hiddenOut != 0) packParallel(packedRows, table, width, items, false);
  const args = changetype<CrossEntropyArgs>(ARGS);
  args.losses = losses;
  args.hiddenOut = hiddenOut;
  args.tableOut = tableOut;
  args.biasOut = biasOut;
  args.hidden = hidden;
  args.bias = bias;
  args.targets = targets;
  args.weights = weights;
  args.packedTable = packedTable;
  args.packedRows = packedRows;
  args.block = block;
  args.packedHidden = packedHidden;
  args.width = width;
  args.items = items;
  for (let first = 0; first < rows; first += blockRows) {
    args.first = first;
    args.rows = min(blockRows, rows - first);
    args.chunks = (args.rows + CHUNK_ROWS - 1) / CHUNK_ROWS;
    parallel(rowsChunk.index, args.chunks);
    if (tableOut == 0 && biasOut == 0) continue;
    const stride = <usize>width << 2;
    if (tableOut != 0) packAll(packedHidden, hidden + <usize>first * stride, stride, width, args.rows, false);
    args.chunks = max(1, min(256, (items + 99) / 100));
    parallel(itemsChunk.index, args.chunks);
  }
}

function rowsChunk(chunk: i32): void {
  const args = changetype<CrossEntropyArgs>(ARGS);
  const row = chunk * CHUNK_ROWS;
  const end = min(args.rows, row + CHUNK_ROWS);
  const items = args.items;
  const itemBytes = <usize>items << 2;
  const widthBytes = <usize>args.width << 2;
  const hidden = args.hidden + <usize>args.first * widthBytes;
  const width = args.width;
  multiplyBlock(args.block, itemBytes, hidden, widthBytes, false, args.packedTable, width, width, row, end, 0, items, args.bias, false);
  for (let i = row; i < end; i++) rowGradient(args.block + <usize>i * itemBytes, args.first + i);
  if (args.hiddenOut == 0) return;
  const out = args.hiddenOut + <usize>args.first * widthBytes;
  multiplyBlock(out, widthBytes, args.block, itemBytes, false, args.packedRows, items, items, row, end, 0, width, 0, false);
}

/** Turns a row of logits into the loss and, in place, its gradient. */
function rowGradient(logits: usize, row: i32): void {
  const args = changetype<CrossEntropyArgs>(ARGS);
  const target = load<i32>(args.targets + (<usize>row << 2));
  const loss = args.losses + (<usize>row << 2);
  if (target < 0) {
    store<f32>(loss, 0);
    memory.fill(logits, 0, <usize>args.items << 2);
    return;
  }
  const weight: f32 = args.weights == 0 ? 1 : load<f32>(args.weights + (<usize>row << 2));
  const at = logits + (<usize>target << 2);
  const wanted = load<f32>(at);
  const peak = rowMax(logits, args.items);
  const sum = expRow(logits, logits, args.items, peak);
  store<f32>(loss, weight * (Mathf.log(sum) + (peak - wanted)));
  scaleRow(logits, args.items, weight / sum);
  store<f32>(at, load<f32>(at) - weight);
}

function itemsChunk(chunk: i32): void {
  const args = changetype<CrossEntropyArgs>(ARGS);
  // Whole tiles of five items, so that only the last chunk has an edge.
  const tiles = (args.items + 4) / 5;
  const item = chunkStart(chunk, args.chunks, tiles) * 5;
  const end = min(args.items, chunkStart(chunk + 1, args.chunks, tiles) * 5);
  const itemBytes = <usize>args.items << 2;
  const widthBytes = <usize>args.width << 2;
  if (args.tableOut != 0) {
    const rows = args.rows;
    const width = args.width;
    multiplyBlock(args.tableOut, widthBytes, args.block, itemBytes, true, args.packedHidden, rows, rows, item, end, 0, width, 0, true);
  }
  if (args.biasOut == 0) return;
  const shift = <usize>item << 2;
  for (let row = 0; row < args.rows; row++) {
    addRow(args.biasOut + shift, args.block + <usize>row * itemBytes + shift, end - item);
  }
}

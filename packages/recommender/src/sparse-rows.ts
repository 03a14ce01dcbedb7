import { PlatformError, type Tensor } from "@sequitur/core";
import { artifactTensor, type Artifact } from "./artifact.js";

/** A sparse matrix by rows: row r holds columns[offsets[r] .. offsets[r + 1]], ascending, with their values. */
export interface SparseRows {
  /** (rows + 1) from 0, ascending. */
  readonly offsets: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float32Array;
}

/** Counts pairs: the value at (rows[p], columns[p]) is how often the pair occurs. */
export function countPairs(rows: Int32Array, columns: Int32Array, rowCount: number, columnCount: number): SparseRows {
  const bounds = new Int32Array(rowCount + 1);
  for (const row of rows) bounds[row + 1]! += 1;
  for (let row = 0; row < rowCount; row++) bounds[row + 1]! += bounds[row]!;
  const next = bounds.slice();
  const bucketed = new Int32Array(columns.length);
  for (let p = 0; p < rows.length; p++) bucketed[next[rows[p]!]!++] = columns[p]!;
  const offsets = new Int32Array(rowCount + 1);
  const distinct = new Int32Array(columns.length);
  const values = new Float32Array(columns.length);
  const counts = new Float32Array(columnCount);
  let end = 0;
  for (let row = 0; row < rowCount; row++) {
    const start = end;
    for (let p = bounds[row]!; p < bounds[row + 1]!; p++) {
      const column = bucketed[p]!;
      if (counts[column] === 0) distinct[end++] = column;
      counts[column]! += 1;
    }
    distinct.subarray(start, end).sort();
    for (let p = start; p < end; p++) {
      values[p] = counts[distinct[p]!]!;
      counts[distinct[p]!] = 0;
    }
    offsets[row + 1] = end;
  }
  return { offsets, columns: distinct.slice(0, end), values: values.slice(0, end) };
}

/** Columns become rows; `columnCount` rows come out, by default up to the last column that holds something. */
export function transpose(matrix: SparseRows, columnCount = usedColumns(matrix)): SparseRows {
  const { offsets, columns, values } = matrix;
  const turned = new Int32Array(columnCount + 1);
  for (const column of columns) turned[column + 1]! += 1;
  for (let column = 0; column < columnCount; column++) turned[column + 1]! += turned[column]!;
  const next = turned.slice();
  const outColumns = new Int32Array(columns.length);
  const outValues = new Float32Array(columns.length);
  for (let row = 0; row + 1 < offsets.length; row++) {
    for (let p = offsets[row]!; p < offsets[row + 1]!; p++) {
      const at = next[columns[p]!]!++;
      outColumns[at] = row;
      outValues[at] = values[p]!;
    }
  }
  return { offsets: turned, columns: outColumns, values: outValues };
}

function usedColumns({ columns }: SparseRows): number {
  return columns.reduce((count, column) => Math.max(count, column + 1), 0);
}

/** The three tensors of a matrix, for `save`. */
export function sparseTensors(name: string, matrix: SparseRows): [string, Tensor][] {
  return [
    [`${name}.offsets`, { shape: [matrix.offsets.length], data: matrix.offsets }],
    [`${name}.columns`, { shape: [matrix.columns.length], data: matrix.columns }],
    [`${name}.values`, { shape: [matrix.values.length], data: matrix.values }],
  ];
}

/** The offsets of `rows` rows in a tensor, -1: of as many as there are; `bad-artifact` unless they ascend from 0. */
export function loadOffsets(artifact: Artifact, name: string, rows: number): Int32Array {
  const offsets = artifactTensor(artifact, name, Int32Array, [rows === -1 ? -1 : rows + 1]);
  const fail = (what: string): PlatformError =>
    new PlatformError("bad-artifact", `artifact of ${artifact.model}: tensor ${name} ${what}`);
  if (offsets[0] !== 0) throw fail(`must start at 0, got ${offsets[0]}.`);
  for (let row = 0; row + 1 < offsets.length; row++) {
    if (offsets[row + 1]! < offsets[row]!) throw fail(`must ascend, got ${offsets[row + 1]} at ${row + 1}.`);
  }
  return offsets;
}

/**
 * What `sparseTensors` wrote, for `load`: `bad-artifact` unless offsets ascend and columns lie in range. -1 rows are as
 * many as there are.
 */
export function loadSparse(artifact: Artifact, name: string, rows: number, columnCount: number): SparseRows {
  const offsets = loadOffsets(artifact, `${name}.offsets`, rows);
  const size = offsets.at(-1)!;
  const columns = artifactTensor(artifact, `${name}.columns`, Int32Array, [size]);
  const values = artifactTensor(artifact, `${name}.values`, Float32Array, [size]);
  for (let p = 0; p < size; p++) {
    const column = columns[p]!;
    if (column >= 0 && column < columnCount) continue;
    throw new PlatformError(
      "bad-artifact",
      `artifact of ${artifact.model}: tensor ${name}.columns must lie in [0, ${columnCount}), got ${column} at ${p}.`,
    );
  }
  return { offsets, columns, values };
}

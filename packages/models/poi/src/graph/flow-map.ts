import type { Interactions } from "@sequitur/core";
import type { SparseRows } from "@sequitur/nn";
import { popularityOf, recentFrom, tallies, type PopularityOptions } from "../popularity/popularity.js";

/**
 * The trajectory flow map (GETNext, sec. 4.1): (N, N) weights of place -> next place. Each consecutive pair inside one
 * trajectory adds to an edge, pairs across trajectories do not; self-loops occur. `trajectories` numbers the rows.
 */
export function flowMap(train: Interactions, trajectories: Int32Array, options: PopularityOptions): SparseRows {
  const size = train.catalog.items.size;
  const recent = recentFrom(train, options.recentFraction);
  const later: number[] = [];
  for (let row = 1; row < train.size; row++) if (trajectories[row] === trajectories[row - 1]) later.push(row);
  const offsets = new Int32Array(size + 1);
  const columnOf: number[] = [];
  const values: number[] = [];
  tallies(
    {
      keys: Float64Array.from(later, (row) => train.items[row - 1]! * size + train.items[row]!),
      users: Int32Array.from(later, (row) => train.users[row]!),
      recent: Uint8Array.from(later, (row) => (train.times[row]! >= recent ? 1 : 0)),
    },
    (edge, tally) => {
      offsets[Math.floor(edge / size) + 1]! += 1;
      columnOf.push(edge % size);
      values.push(popularityOf(tally, options));
    },
  );
  for (let place = 0; place < size; place++) offsets[place + 1]! += offsets[place]!;
  return { rows: size, columns: size, offsets, columnOf: Int32Array.from(columnOf), values: Float32Array.from(values) };
}

/** (D + I)^-1 (A + I), D the row sums of A: each row sums to 1, a place without edges keeps its self-loop alone. */
export function rowNormalised({ rows, columns, offsets, columnOf, values }: SparseRows): SparseRows {
  const nextOffsets = new Int32Array(rows + 1);
  const nextColumns: number[] = [];
  const nextValues: number[] = [];
  for (let row = 0; row < rows; row++) {
    let total = 1;
    for (let at = offsets[row]!; at < offsets[row + 1]!; at++) total += values[at]!;
    let looped = false;
    const add = (column: number, value: number): void => {
      nextColumns.push(column);
      nextValues.push(value / total);
    };
    for (let at = offsets[row]!; at < offsets[row + 1]!; at++) {
      const column = columnOf[at]!;
      if (!looped && column > row) add(row, 1);
      if (column >= row) looped = true;
      add(column, values[at]! + (column === row ? 1 : 0));
    }
    if (!looped) add(row, 1);
    nextOffsets[row + 1] = nextColumns.length;
  }
  return {
    rows,
    columns,
    offsets: nextOffsets,
    columnOf: Int32Array.from(nextColumns),
    values: Float32Array.from(nextValues),
  };
}

/** The identity as a sparse matrix: a flow map without edges. */
export function selfLoops(size: number): SparseRows {
  const identity = Int32Array.from({ length: size }, (_, at) => at);
  const offsets = Int32Array.from({ length: size + 1 }, (_, at) => at);
  return { rows: size, columns: size, offsets, columnOf: identity, values: new Float32Array(size).fill(1) };
}

/** The counts of `trips` along each edge of `adjacency`, which has all its edges; 0 along others. */
export function tripsAlong(adjacency: SparseRows, trips: SparseRows): Int32Array {
  const along = new Int32Array(adjacency.columnOf.length);
  for (let row = 0; row < adjacency.rows; row++) {
    let at = trips.offsets[row]!;
    const end = trips.offsets[row + 1]!;
    for (let edge = adjacency.offsets[row]!; edge < adjacency.offsets[row + 1]!; edge++) {
      while (at < end && trips.columnOf[at]! < adjacency.columnOf[edge]!) at++;
      if (at < end && trips.columnOf[at] === adjacency.columnOf[edge]) along[edge] = trips.values[at]!;
    }
  }
  return along;
}

import { PlatformError } from "@sequitur/core";
import { startEngine, type Engine } from "@sequitur/kernels";

/** Rows and how alike they are, most alike first, ties to the lower row. */
export interface NearRows {
  readonly rows: Int32Array;
  /** In [-1, 1], aligned with rows. */
  readonly cosines: Float32Array;
}

/** Finds vectors like a vector; what a vector index of a database would do behind the same two calls. */
export interface VectorSearch {
  /** At most k rows other than `row` that may be shown, by the cosine with it. */
  nearest(row: number, k: number, mayShow?: (row: number) => boolean): NearRows;
  /** Frees the copy of the vectors; not to be used after. */
  release(): void;
}

let shared: Engine | undefined;

/** Exact search over (N, width) row-major vectors by one scan of the kernels; a zero vector is like nothing (cosine 0). */
export function exactSearch(vectors: Float32Array, width: number): VectorSearch {
  if (!(Number.isInteger(width) && width >= 1) || vectors.length % width !== 0) {
    throw new PlatformError("bad-data", `expected rows of width ${width}, got ${vectors.length} values.`);
  }
  const engine = shared?.usable === true ? shared : (shared = startEngine({ threads: 1 }));
  const { memory, kernels } = engine;
  const n = vectors.length / width;
  const padded = Math.ceil(width / 4) * 4;
  const table = memory.floats(n * padded);
  table.array.fill(0);
  for (let row = 0; row < n; row++) {
    const own = vectors.subarray(row * width, (row + 1) * width);
    const length = Math.sqrt(own.reduce((sum, x) => sum + x * x, 0));
    if (length > 0)
      table.array.set(
        own.map((x) => x / length),
        row * padded,
      );
  }
  return {
    nearest: (row, k, mayShow = () => true) =>
      memory.withScratch((scratch) => {
        const query = scratch.floats(padded);
        query.array.set(table.array.subarray(row * padded, (row + 1) * padded));
        const exclude = scratch.words(Math.ceil(n / 32));
        exclude.array.fill(0);
        for (let other = 0; other < n; other++) {
          if (other === row || !mayShow(other)) exclude.array[other >> 5]! |= 1 << (other & 31);
        }
        const [rows, cosines] = [scratch.ints(k), scratch.floats(k)];
        const found = kernels.scoreTopK(rows, cosines, query, table, { n, width: padded, k, exclude });
        return { rows: rows.array.slice(0, found), cosines: cosines.array.slice(0, found) };
      }),
    release: () => memory.release(table),
  };
}

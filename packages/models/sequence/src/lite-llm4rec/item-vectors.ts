import type { Tensor } from "@sequitur/core";
import type { Engine } from "@sequitur/kernels";

/** Mean and deviation of text vectors, by which they are centred and scaled: (F) each. */
export interface Standard {
  readonly centre: Float32Array;
  readonly spread: Float32Array;
}

/** The mean and the deviation of each number over the rows of `vectors` (n, F) that are not all zero; 0 and 1 for none. */
export function standardOf(vectors: Float32Array, width: number): Standard {
  const centre = new Float64Array(width);
  const squares = new Float64Array(width);
  let rows = 0;
  for (let at = 0; at < vectors.length; at += width) {
    const row = vectors.subarray(at, at + width);
    if (row.every((value) => value === 0)) continue;
    rows += 1;
    row.forEach((value, i) => {
      centre[i]! += value;
      squares[i]! += value * value;
    });
  }
  const mean = Float32Array.from(centre, (sum) => sum / Math.max(1, rows));
  const spread = Float32Array.from(squares, (sum, i) => {
    const variance = rows === 0 ? 1 : sum / rows - mean[i]! ** 2;
    return variance > 1e-12 ? Math.sqrt(variance) : 1;
  });
  return { centre: mean, spread };
}

/** 0 and 1: vectors stay as they are. */
export function plainStandard(width: number): Standard {
  return { centre: new Float32Array(width), spread: new Float32Array(width).fill(1) };
}

/** (n, F) the vectors centred and scaled; rows of zeros, which stand for no text, stay. */
export function standardised(vectors: Float32Array, { centre, spread }: Standard): Float32Array {
  const width = centre.length;
  const out = new Float32Array(vectors.length);
  for (let at = 0; at < vectors.length; at += width) {
    const row = vectors.subarray(at, at + width);
    if (row.every((value) => value === 0)) continue;
    for (let i = 0; i < width; i++) out[at + i] = (row[i]! - centre[i]!) / spread[i]!;
  }
  return out;
}

/** (n) 1 for each text vector (n, F) of a text, 0 for rows of zeros, which stand for none. */
export function textRows(vectors: Float32Array, width: number): Uint8Array {
  const hasText = (row: number): boolean =>
    vectors.subarray(row * width, (row + 1) * width).some((value) => value !== 0);
  return Uint8Array.from({ length: vectors.length / width }, (_, row) => (hasText(row) ? 1 : 0));
}

/** The standard that a model's tensors hold. */
function storedStandard(tensors: ReadonlyMap<string, Tensor>): Standard {
  const [centre, spread] = ["centre", "spread"].map((part) => tensors.get(`text.${part}`)!.data as Float32Array);
  return { centre: centre!, spread: spread! };
}

/** Raw text vectors (n, F) -> (n, D): standardised, then through P, all of it from a model's tensors. */
export function projectTexts(
  { memory, kernels }: Engine,
  vectors: Float32Array,
  tensors: ReadonlyMap<string, Tensor>,
): Float32Array {
  const { shape, data } = tensors.get("text.projection.weight")!;
  const [from, to] = shape as [number, number];
  const rows = vectors.length / from;
  return memory.withScratch((scratch) => {
    const [x, weight, out] = [scratch.floats(vectors.length), scratch.floats(from * to), scratch.floats(rows * to)];
    x.array.set(standardised(vectors, storedStandard(tensors)));
    weight.array.set(data);
    kernels.matmul(out, x, weight, { m: rows, n: to, k: from });
    return out.array.slice();
  });
}

import { PlatformError } from "@sequitur/core";
import type { ItemCategories } from "./item-categories.js";

/** How alike two items are: symmetric, at most 1, and 1 for the same thing. */
export type Similarity = (a: number, b: number) => number;

/** |A and B| / |A or B| of the items' categories, in [0, 1]; 0 when neither has any, for nothing is known to be shared. */
export function categoryJaccard(categories: ItemCategories): Similarity {
  const { offsets, indices } = categories;
  return (a, b) => {
    const endA = offsets[a + 1]!;
    const endB = offsets[b + 1]!;
    let i = offsets[a]!;
    let j = offsets[b]!;
    const sizes = endA - i + (endB - j);
    let shared = 0;
    while (i < endA && j < endB) {
      const step = indices[i]! - indices[j]!;
      if (step === 0) shared++;
      if (step <= 0) i++;
      if (step >= 0) j++;
    }
    return sizes === 0 ? 0 : shared / (sizes - shared);
  };
}

/** The cosine, in [-1, 1], of the items' vectors, (N, width) row-major; 0 when either vector is zero. */
export function vectorCosine(vectors: Float32Array, width: number): Similarity {
  if (!(Number.isInteger(width) && width >= 1 && vectors.length % width === 0)) {
    throw new PlatformError("bad-config", `width must divide the ${vectors.length} values of vectors, got ${width}.`);
  }
  const norms = new Float64Array(vectors.length / width);
  const dot = (a: number, b: number): number => {
    let sum = 0;
    for (let d = 0; d < width; d++) sum += vectors[a * width + d]! * vectors[b * width + d]!;
    return sum;
  };
  for (let item = 0; item < norms.length; item++) norms[item] = Math.sqrt(dot(item, item));
  return (a, b) => {
    const scale = norms[a]! * norms[b]!;
    return scale > 0 ? dot(a, b) / scale : 0;
  };
}

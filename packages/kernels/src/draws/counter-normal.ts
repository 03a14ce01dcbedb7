/**
 * Standard normals by position, not by order: the draw of (key, row, dim) is a function of these numbers alone, so that
 * a posterior draw of any item can be had again without storing it. A 32-bit mix of the row and key, stepped by the
 * golden ratio a dimension and mixed again (as in splitmix), goes through the inverse normal distribution (Wichura
 * 1988, AS 241, PPND7). |draw| <= 6.34.
 */

const GOLDEN = 0x9e3779b9;

/** Where the stream of one row starts; `key` names the draw. */
export function rowStream(key: number, row: number): number {
  return mix(mix(key ^ 0x5bd1e995) + Math.imul(row + 1, 0x85ebca6b));
}

/** The normal of one dimension of a row's stream. */
export function normalAt(stream: number, dim: number): number {
  return inverseNormal(((mix(stream + Math.imul(dim + 1, GOLDEN)) >>> 0) + 0.5) / 4_294_967_296);
}

/** out[i] = the normals of a row, dims 0 .. out.length - 1. */
export function normalRow(out: Float32Array, key: number, row: number): void {
  const stream = rowStream(key, row);
  for (let dim = 0; dim < out.length; dim++) out[dim] = normalAt(stream, dim);
}

/** A bijection of 32-bit integers in which each input bit flips each output bit about half the time. */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return h ^ (h >>> 15);
}

/** Quantile of the standard normal at p in (0, 1), to about 1e-7 relative. */
export function inverseNormal(p: number): number {
  const q = p - 0.5;
  if (q >= -0.425 && q <= 0.425) {
    const r = 0.180625 - q * q;
    return (
      (q * (((59.10937472 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179)) /
      (((67.1875636 * r + 78.757757664) * r + 17.895169469) * r + 1)
    );
  }
  let r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  let value: number;
  if (r <= 5) {
    r -= 1.6;
    value =
      (((0.17023821103 * r + 1.3067284816) * r + 2.75681539) * r + 1.4234372777) /
      ((0.12021132975 * r + 0.7370016425) * r + 1);
  } else {
    r -= 5;
    value =
      (((0.017337203997 * r + 0.42868294337) * r + 3.081226386) * r + 6.657905115) /
      ((0.012258202635 * r + 0.24197894225) * r + 1);
  }
  return q < 0 ? -value : value;
}

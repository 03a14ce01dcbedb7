import { type FactoriseKernels } from "./factorise.js";

/** Plain conjugate gradients in float64, a row at a time. */
export const referenceAlsRows: FactoriseKernels["alsRows"] = (x, y, gram, offsets, columns, extra, shape) => {
  const { rows, width, steps, weight, decay } = shape;
  const factors = y.array;
  for (let row = 0; row < rows; row++) {
    const own = x.array.subarray(row * width, (row + 1) * width);
    const [from, to] = [offsets.array[row], offsets.array[row + 1]];
    if (from === to) {
      own.fill(0);
      continue;
    }
    const extraOf = (entry: number): number => (extra === undefined ? weight : extra.array[entry]);
    const apply = (v: ArrayLike<number>): Float64Array => {
      const out = Float64Array.from({ length: width }, (_, i) => decay * v[i]);
      for (let i = 0; i < width; i++) for (let k = 0; k < width; k++) out[i] += gram.array[i * width + k] * v[k];
      for (let entry = from; entry < to; entry++) {
        const item = factors.subarray(columns.array[entry] * width, (columns.array[entry] + 1) * width);
        const scale = extraOf(entry) * inner(item, v);
        for (let k = 0; k < width; k++) out[k] += scale * item[k];
      }
      return out;
    };
    const residual = apply(own).map((value) => -value);
    for (let entry = from; entry < to; entry++) {
      const at = columns.array[entry] * width;
      for (let k = 0; k < width; k++) residual[k] += (1 + extraOf(entry)) * factors[at + k];
    }
    own.set(conjugateGradients(apply, own, residual, steps));
  }
};

function conjugateGradients(
  apply: (v: ArrayLike<number>) => Float64Array,
  start: ArrayLike<number>,
  residual: Float64Array,
  steps: number,
): Float64Array {
  const x = Float64Array.from(start);
  let direction = residual.slice();
  let square = inner(residual, residual);
  for (let step = 0; step < steps && square > 1e-20; step++) {
    const applied = apply(direction);
    const curvature = inner(direction, applied);
    if (!(curvature > 0)) break;
    const length = square / curvature;
    for (let k = 0; k < x.length; k++) {
      x[k] += length * direction[k];
      residual[k] -= length * applied[k];
    }
    const next = inner(residual, residual);
    const ratio = next / square;
    direction = direction.map((value, k) => residual[k] + ratio * value);
    square = next;
  }
  return x;
}

function inner(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

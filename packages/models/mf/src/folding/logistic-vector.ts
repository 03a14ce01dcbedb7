/** Pairs that one vector is fitted to: maximise the mean of log sigmoid(sign_r (x . rows_r + offset_r)). */
export interface LogisticPairs {
  /** (R, width) row-major. */
  readonly rows: Float32Array;
  /** (R). */
  readonly offsets: Float32Array;
  /** (R) 1 or -1. */
  readonly signs: Int8Array;
  readonly width: number;
  /** L2: decay / 2 |x|^2 is taken off the mean. */
  readonly decay: number;
  /** Steps of accelerated ascent (Nesterov 1983) from 0. */
  readonly steps: number;
}

/** (width) the vector; zeros when there are no pairs. The step is 1 / (the curvature's upper bound): it cannot diverge. */
export function logisticVector({ rows, offsets, signs, width, decay, steps }: LogisticPairs): Float32Array {
  const x = new Float64Array(width);
  const count = signs.length;
  if (count === 0) return Float32Array.from(x);
  let squares = 0;
  for (const value of rows) squares += value * value;
  const step = 1 / (squares / (4 * count) + decay + 1e-12);
  const ahead = new Float64Array(width);
  const gradient = new Float64Array(width);
  let momentum = 1;
  for (let turn = 0; turn < steps; turn++) {
    for (let k = 0; k < width; k++) gradient[k] = -decay * ahead[k]!;
    for (let r = 0; r < count; r++) {
      const at = r * width;
      let score = offsets[r]!;
      for (let k = 0; k < width; k++) score += ahead[k]! * rows[at + k]!;
      const gain = signs[r]! / (count * (1 + Math.exp(signs[r]! * score)));
      for (let k = 0; k < width; k++) gradient[k]! += gain * rows[at + k]!;
    }
    const next = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
    const push = (momentum - 1) / next;
    momentum = next;
    for (let k = 0; k < width; k++) {
      const before = x[k]!;
      x[k] = ahead[k]! + step * gradient[k]!;
      ahead[k] = x[k]! + push * (x[k]! - before);
    }
  }
  return Float32Array.from(x);
}

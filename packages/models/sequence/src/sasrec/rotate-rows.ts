const BASE = 10_000;

/**
 * Turns rows in place as the network's rotary positions do: pair (i, i + d/2) of each head of width d by the angle
 * p / 10000^(2i/d) at position p (RoFormer, Su et al. 2021, eq. 34). Rows are `count` sequences of `length`, standing at
 * positions from, from + 1, ...
 */
export function rotateRows(
  rows: Float32Array,
  shape: {
    readonly count: number;
    readonly length: number;
    readonly from: number;
    readonly width: number;
    readonly heads: number;
  },
): void {
  const { count, length, width, heads, from } = shape;
  const half = width / heads / 2;
  for (let at = 0; at < length; at++) {
    for (let i = 0; i < half; i++) {
      // Angles, cosines and sines are float32 numbers in the network too.
      const angle = Math.fround((from + at) / BASE ** (i / half));
      const [cos, sin] = [Math.fround(Math.cos(angle)), Math.fround(Math.sin(angle))];
      for (let row = at; row < count * length; row += length) {
        for (let head = row * width; head < (row + 1) * width; head += 2 * half) {
          const [a, b] = [rows[head + i]!, rows[head + half + i]!];
          rows[head + i] = a * cos - b * sin;
          rows[head + half + i] = b * cos + a * sin;
        }
      }
    }
  }
}

import { type RotaryKernels } from "./rotary.js";

/** Plain rotation, pair by pair. */
export function referenceRotary(): RotaryKernels {
  return {
    rotate: (out, x, turns, { rows, length, heads, width, turned = heads, back = false }) => {
      const half = width / 2;
      for (let row = 0; row < rows; row++) {
        for (let head = 0; head < heads; head++) {
          const first = (row * heads + head) * width;
          for (let i = first; i < first + half; i++) {
            const [a, b] = [x.array[i], x.array[i + half]];
            const place = (row % length) * width + i - first;
            const cos = head < turned ? turns.array[place] : 1;
            const sin = head < turned ? turns.array[place + half] * (back ? -1 : 1) : 0;
            out.array[i] = a * cos - b * sin;
            out.array[i + half] = b * cos + a * sin;
          }
        }
      }
    },
  };
}

import { dropoutMask } from "../dropout/reference.js";
import { fullAttention, type AttentionKernels, type FullAttentionShape } from "./attention.js";

/** One query of one head: where it lies, and the probabilities it gives the keys, before dropout and after. */
interface Row {
  readonly q: number; // first element of the query in q
  readonly k: (key: number) => number; // first element of a key in k, and of its value in v
  readonly out: number; // first element in the result
  readonly stat: number;
  readonly p: Float64Array;
  readonly kept: (key: number) => number; // 0 or 1 / (1 - rate)
}

/** Plain attention in float64, a whole row of probabilities at a time. */
export function referenceAttention(): AttentionKernels {
  return {
    attention: (out, q, k, v, stats, shape) => {
      const full = fullAttention(shape);
      eachRow(full, q.array, k.array, (row, logSum) => {
        stats.array[row.stat] = logSum;
        for (let j = 0; j < full.width; j++) {
          let sum = 0;
          for (let key = 0; key < full.keys; key++) sum += row.p[key] * row.kept(key) * v.array[row.k(key) + j];
          out.array[row.out + j] = sum;
        }
      });
    },
    attentionGradient: (out, gradient, _output, q, k, v, _stats, shape) => {
      const full = fullAttention(shape);
      const { width, keys, scale } = full;
      clear(out.k.array, full);
      clear(out.v.array, full);
      const upstream = gradient.array;
      eachRow(full, q.array, k.array, (row) => {
        const slopes = row.p.map((_, key) => {
          let sum = 0;
          for (let j = 0; j < width; j++) sum += upstream[row.out + j] * v.array[row.k(key) + j];
          return sum * row.kept(key);
        });
        const drop = slopes.reduce((sum, slope, key) => sum + slope * row.p[key], 0);
        for (let j = 0; j < width; j++) {
          let sum = 0;
          for (let key = 0; key < keys; key++) {
            const slope = row.p[key] * (slopes[key] - drop) * scale;
            sum += slope * k.array[row.k(key) + j];
            out.k.array[row.k(key) + j] += slope * q.array[row.q + j];
            out.v.array[row.k(key) + j] += row.p[key] * row.kept(key) * upstream[row.out + j];
          }
          out.q.array[row.q + j] = sum;
        }
      });
    },
  };
}

function clear(values: Float32Array, { batch, keys, heads, width, stride }: FullAttentionShape): void {
  for (let row = 0; row < batch * keys; row++) values.fill(0, row * stride, row * stride + heads * width);
}

function eachRow(
  shape: FullAttentionShape,
  q: Float32Array,
  k: Float32Array,
  visit: (row: Row, logSum: number) => void,
): void {
  const { batch, heads, width, keys, queries, causal, stride, scale, mask, dropout } = shape;
  const { rate, seed, counter } = dropout ?? { rate: 0, seed: 0, counter: 0 };
  const isKept = dropoutMask(rate, seed, counter);
  for (let task = 0; task < batch * heads; task++) {
    const [sequence, head] = [Math.floor(task / heads), task % heads];
    const keyAt = (key: number): number => (sequence * keys + key) * stride + head * width;
    for (let query = 0; query < queries; query++) {
      const at = (sequence * queries + query) * stride + head * width;
      const stat = task * queries + query;
      const scores = new Float64Array(keys).map((_, key) => {
        if (causal && key > query + keys - queries) return Number.NEGATIVE_INFINITY;
        if (mask !== null && mask.array[sequence * keys + key] === 0) return Number.NEGATIVE_INFINITY;
        let sum = 0;
        for (let j = 0; j < width; j++) sum += q[at + j] * k[keyAt(key) + j];
        return sum * scale;
      });
      const peak = scores.reduce((top, score) => Math.max(top, score), Number.NEGATIVE_INFINITY);
      const blind = peak === Number.NEGATIVE_INFINITY;
      const total = scores.reduce((sum, score) => sum + Math.exp(score - peak), 0);
      visit(
        {
          q: at,
          k: keyAt,
          out: (sequence * queries + query) * heads * width + head * width,
          stat,
          p: scores.map((score) => (blind ? 0 : Math.exp(score - peak) / total)),
          kept: (key) => (isKept(stat * keys + key) ? 1 / (1 - rate) : 0),
        },
        blind ? Infinity : Math.log(total) + peak,
      );
    }
  }
}

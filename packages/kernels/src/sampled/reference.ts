import { maxOf } from "@sequitur/core";
import { type SampledItems, type SampledKernels, type SampledLoss } from "./sampled.js";

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Plain losses over sampled items, in float64. */
export function referenceSampled(): SampledKernels {
  return {
    sampledScores: (out, hidden, table, bias, items, width) =>
      eachPair(items, (row, at, item) => {
        let sum = item < 0 ? Number.NEGATIVE_INFINITY : (bias?.array[item] ?? 0);
        const e = table.array.subarray(Math.max(item, 0) * width, (Math.max(item, 0) + 1) * width);
        for (let j = 0; j < width; j++) sum += hidden.array[row * width + j] * e[j];
        out.array[at] = sum;
      }),
    sampledLoss: (out, scores, items, loss) => {
      const wide = items.count + 1;
      for (let row = 0; row < items.rows; row++) {
        const weight = loss.weights ? loss.weights.array[row] : 1;
        const values = adjusted(scores.array.subarray(row * wide, (row + 1) * wide), row, items, loss);
        const [value, slopes] = items.positives.array[row] < 0 ? [0, values.fill(0)] : lossOf(values, loss);
        out.losses.array[row] = value * weight;
        out.slopes.array.set(
          slopes.map((slope) => slope * weight),
          row * wide,
        );
      }
    },
    sampledGradient: (out, slopes, hidden, table, items, width) => {
      out.hidden?.array.fill(0, 0, items.rows * width);
      eachPair(items, (row, at, item) => {
        if (item < 0) return;
        const slope = slopes.array[at];
        if (out.bias) out.bias.array[item] += slope;
        for (let j = 0; j < width; j++) {
          if (out.hidden) out.hidden.array[row * width + j] += slope * table.array[item * width + j];
          if (out.table) out.table.array[item * width + j] += slope * hidden.array[row * width + j];
        }
      });
    },
  };
}

/** Visits each row's positive, then its negatives; `at` is the place of the score. */
function eachPair(items: SampledItems, visit: (row: number, at: number, item: number) => void): void {
  const { rows, positives, negatives, count, shared } = items;
  for (let row = 0; row < rows; row++) {
    visit(row, row * (count + 1), positives.array[row]);
    for (let j = 0; j < count; j++) {
      visit(row, row * (count + 1) + 1 + j, negatives.array[shared ? j : row * count + j]);
    }
  }
}

/** The scores less log Q, -infinity for negatives that do not count. */
function adjusted(scores: Float32Array, row: number, items: SampledItems, loss: SampledLoss): Float64Array {
  const { positives, negatives, count, shared } = items;
  const positive = positives.array[row];
  return Float64Array.from(scores, (score, at) => {
    const item = at === 0 ? positive : negatives.array[(shared ? 0 : row * count) + at - 1];
    if (at > 0 && (item < 0 || (item === positive && loss.keepHits !== true))) return Number.NEGATIVE_INFINITY;
    return loss.kind === "softmax" && loss.logQ && item >= 0 ? score - loss.logQ.array[item] : score;
  });
}

function lossOf(scores: Float64Array, loss: SampledLoss): [number, Float64Array] {
  const [positive, ...negatives] = scores;
  if (loss.kind === "softmax") {
    const peak = maxOf(scores);
    const total = scores.reduce((sum, score) => sum + Math.exp(score - peak), 0);
    const slopes = scores.map((score, at) => Math.exp(score - peak) / total - (at === 0 ? 1 : 0));
    return [Math.log(total) + peak - positive, slopes];
  }
  if (loss.kind === "bpr") {
    const usable = negatives.filter((score) => score !== Number.NEGATIVE_INFINITY).length;
    if (usable === 0) return [0, scores.fill(0)];
    const pulls = negatives.map((score) => sigmoid(score - positive) / usable);
    const value = negatives.reduce((sum, score) => sum + softplus(score - positive) / usable, 0);
    return [value, Float64Array.of(-pulls.reduce((sum, pull) => sum + pull, 0), ...pulls)];
  }
  const beta = loss.beta ?? 1;
  const value = negatives.reduce((sum, score) => sum + softplus(score), beta * softplus(-positive));
  return [value, Float64Array.of(-beta * sigmoid(-positive), ...negatives.map(sigmoid))];
}

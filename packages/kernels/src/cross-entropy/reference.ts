import { type CrossEntropyKernels } from "./cross-entropy.js";

/** Plain cross-entropy, row by row, in float64. */
export function referenceCrossEntropy(): CrossEntropyKernels {
  return {
    crossEntropy: (out, hidden, table, bias, targets, { rows, width, items }, weights) => {
      for (let row = 0; row < rows; row++) {
        const target = targets.array[row];
        const weight = weights ? weights.array[row] : 1;
        const h = hidden.array.subarray(row * width, (row + 1) * width);
        const slopes = new Float64Array(items);
        let loss = 0;
        if (target >= 0) {
          const logits = slopes.map((_, item) => {
            let sum = bias === null ? 0 : bias.array[item];
            for (let j = 0; j < width; j++) sum += h[j] * table.array[item * width + j];
            return sum;
          });
          const peak = logits.reduce((top, logit) => Math.max(top, logit), Number.NEGATIVE_INFINITY);
          const total = logits.reduce((sum, logit) => sum + Math.exp(logit - peak), 0);
          loss = weight * (Math.log(total) + peak - logits[target]);
          for (let item = 0; item < items; item++) slopes[item] = (weight * Math.exp(logits[item] - peak)) / total;
          slopes[target] -= weight;
        }
        out.losses.array[row] = loss;
        for (let j = 0; j < width; j++) {
          let sum = 0;
          for (let item = 0; item < items; item++) {
            sum += slopes[item] * table.array[item * width + j];
            if (out.table) out.table.array[item * width + j] += slopes[item] * h[j];
          }
          if (out.hidden) out.hidden.array[row * width + j] = sum;
        }
        for (let item = 0; out.bias && item < items; item++) out.bias.array[item] += slopes[item];
      }
    },
  };
}

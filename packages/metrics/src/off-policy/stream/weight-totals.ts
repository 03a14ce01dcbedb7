import type { WeightDiagnostics } from "../weight-diagnostics.js";

/** Sums of importance weights, from which their diagnosis follows without keeping them. */
export class WeightTotals {
  private count = 0;
  private sum = 0;
  private squares = 0;
  private max = 0;
  private zeros = 0;

  add(weights: Float64Array): void {
    for (const weight of weights) {
      this.count++;
      this.sum += weight;
      this.squares += weight * weight;
      this.max = Math.max(this.max, weight);
      if (weight === 0) this.zeros++;
    }
  }

  /** The numbers of `weightDiagnostics`, whose words `judgeLog` finds; undefined without any weight above 0. */
  diagnostics(): Omit<WeightDiagnostics, "warnings"> | undefined {
    const { count, sum, squares, max, zeros } = this;
    if (!(squares > 0)) return undefined;
    const mean = sum / count;
    const variance = count > 1 ? Math.max(0, squares - count * mean * mean) / (count - 1) : 0;
    return {
      count,
      effectiveSampleSize: (sum * sum) / squares,
      mean,
      meanError: Math.sqrt(variance / count),
      max,
      largestShare: max / sum,
      zeroShare: zeros / count,
    };
  }
}

/** A reward as mean + slopes . features. */
export interface LinearModel {
  readonly mean: number;
  /** (D) */
  readonly slopes: Float64Array;
}

/** Sums of a weighted least squares problem; two sets of rows join by adding. */
export class NormalEquations {
  private readonly width: number;
  /** (D, D) lower triangle of sum w x x', and (D) of w x and w x r. */
  private readonly gram: Float64Array;
  private readonly sums: Float64Array;
  private readonly products: Float64Array;
  private weight = 0;
  private reward = 0;
  private rows = 0;

  constructor(width: number) {
    this.width = width;
    this.gram = new Float64Array(width * width);
    this.sums = new Float64Array(width);
    this.products = new Float64Array(width);
  }

  add(features: Float64Array, reward: number, weight: number): void {
    this.rows++;
    this.weight += weight;
    this.reward += weight * reward;
    for (let i = 0; i < this.width; i++) {
      // Features are mostly indicators: zeros are most of them.
      if (features[i] === 0) continue;
      const scaled = weight * features[i]!;
      this.sums[i]! += scaled;
      this.products[i]! += scaled * reward;
      for (let j = 0; j <= i; j++) this.gram[i * this.width + j]! += scaled * features[j]!;
    }
  }

  join(other: NormalEquations): void {
    this.rows += other.rows;
    this.weight += other.weight;
    this.reward += other.reward;
    for (let i = 0; i < this.gram.length; i++) this.gram[i]! += other.gram[i]!;
    for (let i = 0; i < this.width; i++) {
      this.sums[i]! += other.sums[i]!;
      this.products[i]! += other.products[i]!;
    }
  }

  /** Slopes of the reward less its weighted mean, by Cholesky; the ridge makes the matrix positive definite. */
  solve(ridge: number): LinearModel {
    const { width } = this;
    if (this.weight === 0) return { mean: 0, slopes: new Float64Array(width) };
    const mean = this.reward / this.weight;
    const scale = (ridge * this.weight) / this.rows;
    const factor = this.gram.slice();
    const slopes = this.products.map((product, i) => product - mean * this.sums[i]!);
    for (let i = 0; i < width; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = factor[i * width + j]! + (i === j ? scale : 0);
        for (let k = 0; k < j; k++) sum -= factor[i * width + k]! * factor[j * width + k]!;
        factor[i * width + j] = i === j ? Math.sqrt(sum) : sum / factor[j * width + j]!;
      }
    }
    for (let i = 0; i < width; i++) {
      for (let k = 0; k < i; k++) slopes[i]! -= factor[i * width + k]! * slopes[k]!;
      slopes[i]! /= factor[i * width + i]!;
    }
    for (let i = width - 1; i >= 0; i--) {
      for (let k = i + 1; k < width; k++) slopes[i]! -= factor[k * width + i]! * slopes[k]!;
      slopes[i]! /= factor[i * width + i]!;
    }
    return { mean, slopes };
  }
}

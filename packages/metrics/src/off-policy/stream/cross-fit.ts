import { NormalEquations, type LinearModel } from "../normal-equations.js";

/** Folds of units; a row is predicted by the model of the other folds. */
const FOLDS = 3;

/** A ridge regression of rewards, cross-fitted over buckets of units, in memory that does not grow with the log. */
export class CrossFit {
  private readonly folds: readonly NormalEquations[];
  private readonly width: number;

  constructor(width: number) {
    this.width = width;
    this.folds = Array.from({ length: FOLDS }, () => new NormalEquations(width));
  }

  /** Adds a row of features, (D), with its reward and weight. */
  add(bucket: number, features: Float64Array, reward: number, weight = 1): void {
    this.folds[bucket % FOLDS]!.add(features, reward, weight);
  }

  /** The model for rows of a bucket, which saw none of them. `ridge` is in rows, as in `rewardPredictions`. */
  models(ridge: number): (bucket: number) => LinearModel {
    const models = this.folds.map((_, fold) => {
      const others = new NormalEquations(this.width);
      for (const [other, part] of this.folds.entries()) if (other !== fold) others.join(part);
      return others.solve(ridge);
    });
    return (bucket) => models[bucket % FOLDS]!;
  }
}

/** How well a reward model predicts rows that it was not fitted to. */
export interface ModelQuality {
  readonly rows: number;
  /** 1 - squared error / that of the mean reward: 0 is no better than the mean. */
  readonly skill: number;
  /** Mean prediction - mean reward on the logged actions. */
  readonly bias: number;
}

export class QualityTotals {
  private rows = 0;
  private rewards = 0;
  private rewardSquares = 0;
  private errors = 0;
  private errorSquares = 0;

  add(prediction: number, reward: number): void {
    this.rows++;
    this.rewards += reward;
    this.rewardSquares += reward * reward;
    this.errors += prediction - reward;
    this.errorSquares += (prediction - reward) ** 2;
  }

  quality(): ModelQuality {
    const { rows, rewards, rewardSquares, errors, errorSquares } = this;
    const spread = rewardSquares - (rewards * rewards) / rows;
    return { rows, skill: spread > 0 ? 1 - errorSquares / spread : Number.NaN, bias: errors / rows };
  }
}

import type { CascadePredictions, RewardPredictions } from "@sequitur/metrics";
import type { SlateChunk } from "./log/slate-chunk.js";
import type { Evaluation } from "./policies/evaluated-policy.js";
import type { RewardModel } from "./reward-model.js";

/** What the reward model says of single places, under the evaluation policy's probabilities of all items. */
export class Predictor {
  private readonly model: RewardModel;
  private readonly all: Float64Array;

  constructor(model: RewardModel, items: number) {
    this.model = model;
    this.all = new Float64Array(items);
  }

  /** For places one by one. */
  ofPlaces(chunk: SlateChunk, places: Int32Array, buckets: Int32Array, evaluation: Evaluation): RewardPredictions {
    const logged = Float64Array.from(places, (place, row) =>
      this.model.predict(buckets[row]!, chunk.items[place]!, chunk.positions[place]!),
    );
    const expected = Float64Array.from(places, (place, row) => this.expected(chunk, place, buckets[row]!, evaluation));
    return { logged, expected };
  }

  /**
   * For slates, of the rewards from each position on. The model looks at items one by one, so the rewards further down do
   * not depend on the item here, and the mean over the policy's items at a position may stand for the mean given the
   * items above: cascade-DR stays unbiased.
   */
  ofSlates(chunk: SlateChunk, slates: Int32Array, length: number, evaluation: Evaluation): CascadePredictions {
    const logged = new Float64Array(slates.length * length);
    const expected = new Float64Array(logged.length);
    for (const [row, slate] of slates.entries()) {
      const bucket = chunk.buckets[slate]!;
      let below = 0;
      for (let place = chunk.offsets[slate + 1]! - 1; place >= chunk.offsets[slate]!; place--) {
        const at = row * length + place - chunk.offsets[slate]!;
        logged[at] = this.model.predict(bucket, chunk.items[place]!, chunk.positions[place]!) + below;
        below += this.expected(chunk, place, bucket, evaluation);
        expected[at] = below;
      }
    }
    return { logged, expected };
  }

  private expected(chunk: SlateChunk, place: number, bucket: number, { distribution }: Evaluation): number {
    distribution!(place, this.all);
    let sum = 0;
    for (let item = 0; item < this.all.length; item++) {
      if (this.all[item]! > 0) sum += this.all[item]! * this.model.predict(bucket, item, chunk.positions[place]!);
    }
    return sum;
  }
}

import { CrossFit } from "@sequitur/metrics";
import type { Survey } from "./log/survey.js";

/** Items with a feature of their own; the others share one, so that the model's size does not grow with the catalogue. */
const OWN_FEATURES = 256;
/** Positions with a feature of their own; the last one stands for all further ones. */
const OWN_POSITIONS = 64;

/** q(item, position) = mean + slope of the item + slope of the position, by cross-fitted ridge regression. */
export class RewardModel {
  private readonly fit: CrossFit;
  private readonly features: Float64Array;
  /** (N) feature of each item. */
  private readonly slotOf: Int32Array;
  private readonly slots: number;
  private modelOf: ReturnType<CrossFit["models"]> | undefined;

  constructor({ items, shown, positions }: Survey) {
    const most = Array.from({ length: items.size }, (_, item) => item).sort(
      (a, b) => (shown[b] ?? 0) - (shown[a] ?? 0),
    );
    this.slots = Math.min(items.size, OWN_FEATURES);
    this.slotOf = new Int32Array(items.size).fill(this.slots - 1);
    for (const [slot, item] of most.slice(0, this.slots).entries()) this.slotOf[item] = slot;
    const width = this.slots + Math.min(positions, OWN_POSITIONS);
    this.features = new Float64Array(width);
    this.fit = new CrossFit(width);
  }

  add(bucket: number, item: number, position: number, reward: number, weight: number): void {
    const places = [this.slotOf[item]!, this.positionSlot(position)];
    for (const place of places) this.features[place] = 1;
    this.fit.add(bucket, this.features, reward, weight);
    for (const place of places) this.features[place] = 0;
  }

  /** Ends the fit. */
  solve(ridge: number): void {
    this.modelOf = this.fit.models(ridge);
  }

  /** Predicted reward of an item for units of a bucket, by the model that saw none of them. */
  predict(bucket: number, item: number, position: number): number {
    const { mean, slopes } = this.modelOf!(bucket);
    return mean + slopes[this.slotOf[item]!]! + slopes[this.positionSlot(position)]!;
  }

  private positionSlot(position: number): number {
    return this.slots + Math.min(position, this.features.length - this.slots - 1);
  }
}

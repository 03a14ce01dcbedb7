import { NONE, type QueryBatch, type Slate } from "@sequitur/core";
import type { Artifact, Scorer } from "@sequitur/recommender";
import { checkOutcomes } from "../check-outcomes.js";
import { DrawTable } from "./draw-table.js";
import { drawsOf } from "./draws.js";
import { copyPosterior, NAME, savePosterior, type Posterior } from "./posterior.js";
import { addScoreGradient, clampScore, scoreOf, softmaxInto } from "./slate-loss.js";
import { biasPlace, choiceScores, scoresAtMeans } from "./likelihood.js";
import { clicksOfQuery, userPreference } from "./user-state.js";

/** A posterior that is drawn from and that learns from what is shown. */
export interface SlateLearner extends Scorer {
  readonly posterior: Posterior;
  /**
   * Ranks for query b: (k, keys) -> the k best items under each draw that a key names, best first; until the next
   * observation. `candidates` as in `Model.score`.
   */
  draws(batch: QueryBatch, b: number, candidates?: Int32Array): (k: number, keys: readonly number[]) => Int32Array[];
  observe(batch: QueryBatch, shown: readonly Slate[], clicks: Int32Array): void;
  /** The posterior as an artifact of slate-gru. */
  save(): Artifact;
}

/** A learner that starts at this posterior; it is copied at the first observation. */
export function slateLearner(start: Posterior): SlateLearner {
  let posterior = start;
  let isOwn = false;
  let table: DrawTable | undefined;
  return {
    name: NAME,
    catalog: start.catalog,
    get posterior() {
      return posterior;
    },
    score: (batch, candidates) => scoresAtMeans(posterior, batch, candidates),
    draws: (batch, b, candidates) => drawsOf(posterior, (table ??= new DrawTable(posterior)), batch, b, candidates),
    observe: (batch, shown, clicks) => {
      checkOutcomes(batch, shown, clicks, start.catalog.items.size);
      if (!isOwn) posterior = copyPosterior(posterior);
      isOwn = true;
      for (let b = 0; b < batch.size; b++) observeSlate(posterior, batch, b, shown[b]!.items, clicks[b]!);
      // Of what the table holds, an observation moves the items shown.
      if (table) for (const { items } of shown) for (const item of items) table.write(posterior, item);
    },
    save: () => savePosterior(posterior),
  };
}

/**
 * One step of an extended Kalman filter on the choice likelihood (Ollivier 2018, "Online natural gradient as a Kalman
 * filter", with a diagonal covariance): for each parameter, with g the gradient of log P at the means and F the Fisher
 * information that the slate carries of it,
 *   1/s^2 <- 1/s^2 + w F,   m <- m + s^2 w g.
 * Updated are the vectors of the items shown, the no-click bias and what is known of the user beside the clicks.
 */
function observeSlate(posterior: Posterior, batch: QueryBatch, b: number, slate: Int32Array, click: number): void {
  if (slate.length === 0) return;
  const { config, itemMeans, itemScales, otherMeans, otherScales } = posterior;
  const { width, score: form, onlineWeight } = config;
  const user = batch.users[b]!;
  const z = userPreference(posterior, clicksOfQuery(posterior, batch, b), user);
  const { scores } = choiceScores(posterior, z, slate);
  softmaxInto(scores, scores.length, 0);
  const slopes = new Float32Array(width * slate.length);
  const gz = new Float32Array(width);
  const meanSlope = new Float64Array(width);
  const squareSlope = new Float64Array(width);
  for (const [k, item] of slate.entries()) {
    const p = scores[k + 1]!;
    const own = slopes.subarray(k * width, (k + 1) * width);
    const ofZ = new Float32Array(width);
    const raw = scoreOf(form, z, 0, itemMeans, item * width, width);
    const before = itemMeans.subarray(item * width, (item + 1) * width).slice();
    addScoreGradient(form, 1, raw, z, ofZ, 0, before, own, 0, width);
    const error = (click === k ? 1 : 0) - p;
    for (let j = 0; j < width; j++) {
      gz[j]! += error * ofZ[j]!;
      meanSlope[j]! += p * ofZ[j]!;
      squareSlope[j]! += p * ofZ[j]! * ofZ[j]!;
    }
    for (let j = 0; j < width; j++) {
      const at = item * width + j;
      const information = onlineWeight * p * (1 - p) * own[j]! * own[j]!;
      kalmanStep(itemMeans, itemScales, at, onlineWeight * error * own[j]!, information);
    }
  }
  const biasAt = biasPlace(posterior, slate.length);
  const none = scores[0]!;
  if (otherMeans[biasAt] === clampScore(otherMeans[biasAt]!)) {
    const error = (click === NONE ? 1 : 0) - none;
    kalmanStep(otherMeans, otherScales, biasAt, onlineWeight * error, onlineWeight * none * (1 - none));
  }
  if (user === NONE) return;
  const offset = offsetOf(posterior, user);
  for (let j = 0; j < width; j++) {
    const information = onlineWeight * (squareSlope[j]! - meanSlope[j]! ** 2);
    const [mean, scale] = [offset.subarray(0, width), offset.subarray(width)];
    kalmanStep(mean, scale, j, onlineWeight * gz[j]!, Math.max(0, information));
  }
}

function kalmanStep(means: Float32Array, scales: Float32Array, at: number, slope: number, information: number): void {
  const variance = 1 / (1 / (scales[at]! * scales[at]!) + information);
  if (!(variance > 0)) return;
  scales[at] = Math.sqrt(variance);
  means[at]! += variance * slope;
}

function offsetOf(posterior: Posterior, user: number): Float32Array {
  const known = posterior.offsets.get(user);
  if (known !== undefined) return known;
  const { width, onlineUserScale } = posterior.config;
  const made = new Float32Array(2 * width).fill(onlineUserScale, width);
  (posterior.offsets as Map<number, Float32Array>).set(user, made);
  return made;
}

import type { SlateGruConfig } from "./config.js";

export type ScoreForm = SlateGruConfig["score"];

const LOWEST = -100;
const HIGHEST = 20;

/** What a score becomes: within [-100, 20]. */
export function clampScore(score: number): number {
  return score < LOWEST ? LOWEST : score > HIGHEST ? HIGHEST : score;
}

/** score(z, v): minus the Euclidean distance, or the product; z and v (D) from the given places on. */
export function scoreOf(
  form: ScoreForm,
  z: Float32Array,
  zAt: number,
  v: Float32Array,
  vAt: number,
  width: number,
): number {
  let sum = 0;
  if (form === "dot") {
    for (let j = 0; j < width; j++) sum += z[zAt + j]! * v[vAt + j]!;
    return sum;
  }
  for (let j = 0; j < width; j++) {
    const gap = z[zAt + j]! - v[vAt + j]!;
    sum += gap * gap;
  }
  return -Math.sqrt(sum);
}

/** Adds slope * d score / d z to gz and slope * d score / d v to gv, for the score that `scoreOf` gave. */
export function addScoreGradient(
  form: ScoreForm,
  slope: number,
  score: number,
  z: Float32Array,
  gz: Float32Array,
  zAt: number,
  v: Float32Array,
  gv: Float32Array,
  vAt: number,
  width: number,
): void {
  if (score < LOWEST || score > HIGHEST) return;
  if (form === "dot") {
    for (let j = 0; j < width; j++) {
      gz[zAt + j]! += slope * v[vAt + j]!;
      gv[vAt + j]! += slope * z[zAt + j]!;
    }
    return;
  }
  const factor = slope / Math.max(-score, 1e-12);
  for (let j = 0; j < width; j++) {
    const gap = factor * (z[zAt + j]! - v[vAt + j]!);
    gz[zAt + j]! -= gap;
    gv[vAt + j]! += gap;
  }
}

/**
 * Turns the first `count` scores into probabilities in place, score 0 being that of no click; the log-probability of
 * `target`. P(k) = exp(score_k) / sum of exp(score).
 */
export function softmaxInto(scores: Float64Array, count: number, target: number): number {
  let most = -Infinity;
  for (let k = 0; k < count; k++) if (scores[k]! > most) most = scores[k]!;
  const wanted = scores[target]! - most;
  let sum = 0;
  for (let k = 0; k < count; k++) {
    const weight = Math.exp(scores[k]! - most);
    scores[k] = weight;
    sum += weight;
  }
  for (let k = 0; k < count; k++) scores[k]! /= sum;
  return wanted - Math.log(sum);
}

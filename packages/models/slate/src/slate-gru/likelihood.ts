import { listOf, NONE, PlatformError, type QueryBatch, type SlateLog } from "@sequitur/core";
import type { Posterior } from "./posterior.js";
import { clampScore, scoreOf, softmaxInto } from "./slate-loss.js";
import { clicksOfQuery, userPreference } from "./user-state.js";
import { isMasked } from "./windows.js";

/** (B, C) scores at the posterior means. */
export function scoresAtMeans(posterior: Posterior, batch: QueryBatch, candidates?: Int32Array): Float32Array {
  const { config, catalog, itemMeans } = posterior;
  const { width, score: form } = config;
  const columns = candidates?.length ?? catalog.items.size;
  const scores = new Float32Array(batch.size * columns);
  for (let b = 0; b < batch.size; b++) {
    const z = userPreference(posterior, clicksOfQuery(posterior, batch, b), batch.users[b]!);
    for (let column = 0; column < columns; column++) {
      const item = candidates ? candidates[column]! : column;
      scores[b * columns + column] = scoreOf(form, z, 0, itemMeans, item * width, width);
    }
  }
  return scores;
}

/**
 * (rows) log-probabilities of what was chosen among the slate's known items and no click. The state is that of all
 * earlier clicks of the user in the log, the last `maxSlates` of them. A masked step gives 0.
 */
export function slateLogLikelihood(posterior: Posterior, log: SlateLog, rows: Int32Array): Float64Array {
  if (log.catalog.items.size !== posterior.catalog.items.size) {
    const expected = `a log over the model's ${posterior.catalog.items.size} items`;
    throw new PlatformError("bad-data", `expected ${expected}, got one over ${log.catalog.items.size}.`);
  }
  return Float64Array.from(rows, (row) => {
    if (isMasked(log, row)) return 0;
    const clicks = clicksBefore(log, row, posterior.config.maxSlates);
    const z = userPreference(posterior, clicks, log.users[row]!);
    return choiceLogProbabilities(posterior, z, listOf(log, row), log.clicks[row]!);
  });
}

/** The last `count` clicks on known items of the user before this slate. */
function clicksBefore(log: SlateLog, row: number, count: number): Int32Array {
  const clicks: number[] = [];
  for (let at = row - 1; at >= log.userOffsets[log.users[row]!]! && clicks.length < count; at--) {
    const click = log.clicks[at]!;
    const item = click === NONE ? NONE : log.items[log.offsets[at]! + click]!;
    if (item !== NONE) clicks.push(item);
  }
  return Int32Array.from(clicks.reverse());
}

function choiceLogProbabilities(posterior: Posterior, z: Float32Array, slate: Int32Array, click: number): number {
  const { scores, places } = choiceScores(posterior, z, slate);
  const target = click === NONE ? 0 : places.indexOf(click) + 1;
  return softmaxInto(scores, scores.length, target);
}

/** Scores of no click (first) and of the known items of a slate; `places` are their positions in it. */
export function choiceScores(
  posterior: Posterior,
  z: Float32Array,
  slate: Int32Array,
): { readonly scores: Float64Array; readonly places: Int32Array } {
  const { config, itemMeans, otherMeans } = posterior;
  const { width, score: form } = config;
  const places = Int32Array.from(slate.keys()).filter((place) => slate[place] !== NONE);
  const scores = new Float64Array(places.length + 1);
  scores[0] = clampScore(otherMeans[biasPlace(posterior, slate.length)]!);
  for (const [k, place] of places.entries()) {
    scores[k + 1] = clampScore(scoreOf(form, z, 0, itemMeans, slate[place]! * width, width));
  }
  return { scores, places };
}

/** Which global is the no-click score of a slate of so many items: one for all under the all-item likelihood. */
export function biasPlace({ config, globals }: Pick<Posterior, "config" | "globals">, length: number): number {
  return globals.bias.from + (config.likelihood === "slate" ? Math.min(length, globals.bias.size - 1) : 0);
}

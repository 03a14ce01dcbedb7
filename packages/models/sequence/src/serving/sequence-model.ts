import { listOf, type Interactions, type QueryBatch, type Tensor } from "@sequitur/core";
import type { Artifact, FitRun, Model, Recommender } from "@sequitur/recommender";
import { intervalsOf } from "../intervals.js";
import { historyOf, readable, sharesOf, type History, type SequenceModelParts } from "./model-parts.js";
import { openSession, type SequenceSession } from "./sequence-session.js";
import { scoreStates } from "./score-states.js";

/** A fitted sequence model: scores the next item of a history. */
export interface SequenceModel extends Model {
  /**
   * A session that is scored again and again as events come in, one step of work for each. Times are ms since the epoch,
   * UTC, and matter only to a network that reads intervals; without them all items came at once.
   */
  session(history?: ArrayLike<number>, times?: ArrayLike<number>): SequenceSession;
  /** Frees its memory in the scoring engine at once, not when it is collected; it cannot score from then on. */
  release(): void;
}

/** A Recommender whose models serve sessions. */
export interface SequenceRecommender<Config> extends Recommender<Config> {
  fit(train: Interactions, config: Config, run: FitRun): Promise<SequenceModel>;
  load(artifact: Artifact): SequenceModel;
}

/** Positions that are encoded at once; more would leave the cache. */
const POSITIONS = 4096;
/** Scores that are computed at once. */
const SCORES = 1 << 20;

/** The model of the parts. Histories without a trained item get popularity; items never trained get NaN, or 0 there. */
export function sequenceModel(parts: SequenceModelParts): SequenceModel {
  const { name, config, catalog, weights, shares } = parts;
  const named: [string, Tensor][] = [...weights.tensors, ["shares", { shape: [shares.length], data: shares }]];
  // By name, so that a loaded model saves the bytes it came from.
  const tensors = new Map(named.sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    name,
    needs: "history",
    catalog,
    score: (batch, candidates) => scoreBatch(parts, batch, candidates),
    session: (history, times) => openSession(parts, historyOf(history, times)),
    save: (): Artifact => ({ model: name, config, catalog, tensors }),
    release: () => weights.release(),
  };
}

interface Asked {
  readonly query: number;
  readonly history: History;
}

function scoreBatch(parts: SequenceModelParts, batch: QueryBatch, candidates?: Int32Array): Float32Array {
  const { shares, catalog, encoder, weights } = parts;
  const columns = candidates?.length ?? catalog.items.size;
  const scores = new Float32Array(batch.size * columns);
  const byLength = new Map<number, Asked[]>();
  for (let query = 0; query < batch.size; query++) {
    const times = batch.times.subarray(batch.offsets[query], batch.offsets[query + 1]);
    const history = readable({ items: listOf(batch, query), times }, parts);
    const { length } = history.items;
    if (length === 0) scores.set(sharesOf(shares, candidates), query * columns);
    else {
      const alike = byLength.get(length);
      if (alike === undefined) byLength.set(length, [{ query, history }]);
      else alike.push({ query, history });
    }
  }
  for (const [length, asked] of byLength) {
    const at = Math.max(1, Math.min(Math.floor(POSITIONS / length), Math.floor(SCORES / Math.max(1, columns))));
    for (let from = 0; from < asked.length; from += at) {
      const part = asked.slice(from, from + at);
      weights.engine.memory.withScratch((scratch) => {
        const states = scratch.floats(part.length * encoder.width);
        const items = scratch.ints(part.length * length);
        const intervals = scratch.ints(part.length * length);
        part.forEach(({ history }, row) => {
          items.array.set(history.items, row * length);
          intervals.array.set(intervalsOf(history.times), row * length);
        });
        encoder.encode(states, items, part.length, length, intervals);
        const rows = scoreStates(parts, states, part.length, candidates);
        part.forEach(({ query }, row) =>
          scores.set(rows.subarray(row * columns, (row + 1) * columns), query * columns),
        );
      });
    }
  }
  return scores;
}

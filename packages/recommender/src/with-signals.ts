import {
  NEGATIVE,
  opinionHistory,
  POSITIVE,
  positiveHistory,
  positiveRows,
  roleCounts,
  rowsOfRoles,
  standingNegatives,
  type Interactions,
  type QueryBatch,
  type SlateLog,
} from "@sequitur/core";
import type { Artifact } from "./artifact.js";
import type { FitRun, Model, Recommender } from "./recommender.js";
import { POSITIVES_ALIKE, type SignalUse } from "./signal-use.js";

/** A recommender whose models are more than a Model. */
export interface RecommenderOf<Config, M extends Model> extends Recommender<Config> {
  fit(train: Interactions, config: Config, run: FitRun): Promise<M>;
  fitSlates?(train: SlateLog, config: Config, run: FitRun): Promise<M>;
  load(artifact: Artifact): M;
}

/** As `RecommenderOf`, of what was shown too. */
export type SlateRecommenderOf<Config, M extends Model> = RecommenderOf<Config, M> &
  Required<Pick<RecommenderOf<Config, M>, "fitSlates">>;

/**
 * A recommender that gets of each log and each history what it says that it can use, and warns of the rest; exposures go
 * to none. Its models lower the items that a user has a negative standing against. Interactions and queries without roles
 * and values pass through as they are, so that nothing changes where every event is a positive of value 1.
 */
export function withSignals<Config, M extends Model>(
  signals: SignalUse,
  recommender: SlateRecommenderOf<Config, M>,
): SlateRecommenderOf<Config, M>;
export function withSignals<Config, M extends Model = Model>(
  signals: SignalUse,
  recommender: RecommenderOf<Config, M>,
): RecommenderOf<Config, M>;
export function withSignals<Config, M extends Model = Model>(
  signals: SignalUse,
  recommender: RecommenderOf<Config, M>,
): RecommenderOf<Config, M> {
  const { name } = recommender;
  return {
    ...recommender,
    signals,
    async fit(train, config, run) {
      warnOfUnused(name, signals, train, run);
      return hearing(await recommender.fit(usedRows(train, signals), config, runOf(run, signals)), signals);
    },
    ...(recommender.fitSlates && {
      async fitSlates(train: SlateLog, config: Config, run: FitRun) {
        return hearing(await recommender.fitSlates!(train, config, runOf(run, signals)), signals);
      },
    }),
    load: (artifact) => hearing(recommender.load(artifact), signals),
  };
}

/** The recommender itself when it declares what it does with signals, else as one of `POSITIVES_ALIKE`. */
export function declaringSignals<Config>(recommender: Recommender<Config>): Recommender<Config> {
  return recommender.signals === undefined ? withSignals(POSITIVES_ALIKE, recommender) : recommender;
}

/** A validation during the fit reads histories as the finished model does. */
function runOf(run: FitRun, signals: SignalUse): FitRun {
  const { validate } = run;
  return validate === undefined ? run : { ...run, validate: (model) => validate(hearing(model, signals)) };
}

function usedRows(train: Interactions, { positive, negative }: SignalUse): Interactions {
  const kept = negative === "learns" ? rowsOfRoles(train, [POSITIVE, NEGATIVE]) : positiveRows(train);
  const { value, ...context } = kept.context;
  return value === undefined || positive === "weighs" ? kept : { ...kept, context };
}

function warnOfUnused(name: string, { positive, negative }: SignalUse, train: Interactions, run: FitRun): void {
  const counts = roleCounts(train);
  const { value } = train.context;
  if (negative === "ignores" && counts.negative > 0) {
    run.warn?.(
      `${name} does not learn from negatives: ${counts.negative} are left out of the fit; they lower and bar the item for their user.`,
    );
  }
  if (positive === "counts" && value !== undefined && value.some((amount) => amount !== 1)) {
    run.warn?.(`${name} counts every positive alike: their values are not used.`);
  }
}

function hearing<M extends Model>(model: M, signals: SignalUse): M {
  const heard = (batch: QueryBatch): QueryBatch => heardHistory(batch, signals);
  return {
    ...model,
    score: (batch, candidates) => {
      const scores = model.score(heard(batch), candidates);
      return batch.roles === undefined ? scores : lowered(scores, batch, model.catalog.items.size, candidates);
    },
    ...(model.explain && {
      explain: (batch: QueryBatch, query: number, items: ArrayLike<number>) =>
        model.explain!(heard(batch), query, items),
    }),
  };
}

function heardHistory(batch: QueryBatch, { positive, negative }: SignalUse): QueryBatch {
  if (batch.roles === undefined && batch.values === undefined) return batch;
  const heard = negative === "learns" ? opinionHistory(batch) : positiveHistory(batch);
  if (positive === "weighs") return heard;
  const { values: _values, ...alike } = heard;
  return alike;
}

/**
 * s - (1 + |s|) v / (1 + v) for an item with a standing negative of value v: lower than s whatever the scale of the scores,
 * the more so the more it says, and each item by itself, so that candidates keep their scores.
 */
function lowered(scores: Float32Array, batch: QueryBatch, itemCount: number, candidates?: Int32Array): Float32Array {
  const { offsets, items, values } = standingNegatives(batch);
  if (items.length === 0) return scores;
  const width = candidates?.length ?? itemCount;
  const columnOf = candidates && new Map(Array.from(candidates, (item, column) => [item, column]));
  const out = scores.slice();
  for (let b = 0; b < batch.size; b++) {
    for (let at = offsets[b]!; at < offsets[b + 1]!; at++) {
      const column = columnOf ? columnOf.get(items[at]!) : items[at]!;
      if (column === undefined || column < 0 || column >= width) continue;
      const score = out[b * width + column]!;
      out[b * width + column] = score - ((1 + Math.abs(score)) * values[at]!) / (1 + values[at]!);
    }
  }
  return out;
}

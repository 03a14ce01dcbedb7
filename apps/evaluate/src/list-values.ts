import { itemCounts, PlatformError, Random, type Interactions } from "@sequitur/core";
import type { EvaluationSet } from "@sequitur/data";
import {
  byUserActivity,
  calibrationError,
  itemCategories,
  listMetrics,
  pooledAveragePrecision,
  pooledScores,
  poolOf,
  ratingErrors,
  worthOf,
} from "@sequitur/metrics";
import { meanOf } from "./mean-of.js";
import type { Measured, MeasureOptions } from "./measure-model.js";
import type { PooledCategory } from "./report.js";
import type { Task } from "./task.js";

/** The metrics of lists and scores as plain numbers: per-query ones by their mean; those without a value are left out. */
export function listValues(
  measured: Measured,
  train: Interactions,
  questions: EvaluationSet,
  { measure, seed }: Pick<Task, "measure" | "seed">,
): Record<string, number> {
  const { queries, targets } = questions;
  const { categories, attributes = {} } = train.catalog.itemColumns;
  const indexed = categories && itemCategories(categories);
  const perUser = train.userOffsets.slice(1).map((end, user) => end - train.userOffsets[user]!);
  const worth = measure.value === undefined ? undefined : worthOf(measure.value, attributes[measure.value] ?? []);
  const { totals, queries: perQuery } = listMetrics(measured.lists, {
    cutoffs: measure.cutoffs,
    trainCounts: itemCounts(train),
    histories: queries,
    ...(indexed && { categories: indexed }),
    answers: {
      targets,
      users: queries.users,
      random: new Random(seed).fork("lists"),
      userGroups: byUserActivity(queries.users, perUser),
      ...(worth && { worth }),
    },
  });
  const values = [
    ...totals,
    ...[...perQuery].map(([name, column]) => [name, meanOf(column)] as const),
    ...scoreValues(measured, questions, measure),
  ];
  return Object.fromEntries(values.filter(([, value]) => Number.isFinite(value)));
}

/** What scores are worth as what they claim to be. */
function scoreValues(
  { lists, targetScores }: Measured,
  { targets, targetRatings }: EvaluationSet,
  { scores, cutoffs }: MeasureOptions,
): [string, number][] {
  if (scores === "rating") {
    if (targetRatings === undefined) {
      throw new PlatformError("bad-config", "scores = rating needs ratings to compare with: map a column to weight.");
    }
    const { rmse, mae, count } = ratingErrors(targetScores!, targetRatings);
    return [
      ["rmse", rmse],
      ["mae", mae],
      ["rated", count / targetRatings.length],
    ];
  }
  if (scores !== "probability") return [];
  return cutoffs.flatMap((k): [string, number][] => {
    const pool = pooledScores(lists, k, targets);
    return [
      [`pooled-ap@${k}`, pooledAveragePrecision(pool)],
      [`calibration-error@${k}`, calibrationError(pool)],
    ];
  });
}

const MOST_CATEGORIES = 20;

/** Scores as probabilities by the category of the item that is shown, the commonest first; empty unless asked for. */
export function pooledByCategory(
  { lists }: Measured,
  train: Interactions,
  { targets }: EvaluationSet,
  { scores, cutoffs }: MeasureOptions,
): PooledCategory[] {
  const { categories } = train.catalog.itemColumns;
  if (scores !== "probability" || categories === undefined) return [];
  const pool = pooledScores(
    lists,
    cutoffs.reduce((most, k) => Math.max(most, k)),
    targets,
  );
  return [...new Set(categories.flat())]
    .map((name) => {
      const own = poolOf(pool, (item) => categories[item]!.includes(name));
      const [averagePrecision, error] = [pooledAveragePrecision(own), calibrationError(own)];
      return {
        name,
        shown: own.items.length,
        right: own.right.reduce((sum, is) => sum + is, 0),
        averagePrecision: Number.isNaN(averagePrecision) ? null : averagePrecision,
        calibrationError: Number.isNaN(error) ? null : error,
      };
    })
    .filter(({ shown }) => shown > 0)
    .sort((a, b) => b.shown - a.shown || (a.name < b.name ? -1 : 1))
    .slice(0, MOST_CATEGORIES);
}

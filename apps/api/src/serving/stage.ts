import { listOf, NONE, raggedFrom, type IdTable, type QueryBatch } from "@sequitur/core";
import { recommend, type Explanation, type Model, type VectorSearch } from "@sequitur/recommender";
import type { ItemDirectory } from "./item-directory.js";
import { itemTest, type ItemFilter, type ItemTest } from "./item-filter.js";
import { ModelLink } from "./model-link.js";
import { knownPart, queryOf, wantedPart, type Question } from "./question.js";
import { boostedModel } from "./rules.js";

/** One answer of a stage: an item of the directory and the score that placed it. */
export interface Placed {
  readonly index: number;
  /** NaN where a stage orders without scores. */
  readonly score: number;
}

/** A link of the fallback chain. */
export interface Stage {
  /** What `servedBy` says. */
  readonly name: string;
  /** The model version that stands behind it; absent for the newest items. */
  readonly versionId?: number | undefined;
  readonly link?: ModelLink | undefined;
  /** The version's item vectors, where the store holds some. */
  readonly vectors?: ItemVectors | undefined;
  /** Whether it has something to go by for this question; the chain moves on when not. */
  canServe(question: Question): boolean;
  /** At most `most` items, best first. */
  rank(question: Question, most: number): readonly Placed[];
  /** Why it ranks these items of the directory where it does; absent where its model has nothing to tell. */
  readonly explain?: (question: Question, indices: readonly number[]) => readonly Explanation[];
  /**
   * The question as a slate policy over the same model takes it, with the best `pool` items alone where that is given;
   * absent where no model stands behind it.
   */
  ask?(question: Question, pool?: number): Asked;
}

/** Vectors of items, to find those alike. */
export interface ItemVectors {
  /** Row <-> item. */
  readonly ids: IdTable;
  readonly search: VectorSearch;
}

/** A question in the indices of a model. */
export interface Asked {
  readonly batch: QueryBatch;
  /** Items that may be shown. */
  readonly candidates: Int32Array;
}

export interface ModelStageParts {
  readonly name: string;
  readonly versionId?: number | undefined;
  readonly model: Model;
  readonly vectors?: ItemVectors | undefined;
  readonly directory: ItemDirectory;
  readonly sessionGapMs: number;
}

/** A stage that asks a fitted model. */
export function modelStage({ name, versionId, model, vectors, directory, sessionGapMs }: ModelStageParts): Stage {
  const link = new ModelLink(model, directory);
  const { items, users } = model.catalog;
  const batchOf = (question: Question): QueryBatch =>
    queryOf(question, knownPart(question, items, users), sessionGapMs);
  return {
    name,
    versionId,
    link,
    vectors,
    canServe(question) {
      if (model.needs === "nothing") return true;
      if (model.needs !== "history" && question.userId !== undefined && users.indexOf(question.userId) !== NONE)
        return true;
      return wantedPart(question.history).some(({ itemId }) => items.indexOf(itemId) !== NONE);
    },
    ask(question, pool) {
      const batch = batchOf(question);
      const barred = new Set(question.exclude.map((id) => items.indexOf(id)));
      const all = link.candidates(testFor(directory, question)) ?? Int32Array.from({ length: items.size }, (_, i) => i);
      const candidates = all.filter((item) => !barred.has(item));
      if (pool === undefined || candidates.length <= pool) return { batch, candidates };
      const scorer = boostedModel(link, directory, question.rules.boosts);
      // In the order of the catalogue, since ties go to what comes first.
      return {
        batch,
        candidates: recommend(scorer, batch, { k: pool, candidates, negatives: true }).items.slice().sort(),
      };
    },
    rank(question, most) {
      const query = batchOf(question);
      const candidates = link.candidates(testFor(directory, question));
      if (candidates?.length === 0) return [];
      const barred = question.exclude.map((id) => items.indexOf(id)).filter((item) => item !== NONE);
      const ranking = recommend(boostedModel(link, directory, question.rules.boosts), query, {
        k: most,
        // The question's `exclude` holds what is not wanted, unless the caller asks for it.
        negatives: true,
        ...(candidates && { candidates }),
        ...(barred.length > 0 && { exclude: raggedFrom([barred]) }),
      });
      return Array.from(listOf(ranking, 0), (item, at) => ({
        index: link.directoryIndex(item),
        score: ranking.scores[at]!,
      }));
    },
    ...(model.explain !== undefined && {
      explain(question, indices) {
        return model.explain!(
          batchOf(question),
          0,
          indices.map((index) => items.indexOf(directory.record(index).itemId)),
        );
      },
    }),
  };
}

/** The last resort, for cold items too: the newest items of the store. */
export function newestStage(directory: ItemDirectory): Stage {
  return {
    name: "newest",
    canServe: () => true,
    rank(question, most) {
      const test = itemTest(directory, question.filter, question.now);
      const barred = new Set(question.exclude);
      const placed: Placed[] = [];
      for (const index of directory.newest()) {
        if (placed.length === most) break;
        if (test(index) && !barred.has(directory.record(index).itemId)) placed.push({ index, score: Number.NaN });
      }
      return placed;
    },
  };
}

/** The test of a question, absent when every live item passes. */
function testFor(directory: ItemDirectory, { filter, now }: Question): ItemTest | undefined {
  return directory.hasWindows || asksAnything(filter) ? itemTest(directory, filter, now) : undefined;
}

function asksAnything(filter: ItemFilter): boolean {
  const { allow, deny, categories, notCategories, where, radiusKm, openAt } = filter;
  if ((deny?.length ?? 0) > 0 || (notCategories?.length ?? 0) > 0) return true;
  if (where !== undefined) return true;
  return allow !== undefined || categories !== undefined || radiusKm !== undefined || openAt !== undefined;
}

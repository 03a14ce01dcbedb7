import { distanceKm, NONE, POSITIVE } from "@sequitur/core";
import type { ItemDirectory } from "./item-directory.js";
import { itemTest } from "./item-filter.js";
import type { Question } from "./question.js";
import { NO_RULES } from "./rules.js";
import type { Serving } from "./serving.js";
import type { Stage } from "./stage.js";

/** Half the weight of closeness at this distance. */
const NEAR_KM = 2;

/**
 * The items whose vectors of the active version point the same way; where there are none, those that the model puts
 * after a history of this item alone; for an item that neither knows, and to fill up, the items with the most shared
 * categories, near ones first among equals.
 */
export function similarStages(serving: Serving, chain: readonly Stage[], itemId: string): readonly Stage[] {
  const { directory } = serving.items;
  const models = chain.filter(({ link }) => link !== undefined && link.model.needs !== "nothing");
  const vectors = models.flatMap((stage) => vectorStage(directory, stage, itemId) ?? []);
  return [...vectors, ...models, contentStage(directory, itemId)];
}

/** The question for items like one. */
export function similarQuestion(serving: Serving, itemId: string, k: number): Question {
  const now = serving.store.now();
  return {
    history: [{ itemId, time: now, role: POSITIVE, value: 1 }],
    now,
    k,
    filter: {},
    exclude: [itemId],
    rules: NO_RULES,
    explain: false,
  };
}

/** Items by the cosine of their vectors; undefined where the version has none. */
function vectorStage(directory: ItemDirectory, stage: Stage, itemId: string): Stage | undefined {
  const { name, versionId, link, vectors } = stage;
  if (vectors === undefined) return undefined;
  const { ids, search } = vectors;
  const self = ids.indexOf(itemId);
  return {
    name,
    versionId,
    link,
    canServe: () => self !== NONE,
    rank(question, most) {
      const test = itemTest(directory, question.filter, question.now);
      const indexOf = (row: number): number => directory.indexOf(ids.ids[row]!);
      const { rows, cosines } = search.nearest(self, most, (row) => {
        const index = indexOf(row);
        return index !== NONE && test(index);
      });
      return Array.from(rows, (row, at) => ({ index: indexOf(row), score: cosines[at]! }));
    },
  };
}

/** Items alike by what is known of them: |shared categories| / |all categories|, plus closeness below any of these steps. */
export function contentStage(directory: ItemDirectory, itemId: string): Stage {
  return {
    name: "content",
    canServe: () => directory.indexOf(itemId) !== NONE,
    rank(question, most) {
      const self = directory.indexOf(itemId);
      const own = new Set(directory.categories(self));
      const { latitude, longitude } = directory.record(self);
      const place = latitude === undefined || longitude === undefined ? undefined : { latitude, longitude };
      const test = itemTest(directory, question.filter, question.now);
      const placed: { index: number; score: number }[] = [];
      for (let index = 0; index < directory.size; index++) {
        if (index === self || !test(index)) continue;
        const categories = directory.categories(index);
        const shared = categories.filter((number) => own.has(number)).length;
        const overlap = shared / Math.max(1, own.size + categories.length - shared);
        const km = place === undefined ? Number.NaN : distanceKm(place, directory.record(index));
        const closeness = Number.isNaN(km) ? 0 : NEAR_KM / (NEAR_KM + km);
        if (shared > 0 || closeness > 0) placed.push({ index, score: overlap + 0.01 * closeness });
      }
      return placed.sort((a, b) => b.score - a.score || a.index - b.index).slice(0, most);
    },
  };
}

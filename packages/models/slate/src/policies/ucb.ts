import type { Catalog, QueryBatch } from "@sequitur/core";
import { artifactTensor, type Artifact } from "@sequitur/recommender";
import { z } from "zod";
import { checkOutcomes } from "../check-outcomes.js";
import { certainSlates } from "./certain-slates.js";
import type { PolicyKind } from "./policy-kind.js";
import { ruledSlates } from "./ruled-slates.js";

const ucbConfig = z.strictObject({
  exploration: z.number().min(0).max(100).default(1).describe("factor of the bonus; 1 is UCB1, 0 only exploits"),
});
export type UcbConfig = z.infer<typeof ucbConfig>;

/**
 * UCB1 (Auer, Cesa-Bianchi & Fischer 2002) over the click rate of each item, the same for every user:
 * clicks / shown + exploration * sqrt(2 ln(all shown) / shown). What was never shown comes first, lower items before.
 * Deterministic: propensities are 1. Starts knowing nothing and learns from each slate.
 */
export const ucb: PolicyKind<UcbConfig> = {
  name: "ucb",
  needs: "nothing",
  config: ucbConfig,
  make({ name, catalog, state }, config) {
    const size = catalog.items.size;
    const counts =
      state === undefined ? { shown: new Int32Array(size), clicked: new Int32Array(size) } : counted(state);
    const { shown, clicked } = counts;
    const score = (batch: QueryBatch, candidates?: Int32Array): Float32Array => {
      const total = shown.reduce((sum, count) => sum + count, 0);
      const scoreOf = (item: number): number =>
        shown[item] === 0
          ? Infinity
          : clicked[item]! / shown[item]! + config.exploration * Math.sqrt((2 * Math.log(total)) / shown[item]!);
      const row = candidates ? Float32Array.from(candidates, scoreOf) : Float32Array.from(shown.keys(), scoreOf);
      const scores = new Float32Array(batch.size * row.length);
      for (let b = 0; b < batch.size; b++) scores.set(row, b * row.length);
      return scores;
    };
    return {
      name,
      slates: ruledSlates(catalog, (batch, k, choice) => certainSlates({ name, catalog, score }, batch, k, choice)),
      observe(batch, slates, clicks) {
        checkOutcomes(batch, slates, clicks, size);
        for (const [b, { items }] of slates.entries()) {
          for (const [position, item] of items.entries()) {
            shown[item]! += 1;
            if (position === clicks[b]) clicked[item]! += 1;
          }
        }
      },
      save: () => saved(catalog, config, shown, clicked),
    };
  },
};

function saved(catalog: Catalog, config: UcbConfig, shown: Int32Array, clicked: Int32Array): Artifact {
  const tensors = new Map([
    ["shown", { shape: [shown.length], data: shown.slice() }],
    ["clicked", { shape: [clicked.length], data: clicked.slice() }],
  ]);
  return { model: "ucb", config, catalog, tensors };
}

function counted(state: Artifact): { shown: Int32Array; clicked: Int32Array } {
  const of = (name: string) => artifactTensor(state, name, Int32Array, [state.catalog.items.size]).slice();
  return { shown: of("shown"), clicked: of("clicked") };
}

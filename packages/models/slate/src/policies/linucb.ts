import { NONE, PlatformError, type Catalog, type QueryBatch } from "@sequitur/core";
import { artifactTensor, type Artifact } from "@sequitur/recommender";
import { z } from "zod";
import { checkOutcomes } from "../check-outcomes.js";
import { scoreOf } from "../slate-gru/slate-loss.js";
import { clicksOfQuery, userPreference } from "../slate-gru/user-state.js";
import { certainSlates } from "./certain-slates.js";
import { slateLearnerOf } from "./live-scorer.js";
import type { PolicyKind } from "./policy-kind.js";
import { ruledSlates } from "./ruled-slates.js";

const linUcbConfig = z.strictObject({
  alpha: z.number().min(0).max(100).default(1).describe("factor of the standard deviation that is added"),
  ridge: z.number().positive().max(1e6).default(1).describe("lambda: weight of the prior that all coefficients are 0"),
});
export type LinUcbConfig = z.infer<typeof linUcbConfig>;

/**
 * LinUCB (Li et al. 2010, with coefficients shared by all items): the click at a shown position is linear in
 * x = (1, score(z, v), z * v), z and v being the frozen model's user and item vectors; ranked by
 * theta.x + alpha sqrt(x' A^-1 x) with A = lambda I + sum x x', theta = A^-1 sum x click. Deterministic: propensities
 * are 1. Time O(n D^2) a query.
 */
export const linUcb: PolicyKind<LinUcbConfig> = {
  name: "linucb",
  needs: "posterior",
  config: linUcbConfig,
  make({ state, ...parts }, config) {
    const { posterior } = slateLearnerOf(parts);
    const { catalog, itemMeans } = posterior;
    const { width, score: form } = posterior.config;
    const size = width + 2;
    const ridge = state === undefined ? emptyRidge(size, config.ridge) : ridgeOf(state, size);
    const preference = (batch: QueryBatch, b: number): Float32Array =>
      userPreference(posterior, clicksOfQuery(posterior, batch, b), batch.users[b]!);
    const featuresInto = (x: Float64Array, z: Float32Array, item: number): void => {
      x[0] = 1;
      x[1] = scoreOf(form, z, 0, itemMeans, item * width, width);
      for (let j = 0; j < width; j++) x[j + 2] = z[j]! * itemMeans[item * width + j]!;
    };
    const score = (batch: QueryBatch, candidates?: Int32Array): Float32Array => {
      const columns = candidates?.length ?? catalog.items.size;
      const scores = new Float32Array(batch.size * columns);
      const theta = times(ridge.inverse, ridge.sums);
      const x = new Float64Array(size);
      for (let b = 0; b < batch.size; b++) {
        const z = preference(batch, b);
        for (let column = 0; column < columns; column++) {
          featuresInto(x, z, candidates ? candidates[column]! : column);
          const spread = dot(x, times(ridge.inverse, x));
          scores[b * columns + column] = dot(theta, x) + config.alpha * Math.sqrt(Math.max(0, spread));
        }
      }
      return scores;
    };
    return {
      name: parts.name,
      slates: ruledSlates(catalog, (batch, k, choice) =>
        certainSlates({ name: parts.name, catalog, score }, batch, k, choice),
      ),
      observe(batch, shown, clicks) {
        checkOutcomes(batch, shown, clicks, catalog.items.size);
        const x = new Float64Array(size);
        for (const [b, { items }] of shown.entries()) {
          const z = preference(batch, b);
          for (const [position, item] of items.entries()) {
            featuresInto(x, z, item);
            learn(ridge, x, clicks[b] !== NONE && position === clicks[b] ? 1 : 0);
          }
        }
      },
      save: () => saved(catalog, config, ridge),
    };
  },
};

interface Ridge {
  /** (P, P) A^-1. */
  readonly inverse: Float64Array;
  /** (P) sum of x times the click. */
  readonly sums: Float64Array;
}

function emptyRidge(size: number, lambda: number): Ridge {
  const inverse = new Float64Array(size * size);
  for (let i = 0; i < size; i++) inverse[i * size + i] = 1 / lambda;
  return { inverse, sums: new Float64Array(size) };
}

/** A += x x' in its inverse (Sherman & Morrison 1950): A^-1 -= (A^-1 x)(A^-1 x)' / (1 + x' A^-1 x). */
function learn({ inverse, sums }: Ridge, x: Float64Array, click: number): void {
  const ax = times(inverse, x);
  const scale = 1 / (1 + dot(x, ax));
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < x.length; j++) inverse[i * x.length + j]! -= scale * ax[i]! * ax[j]!;
    sums[i]! += click * x[i]!;
  }
}

function times(matrix: Float64Array, x: Float64Array): Float64Array {
  const out = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) {
    let sum = 0;
    for (let j = 0; j < x.length; j++) sum += matrix[i * x.length + j]! * x[j]!;
    out[i] = sum;
  }
  return out;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function saved(catalog: Catalog, config: LinUcbConfig, { inverse, sums }: Ridge): Artifact {
  const tensors = new Map([
    ["inverse", { shape: [sums.length, sums.length], data: inverse.slice() }],
    ["sums", { shape: [sums.length], data: sums.slice() }],
  ]);
  return { model: "linucb", config, catalog, tensors };
}

function ridgeOf(state: Artifact, size: number): Ridge {
  if (state.model !== "linucb") {
    throw new PlatformError("bad-artifact", `expected a state of linucb, got one of ${state.model}.`);
  }
  return {
    inverse: artifactTensor(state, "inverse", Float64Array, [size, size]).slice(),
    sums: artifactTensor(state, "sums", Float64Array, [size]).slice(),
  };
}

import type { Interactions, Random } from "@sequitur/core";
import { innerProduct } from "../serving/factor-tables.js";
import type { Coefficients, Objective } from "../objectives.js";
import type { HeldFactors } from "./held-factors.js";
import type { Trainee } from "./run-epochs.js";

/** Interactions of one batch in the authors' code. */
const BATCH = 5000;
/** The sigmoid is 0 or 1 beyond this logit. */
const CLIP = 10;
/** Draws before a user counts as having everything. */
const MOST_TRIES = 64;

export interface PaperOptions {
  /** `bpr`, or the coefficients of a point-wise objective. */
  readonly objective: "bpr" | Objective;
  readonly learningRate: number;
  readonly learningRateDecay: number;
  readonly negatives: number;
  readonly userDecay: number;
  readonly itemDecay: number;
  readonly flipLearningRate: number;
  readonly flipDecay: number;
  readonly random: Random;
}

/**
 * The batch semantics of NBPO's authors (Yu & Qin 2020): positives in stored order, batches of 5000, gradients summed
 * over a batch at the parameters of its start, then U += rate (dU - decay U) once a batch on the whole tables; the rate
 * falls at the start of every epoch. Plain code: it is for comparison, not for speed.
 */
export function paperEpochs(options: PaperOptions): (held: HeldFactors, train: Interactions) => Trainee["epoch"] {
  return (held, train) => async (at) => {
    const learningRate = options.learningRate * options.learningRateDecay ** (at + 1);
    const flipLearningRate = options.flipLearningRate * options.learningRateDecay ** (at + 1);
    const draw = unvotedDraws(train, options.random.fork(`epoch ${at}`));
    const gradients = gradientTables(held);
    const sums = { updates: 0, ordered: 0, gammaPositive: 0, gammaUnvoted: 0 };
    for (let from = 0; from < train.size; from += BATCH) {
      for (let row = from; row < Math.min(train.size, from + BATCH); row++) {
        const user = train.users[row]!;
        for (let turn = 0; turn < options.negatives; turn++) {
          const unvoted = draw(user);
          if (unvoted < 0) break;
          if (options.objective === "bpr") addTriple(gradients, sums, user, train.items[row]!, unvoted);
          else addPairs(gradients, sums, options.objective, user, train.items[row]!, unvoted);
        }
      }
      apply(gradients.preference, learningRate, options.userDecay, options.itemDecay);
      if (gradients.flip) apply(gradients.flip, flipLearningRate, options.flipDecay, options.flipDecay);
    }
    const updates = Math.max(1, sums.updates);
    return {
      ordered: sums.ordered / updates,
      learningRate,
      ...(gradients.flip && {
        "gamma on positives": sums.gammaPositive / updates,
        "gamma on unvoted": sums.gammaUnvoted / updates,
      }),
    };
  };
}

interface Side {
  readonly width: number;
  readonly users: Float32Array;
  readonly items: Float32Array;
  readonly userGradient: Float64Array;
  readonly itemGradient: Float64Array;
}

interface Gradients {
  readonly preference: Side;
  readonly flip: Side | undefined;
  readonly flipBias: number;
}

interface Sums {
  updates: number;
  ordered: number;
  gammaPositive: number;
  gammaUnvoted: number;
}

function gradientTables({ held, flips }: HeldFactors): Gradients {
  const side = ({ width, users, items }: HeldFactors["held"]): Side => ({
    width,
    users: users.array,
    items: items.array,
    userGradient: new Float64Array(users.length),
    itemGradient: new Float64Array(items.length),
  });
  return { preference: side(held), flip: flips && side(flips.held), flipBias: flips?.bias ?? 0 };
}

function logit({ width, users, items }: Side, user: number, item: number): number {
  return innerProduct(
    users.subarray(user * width, (user + 1) * width),
    items.subarray(item * width, (item + 1) * width),
  );
}

function clippedSigmoid(x: number): number {
  if (x > CLIP) return 1;
  return x < -CLIP ? 0 : 1 / (1 + Math.exp(-x));
}

function addTriple({ preference }: Gradients, sums: Sums, user: number, positive: number, unvoted: number): void {
  const margin = logit(preference, user, positive) - logit(preference, user, unvoted);
  const c = clippedSigmoid(-margin);
  add(preference, user, positive, c);
  add(preference, user, unvoted, -c);
  sums.updates++;
  if (margin > 0) sums.ordered++;
}

function addPairs(
  gradients: Gradients,
  sums: Sums,
  objective: Objective,
  user: number,
  positive: number,
  unvoted: number,
): void {
  const high = addPair(gradients, objective.positive, user, positive);
  const low = addPair(gradients, objective.unvoted, user, unvoted);
  sums.updates++;
  if (high.score > low.score) sums.ordered++;
  sums.gammaPositive += high.gamma;
  sums.gammaUnvoted += low.gamma;
}

function addPair(
  { preference, flip, flipBias }: Gradients,
  coefficients: (s: number, gamma: number) => Coefficients,
  user: number,
  item: number,
): { score: number; gamma: number } {
  const score = logit(preference, user, item);
  const gamma = flip === undefined ? 0 : clippedSigmoid(flipBias + logit(flip, user, item));
  const c = coefficients(clippedSigmoid(score), gamma);
  add(preference, user, item, c.preference);
  if (flip !== undefined) add(flip, user, item, c.flip);
  return { score, gamma };
}

function add({ width, users, items, userGradient, itemGradient }: Side, user: number, item: number, c: number): void {
  for (let k = 0; k < width; k++) {
    userGradient[user * width + k]! += c * items[item * width + k]!;
    itemGradient[item * width + k]! += c * users[user * width + k]!;
  }
}

function apply(side: Side, learningRate: number, userDecay: number, itemDecay: number): void {
  const step = (values: Float32Array, gradient: Float64Array, decay: number): void => {
    for (let at = 0; at < values.length; at++) values[at]! += learningRate * (gradient[at]! - decay * values[at]!);
    gradient.fill(0);
  };
  step(side.users, side.userGradient, userDecay);
  step(side.items, side.itemGradient, itemDecay);
}

/** Uniform over the items that the user does not have; -1 for a user who has (nearly) all. */
function unvotedDraws(train: Interactions, random: Random): (user: number) => number {
  const { users, items } = train.catalog;
  const own = Array.from(
    { length: users.size },
    (_, user) => new Set(train.items.subarray(train.userOffsets[user], train.userOffsets[user + 1])),
  );
  return (user) => {
    for (let turn = 0; turn < MOST_TRIES; turn++) {
      const item = random.integer(items.size);
      if (!own[user]!.has(item)) return item;
    }
    return -1;
  };
}

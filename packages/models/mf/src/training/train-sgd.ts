import { itemCounts, PlatformError, positiveRows, throwIfCancelled, type Interactions } from "@sequitur/core";
import {
  engineFor,
  FACTORISE_CHUNK,
  factoriseStatsLength,
  factoriseWindows,
  type Engine,
  type FactoriseObjective,
  type FactoriseOptions,
  type FactoriseTotals,
} from "@sequitur/kernels";
import type { FitRun } from "@sequitur/recommender";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FoldIn } from "../folding/fold-in.js";
import {
  inBatchSampler,
  popularitySampler,
  uniformSampler,
  type NegativeSampler,
} from "../sampling/negative-sampler.js";
import { sampledRows } from "../sampling/positive-rows.js";
import { factorModel, type FactorModel } from "../serving/factor-model.js";
import { runIdentity } from "./checkpoint.js";
import { centredInit, holdFactors, isSane, positiveInit, type HeldFactors } from "./held-factors.js";
import { knownNegatives } from "./known-negatives.js";
import { runEpochs, type Trainee } from "./run-epochs.js";
import type { SgdConfig } from "./sgd-config.js";

/** What tells one stochastic model from another. */
export interface SgdPlan {
  readonly name: string;
  readonly objective: FactoriseObjective;
  readonly flips?: FlipPlan;
  readonly foldIn: FoldIn;
  /** What the model saves as its config. */
  readonly savedConfig: unknown;
  /** Replaces the pass of single updates, for semantics of its own. */
  readonly ownEpoch?: (held: HeldFactors, train: Interactions) => Trainee["epoch"];
}

export interface FlipPlan {
  readonly factors: number;
  /** Learning rate of the first epoch. */
  readonly learningRate: number;
  readonly decay: number;
  /** Constant of the flip logit. */
  readonly bias: number;
}

/** Samples of one kernel call at least: a tenth of a second or so, after which a cancellation is heard. */
const SLICE = 1 << 19;

/** Samples of one call: a multiple of what draws from all rows alike. */
function sliceOf(rows: number): number {
  const turn = factoriseWindows(rows) * FACTORISE_CHUNK;
  return turn * Math.ceil(SLICE / turn);
}

/** Fits by stochastic ascent; one thread repeats bit by bit, more write without locks (Hogwild). */
export async function trainSgd(
  whole: Interactions,
  config: SgdConfig,
  plan: SgdPlan,
  run: FitRun,
): Promise<FactorModel> {
  throwIfCancelled(run.signal);
  const train = positiveRows(whole);
  if (train.size === 0) {
    throw new PlatformError("bad-data", `fit ${plan.name}: expected at least one interaction, got none.`);
  }
  const engine = engineFor(run.threads ?? 1);
  const { users, items } = train.catalog;
  const { flips } = plan;
  const held = holdFactors(
    engine,
    {
      users: users.size,
      items: items.size,
      factors: config.factors,
      bias: config.bias,
      userBias: config.userBias,
      ...(flips && { flips: { factors: flips.factors, bias: flips.bias } }),
    },
    config.init === "positive" ? positiveInit : centredInit(config.initScale),
    run.random.fork("init"),
  );
  const pass =
    plan.ownEpoch === undefined
      ? sampledEpochs(engine, held, train, config, plan, run)
      : { epoch: plan.ownEpoch(held, train), release: () => undefined };
  const trainee: Trainee = {
    name: plan.name,
    epochs: config.epochs,
    state: held.state,
    epoch: withNegatives(pass.epoch, held, whole, config, run),
    sane: () => isSane(engine, held),
    model: () =>
      factorModel({
        name: plan.name,
        config: plan.savedConfig,
        catalog: train.catalog,
        tables: held.tables(train.userOffsets),
        foldIn: plan.foldIn,
        knownUsers: config.knownUsers,
        threads: engine.threads,
      }),
  };
  try {
    return await runEpochs(trainee, config, runIdentity(plan.name, config, whole, run.random), run);
  } finally {
    pass.release();
    held.release();
  }
}

/** An epoch, and after it a pass over the known negatives, where there are any. */
function withNegatives(
  epoch: Trainee["epoch"],
  held: HeldFactors,
  whole: Interactions,
  { learningRate, learningRateDecay, userDecay, itemDecay }: SgdConfig,
  run: FitRun,
): Trainee["epoch"] {
  const pass = knownNegatives(whole);
  if (pass === undefined) return epoch;
  return async (at) => {
    const values = await epoch(at);
    const random = run.random.fork(`negatives ${at}`);
    pass(held, { learningRate: learningRate * learningRateDecay ** at, userDecay, itemDecay, random });
    return values;
  };
}

/** Passes of single updates through the kernel; every epoch draws from a seed of its own, so that a resume is exact. */
function sampledEpochs(
  engine: Engine,
  held: HeldFactors,
  train: Interactions,
  config: SgdConfig,
  plan: SgdPlan,
  run: FitRun,
): { readonly epoch: Trainee["epoch"]; readonly release: () => void } {
  const { memory, kernels } = engine;
  const sampler = samplerOf(config, train);
  const rows = sampledRows(engine, train);
  const keep = sampler.table && memory.floatsFrom(sampler.table.keep);
  const other = sampler.table && memory.intsFrom(sampler.table.other);
  const logits = sampler.logQ && memory.floatsFrom(sampler.logQ);
  const pairwise = plan.objective === "bpr";
  const samples = train.size * (pairwise ? config.negatives : 1);
  const slice = sliceOf(train.size);
  const stats = memory.floats(factoriseStatsLength(Math.min(samples, slice)));
  const fixed = {
    objective: plan.objective,
    negatives: config.negatives,
    candidates: config.hardest,
    userDecay: config.userDecay,
    itemDecay: config.itemDecay,
    biasDecay: config.biasDecay,
    ...(keep && other && { alias: { keep, other } }),
    ...(logits && { logits }),
  };
  const epoch = async (at: number): Promise<Record<string, number>> => {
    const draws = run.random.fork(`epoch ${at}`);
    rows.draw(run.random.fork(`values ${at}`));
    const slow = config.learningRateDecay ** at;
    const learningRate = config.learningRate * slow;
    const { flips } = plan;
    const totals: FactoriseTotals[] = [];
    for (let done = 0; done < samples; done += slice) {
      const options: FactoriseOptions = {
        ...fixed,
        samples: Math.min(slice, samples - done),
        seed: draws.uint32(),
        learningRate,
        ...(flips &&
          held.flips && { flips: { ...flips, factors: held.flips.held, learningRate: flips.learningRate * slow } }),
      };
      totals.push(kernels.factorise(stats, held.held, rows.rows, options));
      if (samples > slice) {
        await nextTurn();
        throwIfCancelled(run.signal);
      }
    }
    return epochValues(totals, samples, learningRate, plan);
  };
  const release = (): void => {
    rows.release();
    for (const block of [keep, other, logits, stats]) if (block) memory.release(block);
  };
  return { epoch, release };
}

/** Shares of what the updates met: positives above their unvoted items, and the mean flip rates. */
function epochValues(
  totals: readonly FactoriseTotals[],
  samples: number,
  learningRate: number,
  plan: SgdPlan,
): Record<string, number> {
  const sum = (key: keyof FactoriseTotals): number => totals.reduce((all, part) => all + part[key], 0);
  const updates = Math.max(1, sum("updates"));
  const ordered = plan.objective === "warp" ? sum("ordered") / samples : sum("ordered") / updates;
  return {
    ordered,
    learningRate,
    ...(plan.flips && {
      "gamma on positives": sum("gammaPositive") / updates,
      "gamma on unvoted": sum("gammaUnvoted") / updates,
    }),
  };
}

function samplerOf(config: SgdConfig, train: Interactions): NegativeSampler {
  if (config.sampler === "uniform") return uniformSampler;
  const counts = itemCounts(train);
  return config.sampler === "popularity" ? popularitySampler(counts, config.samplerPower) : inBatchSampler(counts);
}

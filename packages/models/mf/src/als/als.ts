import { PlatformError, throwIfCancelled, type Interactions } from "@sequitur/core";
import { engineFor, type Engine, type Floats } from "@sequitur/kernels";
import { artifactConfig, withSignals, type FitRun, inputsWhere } from "@sequitur/recommender";
import { z } from "zod";
import { factorModel, type FactorModel } from "../serving/factor-model.js";
import type { FactorRecommender } from "../serving/factor-recommender.js";
import { tablesFrom } from "../serving/factor-tables.js";
import { runIdentity } from "../training/checkpoint.js";
import { centredInit, holdFactors, isSane } from "../training/held-factors.js";
import { runEpochs, type Trainee } from "../training/run-epochs.js";
import { confidentRows, type ConfidentRows } from "./confident-rows.js";
import { leastSquaresFoldIn } from "./least-squares-fold-in.js";

export const alsConfig = z.strictObject({
  factors: z.int().min(1).max(1024).default(64).describe("length of the user and item vectors"),
  epochs: z.int().min(1).max(10_000).default(15).describe("passes: all users, then all items"),
  decay: z.number().min(1e-6).max(1e6).default(10).describe("L2 on each vector"),
  confidence: z
    .number()
    .min(1)
    .max(10_000)
    .default(1)
    .describe("weight of an interaction in the squared error, where an unvoted pair weighs 1; repeats add up"),
  steps: z.int().min(1).max(100).default(3).describe("conjugate-gradient steps for a vector in each pass"),
  initScale: z
    .number()
    .positive()
    .max(10)
    .default(0.1)
    .describe("standard deviation of a vector's length at the start"),
  validateEvery: z.int().min(1).default(5).describe("epochs between two validations"),
  patience: z.int().min(1).default(3).describe("validations without a new best before training stops"),
  checkpointEvery: z.int().min(1).default(5).describe("epochs between two checkpoints"),
  knownUsers: z
    .enum(["trained", "history"])
    .default("trained")
    .describe("serve a user of the fit by the trained vector, or by one folded in from the query's history"),
});
export type AlsConfig = z.infer<typeof alsConfig>;

/**
 * Least squares on all pairs: minimises sum over (u, i) of c_ui (p_ui - U_u . V_i)^2 + decay (|U|^2 + |V|^2) with p = 1
 * and c = confidence times the sum of values (the count without values) where there are interactions, else p = 0 and c = 1 (Hu, Koren & Volinsky 2008),
 * users and items in turn, by conjugate gradients (Takacs et al. 2011). Bits do not depend on the number of threads.
 */
export const als: FactorRecommender<AlsConfig> = withSignals<AlsConfig, FactorModel>(
  { positive: "weighs", negative: "ignores" },
  {
    name: "als",
    config: alsConfig,
    search: {
      factors: { kind: "choice", values: [32, 64, 128] },
      decay: { kind: "number", min: 1, max: 100, log: true },
      confidence: { kind: "number", min: 1, max: 8, log: true },
    },
    reads: ({ knownUsers }) => inputsWhere({ "own-history": true, "validation-item": knownUsers === "history" }),
    fit: trainAls,
    load(artifact) {
      const config = artifactConfig(artifact, "als", alsConfig);
      const { catalog } = artifact;
      return factorModel({
        name: "als",
        config,
        catalog,
        tables: tablesFrom(artifact, { factors: config.factors, bias: false }),
        foldIn: leastSquaresFoldIn(config),
        knownUsers: config.knownUsers,
      });
    },
  },
);

async function trainAls(train: Interactions, config: AlsConfig, run: FitRun): Promise<FactorModel> {
  throwIfCancelled(run.signal);
  if (train.size === 0) throw new PlatformError("bad-data", "fit als: expected at least one interaction, got none.");
  const engine = engineFor(run.threads ?? 1);
  const { memory } = engine;
  const { users, items } = train.catalog;
  const shape = { users: users.size, items: items.size, factors: config.factors, bias: false };
  const held = holdFactors(engine, shape, centredInit(config.initScale), run.random.fork("init"));
  const values = train.context.value;
  const byUser = confidentRows(
    engine,
    { rows: train.users, columns: train.items, values },
    users.size,
    config.confidence,
  );
  const byItem = confidentRows(
    engine,
    { rows: train.items, columns: train.users, values },
    items.size,
    config.confidence,
  );
  const { width, users: left, items: right } = held.held;
  const gram = memory.floats(width * width);
  const trainee: Trainee = {
    name: "als",
    epochs: config.epochs,
    state: held.state,
    // oxlint-disable-next-line require-await -- the loop awaits epochs of every kind
    epoch: async () => {
      halfStep(engine, { x: left, y: right, gram, rows: byUser, width, config });
      throwIfCancelled(run.signal);
      halfStep(engine, { x: right, y: left, gram, rows: byItem, width, config });
      return {};
    },
    sane: () => isSane(engine, held),
    model: () =>
      factorModel({
        name: "als",
        config,
        catalog: train.catalog,
        tables: held.tables(train.userOffsets),
        foldIn: leastSquaresFoldIn(config, engine),
        knownUsers: config.knownUsers,
        threads: engine.threads,
      }),
  };
  try {
    return await runEpochs(trainee, config, runIdentity("als", config, train, run.random), run);
  } finally {
    for (const rows of [byUser, byItem]) rows.release();
    memory.release(gram);
    held.release();
  }
}

interface HalfStep {
  readonly x: Floats;
  readonly y: Floats;
  readonly gram: Floats;
  readonly rows: ConfidentRows;
  readonly width: number;
  readonly config: AlsConfig;
}

/** Solves every row of x with y fixed. */
function halfStep({ kernels }: Engine, { x, y, gram, rows, width, config }: HalfStep): void {
  const columns = y.length / width;
  kernels.matmul(gram, y, y, { m: width, n: width, k: columns, transposeA: true });
  const { offsets, columns: places, extra } = rows;
  const shape = {
    rows: rows.size,
    columns,
    width,
    steps: config.steps,
    weight: config.confidence - 1,
    decay: config.decay,
  };
  kernels.alsRows(x, y, gram, offsets, places, extra, shape);
}

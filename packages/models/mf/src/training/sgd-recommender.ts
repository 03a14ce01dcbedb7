import type { FactoriseObjective } from "@sequitur/kernels";
import { artifactConfig, withSignals, type SearchSpace, inputsWhere } from "@sequitur/recommender";
import type { z } from "zod";
import type { FoldIn } from "../folding/fold-in.js";
import { logisticFoldIn } from "../folding/logistic-fold-in.js";
import type { Objective } from "../objectives.js";
import { factorModel, type FactorModel } from "../serving/factor-model.js";
import type { FactorRecommender } from "../serving/factor-recommender.js";
import { tablesFrom } from "../serving/factor-tables.js";
import { refuseInPaper } from "./compat.js";
import { paperEpochs } from "./paper-epochs.js";
import type { SgdConfig } from "./sgd-config.js";
import { trainSgd, type FlipPlan } from "./train-sgd.js";

/** What its config makes of a stochastic model. */
export interface SgdUpdates {
  /** The kernel's update. */
  readonly kernel: FactoriseObjective;
  /** The same for `compat: "paper"`; absent: there is none. */
  readonly plain?: "bpr" | Objective;
  readonly flips?: FlipPlan;
  /** Fields of the training that the config calls otherwise. */
  readonly training?: Pick<SgdConfig, Renamed>;
}

/** Fields that the config of a model may lack or call otherwise. */
type Renamed = "negatives" | "hardest";

/** One stochastic model of the family. */
export interface SgdSpec<Config> {
  readonly name: string;
  readonly config: z.ZodType<Config>;
  readonly search: SearchSpace;
  /** Whom new vectors are fitted to: a positive above an unvoted item, or each on its side of 0. */
  readonly folds: "pair" | "point";
  readonly updates: (config: Config) => SgdUpdates;
}

/** The recommender of a spec: fit by `trainSgd` or in the authors' batches, load, fold in. */
export function sgdRecommender<Config extends Omit<SgdConfig, Renamed> & Partial<Pick<SgdConfig, Renamed>>>(
  spec: SgdSpec<Config>,
): FactorRecommender<Config> {
  const { name, config: schema, search, folds, updates } = spec;
  const foldInOf = ({ userDecay, itemDecay }: Config): FoldIn => logisticFoldIn({ kind: folds, userDecay, itemDecay });
  return withSignals<Config, FactorModel>(
    { positive: "weighs", negative: "learns" },
    {
      name,
      config: schema,
      search,
      reads: ({ knownUsers }) => inputsWhere({ "own-history": true, "validation-item": knownUsers === "history" }),
      async fit(train, config, run) {
        const { kernel, plain, flips, training } = updates(config);
        const whole = { negatives: 1, hardest: 1, ...config, ...training };
        const paper = whole.compat === "paper" && plain !== undefined;
        if (paper) refuseInPaper(name, whole, train.context.value !== undefined);
        const plan = { flipLearningRate: flips?.learningRate ?? 0, flipDecay: flips?.decay ?? 0, random: run.random };
        return trainSgd(
          train,
          whole,
          {
            name,
            objective: kernel,
            foldIn: foldInOf(config),
            savedConfig: config,
            ...(flips && { flips }),
            ...(paper && { ownEpoch: paperEpochs({ ...whole, ...plan, objective: plain }) }),
          },
          run,
        );
      },
      load(artifact) {
        const config = artifactConfig(artifact, name, schema);
        const { flips } = updates(config);
        return factorModel({
          name,
          config,
          catalog: artifact.catalog,
          tables: tablesFrom(artifact, { ...config, ...(flips && { flips }) }),
          foldIn: foldInOf(config),
          knownUsers: config.knownUsers,
        });
      },
    },
  );
}

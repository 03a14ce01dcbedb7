import { slateLogFrom, throwIfCancelled, type Interactions, type SlateLog } from "@sequitur/core";
import { engineFor } from "@sequitur/kernels";
import { withSignals, type FitRun, inputsWhere } from "@sequitur/recommender";
import { slateGruConfig, type SlateGruConfig } from "./config.js";
import { holdOut } from "./hold-out.js";
import { loadPosterior, NAME, posteriorOf, type Posterior } from "./posterior.js";
import { slateLogLikelihood } from "./likelihood.js";
import { slateModel, type SlateModel } from "./slate-model.js";
import { trainSlates, type SlateTraining } from "./train.js";
import { startTrainee } from "./trainee.js";

/** Held-out slates that an epoch is judged by, at most: more would cost time and change no decision. */
const JUDGED_SLATES = 20_000;

/**
 * The Bayesian slate recommender of Eide, Leslie & Frigessi (2022): a choice among what is shown and no click, user
 * states by a GRU over the clicks, items around their groups, a posterior to explore with. See the package's README.
 */
export const slateGru = withSignals<SlateGruConfig, SlateModel>(
  { positive: "counts", negative: "ignores" },
  {
    name: NAME,
    config: slateGruConfig,
    search: {
      temperature: { kind: "number", min: 0.001, max: 1.2, log: true },
      learningRate: { kind: "number", min: 1e-4, max: 0.05, log: true },
      maxScale: { kind: "number", min: 0.05, max: 10, log: true },
      gruScale: { kind: "number", min: 0.1, max: 15, log: true },
      groupMeanScale: { kind: "number", min: 0.01, max: 15, log: true },
      groupScaleScale: { kind: "number", min: 0.01, max: 15, log: true },
    },
    reads: () => inputsWhere({ "own-history": true, "validation-item": true }),
    /** Interactions show no slates: each is a click on one item, under the all-item likelihood. */
    async fit(train, config, run) {
      const settings: SlateGruConfig = { ...config, likelihood: "all-item" };
      return fitLog(clicksAsSlates(train), settings, run);
    },
    async fitSlates(train, config, run) {
      return fitLog(train, config, run);
    },
    load: (artifact) => slateModel(loadPosterior(artifact)),
  },
);

async function fitLog(log: SlateLog, config: SlateGruConfig, run: FitRun): Promise<SlateModel> {
  throwIfCancelled(run.signal);
  const training = trainingOf(log, config, run);
  const trainee = startTrainee(
    log.catalog,
    config,
    longestSlate(log),
    engineFor(run.threads ?? 1),
    run.random.fork("start"),
  );
  try {
    await trainSlates(trainee, training, run);
    return slateModel(posteriorOf(trainee));
  } finally {
    trainee.release();
  }
}

/** Judged by the run's own validation, else by the likelihood of held-out users' later slates, where there are any. */
function trainingOf(log: SlateLog, { validation: share }: SlateGruConfig, run: FitRun): SlateTraining {
  const { validate } = run;
  if (validate !== undefined) return { log, validate: (posterior) => validate(slateModel(posterior)) };
  const { train, validation } = holdOut(log, { validation: share, test: 0 }, run.random.fork("validation"));
  if (validation.length === 0) return { log };
  const judged = run.random.fork("judged").shuffle(validation).slice(0, JUDGED_SLATES).sort();
  const likelihood = (posterior: Posterior): number => mean(slateLogLikelihood(posterior, log, judged));
  return { log: train, validate: likelihood };
}

function longestSlate({ offsets, size }: SlateLog): number {
  let longest = 0;
  for (let row = 0; row < size; row++) longest = Math.max(longest, offsets[row + 1]! - offsets[row]!);
  return longest;
}

/** Each interaction as a slate of the one item that was taken. */
function clicksAsSlates({ catalog, users, items, times, size }: Interactions): SlateLog {
  const offsets = Int32Array.from({ length: size + 1 }, (_, row) => row);
  return slateLogFrom(catalog, { users, times, offsets, items, clicks: new Int32Array(size) });
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

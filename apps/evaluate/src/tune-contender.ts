import { PlatformError, Random, throwIfCancelled } from "@sequitur/core";
import type { Contender } from "./contender.js";
import type { TuneConfig } from "./experiment.js";
import { rungsFor, survivors, type Rung } from "./halving.js";
import type { Trial, Tuning } from "./report.js";
import { drawConfigs } from "./search-space.js";

type Config = Readonly<Record<string, unknown>>;

/** One trial at one rung, as the runner is asked for it. */
export interface TrialRun {
  readonly trial: number;
  readonly rung: number;
  readonly config: Config;
  readonly queries: number;
  /** Whether the next rung would fit this very config again, so that the fitted model may be kept for it. */
  readonly reusable: boolean;
  /** Whether this is the last rung. */
  readonly last: boolean;
}

/** The validation metric of a trial, and what it took. */
export interface TrialValue {
  readonly value: number;
  /** Config keys that the fit chose itself. */
  readonly chosen: Config;
  readonly seconds: number;
}

export interface TuneRun {
  readonly tune: TuneConfig;
  readonly seed: number;
  readonly validationQueries: number;
  readonly signal?: AbortSignal;
  measure(run: TrialRun): Promise<TrialValue>;
}

/** The search's log, the config that won, and what the winner's last fit chose beside it. */
export interface Tuned {
  readonly tuning: Tuning;
  readonly config: Config;
  readonly chosen: Config;
}

/**
 * Random search with successive halving on the validation queries. Every contender gets the same number of trials and
 * the same rungs; the config as given is always trial 0. A trial that fails is logged and dropped.
 */
export async function tuneContender(contender: Contender, run: TuneRun): Promise<Tuned> {
  const { tune, seed } = run;
  const random = new Random(seed).fork("search").fork(contender.label);
  const resolve = (config: Config): Config => resolvedOrRaw(contender, config);
  const configs = drawConfigs(contender.given, contender.search, tune.trials, random, resolve);
  const trials: LoggedTrial[] = configs.map((config, trial) => ({
    trial,
    origin: trial === 0 ? "default" : "random",
    config,
    chosen: {},
    rungs: [],
    error: null,
  }));
  const rungs = rungsFor(trials.length, tune.eta, tune.rungs, run.validationQueries, tune.minQueries);
  let alive = trials;
  for (const [index, rung] of rungs.entries()) {
    for (const trial of alive) await climb(contender, trial, { ...rung, index, last: index === rungs.length - 1 }, run);
    const next = rungs[index + 1]?.trials ?? 1;
    alive = survivors(alive.map(lastValue), next).map((position) => alive[position]!);
  }
  const winner = alive[0];
  if (winner === undefined) {
    throw new PlatformError("bad-config", `all ${trials.length} trials failed; the first one: ${trials[0]?.error}`);
  }
  const seconds = trials.flatMap((trial) => trial.rungs).reduce((sum, rung) => sum + rung.seconds, 0);
  return {
    tuning: {
      metric: tune.metric,
      budget: tune.trials,
      note: noteOf(contender, configs.length, tune.trials),
      trials: trials.map(({ chosen: _chosen, ...trial }) => ({ ...trial, config: { ...resolve(trial.config) } })),
      chosen: winner.trial,
      seconds,
    },
    config: winner.config,
    chosen: winner.chosen,
  };
}

type LoggedTrial = Omit<Trial, "config"> & { config: Config; chosen: Config };

async function climb(
  contender: Contender,
  trial: LoggedTrial,
  rung: Rung & { readonly index: number; readonly last: boolean },
  run: TuneRun,
): Promise<void> {
  throwIfCancelled(run.signal);
  let epochs: number | null = null;
  try {
    const full = contender.resolve(trial.config)["epochs"];
    const config =
      typeof full === "number" ? { ...trial.config, epochs: Math.max(1, Math.ceil(rung.share * full)) } : trial.config;
    epochs = typeof full === "number" ? (config as { epochs: number }).epochs : null;
    const { value, chosen, seconds } = await run.measure({
      trial: trial.trial,
      rung: rung.index,
      config,
      queries: rung.queries,
      reusable: epochs === null,
      last: rung.last,
    });
    trial.chosen = chosen;
    trial.rungs.push({
      rung: rung.index,
      queries: rung.queries,
      epochs,
      value: Number.isNaN(value) ? null : value,
      seconds,
    });
  } catch (error) {
    if (error instanceof PlatformError && error.code === "cancelled") throw error;
    trial.error = error instanceof Error ? error.message : String(error);
    trial.rungs.push({ rung: rung.index, queries: rung.queries, epochs, value: null, seconds: 0 });
  }
}

function lastValue(trial: LoggedTrial): number {
  return trial.rungs.at(-1)?.value ?? Number.NaN;
}

function noteOf({ search }: Contender, tried: number, budget: number): string | null {
  if (Object.keys(search).length === 0) return "the model has nothing to tune";
  if (tried < budget) return `the search space holds no more than ${tried} configs that differ`;
  return null;
}

/** A config that the schema refuses is logged as it was drawn. */
function resolvedOrRaw(contender: Contender, config: Config): Config {
  try {
    return contender.resolve(config);
  } catch {
    return config;
  }
}

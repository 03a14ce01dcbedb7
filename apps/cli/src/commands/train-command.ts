import { PlatformError } from "@sequitur/core";
import type { Slot, TrainedVersion } from "@sequitur/api";
import { Option, type Command } from "commander";
import { collectField, namesOf, numberOf } from "../arguments/assignments.js";
import { setSignals, SIGNALS_FLAG, SIGNALS_HELP, signalsOf } from "../arguments/signals-of.js";
import type { Io } from "../io.js";
import { withProgress } from "../progress/progress-view.js";
import { withExamples, withSharedOptions, type SharedOptions } from "./shared-options.js";
import { artifactsDir, withStore, withStoreOptions, type StoreFlags } from "./store-options.js";

interface Options extends SharedOptions, StoreFlags {
  readonly fromStore?: boolean;
  readonly model: string;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly slot: Slot;
  readonly activate: boolean;
  readonly force?: boolean;
  readonly validate: boolean;
  readonly fallbacks: boolean;
  readonly feedback?: readonly string[];
  readonly signals?: string;
  readonly seed: number;
  readonly threads?: number;
}

/** `sequitur train`. */
export function trainCommand(program: Command, io: Io, version: string): void {
  const command = program
    .command("train")
    .description("fit a model on the store's interactions and let it answer")
    .option("--from-store", "read the interactions of the store (there is no other source)")
    .requiredOption("--model <name>", "which one, such as session-knn, ease or markov")
    .option("--set <key=value>", "a field of its config, such as lambda=400; repeatable", collectField)
    .addOption(
      new Option("--slot <slot>", "the place in the fallback chain that it is for")
        .choices(["default", "session", "popular"])
        .default("default"),
    )
    .option("--no-activate", "only register it; the API can activate it later")
    .option("--force", "activate it also when it is worse than what answers now")
    .option("--no-validate", "hold nothing out: no measures, no gate, half the time")
    .option("--no-fallbacks", "leave the models for cold users and sessions as they are");
  withFitFlags(command);
  withExamples(withSharedOptions(withStoreOptions(command), "the versions"), [
    "sequitur train --from-store --model session-knn",
    "sequitur train --from-store --model ease --set lambda=400 --no-activate",
  ]);
  command.action(async (options: Options) => {
    checkSeed(options.seed);
    const { checkTraining, trainFromStore } = await import("@sequitur/api");
    const { model, set: config = {} } = options;
    await checkTraining({ model, config });
    const signals = await signalsOf(options.signals);
    const warnings: string[] = [];
    const trained = await withProgress(io, options.quiet === true, (report) =>
      withStore(io, options, report, async (store) => {
        await setSignals(store, signals);
        return trainFromStore({
          store,
          model,
          config,
          artifactsDir: artifactsDir(options),
          slot: options.slot,
          activate: options.activate,
          force: options.force === true,
          validate: options.validate,
          fallbacks: options.fallbacks,
          ...(options.feedback && { feedback: options.feedback }),
          seed: options.seed,
          codeVersion: version,
          threads: options.threads,
          report,
          signal: io.signal,
          warn: (message) => void warnings.push(message),
        });
      }),
    );
    io.stderr.write(warnings.map((warning) => `warning: ${warning}\n`).join(""));
    io.stdout.write(options.json === true ? `${JSON.stringify(trained, null, 2)}\n` : trained.map(line).join(""));
    throwIfRefused(trained[0]);
    if (options.quiet !== true && options.json !== true) io.stderr.write("\nNext: sequitur serve\n");
  });
}

/** How it is fitted. */
function withFitFlags(command: Command): void {
  command
    .option(
      "--feedback <kinds>",
      "feedback that counts as interactions (default: clicks, visits, purchases, dislikes)",
      namesOf,
    )
    .option(SIGNALS_FLAG, `${SIGNALS_HELP}; set for the store, so that servers read histories alike`)
    .option("--seed <number>", "seed of the fit", numberOf, 1)
    .option("--threads <number>", "threads of the fit", numberOf);
}

/** The gate stayed shut for the model that was asked for: the version is kept, and the program says so by its exit code. */
function throwIfRefused(main: TrainedVersion | undefined): void {
  if (main === undefined || main.refused === null) return;
  throw new PlatformError(
    "bad-data",
    `version ${main.version.versionId} is registered and not activated: ${main.refused}. --force activates it all the same.`,
  );
}

function checkSeed(seed: number): void {
  if (!Number.isInteger(seed)) throw new PlatformError("bad-config", `--seed must be an integer, got ${seed}.`);
}

function line({ slot, version, active, refused }: TrainedVersion): string {
  const why = refused === null ? "" : `, not activated: ${refused}`;
  const ndcg = version.metrics["ndcg@10"];
  const worth = ndcg === undefined ? "" : `, NDCG@10 ${ndcg.toFixed(4)} held out`;
  const state = active ? `answers in slot ${slot}${worth}` : `registered, for slot ${slot}${worth}${why}`;
  return `version ${version.versionId}: ${version.model} ${version.version} ${state} (${version.location})\n`;
}

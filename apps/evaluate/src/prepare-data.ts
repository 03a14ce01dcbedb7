import {
  applySignals,
  PlatformError,
  Random,
  roleCounts,
  throwIfCancelled,
  type Interactions,
  type Report,
  type Signals,
} from "@sequitur/core";
import {
  applyFilters,
  datasetStats,
  fingerprint,
  leakageOf,
  repeatedRows,
  splitInteractions,
  type EvaluationSet,
  type Leakage,
  type Split,
} from "@sequitur/data";
import { expandMetrics, FEW_UNITS, parseMetric, worthOf } from "@sequitur/metrics";
import { POSITIVES_ALIKE, type SignalUse } from "@sequitur/recommender";
import type { WorkFolder } from "@sequitur/workbench";
import type { Experiment } from "./experiment.js";
import { leakageNotes, repeatedRowsNotes } from "./leakage-words.js";
import { hiddenAnswers, resolveMask, type Mask } from "./mask.js";
import { mapRandom, shownQueries } from "./place-map.js";
import { loadAlgorithm } from "./load-algorithm.js";
import { selectQuestions, writeQuestions } from "./question-file.js";
import { withValidation } from "./refit-data.js";
import { writeTrain } from "./train-file.js";
import { withWantedAnswers } from "./wanted-answers.js";

/** A data set as an experiment takes it. */
export interface SourceData {
  readonly interactions: Interactions;
  readonly fingerprint: string;
  readonly notes: readonly string[];
  /** Whether coming back to an item is normal here. */
  readonly revisits: boolean;
  /** What its events say of liking, where it says so. */
  readonly signals?: Signals | undefined;
}

/** Reads or generates the data that the experiment names. */
export type OpenData = (
  data: Experiment["data"],
  run: { readonly signal?: AbortSignal; readonly report?: Report },
) => Promise<SourceData>;

/** The experiment's data, split, subsampled and lying on disk for the processes that fit and score. */
export interface PreparedData {
  readonly fingerprint: string;
  readonly sourceFingerprint: string;
  readonly stats: Readonly<Record<string, unknown>>;
  readonly notes: readonly string[];
  readonly protocolNotes: readonly string[];
  readonly mask: Mask;
  readonly leakage: Leakage;
  readonly train: Interactions;
  /** The test questions that are asked. */
  readonly test: EvaluationSet;
  /** Rows of `test` that the report's map shows; empty for data without coordinates. */
  readonly shown: readonly number[];
  readonly testQueries: number;
  readonly validationQueries: number;
  readonly trainFile: string;
  readonly testFile: string;
  readonly validationFile: string;
  /** Train and validation together, written when `tune.refit` asks for it. */
  readonly refitFile: string | undefined;
  /** A file with that many validation questions, drawn at random; a larger draw holds every smaller one. */
  validationSample(queries: number): Promise<string>;
}

/** Opens, filters, splits and writes the data. A split without test questions stops here. */
export async function prepareData(
  experiment: Experiment,
  source: SourceData,
  folder: WorkFolder,
  signal: AbortSignal | undefined,
): Promise<PreparedData> {
  throwIfCancelled(signal);
  const heard = applySignals(source.interactions, experiment.signals ?? source.signals);
  const interactions = applyFilters(heard, experiment.filters);
  const stats = datasetStats(interactions);
  const mask = resolveMask(experiment.exclude, source.revisits, stats.repeatedShare);
  const whole = splitInteractions(interactions, experiment.split);
  checkSplit(whole, experiment);
  const split = withWantedAnswers(whole, experiment);
  checkGains(experiment, split);
  checkValue(experiment, interactions);
  const leakage = leakageOf(split);
  const random = new Random(experiment.seed[0]!).fork("questions");
  const test = sampled(split.test, experiment.maxQueries, random.fork("test"));
  const validation = sampled(split.validation, experiment.maxQueries, random.fork("validation"));
  const files = {
    trainFile: folder.scratch("train.safetensors"),
    testFile: folder.scratch("test.safetensors"),
    validationFile: folder.scratch("validation.safetensors"),
    refitFile: experiment.tune.refit ? folder.scratch("refit.safetensors") : undefined,
  };
  await writeTrain(files.trainFile, split.train);
  await writeQuestions(files.testFile, test);
  await writeQuestions(files.validationFile, validation);
  if (files.refitFile !== undefined) await writeTrain(files.refitFile, withValidation(interactions, whole));
  return {
    ...files,
    fingerprint: fingerprint(interactions),
    sourceFingerprint: source.fingerprint,
    stats: { ...stats },
    notes: source.notes,
    protocolNotes: [
      ...repeatedRowsNotes(repeatedRows(interactions), interactions.size),
      ...partNotes(interactions, experiment),
      ...maskNotes(mask, test),
      ...signalNotes(source.interactions, interactions, experiment),
      ...(await unusedNotes(interactions, experiment)),
      ...answerNotes(whole, split, experiment),
      ...notesOf(experiment, split, test, validation),
      ...leakageNotes(leakage),
    ],
    mask,
    leakage,
    train: split.train,
    test,
    shown: shownQueries(split.train, test, mapRandom(experiment)),
    testQueries: split.test.queries.size,
    validationQueries: validation.queries.size,
    validationSample: sampler(validation, files.validationFile, folder, random.fork("rungs")),
  };
}

function checkSplit({ train, validation, test }: Split, { split, tune }: Experiment): void {
  if (train.size === 0) throw new PlatformError("bad-data", "the split must leave training interactions, got none.");
  if (test.queries.size === 0) throw new PlatformError("bad-data", "the split must leave test queries, got none.");
  if (tune.refit && validation.answeredFrom !== undefined) {
    throw new PlatformError(
      "bad-config",
      `tune.refit needs a split in order of time, got ${split.kind}: its training reaches beyond its answers.`,
    );
  }
  if (tune.trials > 0 && validation.queries.size === 0) {
    throw new PlatformError(
      "bad-config",
      "tune.trials needs validation questions, and the data's own parts have none.",
    );
  }
}

/** `bad-config` for an attribute that items do not have, with those that they have. */
function checkValue({ value }: Experiment, { catalog }: Interactions): void {
  const { attributes = {} } = catalog.itemColumns;
  if (value === undefined) return;
  if (Object.hasOwn(attributes, value)) return void worthOf(value, attributes[value]!);
  const known = Object.keys(attributes);
  const has = known.length === 0 ? "items without attributes (--items-map attribute=COLUMN)" : known.join(", ");
  throw new PlatformError("bad-config", `value must be a numeric attribute of the items, got "${value}" and ${has}.`);
}

/** A graded metric of answers that are all worth the same would be another one under a false name. */
function checkGains({ metrics, k, tune }: Experiment, { test }: Split): void {
  const asked = [...expandMetrics(metrics, k), parseMetric(tune.metric)].find(({ metric }) => metric.needsValues);
  if (asked === undefined || test.targetValues !== undefined) return;
  throw new PlatformError(
    "bad-config",
    `metric ${asked.name} needs answers of different worth, and every event of this data counts 1: say what they are worth ` +
      "with signals, such as purchase=8 or rating=weight.",
  );
}

function sampled(set: EvaluationSet, most: number | null, random: Random): EvaluationSet {
  if (most === null || set.queries.size <= most) return set;
  return selectQuestions(set, draw(set.queries.size, most, random));
}

/** `count` of 0 .. size - 1, ascending; the same random numbers give nested draws. */
function draw(size: number, count: number, random: Random): Int32Array {
  const order = random.shuffle(Int32Array.from({ length: size }, (_, row) => row));
  return order.subarray(0, count).slice().sort();
}

function sampler(
  validation: EvaluationSet,
  wholeFile: string,
  folder: WorkFolder,
  random: Random,
): PreparedData["validationSample"] {
  const written = new Map<number, Promise<string>>();
  return (queries) => {
    if (queries >= validation.queries.size) return Promise.resolve(wholeFile);
    const known = written.get(queries);
    if (known !== undefined) return known;
    const path = folder.scratch(`validation-${queries}.safetensors`);
    const rows = draw(validation.queries.size, queries, random.fork("order"));
    const writing = writeQuestions(path, selectQuestions(validation, rows)).then(() => path);
    written.set(queries, writing);
    return writing;
  };
}

/** What became of kinds and weights. */
function signalNotes({ context }: Interactions, heard: Interactions, { negatives }: Experiment): string[] {
  if (heard.context.role === undefined) {
    return context.weight === undefined ? [] : ["Weights not used: ratings protocol (say otherwise with signals)."];
  }
  const { positive, negative, exposure } = roleCounts(heard);
  const shown =
    negatives === "exclude" ? "leave that user's ranking" : "stay in that user's ranking (negatives = rank)";
  return [
    `Signals: ${positive} positives are cut and asked for; ${negative} negatives and ${exposure} exposures stay in training ` +
      `and histories by their role. Items with a standing negative of the user ${shown}.`,
  ];
}

/** Which of the held-out questions are asked. */
function answerNotes(whole: Split, { test }: Split, { targets }: Experiment): string[] {
  if (targets === undefined) return [];
  return [
    `Right answers are items of events of kind ${targets.kinds.join(", ")} alone: ${test.queries.size} of ` +
      `${whole.test.queries.size} test queries have one and are asked.`,
  ];
}

/** Which models cannot use what the data say. */
async function unusedNotes({ context }: Interactions, { models }: Experiment): Promise<string[]> {
  if (context.role === undefined) return [];
  const loaded = await Promise.all(models.map(({ name, module }) => loadAlgorithm(name, module)));
  const named = (test: (use: SignalUse) => boolean): string =>
    [...new Set(loaded.filter(({ signals }) => test(signals ?? POSITIVES_ALIKE)).map(({ name }) => name))].join(", ");
  const alike = named(({ positive }) => positive === "counts");
  const deaf = named(({ negative }) => negative === "ignores");
  return [
    ...(alike === "" ? [] : [`These models count every positive alike, whatever its value: ${alike}.`]),
    ...(deaf === ""
      ? []
      : [`These models do not learn from negatives; they only lower the item for its user: ${deaf}.`]),
  ];
}

/** Whether the parts that the data come with were used, or another split was asked for. */
function partNotes({ context: { part } }: Interactions, { split }: Experiment): string[] {
  if (part === undefined) return [];
  if (split.kind === "given")
    return part.includes(1) ? [] : ["The data have no validation part: nothing is chosen by it."];
  return ["The data come with parts of their own, which this split does not use (--split given does)."];
}

/** Without this, data to which users return would show the worst numbers and no reason. */
function maskNotes({ masked }: Mask, test: EvaluationSet): string[] {
  const hidden = masked ? hiddenAnswers(test) : 0;
  if (hidden === 0) return [];
  const [some, all] = [hidden, test.targets.items.length].map((count) => count.toLocaleString("en-US"));
  return [
    `${some} of ${all} right answers are items that the user had seen before: masking removes them, so no model can ` +
      "find them. If coming back is normal here, rank them too: exclude = nothing (--exclude nothing).",
  ];
}

function notesOf(experiment: Experiment, split: Split, test: EvaluationSet, validation: EvaluationSet): string[] {
  const notes = fewUsersNotes(test);
  for (const [name, why] of Object.entries(experiment.omitted)) notes.push(`Without ${name}: ${why}.`);
  if (experiment.runs.length > 0) {
    notes.push(
      "Lists made by other tools are judged as given: what they were fitted on, and what they were shown, is not checked. " +
        "Items beyond the end of a list are not found, so metrics without a cut-off depend on its length.",
    );
  }
  const [used, all] = [test.queries.size, split.test.queries.size];
  if (used < all) {
    notes.push(
      `SUBSAMPLE: ${used} of ${all} test queries, drawn at random (maxQueries); not comparable with full runs.`,
    );
  }
  if (validation.queries.size < split.validation.queries.size) {
    notes.push(
      `${validation.queries.size} of ${split.validation.queries.size} validation queries are used (maxQueries).`,
    );
  }
  if (experiment.tune.trials > 0) {
    const fitted = experiment.tune.refit ? "train and validation together" : "train alone";
    notes.push(
      `Configs were chosen on the validation queries; the winner was fitted on ${fitted}; test was read once.`,
    );
  }
  return notes;
}

/** Intervals and tests say nothing that can be relied on below some users. */
function fewUsersNotes({ queries }: EvaluationSet): string[] {
  const users = new Set(queries.users).size;
  if (users >= FEW_UNITS) return [];
  return [
    `FEW USERS: the test queries are of ${users} users only; below ${FEW_UNITS} no interval and no test can be relied on.`,
  ];
}

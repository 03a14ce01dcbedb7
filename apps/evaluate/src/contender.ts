import { parseConfig, PlatformError } from "@sequitur/core";
import { readLists } from "@sequitur/data";
import type { ModelInput, SearchSpace } from "@sequitur/recommender";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { z } from "zod";
import { labelOf, type Experiment, type ModelChoice, type RunChoice } from "./experiment.js";
import { loadAlgorithm, type LoadAlgorithm } from "./load-algorithm.js";
import type { Algorithm } from "./task.js";

type Config = Readonly<Record<string, unknown>>;

/** A model that takes part, its name and config found to be right before any long work. */
export interface Contender {
  readonly label: string;
  readonly name: string;
  readonly role: "competitor" | "ceiling";
  readonly algorithm: Algorithm;
  /** What the user wrote; a search leaves these fields as they are. */
  readonly given: Config;
  /** What it is not shown. */
  readonly without: ModelChoice["without"];
  readonly search: SearchSpace;
  /** Digest of the file of a model or of lists that are not built in, so that pieces of an older version are not taken up. */
  readonly moduleDigest: string | null;
  /** Fills the defaults; `bad-config` names the field. */
  resolve(config: Config): Config;
  /** What it reads with a resolved config; null where that is unknown, as of lists of other tools. */
  reads(config: Config): readonly ModelInput[] | null;
}

/** Everybody who takes part, the ceiling first. Unknown models and bad configs stop the experiment here. */
export async function contendersOf(experiment: Experiment, load: LoadAlgorithm = loadAlgorithm): Promise<Contender[]> {
  const contenders: Contender[] = [];
  if (experiment.oracle) contenders.push(oracleContender(experiment));
  for (const choice of experiment.models) contenders.push(await contenderOf(choice, load));
  for (const run of experiment.runs) for (const contender of await runContenders(run)) contenders.push(contender);
  const labels = contenders.map(({ label }) => label);
  const doubled = labels.find((label, i) => labels.indexOf(label) !== i);
  if (doubled !== undefined) {
    throw new PlatformError("bad-config", `labels must be distinct, got "${doubled}" twice: give the run a label.`);
  }
  return contenders;
}

function oracleContender({ data }: Experiment): Contender {
  return {
    label: "oracle",
    name: "oracle",
    role: "ceiling",
    algorithm: { kind: "oracle", city: { ...data.city } },
    given: {},
    without: [],
    search: {},
    moduleDigest: null,
    resolve: (config) => config,
    reads: () => null,
  };
}

/** One contender for each run that the file holds. */
async function runContenders({ file, label, keys }: RunChoice): Promise<Contender[]> {
  const path = resolve(file);
  const runs = await readLists(path, keys);
  if (runs.length === 0) throw new PlatformError("bad-data", `${file}: expected recommendation lists, got none.`);
  const moduleDigest = await fileDigest(path);
  return runs.map(({ name }) => {
    const own = name ?? basename(file).replace(/\..*$/, "");
    return {
      label: label === undefined ? own : runs.length === 1 ? label : `${label} ${own}`,
      name: own,
      role: "competitor",
      algorithm: { kind: "lists", source: { file: path, run: name ?? null, keys } },
      given: {},
      without: [],
      search: {},
      moduleDigest,
      resolve: (config) => config,
      reads: () => null,
    };
  });
}

async function contenderOf(choice: ModelChoice, load: LoadAlgorithm): Promise<Contender> {
  const { name, module, config: given, without } = choice;
  const label = labelOf(choice);
  const recommender = await load(name, module);
  const schema = recommender.config as z.ZodType<Config>;
  const contender: Contender = {
    label,
    name,
    role: "competitor",
    algorithm: { kind: "recommender", name, ...(module !== undefined && { module: resolve(module) }) },
    given,
    without,
    search: recommender.search ?? {},
    moduleDigest: module === undefined ? null : await fileDigest(module),
    resolve: (config) => parseConfig(schema, config, `config of ${label}`),
    reads: (config) => recommender.reads?.(config) ?? null,
  };
  const known = Object.keys(contender.resolve(given));
  const stray = Object.keys(contender.search).find((key) => !known.includes(key) && !isOptional(contender, key));
  if (stray !== undefined) {
    throw new PlatformError(
      "bad-config",
      `${name}: the search space names "${stray}", which its config does not have.`,
    );
  }
  return contender;
}

/** An optional field has no default to show up in a resolved config, but the schema takes it. */
function isOptional(contender: Contender, key: string): boolean {
  const range = contender.search[key]!;
  const value = range.kind === "choice" ? range.values[0] : range.min;
  try {
    contender.resolve({ ...contender.given, [key]: value });
    return true;
  } catch {
    return false;
  }
}

async function fileDigest(path: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}

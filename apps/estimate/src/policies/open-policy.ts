import { loadRecommender, loadSlatePolicy, parseSlatePolicy } from "@sequitur/builtin";
import {
  IdTableBuilder,
  interactionsFrom,
  parseConfig,
  PlatformError,
  Random,
  type Catalog,
  type Interactions,
} from "@sequitur/core";
import type { Model } from "@sequitur/recommender";
import { fileSource, type FileRun } from "../log/file-source.js";
import type { SlateSource } from "../log/slate-source.js";
import type { Survey } from "../log/survey.js";
import type { PolicyChoice, Settings } from "../settings.js";
import { columnPolicy } from "./column-policy.js";
import { drawnPolicy } from "./drawn-policy.js";
import type { EvaluatedPolicy } from "./evaluated-policy.js";
import { tablePolicy } from "./table-policy.js";
import { uniformPolicy } from "./uniform-policy.js";

/** Prefix of a policy that is read off another log: `table:FILE`. */
const TABLE = "table:";

/** Whether a policy ranks by a model that the first part of the log must fit. */
export async function needsFit({ name }: PolicyChoice): Promise<boolean> {
  if (name === "random" || name === "column" || name.startsWith(TABLE)) return false;
  return (await parseSlatePolicy(name)).model !== undefined;
}

export interface OpenParts {
  readonly settings: Settings;
  readonly source: SlateSource;
  readonly survey: Survey;
  /** Slates at the start of the log that fit models and are not evaluated. */
  readonly fitSlates: number;
  readonly run: FileRun;
}

/** The policy of a name, ready to be evaluated. */
export async function openPolicy(choice: PolicyChoice, parts: OpenParts): Promise<EvaluatedPolicy> {
  const { settings, survey, run } = parts;
  const { name } = choice;
  if (name === "random") return uniformPolicy(survey.items.size);
  if (name === "column") return columnPolicy;
  if (name.startsWith(TABLE)) {
    return tablePolicy(name, fileSource(name.slice(TABLE.length), settings.map, run), survey.items);
  }
  const { model: modelName } = await parseSlatePolicy(name);
  const random = new Random(`estimate/${settings.seed}/${name}`);
  const known = await knownClicks(parts);
  const model = modelName === undefined ? undefined : await fitted(modelName, choice, known, { random, run });
  const policy = await loadSlatePolicy({ name, catalog: known.catalog, model, config: choice.policy });
  const { items, positions: length } = survey;
  return drawnPolicy({ policy, known, items, length, draws: settings.draws, random: random.fork("draws") });
}

async function fitted(
  name: string,
  choice: PolicyChoice,
  known: Interactions,
  { random, run }: { readonly random: Random; readonly run: FileRun },
): Promise<Model> {
  const recommender = await loadRecommender(name);
  if (recommender.fitSlates !== undefined) {
    const message = `${name} learns from whole slates, which estimate does not keep in memory`;
    throw new PlatformError(
      "bad-config",
      `${message}: expected a policy over a model of clicks, such as greedy:popularity.`,
    );
  }
  if (known.size === 0) {
    throw new PlatformError("bad-data", `${name} needs clicks to be fitted on, got none in the first part of the log.`);
  }
  const config = parseConfig(recommender.config, choice.model, `config of ${name}`);
  const { report, signal } = run;
  return recommender.fit(known, config, {
    random: random.fork("fit"),
    ...(report && { report }),
    ...(signal && { signal }),
  });
}

/** The rewarded items of the part of the log that fits models. */
async function knownClicks({ source, survey, fitSlates }: OpenParts): Promise<Interactions> {
  const users = new IdTableBuilder();
  const [userRows, items, times]: [number[], number[], number[]] = [[], [], []];
  await source.read((chunk) => {
    for (let slate = 0; slate < chunk.size && chunk.start + slate < fitSlates; slate++) {
      const user = users.add(chunk.users[slate]!);
      for (let place = chunk.offsets[slate]!; place < chunk.offsets[slate + 1]!; place++) {
        if (!(chunk.rewards[place]! > 0)) continue;
        userRows.push(user);
        items.push(chunk.items[place]!);
        times.push(chunk.times[slate]!);
      }
    }
  });
  const catalog: Catalog = { items: survey.items, users: users.table(), itemColumns: {} };
  return interactionsFrom(catalog, {
    users: Int32Array.from(userRows),
    items: Int32Array.from(items),
    times: Float64Array.from(times),
  });
}

/**
 * Which likelihood explains clicks on slates that a biased policy logged? The note's world: 5,000 users, 50 items in 10
 * groups, two dimensions, 20 slates of 10 a user. Three logging policies: ranked by the truth for half of the slates and
 * random otherwise (the note's), for nine in ten, and one that promotes items whatever the user likes. A fifth of the
 * users is tested from the sixth slate on. Rates are chosen on the validation of the first seed.
 * Run: npm run experiment -w @sequitur/slate
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { listOf, NONE, queryBatch, Random } from "@sequitur/core";
import { slateGruConfig } from "../src/slate-gru/config.js";
import { holdOut } from "../src/slate-gru/hold-out.js";
import { latentWorld, type LatentWorld } from "../src/slate-gru/latent-world.fixture.js";
import { slateGru } from "../src/slate-gru/slate-gru.js";
import type { SlateModel } from "../src/slate-gru/slate-model.js";

const SEEDS = Number(process.env["SEEDS"] ?? 5);
const USERS = Number(process.env["USERS"] ?? 5000);
const RATES = [0.03, 0.1];
const LIKELIHOODS = ["slate", "all-item"] as const;
const LOGGING = {
  "half ranked by the truth": { oracleShare: 0.5 },
  "nine in ten ranked by the truth": { oracleShare: 0.9 },
  "promoted items": { oracleShare: 0, promotion: 1.5 },
};
type Logging = (typeof LOGGING)[keyof typeof LOGGING];
const world = (seed: number, logging: Logging): LatentWorld =>
  latentWorld({ users: USERS, items: 50, groups: 10, steps: 20, length: 10, ...logging }, seed);

async function fit(from: LatentWorld, seed: number, likelihood: (typeof LIKELIHOODS)[number], learningRate: number) {
  const held = holdOut(from.log, { validation: 0, test: 0.2 }, new Random("test"));
  const config = slateGruConfig.parse({ width: 2, state: "linear", likelihood, learningRate });
  let validation = -Infinity;
  const report = ({ values }: { values?: Readonly<Record<string, number>> }) =>
    void (validation = Math.max(validation, values?.["validation"] ?? -Infinity));
  const model = await slateGru.fitSlates(held.train, config, { random: new Random(seed), report });
  return { model, test: held.test, validation };
}

/** Mean log P of the choice, of the clicked position given a click, and of the truth. */
function judge(model: SlateModel, { log, truth }: LatentWorld, rows: Int32Array) {
  const all = model.logLikelihood(log, rows);
  const clicked = rows.filter((row) => log.clicks[row] !== NONE);
  const given = Float64Array.from(clicked, (row) => {
    const user = log.users[row]!;
    const before = [];
    for (let at = log.userOffsets[user]!; at < row; at++) {
      if (log.clicks[at] !== NONE) before.push(log.items[log.offsets[at]! + log.clicks[at]!]!);
    }
    const scores = model.score(queryBatch([{ user, items: before }]), listOf(log, row));
    const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
    return scores[log.clicks[row]!]! - Math.log(total);
  });
  return {
    choice: mean(all),
    position: mean(given),
    truth: mean(Float64Array.from(rows, (row) => truth[row]!)),
  };
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

/** Mean and half width of the 95 % t interval over seeds. */
function spread(values: readonly number[]): string {
  const t = [NaN, NaN, 12.71, 4.303, 3.182, 2.776][values.length] ?? 2;
  const centre = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
  return `${centre.toFixed(4)} ± ${(t * Math.sqrt(variance / values.length)).toFixed(4)}`;
}

const rows = [];
const start = process.cpuUsage();
for (const [name, logging] of Object.entries(LOGGING)) {
  const chosen = new Map<string, number>();
  for (const likelihood of LIKELIHOODS) {
    const tried = [];
    for (const learningRate of RATES)
      tried.push({ learningRate, validation: (await fit(world(1, logging), 1, likelihood, learningRate)).validation });
    chosen.set(likelihood, tried.toSorted((a, b) => b.validation - a.validation)[0]!.learningRate);
  }
  const found: Record<string, { choice: number; position: number; truth: number }[]> = { slate: [], "all-item": [] };
  for (let seed = 1; seed <= SEEDS; seed++) {
    const from = world(seed, logging);
    for (const likelihood of LIKELIHOODS) {
      const { model, test } = await fit(from, seed, likelihood, chosen.get(likelihood)!);
      found[likelihood]!.push(judge(model, from, test));
    }
  }
  for (const likelihood of LIKELIHOODS) {
    const of = (key: "choice" | "position" | "truth") => found[likelihood]!.map((each) => each[key]);
    const row = {
      logging: name,
      likelihood,
      learningRate: chosen.get(likelihood),
      choice: spread(of("choice")),
      position: spread(of("position")),
      truth: spread(of("truth")),
    };
    rows.push({ ...row, seeds: found[likelihood] });
    process.stdout.write(`${JSON.stringify(row)}\n`);
  }
  for (const key of ["choice", "position"] as const) {
    const gaps = found["slate"]!.map((each, seed) => each[key] - found["all-item"]![seed]![key]);
    process.stdout.write(`${name}, ${key}: slate minus all-item ${spread(gaps)}\n`);
  }
}
const cpuSeconds = process.cpuUsage(start).user / 1e6;
const folder = join(import.meta.dirname, "results");
mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, "likelihoods.json"),
  `${JSON.stringify({ seeds: SEEDS, users: USERS, cpuSeconds, rows }, null, 2)}\n`,
);
process.stdout.write(`${cpuSeconds.toFixed(0)} CPU s\n`);

import { Random } from "@sequitur/core";
import { openSourceFolder, readBanditLog, type BanditLog } from "@sequitur/data";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import {
  bootstrapEstimate,
  clippedIps,
  directMethod,
  doublyRobust,
  empiricalBernstein,
  ips,
  moreRobustDoublyRobust,
  naiveMean,
  probabilitiesOf,
  rewardPredictions,
  shareInterval,
  snips,
  switchDr,
  unsupportedMass,
  type ActionProbabilities,
  type LoggedBandit,
  type OffPolicyEstimate,
} from "../src/index.js";

const print = (text: string): boolean => process.stdout.write(`${text}\n`);
const local = resolve(process.env["SEQUITUR_DATASETS"] ?? resolve(import.meta.dirname, "../../../../shared/datasets"));
const folder = join(local, "open-bandit-women");
const POSITIONS = 3;

type PolicyName = "random" | "bts";
const logs = new Map<PolicyName, BanditLog>();
/** Item ids in one numbering for both logs. */
const itemIds: string[] = [];

/** (positions, items) P(item | position) of the policy that wrote a log. */
function policyTable(name: PolicyName): Float64Array {
  const table = new Float64Array(POSITIONS * itemIds.length);
  if (name === "random") return table.fill(1 / itemIds.length);
  // The probabilities of bts changed while it learned; only those of shown items were logged. Their mean by item and
  // position, scaled to sum 1 at each position, stands for the policy.
  const counts = new Float64Array(table.length);
  const log = logs.get(name)!;
  for (const [row, item] of itemsOf(log).entries()) {
    const place = log.interactions.context.position![row]! * itemIds.length + item;
    table[place]! += log.propensities[row]!;
    counts[place]!++;
  }
  for (let place = 0; place < table.length; place++) if (counts[place]! > 0) table[place]! /= counts[place]!;
  for (let position = 0; position < POSITIONS; position++) {
    const row = table.subarray(position * itemIds.length, (position + 1) * itemIds.length);
    const sum = row.reduce((total, probability) => total + probability, 0);
    row.forEach((probability, item) => (row[item] = probability / sum));
  }
  return table;
}

function itemsOf({ interactions }: BanditLog): Int32Array {
  const { items, catalog } = interactions;
  return items.map((item) => itemIds.indexOf(catalog.items.ids[item]!));
}

function situation(logged: PolicyName, evaluated: PolicyName) {
  const { interactions, propensities } = logs.get(logged)!;
  const positions = interactions.context.position as Int32Array;
  const policyOf = (name: PolicyName): ActionProbabilities => {
    const table = policyTable(name);
    const width = itemIds.length;
    const rowOf = (row: number) => table.subarray(positions[row]! * width, (positions[row]! + 1) * width);
    return { actions: width, probabilities: (row, out) => out.set(rowOf(row)) };
  };
  const policy = policyOf(evaluated);
  const actions = itemsOf(logs.get(logged)!);
  const rewards = Float64Array.from(interactions.context.weight!);
  const log = { actions, propensities, rewards, positions, evaluation: probabilitiesOf(actions, policy) };
  return { log, policy, logging: policyOf(logged) };
}

function estimatesOf(log: LoggedBandit, policy: ActionProbabilities): OffPolicyEstimate[] {
  const features = {
    width: itemIds.length + POSITIONS,
    write: (row: number, action: number, out: Float64Array) => {
      out[action] = 1;
      out[itemIds.length + log.positions![row]!] = 1;
    },
  };
  // Clicks are rare: a hundred rows of the mean rate before an item's own clicks count.
  const plan = { policy, features, ridge: 100, random: new Random("folds") };
  const modelled = { ...log, predictions: rewardPredictions(log, plan) };
  return [
    naiveMean(log),
    ips(log),
    clippedIps(log, { maxWeight: 10 }),
    snips(log),
    directMethod(modelled),
    doublyRobust(modelled),
    switchDr(modelled, { threshold: 10 }),
    moreRobustDoublyRobust(log, plan),
  ];
}

const percent = (rate: number): string => (100 * rate).toFixed(3);

function printTable(title: string, estimates: readonly OffPolicyEstimate[]): void {
  const lines = estimates.map((estimate) => {
    const { low, high } = bootstrapEstimate(estimate, { random: new Random("intervals") });
    const rows = estimate.weights?.effectiveSampleSize.toFixed(0) ?? "";
    return `| ${estimate.estimator} | ${percent(estimate.value)} | ${percent(low)} - ${percent(high)} | ${rows} |`;
  });
  print(
    [
      title,
      "| estimator | click rate, % | 95 % interval | effective rows |",
      "| --- | --- | --- | --- |",
      ...lines,
    ].join("\n"),
  );
  print([...new Set(estimates.flatMap(({ warnings }) => warnings))].join("\n"));
}

describe.skipIf(!existsSync(folder))(
  "Open Bandit, women (SEQUITUR_DATASETS or ../shared/datasets; skipped without)",
  () => {
    beforeAll(async () => {
      const source = await openSourceFolder(folder);
      for (const policy of ["random", "bts"] as const) {
        logs.set(policy, await readBanditLog({ folder: source, options: { policy } }, {}));
      }
      const all = [...logs.values()].flatMap(({ interactions }) => interactions.catalog.items.ids);
      itemIds.push(...[...new Set(all)].sort((a, b) => Number(a) - Number(b)));
    });

    test.each([
      ["random", "bts"],
      ["bts", "random"],
    ] as const)("from the log of %s, the click rate of %s", (logged, evaluated) => {
      expect(itemIds.length).toBe(46);
      const { log, policy, logging } = situation(logged, evaluated);
      const other = logs.get(evaluated)!.interactions.context.weight!;
      const clicks = other.reduce((sum, click) => sum + click, 0);
      const observed = shareInterval(clicks, other.length);
      const estimates = estimatesOf(log, policy);
      printTable(
        `\nfrom ${logged} to ${evaluated}; observed ${percent(clicks / other.length)} (${percent(observed.low)} - ${percent(observed.high)})`,
        estimates,
      );
      const missing = unsupportedMass(log.rewards.length, policy, logging);
      print(`unsupported mass, mean of rows: ${missing.mean.toFixed(4)}`);
      const bounded = empiricalBernstein(clippedIps(log, { maxWeight: 10 }), { least: 0, most: 10 });
      print(`clipped IPS, empirical Bernstein: ${percent(bounded.low)} - ${percent(bounded.high)}`);
      expect(estimates.length).toBe(8);
      // Both intervals are wide (46 clicks each): every estimator's own interval must meet that of the observed rate.
      const apart = estimates.filter((estimate) => {
        const { low, high } = bootstrapEstimate(estimate, { random: new Random("intervals") });
        return high < observed.low || low > observed.high;
      });
      expect(apart.map(({ estimator }) => estimator)).toEqual([]);
    });
  },
);

import { Random } from "@sequitur/core";
import { expect, test } from "vitest";
import {
  cascadeDoublyRobust,
  clippedIps,
  directMethod,
  doublyRobust,
  ips,
  itemPositionIps,
  moreRobustDoublyRobust,
  naiveMean,
  naiveSlateMean,
  pseudoInverse,
  pseudoInverseVector,
  rewardInteractionIps,
  rewardPredictions,
  slateIps,
  slateMarginals,
  snips,
  switchDr,
  type OffPolicyEstimate,
} from "../src/index.js";
import { banditWorld } from "../src/off-policy/bandit-world.fixture.js";
import {
  ITEMS,
  LENGTH,
  REWARDS,
  SLATES,
  cascadeModel,
  drawnLog,
  evaluation,
  logging,
  propensities,
  valueOf,
  type RewardRule,
  type SlatePolicy,
} from "../src/off-policy/slate-world.fixture.js";

const print = (text: string): boolean => process.stdout.write(`${text}\n`);
const SIZES = [100, 1000, 10_000];
const LOGS = 200;

interface Drawn {
  readonly truth: number;
  readonly estimates: readonly OffPolicyEstimate[];
}

/** Prints root mean squared error (and bias) by log size; returns the errors at the largest size. */
function errorTable(title: string, draw: (random: Random, rows: number) => Drawn): Map<string, number> {
  const cells = new Map<string, string[]>();
  const errors = new Map<string, number>();
  for (const rows of SIZES) {
    const sums = new Map<string, { bias: number; squares: number }>();
    const root = new Random(`${title} ${rows}`);
    for (let log = 0; log < LOGS; log++) {
      const { truth, estimates } = draw(root.fork(log), rows);
      for (const { estimator, value } of estimates) {
        const { bias, squares } = sums.get(estimator) ?? { bias: 0, squares: 0 };
        sums.set(estimator, { bias: bias + (value - truth) / LOGS, squares: squares + (value - truth) ** 2 / LOGS });
      }
    }
    for (const [name, { bias, squares }] of sums) {
      errors.set(name, Math.sqrt(squares));
      cells.set(name, [...(cells.get(name) ?? []), `${Math.sqrt(squares).toFixed(4)} (${bias.toFixed(4)})`]);
    }
  }
  const lines = [...cells].map(([name, own]) => `| ${name} | ${own.join(" | ")} |`);
  print([`\n${title}`, `| estimator | ${SIZES.join(" | ")} |`, "| --- | --- | --- | --- |", ...lines].join("\n"));
  return errors;
}

test("single choices: error by log size", () => {
  const errors = errorTable("single choices", (random, rows) => {
    const { log, truth, contexts, evaluation: policy } = banditWorld(random, rows);
    // Knows the action and not the context: a model that is wrong.
    const features = {
      width: 5,
      write: (_: number, action: number, out: Float64Array) => {
        out[action] = 1;
      },
    };
    const plan = { policy, features, random: random.fork("folds") };
    const modelled = { ...log, predictions: rewardPredictions(log, plan) };
    expect(contexts.length).toBe(rows);
    const estimates = [
      naiveMean(log),
      ips(log),
      clippedIps(log, { maxWeight: 5 }),
      snips(log),
      directMethod(modelled),
      doublyRobust(modelled),
      switchDr(modelled, { threshold: 5 }),
      moreRobustDoublyRobust(log, plan),
    ];
    return { truth, estimates };
  });
  const naive = errors.get("naive")!;
  const worse = [...errors].filter(([name, error]) => name !== "naive" && error >= naive);
  expect(worse).toEqual([]);
  // The unbiased ones keep gaining from data; the others stop at their bias.
  for (const name of ["ips", "snips", "doubly-robust", "mrdr"]) expect(errors.get(name)!).toBeLessThan(0.1 * naive);
});

const marginalsOf = (policy: SlatePolicy) =>
  slateMarginals(SLATES, SLATES.map(policy.joint), { length: LENGTH, items: ITEMS });

function slateTable(name: string, reward: RewardRule): Map<string, number> {
  const vector = pseudoInverseVector(marginalsOf(logging), marginalsOf(evaluation));
  const [conditional, marginal] = [propensities("conditional"), propensities("marginal")];
  const model = cascadeModel(reward, 0.05);
  const truth = valueOf(evaluation, reward);
  return errorTable(`slates, ${name} rewards`, (random, rows) => {
    const { slates, log } = drawnLog(reward, rows, random);
    const estimates = [
      naiveSlateMean(log),
      slateIps(log, conditional(slates)),
      itemPositionIps(log, marginal(slates)),
      rewardInteractionIps(log, conditional(slates)),
      cascadeDoublyRobust(log, conditional(slates), model(slates)),
      pseudoInverse(log, [vector], new Int32Array(rows)),
    ];
    return { truth, estimates };
  });
}

test("slates whose rewards are independent: error by log size", () => {
  const errors = slateTable("independent", REWARDS.independent);
  const naive = errors.get("naive")!;
  expect([...errors].filter(([, error]) => error >= 0.2 * naive).map(([name]) => name)).toEqual(["naive"]);
});

test("slates under a cascade: error by log size", () => {
  const errors = slateTable("cascade", REWARDS.cascade);
  expect(errors.get("cascade-dr")!).toBeLessThan(errors.get("rips")!);
  expect(errors.get("rips")!).toBeLessThan(errors.get("slate-ips")!);
  expect(errors.get("cascade-dr")!).toBeLessThan(0.2 * errors.get("naive")!);
});

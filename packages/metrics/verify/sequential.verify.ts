import { Random } from "@sequitur/core";
import { expect, test } from "vitest";
import {
  alwaysValidLook,
  calibrate,
  classicBounds,
  differenceOfMeans,
  mergeMoments,
  mixingVariance,
  NO_UNITS,
  proportionsSampleSize,
  shareInterval,
  spendingBounds,
  type AlwaysValidLook,
  type Moments,
} from "../src/index.js";

const print = (text: string): boolean => process.stdout.write(`${text}\n`);
const DAYS = 60;
const USERS = 100;
const RATE = 0.1;
const EXPERIMENTS = 4000;

/** `count` new users of whom some click, as moments. */
function clicks(random: Random, rate: number, count = USERS): Moments {
  let hits = 0;
  for (let user = 0; user < count; user++) if (random.uniform() < rate) hits++;
  const mean = hits / count;
  return { count, mean, variance: (mean * (1 - mean) * count) / (count - 1) };
}

interface Outcome {
  readonly naive: boolean;
  readonly valid: boolean;
  readonly sequential: boolean;
  readonly lastOnly: boolean;
  /** Day on which the always-valid test stopped, or DAYS. */
  readonly day: number;
}

const bounds = spendingBounds(Array.from({ length: DAYS }, (_, day) => (day + 1) / DAYS)).bounds;
const options = { mixingVariance: mixingVariance(Math.sqrt((2 * RATE * (1 - RATE)) / (DAYS * USERS))) };

/** One experiment on click rates, looked at every day by three tests and at the end by a fourth. */
function experiment(random: Random, lift: number): Outcome {
  let [control, treatment] = [NO_UNITS, NO_UNITS];
  let look: AlwaysValidLook | undefined;
  let [naive, sequential, lastOnly, day] = [false, false, false, DAYS];
  for (let today = 1; today <= DAYS; today++) {
    control = mergeMoments(control, clicks(random, RATE));
    treatment = mergeMoments(treatment, clicks(random, RATE + lift));
    const effect = differenceOfMeans(control, treatment);
    look = alwaysValidLook(effect, options, look);
    naive ||= effect.pValue <= 0.05;
    sequential ||= Math.abs(effect.difference / effect.standardError) >= bounds[today - 1]!;
    lastOnly = effect.pValue <= 0.05;
    if (look.reject && day === DAYS) day = today;
  }
  return { naive, valid: look!.reject, sequential, lastOnly, day };
}

function rates(lift: number) {
  const root = new Random(`sequential ${lift}`);
  const counts = { naive: 0, valid: 0, sequential: 0, lastOnly: 0, days: 0 };
  for (let i = 0; i < EXPERIMENTS; i++) {
    const outcome = experiment(root.fork(i), lift);
    for (const test of ["naive", "valid", "sequential", "lastOnly"] as const) if (outcome[test]) counts[test]++;
    counts.days += outcome.day;
  }
  const shown = (count: number): string => {
    const { low, high } = shareInterval(count, EXPERIMENTS);
    return `${((100 * count) / EXPERIMENTS).toFixed(1)} % (${(100 * low).toFixed(1)} - ${(100 * high).toFixed(1)})`;
  };
  print(
    [
      `\n${EXPERIMENTS} experiments of ${DAYS} days, ${USERS} users a day and arm, click rate ${RATE}, lift ${lift}`,
      `t test at every look: ${shown(counts.naive)}`,
      `always-valid test at every look: ${shown(counts.valid)}, mean day of its end ${(counts.days / EXPERIMENTS).toFixed(1)}`,
      `alpha spending (O'Brien-Fleming), daily looks: ${shown(counts.sequential)}`,
      `t test at the end only: ${shown(counts.lastOnly)}`,
    ].join("\n"),
  );
  return counts;
}

test("A/A with daily peeking", () => {
  const { naive, valid, sequential, lastOnly } = rates(0);
  expect(valid).toBeLessThanOrEqual(0.05 * EXPERIMENTS);
  expect(naive).toBeGreaterThan(0.25 * EXPERIMENTS);
  // Four binomial standard deviations of 4,000 at 0.05 are 0.0138.
  expect(Math.abs(sequential / EXPERIMENTS - 0.05)).toBeLessThan(0.0138);
  expect(Math.abs(lastOnly / EXPERIMENTS - 0.05)).toBeLessThan(0.0138);
});

test("a planted effect, at the size planned for power 0.8 with one look", () => {
  // The lift for which 6,000 users an arm are the sample size.
  let lift = 0.005;
  while (proportionsSampleSize({ control: RATE, treatment: RATE + lift }).control > DAYS * USERS) lift += 1e-5;
  const { valid, sequential, lastOnly } = rates(lift);
  // Four binomial standard deviations of 4,000 at 0.8 are 0.0253.
  expect(Math.abs(lastOnly / EXPERIMENTS - 0.8)).toBeLessThan(0.0253);
  expect(sequential).toBeGreaterThan(0.7 * EXPERIMENTS);
  expect(valid).toBeGreaterThan(0.4 * EXPERIMENTS);
  expect(valid).toBeLessThan(lastOnly);
});

test("Welch's p-values on skewed spending are uniform at 2,000 users an arm", () => {
  const spending = (random: Random): Moments => {
    let all = NO_UNITS;
    for (let user = 0; user < 2000; user++) {
      const mean = random.uniform() < 0.3 ? Math.exp(random.normal()) : 0;
      all = mergeMoments(all, { count: 1, mean, variance: 0 });
    }
    return all;
  };
  const result = calibrate((random) => differenceOfMeans(spending(random), spending(random)).pValue, {
    random: new Random("spending"),
    experiments: 2000,
  });
  print(
    `false alarms ${(100 * result.falsePositiveRate).toFixed(1)} %, uniform p = ${result.uniformPValue.toFixed(3)}`,
  );
  expect(result.calibrated).toBe(true);
});

test("weekly classic bounds hold 5 % on click rates", () => {
  const design = classicBounds(8);
  const result = calibrate(
    (random) => {
      let [control, treatment] = [NO_UNITS, NO_UNITS];
      const stopped = design.bounds.some((bound) => {
        control = mergeMoments(control, clicks(random, RATE, 500));
        treatment = mergeMoments(treatment, clicks(random, RATE, 500));
        const { difference, standardError } = differenceOfMeans(control, treatment);
        return Math.abs(difference / standardError) >= bound;
      });
      return stopped ? 0 : 1;
    },
    { random: new Random("weekly"), experiments: 2000 },
  );
  expect(result.low).toBeLessThan(0.05);
  expect(result.high).toBeGreaterThan(0.05);
});

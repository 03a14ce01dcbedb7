import { Random } from "@sequitur/core";
import { describe, expect, it } from "vitest";
import { armProbabilities, banditRegretBound } from "./arm-bandit.js";
import type { ExperimentRows } from "./experiment-rows.js";
import { classicBounds } from "./group-sequential.js";
import { differenceOfRatios } from "./ratio-metric.js";
import { readBandit } from "./read-bandit.js";
import { designBlocks, readDesign, type Design } from "./read-design.js";
import { readSequential } from "./read-sequential.js";
import { switchbackArm } from "./switchback.js";

const RUN = { alpha: 0.05, salt: "s", startMs: 0, metric: "click" };
const ARMS = ["control", "new"];

interface Draw {
  readonly unit: number;
  readonly arm: number;
  readonly value: number;
}

function rowsOf(draws: readonly Draw[], more: Partial<ExperimentRows> = {}): ExperimentRows {
  return {
    arms: ARMS,
    units: Int32Array.from(draws, ({ unit }) => unit),
    times: Float64Array.from(draws, (_, row) => row),
    answered: Int32Array.from(draws, ({ arm }) => arm),
    values: Float64Array.from(draws, ({ value }) => value),
    ...more,
  };
}

/** Units that keep their arm and ask once or twice. */
function sticky(units: number, rates: readonly number[], random: Random): ExperimentRows {
  return rowsOf(
    Array.from({ length: 2 * units }, (_, row) => {
      const unit = row % units;
      return { unit, arm: unit % 2, value: random.uniform() < rates[unit % 2]! ? 1 : 0 };
    }).slice(0, Math.floor(1.5 * units)),
  );
}

describe("readSequential", () => {
  const plan = { looks: 4, units: 1600, alpha: 0.05, shape: "obrien-fleming" } as const;

  it("looks when the planned units are there, by the rows until then, and stays as it was when more come in", () => {
    const rows = sticky(1600, [0.2, 0.4], new Random("planted"));
    const { arms, units } = readSequential(rows, plan);
    expect(units).toBe(1600);
    const { bounds } = classicBounds(4, { alpha: 0.05, shape: "obrien-fleming" });
    expect(arms[0]!.looks.map(({ units: at, bound }) => [at, bound])).toEqual(
      [400, 800, 1200, 1600].map((at, i) => [at, bounds[i]]),
    );
    const firstUnits = (arm: number) => Array.from({ length: 400 }, (_, row) => row).filter((row) => row % 2 === arm);
    const sample = (arm: number) => ({
      numerators: Float64Array.from(firstUnits(arm), (row) => rows.values[row]!),
      denominators: new Float64Array(200).fill(1),
    });
    const effect = differenceOfRatios(sample(0), sample(1));
    expect(arms[0]!.looks[0]!.z).toBeCloseTo(effect.difference / effect.standardError, 12);
    expect(arms[0]!.stoppedAt).toBe(arms[0]!.looks.find(({ z, bound }) => Math.abs(z) >= bound)!.look);
    const part = {
      ...rows,
      units: rows.units.slice(0, 900),
      times: rows.times.slice(0, 900),
      answered: rows.answered.slice(0, 900),
      values: rows.values.slice(0, 900),
    };
    expect(readSequential(part, plan).arms[0]!.looks).toEqual(arms[0]!.looks.slice(0, 2));
  });

  it("errs with probability alpha over all its looks, and not before arms can be judged", () => {
    let alarms = 0;
    for (let i = 0; i < 120; i++) {
      const rows = sticky(1600, [0.3, 0.3], new Random(`null ${i}`));
      if (readSequential(rows, { ...plan, shape: "pocock" }).arms[0]!.stoppedAt !== null) alarms++;
    }
    // Four standard errors of a share of 5 % in 120.
    expect(alarms / 120).toBeLessThan(0.05 + 4 * Math.sqrt((0.05 * 0.95) / 120));
    expect(alarms).toBeGreaterThan(0);
    const certain = rowsOf(Array.from({ length: 40 }, (_, unit) => ({ unit, arm: unit % 2, value: unit % 2 })));
    expect(readSequential(certain, { ...plan, units: 40 }).arms[0]!.stoppedAt).toBeNull();
  });
});

describe("armProbabilities", () => {
  const plan = { arms: 3, contexts: 1, horizon: 10_000 };

  it("sums to 1, prefers the best, weighs by the gap, and tries arms without rewards", () => {
    const [a, b, c] = armProbabilities(
      [
        { count: 100, sum: 30 },
        { count: 100, sum: 20 },
        { count: 10, sum: 1 },
      ],
      plan,
    );
    const weight = Math.sqrt(320_000 / (2 + Math.log(10_000)));
    expect(b).toBeCloseTo(1 / (3 + 0.1 * weight), 12);
    expect(c).toBeCloseTo(1 / (3 + 0.2 * weight), 12);
    expect(a! + b! + c!).toBeCloseTo(1, 12);
    const [, , unseen] = armProbabilities(
      [
        { count: 100, sum: 30 },
        { count: 100, sum: 20 },
        { count: 0, sum: 0 },
      ],
      plan,
    );
    expect(unseen!).toBeGreaterThan(0.5);
    const even = armProbabilities(
      [
        { count: 0, sum: 0 },
        { count: 0, sum: 0 },
        { count: 0, sum: 0 },
      ],
      plan,
    );
    for (const probability of even) expect(probability).toBeCloseTo(1 / 3, 12);
    expect(() =>
      armProbabilities(
        [
          { count: 1, sum: 2 },
          { count: 0, sum: 0 },
          { count: 0, sum: 0 },
        ],
        plan,
      ),
    ).toThrow("[0, 1]");
  });

  it("stays within its bound on regret, learns the best arm of each context, and beats an even split", () => {
    const horizon = 6000;
    const rates = [
      [0.2, 0.4],
      [0.5, 0.25],
    ];
    const bound = banditRegretBound({ arms: 2, contexts: 2, horizon });
    expect(bound).toBeCloseTo(2 * Math.sqrt((2 * horizon * (2 + Math.log(horizon))) / 2), 8);
    const { regret, latest } = play(rates, horizon, new Random("bandit"));
    const even = (horizon / 2) * 0.1 + (horizon / 2) * 0.125;
    expect(regret).toBeLessThan(bound);
    expect(regret).toBeLessThan(even / 2);
    expect(latest).toBeGreaterThan(0.8);
  });
});

/** Plays a bandit of two contexts; the regret, and how often the best arm answered among the last tenth. */
function play(rates: readonly (readonly number[])[], horizon: number, random: Random) {
  const totals = rates.map((own) => own.map(() => ({ count: 0, sum: 0 })));
  let [regret, latest] = [0, 0];
  for (let step = 0; step < horizon; step++) {
    const context = random.integer(rates.length);
    const probabilities = armProbabilities(totals[context]!, { arms: 2, contexts: 2, horizon });
    const arm = random.uniform() < probabilities[0]! ? 0 : 1;
    const best = Math.max(...rates[context]!);
    regret += best - rates[context]![arm]!;
    if (step >= 0.9 * horizon && rates[context]![arm] === best) latest++;
    const own = totals[context]![arm]!;
    own.count++;
    if (random.uniform() < rates[context]![arm]!) own.sum++;
  }
  return { regret, latest: latest / (0.1 * horizon) };
}

/** A log of a bandit of two arms, whose users differ. */
function banditLog(rates: readonly number[], horizon: number, random: Random): ExperimentRows {
  const totals = rates.map(() => ({ count: 0, sum: 0 }));
  const draws: Draw[] = [];
  const probabilities: number[] = [];
  for (let step = 0; step < horizon; step++) {
    const unit = random.integer(400);
    const own = armProbabilities(totals, { arms: 2, contexts: 1, horizon });
    const arm = random.uniform() < own[0]! ? 0 : 1;
    const value = random.uniform() < rates[arm]! * (unit % 2 === 0 ? 1.5 : 0.5) ? 1 : 0;
    draws.push({ unit, arm, value });
    probabilities.push(own[0]!, own[1]!);
    totals[arm]!.count++;
    totals[arm]!.sum += value;
  }
  return rowsOf(draws, { probabilities: Float64Array.from(probabilities) });
}

describe("readBandit", () => {
  it("covers each arm's value and the difference, where the plain mean of the arm that lost traffic is too low", () => {
    let [covered, naive, values] = [0, 0, 0];
    const runs = 120;
    for (let i = 0; i < runs; i++) {
      const rows = banditLog([0.3, 0.3], 800, new Random(`log ${i}`));
      const { arms, effects } = readBandit(rows);
      if (effects[0]!.low <= 0 && effects[0]!.high >= 0) covered++;
      const fewer = arms[0]!.requests < arms[1]!.requests ? 0 : 1;
      const own = [...rows.answered.keys()].filter((row) => rows.answered[row] === fewer);
      naive += own.reduce((sum, row) => sum + rows.values[row]!, 0) / own.length / runs;
      values += (arms[0]!.value + arms[1]!.value) / 2 / runs;
    }
    expect(covered / runs).toBeGreaterThan(0.95 - 4 * Math.sqrt((0.95 * 0.05) / runs));
    expect(naive).toBeLessThan(0.28);
    expect(Math.abs(values - 0.3)).toBeLessThan(0.01);
  });

  it("equals the mean a request and its error by units where the probabilities never moved", () => {
    const random = new Random("still");
    const draws = Array.from({ length: 300 }, (_, row) => ({
      unit: row % 60,
      arm: random.integer(2),
      value: random.uniform(),
    }));
    const rows = rowsOf(draws, { probabilities: new Float64Array(600).fill(0.5) });
    const { arms } = readBandit(rows);
    let [sum, count] = [0, 0];
    const scores = draws.map(({ arm, value }) => {
      const mean = count > 0 ? sum / count : 0;
      if (arm === 1) [sum, count] = [sum + value, count + 1];
      return mean + (arm === 1 ? (value - mean) / 0.5 : 0);
    });
    const value = scores.reduce((total, score) => total + score, 0) / 300;
    const byUnit = Array.from(
      { length: 60 },
      (_, unit) => scores.reduce((total, score, row) => total + (row % 60 === unit ? score - value : 0), 0) / 300,
    );
    expect(arms[1]!.value).toBeCloseTo(value, 12);
    expect(arms[1]!.standardError).toBeCloseTo(
      Math.sqrt((byUnit.reduce((total, own) => total + own ** 2, 0) * 60) / 59),
      12,
    );
  });

  it("refuses a log without probabilities, and one with a probability of 0", () => {
    const rows = banditLog([0.3, 0.3], 20, new Random("refused"));
    const { probabilities: _, ...without } = rows;
    expect(() => readBandit(without)).toThrow("must have the probabilities");
    expect(() => readBandit({ ...rows, probabilities: new Float64Array(40) })).toThrow("in (0, 1]");
  });
});

describe("readDesign", () => {
  it("reads a switchback by the blocks that its salt draws, and decides when they are over", () => {
    const design: Design = { kind: "switchback", blockMs: 100, pairs: 12, burnInMs: 10 };
    const blocks = designBlocks(design, RUN);
    const random = new Random("switchback");
    const draws = Array.from({ length: 2400 }, (_, time) => {
      const arm = switchbackArm(blocks, time)!;
      return { unit: time % 50, arm, value: random.uniform() < 0.2 + 0.2 * arm ? 1 : 0 };
    });
    const { reading, verdicts } = readDesign(design, rowsOf(draws), RUN);
    expect(reading.result).toMatchObject({ pairs: 12, events: 2160 });
    expect(verdicts[0]).toEqual({ arm: "new", decision: "better", sentence: "new has more click than control." });
    const early = readDesign(design, rowsOf(draws.slice(0, 1000)), RUN);
    expect(early.verdicts[0]!.sentence).toContain("its blocks are not over");
    expect(readDesign(design, rowsOf(draws.slice(0, 50)), RUN).reading.result).toBeNull();
  });

  it("reads interleaved answers by the credits of each unit", () => {
    const draws = Array.from({ length: 60 }, (_, row) => ({ unit: row % 20, arm: -1, value: 1 }));
    const credits = Float64Array.from(draws, ({ unit }) => (unit < 17 ? 1 : -1));
    const { reading, verdicts } = readDesign({ kind: "interleaving" }, rowsOf(draws, { credits }), RUN);
    expect(reading.result).toMatchObject({ winsB: 17, winsA: 3, ties: 0 });
    expect(verdicts[0]!.sentence).toContain("(17 users to 3)");
    const even = readDesign({ kind: "interleaving" }, rowsOf(draws, { credits: new Float64Array(60) }), RUN);
    expect(even.verdicts[0]!.decision).toBe("undecided");
    expect(() => readDesign({ kind: "interleaving" }, rowsOf(draws), RUN)).toThrow("must have credits");
  });

  it("reads a bandit, and decides when its requests have come", () => {
    const log = banditLog([0.2, 0.5], 2000, new Random("verdict"));
    const done = readDesign({ kind: "bandit", horizon: 2000, contexts: 1 }, log, RUN);
    expect(done.verdicts[0]!.decision).toBe("better");
    expect(done.reading).toMatchObject({
      kind: "bandit",
      regretBound: banditRegretBound({ arms: 2, contexts: 1, horizon: 2000 }),
    });
    const open = readDesign({ kind: "bandit", horizon: 4000, contexts: 1 }, log, RUN);
    expect(open.verdicts[0]!.sentence).toContain("have not come");
  });

  it("refuses rows out of order and arms that there are not", () => {
    const rows = rowsOf([
      { unit: 0, arm: 0, value: 0 },
      { unit: 1, arm: 1, value: 0 },
    ]);
    const design: Design = { kind: "interleaving" };
    expect(() => readDesign(design, { ...rows, times: Float64Array.of(2, 1) }, RUN)).toThrow("must not fall");
    expect(() => readDesign(design, { ...rows, answered: Int32Array.of(0, 2) }, RUN)).toThrow("below 2");
    expect(() => readDesign(design, { ...rows, values: new Float64Array(1) }, RUN)).toThrow("2 values, got 1");
  });
});

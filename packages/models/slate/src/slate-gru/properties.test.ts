import { NONE, Random, slateLogFrom, type SlateLog } from "@sequitur/core";
import { startEngine } from "@sequitur/kernels";
import { afterAll, describe, expect, it } from "vitest";
import { catalogOf } from "../policies/world.fixture.js";
import { slateGruConfig } from "./config.js";
import { holdOut } from "./hold-out.js";
import { latentWorld } from "./latent-world.fixture.js";
import { choiceScores, slateLogLikelihood } from "./likelihood.js";
import { posteriorAt } from "./posterior.fixture.js";
import { posteriorOf, type Posterior } from "./posterior.js";
import { addItemPrior } from "./priors.js";
import { softmaxInto } from "./slate-loss.js";
import { trainSlates } from "./train.js";
import { drawStarts, lossGradient } from "./train-step.js";
import { startTrainee } from "./trainee.js";
import { preferenceFrom, startOf, userPreference } from "./user-state.js";
import { batchReader, windowsOf } from "./windows.js";

const engine = startEngine({ threads: 1 });
afterAll(() => engine.close());

const catalog = catalogOf(6);
/** One user's slates, a step each: the items shown and the clicked position. */
function logOf(
  steps: readonly (readonly [items: readonly number[], click: number])[],
  users?: readonly number[],
): SlateLog {
  const items = steps.flatMap(([shown]) => shown);
  let end = 0;
  return slateLogFrom(catalog, {
    users: Int32Array.from(users ?? steps.map(() => 0)),
    times: Float64Array.from(steps.keys()),
    offsets: Int32Array.from([0, ...steps.map(([shown]) => (end += shown.length))]),
    items: Int32Array.from(items),
    clicks: Int32Array.from(steps, ([, click]) => click),
  });
}
const rowsOf = (log: SlateLog) => Int32Array.from({ length: log.size }, (_, row) => row);
const likelihoodOf = (posterior: Posterior, log: SlateLog) => [...slateLogLikelihood(posterior, log, rowsOf(log))];

/** Loss and gradients of one draw of a small untrained posterior on a log. */
function lossOf(
  log: SlateLog,
  likelihood: "slate" | "all-item" = "slate",
  windowsInAll = 1,
  nudge?: (values: Float32Array) => void,
) {
  const config = slateGruConfig.parse({ width: 2, state: "linear", likelihood, candidates: 40 });
  const trainee = startTrainee(log.catalog, config, 5, engine, new Random(1));
  nudge?.(trainee.items.values.array);
  const windows = windowsOf(log, 20);
  const reader = batchReader(log, windows, config);
  const batch = reader.read(Int32Array.from(windows.starts.keys()), 0, windows.starts.length, new Random(2));
  const context = { phase: "linear" as const, windows: windowsInAll, expectedTouches: reader.expectedTouches, key: 9 };
  return engine.memory.withScratch((scratch) => {
    const out = { items: scratch.floats(batch.items.length * 4), others: scratch.floats(trainee.others.values.length) };
    const loss = lossGradient(out, trainee, batch, context, scratch);
    const found = { loss, items: [...batch.items], gItems: [...out.items.array], gOthers: [...out.others.array] };
    trainee.release();
    return found;
  });
}

describe("the properties of the note", () => {
  it("1: slate probabilities sum to 1 over no click and the visible items; unknown entries have none", () => {
    const posterior = posteriorAt([0, 1, 2, 3, 4, 5]);
    const all = [NONE, 0, 2].map((click) => likelihoodOf(posterior, logOf([[[3, NONE, 1], click]]))[0]!);
    expect(all.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 12);
    const { scores, places } = choiceScores(posterior, Float32Array.of(1), Int32Array.of(3, NONE, 1));
    expect([scores.length, [...places]]).toEqual([3, [0, 2]]);
    const far = Float64Array.of(20, -100);
    expect(softmaxInto(far, 2, 0)).toBeCloseTo(0, 12);
    expect(far[1]).toBeLessThan(1e-40);
  });

  it("2: the vector of an item outside the slate matters to the all-item likelihood only", () => {
    const log = logOf([
      [[0, 1, 2], 1],
      [[1, 2], NONE],
    ]);
    const move = (values: Float32Array) => values.fill(3, 5 * 4, 5 * 4 + 2);
    expect(lossOf(log, "slate", 1, move).loss).toBe(lossOf(log, "slate").loss);
    expect(lossOf(log, "all-item", 1, move).loss).not.toBeCloseTo(lossOf(log, "all-item").loss, 3);
  });

  it("3: permuting the items of a slate together with the click changes nothing", () => {
    const posterior = posteriorAt([0, 1, 2, 3, 4, 5]);
    const [a] = likelihoodOf(posterior, logOf([[[4, 1, 2, 3], 1]]));
    const [b] = likelihoodOf(posterior, logOf([[[3, 4, 2, 1], 3]]));
    expect(a).toBeCloseTo(b!, 12);
    expect(lossOf(logOf([[[4, 1, 2], 1]])).loss).toBeCloseTo(lossOf(logOf([[[2, 4, 1], 2]])).loss, 4);
  });

  it.each(["linear", "gru"] as const)(
    "4: only clicks on known items move the %s state, and only later ones see them",
    (state) => {
      const trainee = startTrainee(catalog, slateGruConfig.parse({ width: 3, state }), 5, engine, new Random(4));
      const posterior = posteriorOf(trainee);
      trainee.release();
      const plain = logOf([
        [[0, 1], 1],
        [[2, 3], 0],
      ]);
      const between = logOf([
        [[0, 1], 1],
        [[4, 5], NONE],
        [[NONE, 4], 0],
        [[2, 3], 0],
      ]);
      const [first, second] = likelihoodOf(posterior, plain);
      const [alsoFirst, , masked, last] = likelihoodOf(posterior, between);
      expect([alsoFirst, masked, last]).toEqual([first, 0, second]);
      const start = startOf(posterior, Int32Array.of(1)).mean;
      const after = (clicks: readonly number[]) => [...preferenceFrom(posterior, start, Int32Array.from(clicks))];
      expect(after([])).not.toEqual(after([2]));
      expect(after([1]).every(Number.isFinite)).toBe(true);
    },
  );

  it("5: a higher no-click score lowers the clicks in slates of that length only", () => {
    const posterior = posteriorAt([0, 1, 2, 3, 4, 5]);
    const log = logOf(
      [
        [[0, 1], 1],
        [[0, 1, 2], 1],
      ],
      [0, 1],
    );
    const before = likelihoodOf(posterior, log);
    posterior.otherMeans[posterior.globals.bias.from + 2] = 1;
    const after = likelihoodOf(posterior, log);
    expect(after[0]).toBeLessThan(before[0]! - 0.1);
    expect(after[1]).toBe(before[1]);
  });

  it("6: masked steps add exactly nothing, and prior terms do not depend on the batch", () => {
    const plain = logOf([
      [[0, 1], 1],
      [[2, 3], 0],
    ]);
    const masked = logOf([
      [[0, 1], 1],
      [[NONE, 5], 0],
      [[2, 3], 0],
    ]);
    expect(lossOf(masked)).toEqual(lossOf(plain));
    // Slates of nothing but no click have the likelihood 1: what is left of the loss is the prior of the globals.
    const nothing = (users: number) =>
      lossOf(
        logOf(
          Array.from({ length: users }, () => [[], NONE] as const),
          [0, 1, 2].slice(0, users),
        ),
        "slate",
        7,
      ).loss;
    expect(nothing(1)).toBe(nothing(3));
  });

  it("6: item priors add up to the same over a pass, however it is cut into batches", () => {
    const log = logOf(
      [
        [[0, 1], NONE],
        [[1, 2], NONE],
        [[1, 3], NONE],
      ],
      [0, 1, 2],
    );
    // A temperature so high that only priors are left.
    const config = slateGruConfig.parse({ width: 2, state: "linear", temperature: 100 });
    const trainee = startTrainee(catalog, config, 5, engine, new Random(1));
    const windows = windowsOf(log, 20);
    const reader = batchReader(log, windows, config);
    const pass = (size: number) => {
      let sum = 0;
      for (let from = 0; from < 3; from += size) {
        const batch = reader.read(Int32Array.of(0, 1, 2), from, from + size, new Random(2));
        const context = { phase: "linear" as const, windows: 3, expectedTouches: reader.expectedTouches, key: 9 };
        const loss = engine.memory.withScratch((scratch) =>
          lossGradient(
            { items: scratch.floats(batch.items.length * 4), others: scratch.floats(trainee.others.values.length) },
            trainee,
            batch,
            context,
            scratch,
          ),
        );
        sum += (size / 3) * loss;
      }
      return sum;
    };
    const gap = Math.abs(pass(1) - pass(3));
    trainee.release();
    // The draw of the states differs between batches, and so does a hundredth of the likelihood.
    expect(gap).toBeLessThan(0.02);
  });

  it("10: sigma counts as 0.001 at least, and at that floor holds the items within 0.01 of their group's mean", () => {
    const config = slateGruConfig.parse({ width: 2, state: "linear" });
    const trainee = startTrainee(catalog, config, 5, engine, new Random(1));
    const { globals } = trainee;
    const windows = windowsOf(logOf([[[0], NONE]]), 20);
    const reader = batchReader(logOf([[[0], NONE]]), windows, config);
    const batch = reader.read(Int32Array.of(0), 0, 1, new Random(2));
    const gDrawn = new Float32Array(globals.size);
    /** KL(N(mu + gap, scale^2) | prior with this sigma) of one item, in both dimensions together. */
    const klOf = (sigma: number, gap: number, scale: number) => {
      const drawn = new Float32Array(globals.size).fill(sigma, globals.groupScale.from);
      trainee.items.values.array.fill(gap, 0, 2);
      const scales = new Float32Array(2).fill(scale);
      const share = { expectedTouches: reader.expectedTouches, size: 1 };
      return addItemPrior(new Float32Array(4), gDrawn, trainee, batch, drawn, scales, share);
    };
    for (const sigma of [0, 0.0005, -0.0009]) {
      // No distance at all from N(mu, 0.001^2), so that is the prior: 0.01 is ten of its scales, exp(-100) as likely.
      expect(klOf(sigma, 0, 0.001)).toBeCloseTo(0, 5);
      expect(klOf(sigma, 0.01, 0.001)).toBeCloseTo(100, 2);
      expect(klOf(sigma, 0.001, 0.001)).toBeCloseTo(1, 4);
    }
    // There a group's scale has no say, and so no gradient; above the floor the prior has it.
    expect(gDrawn.every((g, at) => g === 0 || at < globals.groupScale.from)).toBe(true);
    expect(gDrawn[globals.groupMean.from]).toBeLessThan(0);
    expect(klOf(-0.5, 0, 0.5)).toBeCloseTo(0, 5);
    expect(klOf(0.5, 0.01, 0.5)).toBeCloseTo(0.0004, 6);
    trainee.release();
  });

  it("10: an item without clicks comes to the mean of its group", async () => {
    const { log: shown } = latentWorld({ users: 120, items: 20, groups: 4, steps: 10, length: 5, oracleShare: 0.5 }, 2);
    const ids = catalogOf(22, 120, [...shown.catalog.itemColumns.categories!.map(([group]) => group!), "g1", "g2"]);
    const log = slateLogFrom(ids, shown);
    const config = slateGruConfig.parse({ width: 2, state: "linear", epochs: 10, batchSize: 32, validation: 0 });
    const trainee = startTrainee(ids, config, 5, engine, new Random(1));
    await trainSlates(trainee, { log }, { random: new Random(2) });
    const { itemMeans, itemScales, otherMeans, globals } = posteriorOf(trainee);
    const { groups } = trainee;
    for (const item of [20, 21]) {
      const group = groups.of[item]! * 2;
      const mean = [...otherMeans.subarray(globals.groupMean.from + group, globals.groupMean.from + group + 2)];
      expect([...itemMeans.subarray(item * 2, item * 2 + 2)]).toEqual(mean);
      expect(itemScales[item * 2]).toBeGreaterThan(5 * itemScales[0]!);
    }
    trainee.release();
  });

  it("11: a held-out user has exactly min(5, length) training slates; the same seed holds out the same users", () => {
    const lengths = [3, 5, 9, 12, 7, 6, 20, 4, 8, 5];
    const users = lengths.flatMap((length, user) => Array.from({ length }, () => user));
    const log = slateLogFrom(catalogOf(2, 10), {
      users: Int32Array.from(users),
      times: Float64Array.from(users.keys()),
      offsets: Int32Array.from({ length: users.length + 1 }, (_, row) => row),
      items: new Int32Array(users.length),
      clicks: new Int32Array(users.length).fill(NONE),
    });
    const held = holdOut(log, { validation: 0.3, test: 0.4 }, new Random(5));
    const usersOf = (rows: Int32Array) => new Set(rows.map((row) => log.users[row]!));
    const out = new Set([...usersOf(held.validation), ...usersOf(held.test)]);
    expect([...usersOf(held.validation)].some((user) => usersOf(held.test).has(user))).toBe(false);
    expect(held.train.size + held.validation.length + held.test.length).toBe(log.size);
    for (const [user, length] of lengths.entries()) {
      const kept = held.train.userOffsets[user + 1]! - held.train.userOffsets[user]!;
      expect(kept).toBe(out.has(user) ? Math.min(5, length) : length);
    }
    expect(out.size).toBeGreaterThan(3);
    expect(holdOut(log, { validation: 0.3, test: 0.4 }, new Random(5))).toEqual(held);
  });

  it.each(["none", "paper"] as const)(
    "compat %s: whether the first state knows the click that it is to predict",
    (compat) => {
      const statesFor = (click: number) => {
        const trainee = startTrainee(catalog, slateGruConfig.parse({ width: 3, compat }), 5, engine, new Random(1));
        const log = logOf([
          [[0, 1, 2], click],
          [[3, 4], 1],
        ]);
        const windows = windowsOf(log, 20);
        const batch = batchReader(log, windows, trainee.config).read(Int32Array.of(0), 0, 1, new Random(2));
        const drawn = trainee.others.values.array.slice();
        const states = engine.memory.withScratch((scratch) => [
          ...drawStarts(trainee, batch, drawn, 7, scratch).values.array,
        ]);
        trainee.release();
        return states;
      };
      const [one, other] = [statesFor(0), statesFor(2)];
      expect(one.every((value, at) => Object.is(value, other[at]))).toBe(compat === "none");
    },
  );

  it("keeps everybody at one first state, however they clicked", () => {
    const posterior = posteriorAt([0, 1, 2, 3, 4, 5]);
    posterior.otherMeans[posterior.globals.startMean.from] = 0.75;
    for (const clicks of [[], [4], [5, 1]]) {
      expect([...startOf(posterior, Int32Array.from(clicks)).mean]).toEqual([0.75]);
    }
    expect(userPreference(posterior, Int32Array.of(4), NONE)[0]).toBeCloseTo(0.5 * 0.75 + 0.5 * 4, 6);
  });

  it("keeps a user's state to the last clicks, and unknown users to the prior", () => {
    const posterior = posteriorAt([0, 1, 2, 3, 4, 5], undefined, { maxSlates: 2, compat: "paper" });
    const z = (items: readonly number[]) => userPreference(posterior, Int32Array.from(items), NONE)[0]!;
    expect(z([])).toBe(0);
    // h_0 is near the first click: 4 (1 + 5/16 ...) weighted, then half way to each click.
    const start = (4 + 5 / 16) / (1 + 1 / 16);
    expect(z([4, 5])).toBeCloseTo(0.5 * (0.5 * start + 0.5 * 4) + 0.5 * 5, 5);
  });
});

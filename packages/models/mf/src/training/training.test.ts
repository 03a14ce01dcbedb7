import { decodeTensorFile, parseConfig, Random, type Progress } from "@sequitur/core";
import { engineFor } from "@sequitur/kernels";
import { hitRate, noise, plantedSequences, type PlantedData } from "@sequitur/recommender/conforms";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { als } from "../als/als.js";
import { bpo } from "../bpo/bpo.js";
import { bpr } from "../bpr/bpr.js";
import { nbpo } from "../nbpo/nbpo.js";
import { fitted, interactionsOf, plantedClasses } from "../planted.fixture.js";
import type { FactorModel } from "../serving/factor-model.js";
import type { FactorRecommender } from "../serving/factor-recommender.js";
import { warp } from "../warp/warp.js";

const { train, hidden, likes } = plantedClasses({ users: 60, items: 60, classes: 3 }, 0.3, new Random("training"));
const everyone: [string, FactorRecommender, Record<string, unknown>][] = [
  ["bpr", bpr, {}],
  ["bpo", bpo, {}],
  ["nbpo", nbpo, {}],
  ["warp", warp, {}],
  ["als", als, {}],
];

/** Share of (hidden positive, true negative) pairs in the right order. */
function areaUnderCurve(model: FactorModel): number {
  const { factors, users, items, bias } = model.tables;
  const score = (user: number, item: number): number => {
    let sum = bias?.[item] ?? 0;
    for (let k = 0; k < factors; k++) sum += users[user * factors + k]! * items[item * factors + k]!;
    return sum;
  };
  let right = 0;
  let all = 0;
  for (const [user, item] of hidden) {
    for (let other = 0; other < 60; other++) {
      if (likes(user, other)) continue;
      all++;
      if (score(user, item) > score(user, other)) right++;
    }
  }
  return right / all;
}

/** Mean NDCG at k of the planted answers, one a query: 1 / log2(1 + rank), 0 beyond k. */
function ndcg(model: FactorModel, { queries, answers }: PlantedData, k: number): number {
  const size = model.catalog.items.size;
  const scores = model.score(queries);
  let sum = 0;
  answers.forEach((answer, b) => {
    const row = scores.subarray(b * size, (b + 1) * size);
    const rank = 1 + row.filter((score) => score > row[answer]!).length;
    if (rank <= k) sum += 1 / Math.log2(1 + rank);
  });
  return sum / queries.size;
}

describe("threads", () => {
  it.each([
    ["bpr", bpr, { learningRate: 0.05, hardest: 1 }],
    ["bpo", bpo, { learningRate: 0.05 }],
    ["nbpo", nbpo, { learningRate: 0.05 }],
    ["warp", warp, { learningRate: 0.005 }],
  ] as const)("%s: without locks as good as with one thread, over five seeds", async (_, recommender, config) => {
    const planted = plantedSequences(new Random("hogwild"), { users: 300, items: 30, length: 20 });
    const quality = async (threads: number): Promise<number[]> => {
      const values: number[] = [];
      for (const seed of [1, 2, 3, 4, 5]) {
        const model = await fitted(
          recommender,
          planted.train,
          { ...config, factors: 16, epochs: 8 },
          {
            random: new Random(seed),
            threads,
          },
        );
        values.push(ndcg(model, planted, 10));
        // Now, not whenever garbage is collected: a later test counts the memory of the engine.
        model.release();
      }
      return values;
    };
    const [one, three] = [await quality(1), await quality(3)];
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const spread = (values: number[]): number =>
      values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1);
    // Three standard errors of the difference, and what one user in a hundred makes.
    const allowed = 3 * Math.sqrt((spread(one) + spread(three)) / 5) + 0.01;
    expect(Math.abs(mean(one) - mean(three))).toBeLessThan(allowed);
  });

  it("als gives the same bits on one thread and on three", async () => {
    const [one, three] = [await fitted(als, train, {}, { threads: 1 }), await fitted(als, train, {}, { threads: 3 })];
    expect(three.tables).toEqual(one.tables);
  });
});

describe("early stopping", () => {
  it("keeps the factors of the best validation and stops after `patience` worse ones", async () => {
    const values = [0.1, 0.3, 0.2, 0.2, 0.9];
    const seen: FactorModel["tables"][] = [];
    const reports: Progress[] = [];
    const model = await fitted(
      bpr,
      train,
      { epochs: 50, validateEvery: 2, patience: 2 },
      {
        validate: (candidate) => {
          seen.push((candidate as FactorModel).tables);
          return Promise.resolve(values[seen.length - 1]!);
        },
        report: (progress) => reports.push(progress),
      },
    );
    expect(seen).toHaveLength(4);
    expect(model.tables).toEqual(seen[1]);
    expect(reports.map(({ values: shown }) => shown?.["validation"])).toEqual([
      undefined,
      0.1,
      undefined,
      0.3,
      undefined,
      0.2,
      undefined,
      0.2,
    ]);
  });

  it("frees the memory of the models that it looked at", async () => {
    const { memory } = engineFor(1);
    const model = await fitted(
      bpr,
      train,
      { epochs: 5, validateEvery: 1 },
      {
        validate: async (candidate) => hitRateOf(candidate as FactorModel),
      },
    );
    model.release();
    const before = memory.use().usedBytes;
    const again = await fitted(
      bpr,
      train,
      { epochs: 5, validateEvery: 1 },
      {
        validate: async (candidate) => hitRateOf(candidate as FactorModel),
      },
    );
    again.release();
    expect(memory.use().usedBytes).toBe(before);
  });
});

async function hitRateOf(model: FactorModel): Promise<number> {
  const scores = model.score({
    size: 1,
    users: Int32Array.of(0),
    offsets: Int32Array.of(0, 0),
    items: new Int32Array(0),
    times: new Float64Array(0),
    sessionStarts: Int32Array.of(0),
    now: Float64Array.of(0),
  });
  return scores[0]!;
}

describe("checkpoints", () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "mf-"))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it.each(everyone)("%s: a fit that was stopped goes on to the very same bits", async (_, recommender, config) => {
    const plan = { ...config, epochs: 12, checkpointEvery: 2, validateEvery: 3 };
    const validate = (model: unknown): Promise<number> =>
      Promise.resolve(Math.abs((model as FactorModel).tables.items[0]!));
    const whole = await fitted(recommender, train, plan, { validate });
    const controller = new AbortController();
    const report = ({ done }: Progress): void => void (done === 7 && controller.abort());
    const stopped = fitted(recommender, train, plan, {
      validate,
      checkpointDir: dir,
      report,
      signal: controller.signal,
    });
    await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
    const epochs: number[] = [];
    const resumed = await fitted(recommender, train, plan, {
      validate,
      checkpointDir: dir,
      report: ({ done }) => epochs.push(done),
    });
    expect(epochs[0]).toBe(7);
    expect(resumed.tables).toEqual(whole.tables);
    expect((await fitted(recommender, train, plan, { validate, checkpointDir: dir })).tables).toEqual(whole.tables);
    expect(readdirSync(dir)).toEqual(["last.safetensors"]);
  });

  it("of another config, of other data, of another seed or damaged are refused", async () => {
    await fitted(bpo, train, { epochs: 2 }, { checkpointDir: dir });
    const refused = { code: "bad-artifact" };
    await expect(fitted(bpo, train, { epochs: 3 }, { checkpointDir: dir })).rejects.toMatchObject(refused);
    const other = plantedClasses({ users: 60, items: 60, classes: 3 }, 0.3, new Random("other")).train;
    await expect(fitted(bpo, other, { epochs: 2 }, { checkpointDir: dir })).rejects.toMatchObject(refused);
    const elsewhere = fitted(bpo, train, { epochs: 2 }, { checkpointDir: dir, random: new Random(2) });
    await expect(elsewhere).rejects.toMatchObject(refused);
    const path = join(dir, "last.safetensors");
    writeFileSync(path, readFileSync(path).subarray(0, -40));
    await expect(fitted(bpo, train, { epochs: 2 }, { checkpointDir: dir })).rejects.toMatchObject(refused);
  });

  it("keep the last good state when the fit diverges", async () => {
    const plan = { epochs: 60, checkpointEvery: 1, learningRate: 1, learningRateDecay: 1, userDecay: 0, itemDecay: 0 };
    let done = 0;
    const report = (progress: Progress): void => void (done = progress.done);
    await expect(fitted(bpo, train, plan, { checkpointDir: dir, report })).rejects.toMatchObject({
      code: "diverged",
      message: expect.stringContaining(`lower the learning rate; the last good checkpoint stays in ${dir}`),
    });
    expect(done).toBeGreaterThan(0);
    const { manifest, tensors } = decodeTensorFile(readFileSync(join(dir, "last.safetensors")), "test");
    expect(manifest).toMatchObject({ position: { epoch: done } });
    expect((tensors.get("state/users")!.data as Float32Array).every((value) => Number.isFinite(value))).toBe(true);
  });

  it("that cannot be written stop the fit with the reason", async () => {
    const file = join(dir, "file");
    writeFileSync(file, "");
    await expect(fitted(bpo, train, { epochs: 2 }, { checkpointDir: file })).rejects.toMatchObject({
      code: "unavailable",
    });
  });
});

it.each([
  ["bpr", bpr, { learningRate: 1e4 }],
  ["bpo", bpo, { learningRate: 1e4 }],
  ["nbpo", nbpo, { learningRate: 1e4 }],
  ["nbpo", nbpo, { flipLearningRate: 1e4, flipDecay: 0 }],
  ["warp", warp, { learningRate: 1e4 }],
] as [string, FactorRecommender, object][])(
  "%s stops with `diverged` at a rate that cannot work",
  async (name, recommender, wild) => {
    const stopped = fitted(recommender, train, { epochs: 60, userDecay: 0, itemDecay: 0, ...wild });
    await expect(stopped).rejects.toMatchObject({
      code: "diverged",
      message: expect.stringContaining(`fit ${name}: expected finite factors`),
    });
  },
);

it("ids out of range never reach a fit", () => {
  expect(() => interactionsOf([[0, 2]], 1, 2)).toThrow("item must be in [0, 2), got 2 at row 0");
  expect(() => interactionsOf([[-1, 0]], 1, 2)).toThrow("user must be in [0, 1), got -1 at row 0");
});

describe.each(everyone)("%s on odd data", (name, recommender) => {
  it("works with a user without positives, an item without users, and repeated pairs", async () => {
    const pairs = [
      [0, 0],
      [0, 0],
      [0, 1],
      [2, 1],
      [2, 2],
    ] as const;
    const model = await fitted(recommender, interactionsOf(pairs, 4, 5), { factors: 3, epochs: 3 });
    expect(model.tables.users.every((value) => Number.isFinite(value))).toBe(true);
    expect(model.tables.users.subarray(3, 6)).toEqual(new Float32Array(3));
  });

  it("does not hang on a single item, which everybody has", async () => {
    const model = await fitted(
      recommender,
      interactionsOf(
        [
          [0, 0],
          [1, 0],
        ],
        2,
        1,
      ),
      { factors: 4, epochs: 2 },
    );
    expect(model.tables.items).toHaveLength(4);
    expect(model.foldInUser([0])).toHaveLength(4);
  });

  it("refuses to learn from nothing", async () => {
    await expect(fitted(recommender, interactionsOf([], 2, 2))).rejects.toThrow(
      `fit ${name}: expected at least one interaction`,
    );
  });

  it("refuses a config out of bounds", () => {
    for (const wrong of [{ factors: 0 }, { factors: 2000 }, { epochs: 0 }, { knownUsers: "both" }]) {
      expect(() => parseConfig(recommender.config, wrong, "test")).toThrow(/factors|epochs|knownUsers/);
    }
  });

  it("hears a cancellation between epochs", async () => {
    const controller = new AbortController();
    const report = (): void => controller.abort();
    const stopped = fitted(recommender, train, {}, { report, signal: controller.signal });
    await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
  });
});

it("learns better from hidden positives than chance, whatever is hidden", async () => {
  for (const [, recommender] of everyone) {
    expect(areaUnderCurve(await fitted(recommender, train, { factors: 8 }))).toBeGreaterThan(0.9);
  }
  const chance = noise(new Random("chance"));
  expect(hitRate(await fitted(bpr, chance.train), chance, 1)).toBeLessThan(0.1);
});

import { idTable, interactionsFrom, queryBatch, Random, type Interactions } from "@sequitur/core";
import { encodeArtifact } from "@sequitur/recommender";
import { hitRate, plantedSequences } from "@sequitur/recommender/conforms";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fitted, SMALL } from "../fitted.fixture.js";

const planted = plantedSequences(new Random("fit"), { users: 60, items: 20, length: 12 });
const names = Object.keys(SMALL);
const noisy = { dropout: 0.3, itemDropout: 0.1, loss: "sampled-softmax", averageDecay: 0.9, epochs: 4 };

function interactions(items: number[], users: number[], itemCount: number): Interactions {
  const catalog = {
    users: idTable(Array.from({ length: Math.max(...users) + 1 }, (_, user) => `u${user}`)),
    items: idTable(Array.from({ length: itemCount }, (_, item) => `i${item}`)),
    itemColumns: {},
  };
  const columns = { users: Int32Array.from(users), items: Int32Array.from(items) };
  return interactionsFrom(catalog, { ...columns, times: Float64Array.from(users, (_, at) => at) });
}

describe.each(names)("a fit of %s", (name) => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "sequitur-sequence-"));
  });
  afterEach(async () => rm(dir, { recursive: true }));

  const stops: [number, Record<string, unknown>][] = [
    [1, noisy],
    [9, noisy],
    [17, noisy],
  ];
  if (name === "gru4rec") stops.push([11, { ...noisy, batches: "lanes", laneSteps: 2, layers: 2 }]);
  it.each(stops)("that was stopped at report %d goes on to the same bits, with %j", async (stopAt, config) => {
    const whole = await fitted(name, planted.train, config);
    const stop = new AbortController();
    let reports = 0;
    const interrupted = fitted(name, planted.train, config, {
      checkpointDir: dir,
      signal: stop.signal,
      report: () => {
        if (++reports === stopAt) stop.abort();
      },
    });
    await expect(interrupted).rejects.toMatchObject({ code: "cancelled" });
    const resumed = await fitted(name, planted.train, config, { checkpointDir: dir });
    expect(encodeArtifact(resumed.save())).toEqual(encodeArtifact(whole.save()));
  });

  it("refuses the checkpoint of another fit", async () => {
    await fitted(name, planted.train, noisy, { checkpointDir: dir });
    const { train } = planted;
    const later = { ...train, times: train.times.map((time) => time + 1) };
    for (const [extra, run, data] of [
      [{ ...noisy, learningRate: 0.01 }, {}, train],
      [noisy, { random: new Random(2) }, train],
      [noisy, {}, later],
    ] as const) {
      const other = fitted(name, data, extra, { checkpointDir: dir, ...run });
      await expect(other).rejects.toMatchObject({ code: "bad-artifact" });
    }
  });

  it("keeps the weights of the best validation and stops when it does not improve", async () => {
    const values = [0.1, 0.4, 0.3, 0.2, 0.9];
    const seen: Float32Array[] = [];
    const model = await fitted(
      name,
      planted.train,
      { epochs: 20, patience: 2 },
      {
        validate: (current) => {
          seen.push(current.score(planted.queries));
          return Promise.resolve(values[seen.length - 1]!);
        },
      },
    );
    expect(seen).toHaveLength(4);
    expect(model.score(planted.queries)).toEqual(seen[1]);
    expect(seen[0]).not.toEqual(seen[1]);
  });

  it("does not depend on the number of threads", async () => {
    const [one, two] = [
      await fitted(name, planted.train, noisy),
      await fitted(name, planted.train, noisy, { threads: 2 }),
    ];
    expect(encodeArtifact(two.save())).toEqual(encodeArtifact(one.save()));
  });

  it("takes users with one interaction, and skips what it never met", async () => {
    const { train } = planted;
    const lone = interactions([...train.items, 4], [...train.users, 60], 22);
    const model = await fitted(name, lone, { epochs: 12 });
    expect(hitRate(model, planted, 1)).toBeGreaterThan(0.4);
    const score = (items: number[]): Float32Array => model.score(queryBatch([{ items }]));
    expect(score([3, 21, 7, 20, -1, 22])).toEqual(score([3, 7]));
    expect(Array.from(score([3, 7]), (value, item) => (Number.isNaN(value) ? item : -1)).filter((i) => i >= 0)).toEqual(
      [20, 21],
    );
    expect(model.score(queryBatch([{ items: [3] }]), Int32Array.of(21, 4))[0]).toBeNaN();
    const popularity = Float32Array.from(
      { length: 22 },
      (_, item) => lone.items.filter((i) => i === item).length / lone.size,
    );
    expect(score([20, 21])).toEqual(popularity);
    expect(score([])).toEqual(popularity);
  });

  it.each([
    ["no interactions", interactions([], [0].slice(1), 3)],
    ["users with one interaction each", interactions([0, 1, 2], [0, 1, 2], 3)],
  ])("refuses %s", async (_, train) => {
    const refused = fitted(name, train, { loss: "bce" });
    await expect(refused).rejects.toMatchObject({
      code: "bad-data",
      message: expect.stringMatching(/two interactions/),
    });
  });

  it("says so when it diverges", async () => {
    const wild = fitted(
      name,
      planted.train,
      { learningRate: 1, clipNorm: 1e6, warmupSteps: 0, loss: "bpr-max", scorePenalty: 10 },
      {
        validate: () => Promise.resolve(Number.NaN),
      },
    );
    await expect(wild).rejects.toMatchObject({ code: "diverged" });
  });
});

import { PlatformError, Random, type Progress } from "@sequitur/core";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { closeSequitur, engineMemory, selectBackend } from "../backend/select-backend.js";
import { embeddingLayer } from "../layers/embedding-layer.js";
import { mlp } from "../layers/linear-layer.js";
import { adam } from "../optimisers/adam.js";
import { Optimiser } from "../optimisers/optimiser.js";
import { plateau, warmUp, type Schedule } from "../optimisers/schedule.js";
import { Parameters } from "../parameters.js";
import { tf } from "../tensors.js";
import { train, type Trained, type Training } from "./train.js";

interface Batch {
  readonly items: Int32Array;
  readonly targets: Float32Array;
}

/** A small regression with a sparse table, dropout and every option that has state. */
interface Setup {
  readonly dir?: string;
  readonly signal?: AbortSignal;
  readonly report?: (progress: Progress) => void;
  readonly schedule?: Schedule;
  readonly epochs?: number;
  readonly more?: Partial<Training<Batch>>;
}

const ITEMS = 12;

function setUp(setup: Setup = {}): {
  readonly training: Training<Batch>;
  readonly parameters: Parameters;
  readonly close: () => void;
} {
  const random = new Random("trainer test");
  const parameters = new Parameters(random.fork("weights"));
  const items = embeddingLayer(parameters.scope("items"), { size: ITEMS, width: 4, sparse: true });
  const head = mlp(parameters.scope("head"), { sizes: [4, 8, 1], dropout: 0.2 });
  const optimiser = new Optimiser(adam(), { decay: 0.001 });
  const training: Training<Batch> = {
    task: "fit test",
    parameters,
    optimiser,
    *batches(_epoch, random) {
      for (let i = 0; i < 7; i++) {
        const drawn = Int32Array.from({ length: 5 }, () => random.integer(ITEMS));
        yield { items: drawn, targets: Float32Array.from(drawn, (item) => Math.sin(item)) };
      }
    },
    batchesPerEpoch: 7,
    loss: (batch, pass) => {
      const y = head(items.lookUp(tf.tensor1d(batch.items, "int32")), pass);
      return tf.mean(tf.square(tf.sub(tf.reshape(y, [-1]), tf.tensor1d(batch.targets))));
    },
    schedule: setup.schedule ?? warmUp(0.02, 5, plateau(0.02, { patience: 1 })),
    epochs: setup.epochs ?? 4,
    random: random.fork("training"),
    accumulate: 2,
    clipNorm: 0.5,
    averageDecay: 0.9,
    validation: { value: () => -Math.abs(parameters.get("head.1.weight").variable.dataSync()[0]), patience: 10 },
    ...(setup.dir && { checkpoints: { dir: setup.dir, identity: "test", everySteps: 3 } }),
    signal: setup.signal,
    report: setup.report,
    ...setup.more,
  };
  return {
    training,
    parameters,
    close: () => {
      optimiser.dispose();
      parameters.dispose();
    },
  };
}

async function bitsOf(setup: Setup): Promise<{ readonly bits: string; readonly trained: Trained }> {
  const { training, parameters, close } = setUp(setup);
  const trained = await train(training);
  const bits = JSON.stringify([...parameters.snapshot()].map(([name, { data }]) => [name, [...data]]));
  close();
  return { bits, trained };
}

describe.each(["sequitur", "cpu"] as const)("train on %s", (backend) => {
  let dir = "";
  beforeAll(() => selectBackend(backend));
  afterAll(closeSequitur);
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "train-"));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it("gives the same bits for the same seed, with and without checkpoints", async () => {
    const { bits } = await bitsOf({});
    expect((await bitsOf({ dir })).bits).toBe(bits);
  });

  it.each([1, 2, 3, 5, 8, 9, 12])("ends with the same bits when stopped after %i steps and resumed", async (stopAt) => {
    const { bits, trained } = await bitsOf({});
    const stop = new AbortController();
    let steps = 0;
    const report = (): void => {
      steps += 1;
      if (steps === stopAt) stop.abort();
    };
    await expect(bitsOf({ dir, signal: stop.signal, report })).rejects.toMatchObject({ code: "cancelled" });
    const resumed = await bitsOf({ dir });
    expect(resumed.bits).toBe(bits);
    expect(resumed.trained).toEqual(trained);
    const again = await bitsOf({ dir });
    expect(again.trained).toEqual(trained);
    expect(again.bits).toBe(bits);
  });

  it("frees every tensor it made", async () => {
    const before = tf.memory().numTensors;
    await bitsOf({ dir });
    expect(tf.memory().numTensors).toBe(before);
  });

  it("stops within one step of a cancellation", async () => {
    const stop = new AbortController();
    let batches = 0;
    const { training, close } = setUp({ signal: stop.signal });
    const counted: Training<Batch> = {
      ...training,
      accumulate: 1,
      loss: (batch, pass) => {
        batches += 1;
        if (batches === 3) stop.abort();
        return training.loss(batch, pass);
      },
    };
    await expect(train(counted)).rejects.toMatchObject({ code: "cancelled" });
    expect(batches).toBe(3);
    close();
  });

  it("stops with diverged when the loss is not finite", async () => {
    const { training, close } = setUp();
    const before = tf.memory().numTensors;
    const broken: Training<Batch> = {
      ...training,
      loss: (batch, pass) => tf.mul(training.loss(batch, pass), Number.NaN),
    };
    await expect(train(broken)).rejects.toThrow(
      new PlatformError("diverged", "fit test: expected a finite loss, got NaN at batch 0 of epoch 0."),
    );
    expect(tf.memory().numTensors).toBe(before);
    close();
  });

  it("stops early and keeps the best weights", async () => {
    const values = [0.1, 0.5, 0.4, 0.3, 0.9];
    let at = 0;
    let best = Number.NaN;
    const { training, parameters, close } = setUp();
    const { averageDecay: _, ...plain } = training;
    const weight = (): number => parameters.get("head.1.weight").variable.dataSync()[0];
    const value = (): number => {
      if (at === 1) best = weight();
      return values[at++];
    };
    const told: number[] = [];
    const report = ({ values }: Progress): void => {
      if (values?.["validation"] !== undefined) told.push(values["validation"]);
    };
    const trained = await train({ ...plain, epochs: 5, validation: { value, patience: 2 }, report });
    expect(told).toEqual(values.slice(0, 4));
    expect(trained).toMatchObject({ stopped: "early", epochs: 4, best: { value: 0.5, epoch: 1 } });
    expect(weight()).toBe(best);
    close();
  });

  it("refuses a folder of another run and a broken file", async () => {
    await bitsOf({ dir });
    const { training, close } = setUp({ dir });
    await expect(train({ ...training, checkpoints: { dir, identity: "other" } })).rejects.toMatchObject({
      code: "bad-artifact",
    });
    const path = join(dir, "last.safetensors");
    await writeFile(path, (await readFile(path)).subarray(0, 100));
    await expect(train(training)).rejects.toMatchObject({ code: "bad-artifact" });
    close();
  });

  // Four steps an epoch: seven batches, two to a step.
  const epochs = backend === "cpu" ? 105 : 2500;
  it(`keeps its memory flat over ${4 * epochs} steps`, { timeout: 60_000 }, async () => {
    const tensors: number[] = [];
    const bytes: number[] = [];
    const { training, close } = setUp();
    const { averageDecay: _, validation: __, ...plain } = training;
    const report = ({ done }: Progress): void => {
      if (done % 70 !== 0 || done === 0) return;
      tensors.push(tf.memory().numTensors);
      bytes.push(engineMemory()?.usedBytes ?? 0);
    };
    await train({ ...plain, batchesPerEpoch: 7, epochs, report });
    expect(tensors.length).toBeGreaterThanOrEqual(epochs / 10);
    expect(new Set(tensors).size).toBe(1);
    expect(new Set(bytes).size).toBe(1);
    close();
  });
});

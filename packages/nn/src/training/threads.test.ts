import { Random } from "@sequitur/core";
import { afterEach, describe, expect, it } from "vitest";
import { closeSequitur, engineMemory, selectBackend } from "../backend/select-backend.js";
import { embeddingLayer } from "../layers/embedding-layer.js";
import { lightGcn } from "../layers/graph-layer.js";
import { gruLayer } from "../layers/gru-layer.js";
import { learnedPositions } from "../layers/positions.js";
import { transformer } from "../layers/transformer.js";
import { softmaxCrossEntropy } from "../ops/cross-entropy.js";
import { dropout } from "../ops/dropout.js";
import { graph, normalisedAdjacency } from "../ops/graph.js";
import { sampledSoftmax } from "../ops/sampled.js";
import { adamW } from "../optimisers/adam.js";
import { Optimiser } from "../optimisers/optimiser.js";
import { constant } from "../optimisers/schedule.js";
import { Parameters } from "../parameters.js";
import { tf } from "../tensors.js";
import { train } from "./train.js";

const [BATCH, LENGTH, WIDTH, ITEMS] = [16, 24, 32, 700];

/** One of everything that has a kernel, at sizes that make several chunks; gives weights and what each step held. */
async function run(threads: number, sparse: boolean): Promise<{ bits: Uint32Array[]; held: string[] }> {
  await selectBackend("sequitur", { threads });
  const random = new Random("threads");
  const parameters = new Parameters(random.fork("weights"));
  const items = embeddingLayer(parameters.scope("items"), { size: ITEMS, width: WIDTH, sparse });
  const add = learnedPositions(parameters.scope("positions"), { length: LENGTH, width: WIDTH });
  const options = { layers: 2, width: WIDTH, heads: 2, causal: true, dropout: 0.2, activation: "gelu" } as const;
  const encode = transformer(parameters.scope("encoder"), options);
  const recur = gruLayer(parameters.scope("gru"), { inputs: WIDTH, hidden: WIDTH });
  const draw = (random: Random, length: number): Int32Array => Int32Array.from({ length }, () => random.integer(ITEMS));
  const [from, to] = [draw(random.fork("from"), 2000), draw(random.fork("to"), 2000)];
  const ties = graph(normalisedAdjacency(ITEMS, from, to));
  const optimiser = new Optimiser(adamW(), { decay: 0.01 });
  const held: string[] = [];
  await train({
    task: "threads",
    parameters,
    optimiser,
    schedule: constant(1e-2),
    epochs: 1,
    random: random.fork("training"),
    batchesPerEpoch: 8,
    clipNorm: 1,
    averageDecay: 0.9,
    *batches(_epoch, random) {
      for (let i = 0; i < 8; i++) {
        yield { x: draw(random, BATCH * LENGTH), y: draw(random, BATCH * LENGTH), negatives: draw(random, 64) };
      }
    },
    loss: (batch, pass) => {
      const x = items.lookUp(tf.tensor2d(batch.x, [BATCH, LENGTH], "int32")) as tf.Tensor3D;
      const encoded = encode(dropout(add(x), 0.2, pass), pass);
      const states = tf.reshape(tf.add(encoded, recur(x)), [-1, WIDTH]) as tf.Tensor2D;
      const targets = tf.tensor1d(batch.y, "int32");
      const negatives = tf.tensor1d(batch.negatives, "int32");
      const sampled = sampledSoftmax(states, items.table, { targets, negatives });
      if (sparse) return sampled;
      const table = lightGcn(ties, items.table, 2);
      return tf.add(sampled, softmaxCrossEntropy(states, table, targets));
    },
    report: () => held.push(JSON.stringify([tf.memory().numTensors, engineMemory()!.blocks])),
  });
  const bits = [...parameters.snapshot().values()].map(({ data }) => new Uint32Array(data.buffer));
  optimiser.dispose();
  ties.dispose();
  parameters.dispose();
  expect(tf.memory().numTensors).toBe(0);
  return { bits, held };
}

describe.each([
  { kind: "dense", sparse: false },
  { kind: "sparse", sparse: true },
])("training with $kind tables", ({ sparse }) => {
  afterEach(closeSequitur);

  it(
    "gives the same bits on 1, 2 and 3 threads, and holds the same after every step",
    { timeout: 60_000 },
    async () => {
      const one = await run(1, sparse);
      expect(new Set(one.held.slice(0, 8)).size).toBe(1);
      expect(one.bits.every((bits) => bits.length > 0)).toBe(true);
      for (const threads of [2, 3]) {
        const many = await run(threads, sparse);
        many.bits.forEach((bits, i) => expect(bits).toEqual(one.bits[i]));
      }
    },
  );
});

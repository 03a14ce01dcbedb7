import { Random } from "@sequitur/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeSequitur, selectBackend } from "../backend/select-backend.js";
import { embeddingLayer } from "../layers/embedding-layer.js";
import { gruLayer } from "../layers/gru-layer.js";
import { learnedPositions } from "../layers/positions.js";
import { transformer } from "../layers/transformer.js";
import { softmaxCrossEntropy } from "../ops/cross-entropy.js";
import { adam } from "../optimisers/adam.js";
import { Optimiser } from "../optimisers/optimiser.js";
import { constant } from "../optimisers/schedule.js";
import { Parameters, type Scope } from "../parameters.js";
import { EVALUATION, type Pass } from "../pass.js";
import { tf } from "../tensors.js";
import { train } from "./train.js";

const WIDTH = 32;
const LENGTH = 8;

type Encoder = (x: tf.Tensor3D, pass: Pass) => tf.Tensor3D;

const ENCODERS: Record<string, (scope: Scope, dropout: number) => Encoder> = {
  "a two-layer transformer": (scope, dropout) => {
    const add = learnedPositions(scope.scope("positions"), { length: LENGTH, width: WIDTH });
    const encode = transformer(scope, { layers: 2, width: WIDTH, heads: 2, causal: true, dropout });
    return (x, pass) => encode(add(x), pass);
  },
  "a post-norm rotary transformer with RMS norms": (scope, dropout) =>
    transformer(scope, {
      layers: 2,
      width: WIDTH,
      heads: 2,
      hidden: 48,
      causal: true,
      dropout,
      rotary: true,
      norm: "rms",
      order: "post",
      activation: "gelu",
    }),
  "a GRU": (scope) => {
    const run = gruLayer(scope, { inputs: WIDTH, hidden: WIDTH });
    return (x) => run(x);
  },
};

interface Learner {
  /** Mean loss of the last epoch. */
  readonly loss: number;
  /** Share of held-out sequences whose last item is the top score. */
  readonly accuracy: number;
}

async function learn(
  encoder: (scope: Scope, dropout: number) => Encoder,
  options: { readonly items: number; readonly epochs: number; readonly dropout: number },
  seen: readonly number[][],
  heldOut: readonly number[][],
): Promise<Learner> {
  const random = new Random("learning");
  const parameters = new Parameters(random.fork("weights"));
  const items = embeddingLayer(parameters.scope("items"), { size: options.items, width: WIDTH });
  const encode = encoder(parameters.scope("encoder"), options.dropout);
  const optimiser = new Optimiser(adam());
  const hidden = (batch: readonly number[][], pass: Pass): tf.Tensor2D => {
    const x = tf.tensor2d(
      batch.map((sequence) => sequence.slice(0, LENGTH)),
      undefined,
      "int32",
    );
    return tf.reshape(encode(items.lookUp(x) as tf.Tensor3D, pass), [-1, WIDTH]);
  };
  const trained = await train({
    task: "learn",
    parameters,
    optimiser,
    schedule: constant(5e-3),
    epochs: options.epochs,
    random: random.fork("training"),
    batchesPerEpoch: Math.ceil(seen.length / 32),
    *batches(_epoch, random) {
      const order = random.shuffle(seen.slice());
      for (let at = 0; at < order.length; at += 32) yield order.slice(at, at + 32);
    },
    loss: (batch, pass) => {
      const targets = batch.flatMap((sequence) => sequence.slice(1));
      return softmaxCrossEntropy(hidden(batch, pass), items.table, tf.tensor1d(targets, "int32"));
    },
  });
  const best = tf.tidy(() => {
    const states = tf.reshape(hidden(heldOut, EVALUATION), [heldOut.length, LENGTH, WIDTH]);
    const last = tf.reshape(tf.slice(states, [0, LENGTH - 1, 0], [heldOut.length, 1, WIDTH]), [-1, WIDTH]);
    return tf.argMax(tf.matMul(last as tf.Tensor2D, items.table, false, true), 1);
  });
  const top = best.dataSync();
  best.dispose();
  const accuracy = heldOut.filter((sequence, i) => sequence[LENGTH] === top[i]).length / heldOut.length;
  optimiser.dispose();
  parameters.dispose();
  return { loss: trained.loss, accuracy };
}

/** The next item is the sum of the last one and the one before it: position and content both matter. */
function planted(count: number, items: number, random: Random): number[][] {
  return Array.from({ length: count }, () => {
    const sequence = [random.integer(items), random.integer(items)];
    while (sequence.length <= LENGTH) sequence.push((sequence.at(-1)! + sequence.at(-2)!) % items);
    return sequence;
  });
}

function noise(count: number, items: number, random: Random): number[][] {
  return Array.from({ length: count }, () => Array.from({ length: LENGTH + 1 }, () => random.integer(items)));
}

describe.each(Object.entries(ENCODERS))("%s", (_name, encoder) => {
  beforeAll(() => selectBackend("sequitur", { threads: 1 }));
  afterAll(closeSequitur);

  it("overfits a tiny set to almost no loss", async () => {
    // Of random sequences with distinct first items every later item is known to who remembers the first.
    const sequences = noise(8, 30, new Random(1)).map((sequence, i) => [i, ...sequence.slice(1)]);
    const { loss } = await learn(encoder, { items: 30, epochs: 150, dropout: 0 }, sequences, sequences);
    expect(loss).toBeLessThan(0.02);
  });

  it("learns a planted pattern", { timeout: 60_000 }, async () => {
    const random = new Random(2);
    const [seen, heldOut] = [planted(400, 7, random), planted(100, 7, random)];
    const { accuracy } = await learn(encoder, { items: 7, epochs: 25, dropout: 0.1 }, seen, heldOut);
    expect(accuracy).toBeGreaterThan(0.9);
  });

  it("learns nothing from noise", async () => {
    const random = new Random(3);
    const [seen, heldOut] = [noise(200, 10, random), noise(300, 10, random)];
    const { accuracy } = await learn(encoder, { items: 10, epochs: 5, dropout: 0.1 }, seen, heldOut);
    // Chance is 0.1 with a standard error of 0.017.
    expect(accuracy).toBeLessThan(0.17);
    expect(accuracy).toBeGreaterThan(0.03);
  });
});

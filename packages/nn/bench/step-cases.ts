import { Random } from "@sequitur/core";
import {
  adam,
  disposeGradients,
  dropout,
  embeddingLayer,
  GradientSum,
  gruLayer,
  learnedPositions,
  mergeRows,
  Optimiser,
  Parameters,
  sampledSoftmax,
  softmaxCrossEntropy,
  takeRows,
  tf,
  trainingPass,
  transformer,
  unitRows,
  type Pass,
} from "../src/index.js";

/** The training steps that bench/peers/train_steps.py has too: the same networks, losses and sizes. */
export const STEP_CASES = {
  "sasrec-last": (dropoutRate: number) => sasrec(50, dropoutRate, lastPosition),
  "sasrec-all": (dropoutRate: number) => sasrec(50, dropoutRate, allPositions),
  "sasrec-sampled": (dropoutRate: number) => sasrec(200, dropoutRate, sharedNegatives),
  gru4rec: (dropoutRate: number) => gru4rec(50, dropoutRate),
  "adam-rows": () => adamRows(),
} as const;
export type StepCase = keyof typeof STEP_CASES;

export interface Stepper {
  step(): void;
  dispose(): void;
}

const [ITEMS, WIDTH, BATCH, HEADS, LAYERS, NEGATIVES] = [3500, 64, 128, 2, 2, 256];
const [TABLE_ROWS, ROWS_A_STEP] = [100_000, 6400];
const POOL = 4;

interface Batch {
  readonly x: Int32Array;
  readonly y: Int32Array;
  readonly negatives: Int32Array;
}

type Loss = (hidden: tf.Tensor3D, table: tf.Tensor2D, batch: Batch) => tf.Scalar;

const random = new Random("bench");

const draw = (length: number, bound: number): Int32Array => Int32Array.from({ length }, () => random.integer(bound));

function sasrec(length: number, dropoutRate: number, loss: Loss): Stepper {
  const parameters = new Parameters(random.fork("weights"));
  const items = embeddingLayer(parameters.scope("items"), { size: ITEMS, width: WIDTH });
  const addPositions = learnedPositions(parameters.scope("positions"), { length, width: WIDTH });
  const encode = transformer(parameters.scope("encoder"), {
    layers: LAYERS,
    width: WIDTH,
    heads: HEADS,
    causal: true,
    dropout: dropoutRate,
  });
  return networkStepper(parameters, length, (batch, pass) => {
    const x = tf.tensor2d(batch.x, [BATCH, length], "int32");
    const embedded = dropout(addPositions(items.lookUp(x) as tf.Tensor3D), dropoutRate, pass);
    return loss(encode(embedded, pass), items.table, batch);
  });
}

function gru4rec(length: number, dropoutRate: number): Stepper {
  const parameters = new Parameters(random.fork("weights"));
  const items = embeddingLayer(parameters.scope("items"), { size: ITEMS, width: WIDTH });
  const run = gruLayer(parameters.scope("gru"), { inputs: WIDTH, hidden: WIDTH });
  return networkStepper(parameters, length, (batch, pass) => {
    const x = tf.tensor2d(batch.x, [BATCH, length], "int32");
    return allPositions(run(dropout(items.lookUp(x) as tf.Tensor3D, dropoutRate, pass)), items.table, batch);
  });
}

function lastPosition(hidden: tf.Tensor3D, table: tf.Tensor2D, { y }: Batch): tf.Scalar {
  const length = hidden.shape[1];
  const places = Int32Array.from({ length: BATCH }, (_, b) => b * length + length - 1);
  const last = takeRows(tf.reshape(hidden, [-1, WIDTH]), tf.tensor1d(places, "int32"));
  return softmaxCrossEntropy(
    last,
    table,
    tf.tensor1d(
      Int32Array.from(places, (at) => y[at]),
      "int32",
    ),
  );
}

function allPositions(hidden: tf.Tensor3D, table: tf.Tensor2D, { y }: Batch): tf.Scalar {
  return softmaxCrossEntropy(tf.reshape(hidden, [-1, WIDTH]) as tf.Tensor2D, table, tf.tensor1d(y, "int32"));
}

function sharedNegatives(hidden: tf.Tensor3D, table: tf.Tensor2D, { y, negatives }: Batch): tf.Scalar {
  return sampledSoftmax(tf.reshape(hidden, [-1, WIDTH]) as tf.Tensor2D, table, {
    targets: tf.tensor1d(y, "int32"),
    negatives: tf.tensor1d(negatives, "int32"),
  });
}

function networkStepper(
  parameters: Parameters,
  length: number,
  loss: (batch: Batch, pass: Pass) => tf.Scalar,
): Stepper {
  const optimiser = new Optimiser(adam());
  const sum = new GradientSum(parameters);
  const pool = Array.from({ length: POOL }, () => ({
    x: draw(BATCH * length, ITEMS),
    y: draw(BATCH * length, ITEMS),
    negatives: draw(NEGATIVES, ITEMS),
  }));
  let count = 0;
  return {
    step() {
      const pass = trainingPass(random.fork(count));
      const value = sum.add(() => loss(pool[count % POOL], pass));
      if (!Number.isFinite(value)) throw new Error(`step ${count}: loss ${value}`);
      const gradients = sum.finish();
      optimiser.step(parameters.all(), gradients, 1e-3);
      disposeGradients(gradients);
      count += 1;
    },
    dispose() {
      optimiser.dispose();
      parameters.dispose();
    },
  };
}

/** From the gradients of 6,400 rows, some twice, to the updated table. */
function adamRows(): Stepper {
  const parameters = new Parameters(random.fork("weights"));
  parameters.create("table", [TABLE_ROWS, WIDTH], unitRows, { sparse: true });
  const optimiser = new Optimiser(adam());
  const pool = Array.from({ length: POOL }, () => ({
    rows: tf.tensor1d(draw(ROWS_A_STEP, TABLE_ROWS), "int32"),
    values: tf.tensor2d(
      Float32Array.from({ length: ROWS_A_STEP * WIDTH }, () => random.normal()),
      [ROWS_A_STEP, WIDTH],
    ),
  }));
  let count = 0;
  return {
    step() {
      const { rows, values } = pool[count++ % POOL];
      const merged = mergeRows([{ rows: rows.clone(), values: values.clone() }], TABLE_ROWS);
      const gradients = { dense: new Map(), rows: new Map([["table", merged]]) };
      optimiser.step(parameters.all(), gradients, 1e-3);
      disposeGradients(gradients);
    },
    dispose() {
      for (const { rows, values } of pool) tf.dispose([rows, values]);
      optimiser.dispose();
      parameters.dispose();
    },
  };
}

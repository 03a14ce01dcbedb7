// What bench/kernels.bench.ts times: the shapes of a transformer or a GRU with 128 sequences of 50 items, width 64, and a
// catalogue of 3,500.
import { Random } from "@sequitur/core";
import { type Engine, type Floats, type MatmulShape } from "../src/index.js";

/** One operation to time. */
export interface Case {
  readonly name: string;
  /** Floating point operations of a call. */
  readonly flops?: number;
  /** Bytes a call must read and write. */
  readonly bytes?: number;
  readonly prepare: (engine: Engine, random: (length: number) => Floats) => () => unknown;
}

const MIB = 1 << 20;
const ROWS = 6400;
const WIDTH = 64;

function matmulCase(kind: "NN" | "NT" | "TN", m: number, n: number, k: number): Case {
  const shape: MatmulShape = { m, n, k, transposeA: kind === "TN", transposeB: kind === "NT" };
  return {
    name: `matmul ${kind} ${m}x${n}x${k}`,
    flops: 2 * m * n * k,
    prepare: ({ kernels, memory }, random) => {
      const [out, a, b] = [memory.floats(m * n), random(m * k), random(k * n)];
      return () => kernels.matmul(out, a, b, shape);
    },
  };
}

/** A case over one block of activations, (6400, 64), read and written `passes` times in all. */
function rowsCase(
  name: string,
  passes: number,
  body: (engine: Engine, out: Floats, x: Floats, y: Floats) => () => void,
): Case {
  return {
    name,
    bytes: passes * 4 * ROWS * WIDTH,
    prepare: (engine, random) => body(engine, random(ROWS * WIDTH), random(ROWS * WIDTH), random(ROWS * WIDTH)),
  };
}

const NORM_SHAPE = { rows: ROWS, width: WIDTH };
const LINEAR_SHAPE = { rows: ROWS, inputs: WIDTH, outputs: WIDTH, activation: "relu" } as const;

const ATTENTION = { batch: 128, heads: 2, width: 32, keys: 50, causal: true };
const DROPPED = { ...ATTENTION, dropout: { rate: 0.2, seed: 1, counter: 2 } };
/** Multiplications and additions of both products, half of them left out as the future. */
const ATTENTION_FLOPS = 128 * 2 * 50 * 50 * 32 * 2;

function attentionCase(name: string, shape: typeof ATTENTION | typeof DROPPED, backward: boolean): Case {
  return {
    name,
    flops: backward ? 2.5 * ATTENTION_FLOPS : ATTENTION_FLOPS,
    prepare: ({ kernels, memory }, random) => {
      const block = (): Floats => random(ROWS * WIDTH);
      const [q, k, v, out, upstream, stats] = [
        block(),
        block(),
        block(),
        block(),
        block(),
        memory.floats(128 * 2 * 50),
      ];
      kernels.attention(out, q, k, v, stats, shape);
      if (!backward) return () => kernels.attention(out, q, k, v, stats, shape);
      const gradients = { q: block(), k: block(), v: block() };
      return () => kernels.attentionGradient(gradients, upstream, out, q, k, v, stats, shape);
    },
  };
}

function crossEntropyCase(rows: number): Case {
  return {
    name: `cross-entropy + gradients ${rows}x3500x64`,
    flops: 6 * rows * 3500 * WIDTH,
    prepare: ({ kernels, memory }, random) => {
      const draws = new Random("targets");
      const [hidden, table] = [random(rows * WIDTH), random(3500 * WIDTH)];
      const targets = memory.intsFrom(Int32Array.from({ length: rows }, () => draws.integer(3500)));
      const out = { losses: random(rows), hidden: random(rows * WIDTH), table: random(3500 * WIDTH) };
      return () => kernels.crossEntropy(out, hidden, table, null, targets, { rows, width: WIDTH, items: 3500 });
    },
  };
}

const GRU = { batch: 128, length: 50, inputs: WIDTH, width: WIDTH };

function gruCase(backward: boolean): Case {
  return {
    name: `gru 128x50x64${backward ? " gradient" : ""}`,
    flops: (backward ? 4 : 2) * 2 * ROWS * WIDTH * 3 * WIDTH,
    prepare: ({ kernels }, random) => {
      const parameters = () => ({
        input: random(WIDTH * 3 * WIDTH),
        hidden: random(WIDTH * 3 * WIDTH),
        inputBias: random(3 * WIDTH),
        hiddenBias: random(3 * WIDTH),
      });
      const [weights, x, out, upstream] = [
        parameters(),
        random(ROWS * WIDTH),
        random(ROWS * WIDTH),
        random(ROWS * WIDTH),
      ];
      const saved = { gates: random(ROWS * 3 * WIDTH), inner: random(ROWS * WIDTH) };
      kernels.gru(out, saved, x, weights, null, GRU);
      if (!backward) return () => kernels.gru(out, saved, x, weights, null, GRU);
      const gradients = { ...parameters(), x: random(ROWS * WIDTH) };
      return () => kernels.gruGradient(gradients, upstream, out, saved, x, weights, null, GRU);
    },
  };
}

function sampledCase(): Case {
  const count = 256;
  return {
    name: "sampled softmax + gradients, 256 shared",
    flops: 6 * ROWS * count * WIDTH,
    prepare: ({ kernels, memory }, random) => {
      const [positives, all] = [indicesOf(memory, 3500), indicesOf(memory, 3500)];
      const items = { rows: ROWS, count, shared: true, positives, negatives: all.part(0, count) };
      const [hidden, table, scores] = [random(ROWS * WIDTH), random(3500 * WIDTH), memory.floats(ROWS * (count + 1))];
      const out = { hidden: random(ROWS * WIDTH), table: random(3500 * WIDTH) };
      const losses = memory.floats(ROWS);
      return () => {
        kernels.sampledScores(scores, hidden, table, null, items, WIDTH);
        kernels.sampledLoss({ losses, slopes: scores }, scores, items, { kind: "softmax" });
        kernels.sampledGradient(out, scores, hidden, table, items, WIDTH);
      };
    },
  };
}

const MODEL_CASES: readonly Case[] = [
  attentionCase("causal attention 128x2x50x32", ATTENTION, false),
  attentionCase("causal attention gradient", ATTENTION, true),
  attentionCase("causal attention, dropout 0.2", DROPPED, false),
  attentionCase("causal attention gradient, dropout 0.2", DROPPED, true),
  crossEntropyCase(128),
  crossEntropyCase(ROWS),
  sampledCase(),
  gruCase(false),
  gruCase(true),
];

/** Every operation that is timed. */
export const CASES: readonly Case[] = [
  ...MODEL_CASES,
  matmulCase("NN", ROWS, WIDTH, WIDTH),
  matmulCase("NT", ROWS, WIDTH, WIDTH),
  matmulCase("TN", WIDTH, WIDTH, ROWS),
  matmulCase("NT", ROWS, 3500, WIDTH),
  matmulCase("NT", 128, 3500, WIDTH),
  matmulCase("NN", 128, WIDTH, 3500),
  matmulCase("TN", 3500, WIDTH, 128),
  matmulCase("NN", 1024, 1024, 1024),
  {
    name: "linear + bias + relu 6400x64x64",
    flops: 2 * ROWS * WIDTH * WIDTH,
    prepare: ({ kernels, memory }, random) => {
      const [out, x, weight, bias] = [
        memory.floats(ROWS * WIDTH),
        random(ROWS * WIDTH),
        random(WIDTH * WIDTH),
        random(WIDTH),
      ];
      return () => kernels.linear(out, x, weight, bias, LINEAR_SHAPE);
    },
  },
  {
    name: "linear + bias + relu gradient",
    flops: 4 * ROWS * WIDTH * WIDTH,
    prepare: ({ kernels }, random) => {
      const [gradient, x, weight] = [random(ROWS * WIDTH), random(ROWS * WIDTH), random(WIDTH * WIDTH)];
      const out = { x: random(ROWS * WIDTH), weight: random(WIDTH * WIDTH), bias: random(WIDTH) };
      return () => kernels.linearGradient(out, gradient, x, weight, gradient, LINEAR_SHAPE);
    },
  },
  rowsCase("layer norm 6400x64", 2, ({ kernels, memory }, out, x) => {
    const [gain, bias, stats] = [memory.floats(WIDTH), memory.floats(WIDTH), memory.floats(2 * ROWS)];
    return () => kernels.layerNorm(out, x, gain, bias, stats, NORM_SHAPE);
  }),
  rowsCase("layer norm gradient 6400x64", 3, ({ kernels, memory }, out, x, y) => {
    const [gain, bias, stats] = [memory.floats(WIDTH), memory.floats(WIDTH), memory.floats(2 * ROWS)];
    kernels.layerNorm(out, x, gain, bias, stats, NORM_SHAPE);
    return () => kernels.layerNormGradient({ x: out, gain, bias }, y, x, gain, stats, NORM_SHAPE);
  }),
  rowsCase(
    "gelu 6400x64",
    2,
    ({ kernels }, out, x) =>
      () =>
        kernels.activate(out, x, "gelu"),
  ),
  rowsCase(
    "dropout 6400x64",
    2,
    ({ kernels }, out, x) =>
      () =>
        kernels.dropout(out, x, { rate: 0.2, seed: 1, counter: 2 }),
  ),
  rowsCase(
    "add 6400x64",
    3,
    ({ kernels }, out, x, y) =>
      () =>
        kernels.add(out, x, y),
  ),
  {
    name: "softmax 128x3500",
    bytes: 2 * 4 * 128 * 3500,
    prepare: ({ kernels, memory }, random) => {
      const [out, x] = [memory.floats(128 * 3500), random(128 * 3500)];
      return () => kernels.softmax(out, x, 128, 3500);
    },
  },
  {
    name: "gather 6400 of 3500x64",
    bytes: 2 * 4 * ROWS * WIDTH,
    prepare: ({ kernels, memory }, random) => {
      const [out, table, indices] = [memory.floats(ROWS * WIDTH), random(3500 * WIDTH), indicesOf(memory, 3500)];
      return () => kernels.gather(out, table, indices, WIDTH);
    },
  },
  {
    name: "scatter-add 6400 to 3500x64",
    bytes: 3 * 4 * ROWS * WIDTH,
    prepare: ({ kernels, memory }, random) => {
      const [table, x, indices] = [random(3500 * WIDTH), random(ROWS * WIDTH), indicesOf(memory, 3500)];
      return () => kernels.scatterAdd(table, x, indices, WIDTH);
    },
  },
  adamCase(3500),
  adamCase(100_000),
  {
    name: "lazy adam, 6400 rows of 100000x64",
    bytes: 7 * 4 * ROWS * WIDTH,
    prepare: ({ kernels, memory }, random) => {
      const [p, m, v] = [random(6_400_000), memory.floats(6_400_000), memory.floats(6_400_000)];
      kernels.fill(m, 0);
      kernels.fill(v, 0);
      const [gradient, all, indices, places] = [
        random(ROWS * WIDTH),
        indicesOf(memory, 100_000),
        memory.ints(ROWS),
        memory.ints(ROWS),
      ];
      const count = kernels.uniqueIndices(indices, places, all, 100_000);
      const rows = { indices, count, width: WIDTH };
      return () => kernels.adam(p, gradient, m, v, { learningRate: 1e-3, step: 10 }, rows);
    },
  },
  {
    name: "fill 90 MB",
    bytes: 90 * MIB,
    prepare: ({ kernels, memory }) => {
      const out = memory.floats((90 * MIB) / 4);
      return () => kernels.fill(out, 1);
    },
  },
  {
    name: "call of a kernel (fill of 4)",
    prepare: ({ kernels, memory }) => {
      const out = memory.floats(4);
      return () => {
        for (let turn = 0; turn < 1000; turn++) kernels.fill(out, 1);
      };
    },
  },
];

function adamCase(rows: number): Case {
  return {
    name: `adam ${rows}x64`,
    bytes: 7 * 4 * rows * WIDTH,
    prepare: ({ kernels, memory }, random) => {
      const size = rows * WIDTH;
      const [p, g, m, v] = [random(size), random(size), memory.floats(size), memory.floats(size)];
      kernels.fill(m, 0);
      kernels.fill(v, 0);
      return () => kernels.adam(p, g, m, v, { learningRate: 1e-3, step: 10 });
    },
  };
}

function indicesOf(memory: Engine["memory"], limit: number): ReturnType<Engine["memory"]["ints"]> {
  const draws = new Random("indices");
  return memory.intsFrom(Int32Array.from({ length: ROWS }, () => draws.integer(limit)));
}

import { Random } from "@sequitur/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeSequitur, selectBackend } from "../backend/select-backend.js";
import { gradientError } from "../gradient-check.js";
import { normal } from "../initializers.js";
import { graph, normalisedAdjacency } from "../ops/graph.js";
import { Parameters, type Scope } from "../parameters.js";
import { EVALUATION, type Pass } from "../pass.js";
import { tf } from "../tensors.js";
import { attentionLayer } from "./attention-layer.js";
import { embeddingLayer } from "./embedding-layer.js";
import { graphLayer, lightGcn } from "./graph-layer.js";
import { gruLayer } from "./gru-layer.js";
import { linearLayer, mlp } from "./linear-layer.js";
import { normLayer } from "./norm-layer.js";
import { learnedPositions, sinusoidalPositions, sinusoidTable } from "./positions.js";
import { time2vec } from "./time2vec.js";
import { transformer, transformerBlock } from "./transformer.js";

type Cube = tf.Tensor3D;
type Matrix = tf.Tensor2D;

/** A layer over an input of a shape; the pass of each call is the same, so that its masks are. */
interface Case {
  readonly shape: readonly number[];
  readonly make: (scope: Scope) => (x: tf.Tensor, pass: Pass) => tf.Tensor;
}

const MASK = (): Matrix => tf.tensor2d([0, 1, 1, 1, 1, 1, 1, 0], [2, 4], "int32");
const RING = normalisedAdjacency(4, Int32Array.of(0, 1, 2, 3), Int32Array.of(1, 2, 3, 0));

const CASES: Record<string, Case> = {
  linear: { shape: [3, 5], make: (scope) => linearLayer(scope, { inputs: 5, outputs: 4, activation: "tanh" }) },
  mlp: { shape: [3, 5], make: (scope) => mlp(scope, { sizes: [5, 6, 2], activation: "silu", dropout: 0.3 }) },
  "layer norm": { shape: [3, 5], make: (scope) => normLayer(scope, 5) },
  "rms norm": { shape: [3, 5], make: (scope) => normLayer(scope, 5, "rms") },
  "learned positions": {
    shape: [2, 4, 6],
    make: (scope) => {
      const add = learnedPositions(scope, { length: 7, width: 6 });
      return (x) => add(x as Cube);
    },
  },
  "sinusoidal positions": {
    shape: [2, 4, 6],
    make: () => {
      const add = sinusoidalPositions({ length: 7, width: 6 });
      return (x) => add(x as Cube);
    },
  },
  attention: {
    shape: [2, 4, 6],
    make: (scope) => {
      const attend = attentionLayer(scope, { width: 6, heads: 3, causal: true, dropout: 0.2, rotary: true });
      return (x, pass) => attend(x as Cube, pass, MASK());
    },
  },
  "pre-norm block": {
    shape: [2, 4, 6],
    make: (scope) => {
      const block = transformerBlock(scope, {
        width: 6,
        heads: 2,
        hidden: 7,
        causal: true,
        dropout: 0.2,
        activation: "gelu",
      });
      return (x, pass) => block(x as Cube, pass, MASK());
    },
  },
  "post-norm stack": {
    shape: [2, 4, 6],
    make: (scope) => {
      const encode = transformer(scope, {
        layers: 2,
        width: 6,
        heads: 2,
        order: "post",
        norm: "rms",
        activation: "silu",
      });
      return (x, pass) => encode(x as Cube, pass);
    },
  },
  gru: {
    shape: [2, 4, 5],
    make: (scope) => {
      const run = gruLayer(scope, { inputs: 5, hidden: 3 });
      return (x) => run(x as Cube, { mask: MASK() });
    },
  },
  "graph layer": {
    shape: [4, 5],
    make: (scope) => {
      const apply = graphLayer(scope, { inputs: 5, outputs: 3, activation: "sigmoid" });
      const ring = graph(RING);
      return (x) => apply(ring, x as Matrix);
    },
  },
  lightGcn: {
    shape: [4, 5],
    make: () => {
      const ring = graph(RING);
      return (x) => lightGcn(ring, x as Matrix, 2);
    },
  },
  time2vec: { shape: [3, 2], make: (scope) => time2vec(scope, 4) },
};

const pass = (): Pass => {
  let key = 0;
  return { training: true, nextKey: () => (key += 1) };
};

describe.each(["sequitur", "cpu"] as const)("layers on %s", (backend) => {
  beforeAll(() => selectBackend(backend));
  afterAll(closeSequitur);

  it.each(Object.entries(CASES))("%s has the gradient of finite differences", (name, { shape, make }) => {
    const parameters = new Parameters(new Random(name));
    const layer = make(parameters.scope("layer"));
    const size = shape.reduce((all, length) => all * length, 1);
    const x = tf.tidy(() => tf.variable(tf.tensor(normal(1)(size, shape, new Random("x")), [...shape])));
    const variables = [x, ...parameters.all().map(({ variable }) => variable)];
    expect(gradientError(() => layer(x, pass()), variables, new Random(2))).toBeLessThan(4e-3);
    x.dispose();
    parameters.dispose();
  });

  it("drops nothing outside training", () => {
    tf.tidy(() => {
      const parameters = new Parameters(new Random(1));
      const block = transformerBlock(parameters, { width: 4, heads: 2, dropout: 0.9 });
      const plain = transformerBlock(new Parameters(new Random(1)), { width: 4, heads: 2 });
      const x = tf.ones([1, 3, 4]) as Cube;
      expect([...block(x, EVALUATION).dataSync()]).toEqual([...plain(x, EVALUATION).dataSync()]);
    });
  });

  it("a block can start by passing on what it reads, and learns all the same", () => {
    const parameters = new Parameters(new Random(1));
    const block = transformerBlock(parameters, { width: 4, heads: 2, startsAsIdentity: true });
    tf.tidy(() => {
      const x = tf.tensor3d(normal(1)(12, [1, 3, 4], new Random(2)), [1, 3, 4]);
      expect([...block(x, EVALUATION).dataSync()]).toEqual([...x.dataSync()]);
      for (const name of ["attention.out.weight", "narrow.weight"]) {
        const { variable } = parameters.get(name);
        const gradient = tf.grads(() => tf.sum(tf.square(block(x, EVALUATION))))([variable])[0];
        expect(Math.max(...tf.abs(gradient).dataSync())).toBeGreaterThan(0);
      }
    });
    parameters.dispose();
  });

  it("a causal block does not look ahead, and nobody looks at padding", () => {
    tf.tidy(() => {
      const options = { layers: 2, width: 8, heads: 2, causal: true, rotary: true };
      const encode = transformer(new Parameters(new Random(1)), options);
      const x = normal(1)(32, [1, 4, 8], new Random(2));
      const changed = x.slice();
      changed.fill(9, 24);
      const rows = (values: Float32Array, mask?: Matrix): Float32Array =>
        encode(tf.tensor3d(values, [1, 4, 8]), EVALUATION, mask).dataSync() as Float32Array;
      const [before, after] = [rows(x), rows(changed)];
      expect([...after.subarray(0, 24)]).toEqual([...before.subarray(0, 24)]);
      expect(after[31]).not.toBe(before[31]);
      const padded = x.slice().fill(5, 0, 8);
      const mask = (): Matrix => tf.tensor2d([[0, 1, 1, 1]], undefined, "int32");
      expect([...rows(padded, mask()).subarray(8)]).toEqual([...rows(x, mask()).subarray(8)]);
    });
  });

  it("rotary attention depends on distances, not on positions", () => {
    tf.tidy(() => {
      const attend = attentionLayer(new Parameters(new Random(1)), { width: 8, heads: 2, rotary: true });
      const x = normal(1)(24, [1, 3, 8], new Random(2));
      const late = new Float32Array(40);
      late.set(x, 16);
      const mask = tf.tensor2d([[0, 0, 1, 1, 1]], undefined, "int32");
      const [early, shifted] = [
        attend(tf.tensor3d(x, [1, 3, 8]), EVALUATION).dataSync(),
        attend(tf.tensor3d(late, [1, 5, 8]), EVALUATION, mask)
          .dataSync()
          .slice(16),
      ];
      early.forEach((value, i) => expect(shifted[i]).toBeCloseTo(value, 4));
    });
  });
});

describe("parameters", () => {
  beforeAll(() => selectBackend("sequitur"));
  afterAll(closeSequitur);

  it("draw from their own name, so that a new layer changes no other", () => {
    const [a, b] = [new Parameters(new Random(5)), new Parameters(new Random(5))];
    b.create("new", [3, 3], normal(1));
    for (const parameters of [a, b]) linearLayer(parameters.scope("head"), { inputs: 3, outputs: 2 });
    expect(b.get("head.weight").variable.dataSync()).toEqual(a.get("head.weight").variable.dataSync());
    expect(a.count()).toBe(8);
    expect(a.get("head.bias").noDecay).toBe(true);
    a.dispose();
    b.dispose();
  });

  it("refuse a repeated name, an unknown one and a snapshot that does not fit", () => {
    const parameters = new Parameters(new Random(5));
    embeddingLayer(parameters.scope("items"), { size: 3, width: 2 });
    expect(() => embeddingLayer(parameters.scope("items"), { size: 3, width: 2 })).toThrow(
      "items.table exists already",
    );
    expect(() => parameters.get("nothing")).toThrow("no parameter nothing; there are items.table.");
    const restore = (shape: number[], name = "items.table") =>
      parameters.restore(new Map([[name, { shape, data: new Float32Array(6) }]]), "a test");
    expect(() => restore([2, 3])).toThrow(
      "a test: parameter items.table must be Float32Array [3,2], got Float32Array [2,3].",
    );
    expect(() => restore([3, 2], "other")).toThrow("got none");
    restore([3, 2]);
    expect([...parameters.get("items.table").variable.dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
    parameters.dispose();
  });
});

describe("positions", () => {
  it("are sinusoids of falling frequency", () => {
    const table = sinusoidTable(3, 4);
    expect([...table.subarray(0, 4)]).toEqual([0, 1, 0, 1]);
    expect(table[4]).toBeCloseTo(Math.sin(1), 6);
    expect(table[2 * 4 + 3]).toBeCloseTo(Math.cos(2 / 100), 6);
  });
});

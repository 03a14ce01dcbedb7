import { expect, it } from "vitest";
import { dropoutMask } from "../dropout/reference.js";
import { eachEngine, expectClose, numericGradient, sameBitsOnAnyThreads } from "../each-engine.js";
import { type AttentionShape } from "./attention.js";

/** Softmax(q k') v head by head, from the definition; `mask` as plain bytes. */
function define(
  q: ArrayLike<number>,
  k: ArrayLike<number>,
  v: ArrayLike<number>,
  shape: AttentionShape,
  mask?: ArrayLike<number>,
): number[] {
  const { batch, heads, width, keys, queries = keys, dropout } = shape;
  const row = heads * width;
  const stride = shape.stride ?? row;
  const out = new Array<number>(batch * queries * row).fill(0);
  const isKept = dropout ? dropoutMask(dropout.rate, dropout.seed, dropout.counter) : () => true;
  const keep = 1 / (1 - (dropout?.rate ?? 0));
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < queries; i++) {
        const weights: number[] = [];
        for (let j = 0; j < keys; j++) {
          let score = 0;
          for (let d = 0; d < width; d++) {
            score += q[(b * queries + i) * stride + h * width + d] * k[(b * keys + j) * stride + h * width + d];
          }
          const visible =
            (!shape.causal || j <= i + keys - queries) && (mask === undefined || mask[b * keys + j] !== 0);
          weights.push(visible ? Math.exp(score * (shape.scale ?? 1 / Math.sqrt(width))) : 0);
        }
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        for (let j = 0; j < keys; j++) {
          const kept = isKept(((b * heads + h) * queries + i) * keys + j) ? keep : 0;
          const share = total === 0 ? 0 : (weights[j] / total) * kept;
          for (let d = 0; d < width; d++) {
            out[(b * queries + i) * row + h * width + d] += share * v[(b * keys + j) * stride + h * width + d];
          }
        }
      }
    }
  }
  return out;
}

const DROPOUT = { rate: 0.25, seed: 9, counter: 4 };

const SHAPES: readonly (AttentionShape & { readonly masked?: boolean })[] = [
  { batch: 1, heads: 1, width: 1, keys: 1 },
  { batch: 2, heads: 2, width: 3, keys: 5, causal: true },
  { batch: 1, heads: 2, width: 8, keys: 9, causal: true, masked: true },
  { batch: 2, heads: 1, width: 4, keys: 6, queries: 2, causal: true, dropout: DROPOUT },
  { batch: 1, heads: 2, width: 5, keys: 7, queries: 11, masked: true, scale: 0.9 },
  { batch: 2, heads: 2, width: 4, keys: 6, causal: true, dropout: DROPOUT, stride: 24, masked: true },
];

eachEngine("attention", (stage) => {
  const setting = (shape: AttentionShape & { readonly masked?: boolean }) => {
    const { random, stale, memory } = stage();
    const { batch, heads, width, keys, queries = keys, stride = heads * width } = shape;
    const bits = Array.from({ length: batch * keys }, (_, at) => (at % 4 === 0 ? 0 : 1));
    const mask = memory.bytes(bits.length);
    mask.array.set(bits);
    return {
      q: random(batch * queries * stride),
      k: random(batch * keys * stride),
      v: random(batch * keys * stride),
      out: stale(batch * queries * heads * width),
      stats: stale(batch * heads * queries),
      shape: shape.masked ? { ...shape, mask } : shape,
      bits: shape.masked ? bits : undefined,
    };
  };

  it("agrees with its definition: causal, padded, dropped out, strided, any lengths", () => {
    const long = [
      { batch: 3, heads: 2, width: 32, keys: 50, causal: true },
      { batch: 1, heads: 1, width: 12, keys: 130, causal: true, masked: true, dropout: DROPOUT },
    ];
    for (const each of [...SHAPES, ...long]) {
      const { q, k, v, out, stats, shape, bits } = setting(each);
      stage().kernels.attention(out, q, k, v, stats, shape);
      expectClose(out.array, define(q.array, k.array, v.array, shape, bits), 2e-6);
    }
  });

  it("gradients agree with differences", () => {
    for (const each of SHAPES) {
      const { q, k, v, out, stats, shape, bits } = setting(each);
      const { random, stale, kernels } = stage();
      const upstream = random(out.length);
      const gradients = { q: stale(q.length), k: stale(k.length), v: stale(v.length) };
      kernels.attention(out, q, k, v, stats, shape);
      kernels.attentionGradient(gradients, upstream, out, q, k, v, stats, shape);
      const loss = (a: ArrayLike<number>, b: ArrayLike<number>, c: ArrayLike<number>): number =>
        define(a, b, c, shape, bits).reduce((sum, value, at) => sum + value * upstream.array[at], 0);
      const row = shape.heads * shape.width;
      const inRows = (values: ArrayLike<number>): number[] =>
        Array.from(values).filter((_, at) => at % (shape.stride ?? row) < row);
      const compare = (got: ArrayLike<number>, want: ArrayLike<number>): void =>
        expectClose(inRows(got), inRows(want), 5e-6);
      compare(
        gradients.q.array,
        numericGradient((p) => loss(p, k.array, v.array), q.array),
      );
      compare(
        gradients.k.array,
        numericGradient((p) => loss(q.array, p, v.array), k.array),
      );
      compare(
        gradients.v.array,
        numericGradient((p) => loss(q.array, k.array, p), v.array),
      );
    }
  });

  it("gradients of several blocks of queries agree with differences", () => {
    // Causal blocks: the keys' gradients come from every block of queries after them.
    const { random, stale, kernels } = stage();
    const shape = { batch: 2, heads: 2, width: 8, keys: 95, causal: true };
    const size = 2 * 95 * 16;
    const [q, k, v, out, upstream, stats] = [
      random(size),
      random(size),
      random(size),
      stale(size),
      random(size),
      stale(380),
    ];
    const gradients = { q: stale(size), k: stale(size), v: stale(size) };
    kernels.attention(out, q, k, v, stats, shape);
    kernels.attentionGradient(gradients, upstream, out, q, k, v, stats, shape);
    const loss = (b: ArrayLike<number>): number =>
      define(q.array, b, v.array, shape).reduce((sum, value, at) => sum + value * upstream.array[at], 0);
    for (const at of [0, 17, 700, 1519, 1520, size - 1]) {
      const point = Float64Array.from(k.array);
      point[at] += 1e-5;
      const above = loss(point);
      point[at] -= 2e-5;
      expectClose([gradients.k.array[at]], [(above - loss(point)) / 2e-5], 5e-6);
    }
  });

  it("gives zeros, and no gradient, to a query that sees no key", () => {
    const { random, stale, memory, kernels } = stage();
    const mask = memory.bytes(3);
    mask.array.set([0, 0, 1]);
    const shape = { batch: 1, heads: 1, width: 4, keys: 3, causal: true, mask };
    const [q, k, v, out, stats] = [random(12), random(12), random(12), stale(12), stale(3)];
    kernels.attention(out, q, k, v, stats, shape);
    expectClose(out.array, [...new Array<number>(8).fill(0), ...v.array.subarray(8)], 1e-7);
    const gradients = { q: stale(12), k: stale(12), v: stale(12) };
    kernels.attentionGradient(gradients, random(12), out, q, k, v, stats, shape);
    expect(gradients.q.array.subarray(0, 8).every((value) => value === 0)).toBe(true);
    expect(gradients.k.array.subarray(0, 8).every((value) => value === 0)).toBe(true);
  });

  it("does nothing for an empty batch, and names what does not fit", () => {
    const { stale, kernels } = stage();
    kernels.attention(stale(0), stale(0), stale(0), stale(0), stale(0), { batch: 0, heads: 2, width: 4, keys: 3 });
    const call = (shape: AttentionShape) => () =>
      kernels.attention(stale(24), stale(24), stale(24), stale(24), stale(6), shape);
    expect(call({ batch: 1, heads: 2, width: 4, keys: 4 })).toThrow(
      "attention: q (batch, queries, stride) must hold 32",
    );
    expect(call({ batch: 1, heads: 2, width: 4, keys: 2, queries: 3, causal: true })).toThrow(
      "causal needs queries <= keys",
    );
    expect(call({ batch: 1, heads: 2, width: 4, keys: 3, scale: 0 })).toThrow("scale must be above 0");
    expect(call({ batch: 1, heads: 2, width: 4, keys: 3, stride: 7 })).toThrow("attention: stride must hold 8");
  });
});

sameBitsOnAnyThreads("attention and its gradient", ({ kernels, random, stale }) => {
  const shape = { batch: 6, heads: 2, width: 16, keys: 45, causal: true, dropout: DROPOUT };
  const size = 6 * 45 * 32;
  const [q, k, v, stats, all] = [random(size), random(size), random(size), stale(540), stale(4 * size)];
  const out = all.part(0, size);
  kernels.attention(out, q, k, v, stats, shape);
  const gradients = { q: all.part(size, size), k: all.part(2 * size, size), v: all.part(3 * size, size) };
  kernels.attentionGradient(gradients, random(size), out, q, k, v, stats, shape);
  return all.array;
});

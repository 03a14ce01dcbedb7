import { Random } from "@sequitur/core";
import { engineFor } from "@sequitur/kernels";
import { EVALUATION, Parameters, selectBackend, tf, Weights } from "@sequitur/nn";
import { describe, expect, it } from "vitest";
import { beamSearch, digitTrie } from "./beam-search.js";
import { decoderShapes, digitCount, digitDecoder, digitsOf } from "./digit-decoder.js";

const CONFIG = { width: 8, heads: 2, hidden: 16, activation: "gelu", dropout: 0 } as const;

describe("digits", () => {
  it("spell every item number in one length", () => {
    expect([1, 2, 10, 11, 1000, 1001].map(digitCount)).toEqual([1, 1, 1, 2, 3, 4]);
    expect(digitsOf(42, 4)).toEqual([0, 0, 4, 2]);
  });
});

describe.each([7, 137])("beam search over %d items", (size) => {
  it("finds what scoring each item finds, only real items, and fewer when it may keep fewer", async () => {
    await selectBackend("sequitur", { threads: 1 });
    const parameters = new Parameters(new Random("beam"));
    const decode = digitDecoder(parameters.scope("decoder"), size, CONFIG);
    // Start weights are so small that all digits would be alike.
    const random = new Random("larger");
    const sharper = new Map(
      [...parameters.snapshot()].map(([name, { shape, data }]) => [
        name,
        { shape, data: Float32Array.from(data, (value) => value + 0.7 * random.normal()) },
      ]),
    );
    parameters.restore(sharper, "test");
    const shapes = new Map<string, readonly number[]>();
    decoderShapes(shapes, size, CONFIG);
    expect(new Map([...sharper].map(([name, { shape }]) => [name, shape]))).toEqual(shapes);

    const weights = new Weights(engineFor(1), sharper);
    const states = weights.engine.memory.floatsFrom(Array.from({ length: 16 }, () => random.normal()));
    const isReal = (item: number): boolean => item % 5 !== 3;
    const real = Array.from({ length: size }, (_, item) => item).filter(isReal);
    const slow = [0, 1].map((row) => {
      const state = tf.tensor2d(states.array.slice(row * 8, row * 8 + 8), [1, 8]);
      return new Map(
        real.map((item) => [item, -tf.tidy(() => decode(state, Int32Array.of(item), EVALUATION).dataSync()[0]!)]),
      );
    });
    const search = (beam: number) => beamSearch(weights, { ...CONFIG, beam }, digitTrie(size, isReal), states, 2);
    search(1000).forEach(({ items, scores }, row) => {
      expect(items).toEqual([...slow[row]!].sort(([a, x], [b, y]) => y - x || a - b).map(([item]) => item));
      items.forEach((item, at) => expect(scores[at]).toBeCloseTo(slow[row]!.get(item)!, 4));
    });
    search(3).forEach(({ items, scores }, row) => {
      expect(items).toHaveLength(3);
      items.forEach((item, at) => expect(scores[at]).toBeCloseTo(slow[row]!.get(item)!, 4));
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
    });
    const none = beamSearch(
      weights,
      { ...CONFIG, beam: 3 },
      digitTrie(size, () => false),
      states,
      2,
    );
    expect(none).toEqual([0, 1].map(() => ({ items: [], scores: [] })));
    weights.release();
    parameters.dispose();
  });
});

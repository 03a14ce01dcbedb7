import { Random } from "@sequitur/core";
import { engineFor, type Floats } from "@sequitur/kernels";
import { describe, expect, it } from "vitest";
import type { Encoder } from "../serving/encoder.js";
import { matchingEncoder, sideBySide, unitLengthRows } from "./text-match.js";

const { memory } = engineFor(1);
const [ITEMS, OWN, MORE] = [6, 2, 3];
const random = new Random("match");
const rows = unitLengthRows(
  Float32Array.from({ length: ITEMS * MORE }, (_, at) => (at < MORE ? 0 : random.normal())),
  MORE,
);

/** The state is the last item and how many there were. */
const counting: Encoder = {
  width: OWN,
  encode(out, items, count, length) {
    for (let row = 0; row < count; row++) out.array.set([items.array[(row + 1) * length - 1]!, length], row * OWN);
  },
  start() {
    const out: Floats = memory.floats(OWN);
    let length = 0;
    return {
      step(item) {
        out.array.set([item, ++length]);
        return out;
      },
      release: () => memory.release(out),
    };
  },
};

describe("matching texts", () => {
  it("puts the faded sum of the history's text vectors beside the state", () => {
    const [weight, fade] = [3, 0.5];
    const encoder = matchingEncoder(counting, { rows, width: MORE, weight, fade }, memory);
    const histories = [
      [4, 1, 5],
      [0, 0, 2],
    ];
    const [out, items] = [memory.floats(2 * encoder.width), memory.intsFrom(histories.flat())];
    encoder.encode(out, items, 2, 3);
    const wanted = histories.flatMap((history) => [
      history[2]!,
      3,
      ...Array.from({ length: MORE }, (_, i) =>
        history.reduce((sum, item, at) => sum + weight * fade ** (2 - at) * rows[item * MORE + i]!, 0),
      ),
    ]);
    wanted.forEach((value, at) => expect(out.array[at]).toBeCloseTo(value, 5));
    // Read item by item, each state has the bits of the whole history's.
    for (const [row, history] of histories.entries()) {
      const running = encoder.start();
      const states = history.map((item) => running.step(item, 0).array.slice());
      expect(states.at(-1)).toEqual(out.array.slice(row * encoder.width, (row + 1) * encoder.width));
      running.release();
    }
  });

  it("scales rows to length 1 and leaves those of zeros", () => {
    for (let item = 1; item < ITEMS; item++) {
      expect(Math.hypot(...rows.subarray(item * MORE, (item + 1) * MORE))).toBeCloseTo(1, 6);
    }
    expect([...rows.subarray(0, MORE)]).toEqual([0, 0, 0]);
  });

  it("joins tables row by row, texts by the trust in them", () => {
    const vectors = { shape: [2, 1], data: Float32Array.of(1, 2) };
    const texts = { rows: Float32Array.of(3, 4, 5, 6), width: 2 };
    expect([...sideBySide(vectors, texts, Float32Array.of(1, 0.5))]).toEqual([1, 3, 4, 2, 2.5, 3]);
  });
});

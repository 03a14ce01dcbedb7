import { expect, it } from "vitest";
import { Random } from "@sequitur/core";
import { type Floats } from "../block.js";
import { eachEngine, expectClose, numericGradient, sameBitsOnAnyThreads } from "../each-engine.js";
import { blockRowsFor } from "./wasm.js";

interface Parts {
  readonly hidden: ArrayLike<number>;
  readonly table: ArrayLike<number>;
  readonly bias: ArrayLike<number>;
}

/** Weighted losses from the definition. */
function losses(
  { hidden, table, bias }: Parts,
  width: number,
  targets: readonly number[],
  weights: ArrayLike<number>,
): number[] {
  return targets.map((target, row) => {
    if (target < 0) return 0;
    const logits = Array.from(bias, (start, item) => {
      let sum = start;
      for (let j = 0; j < width; j++) sum += hidden[row * width + j] * table[item * width + j];
      return sum;
    });
    return -weights[row] * Math.log(Math.exp(logits[target]) / logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

eachEngine("crossEntropy", (stage) => {
  it("losses and gradients agree with the definition and its differences", () => {
    for (const [rows, width, items] of [
      [1, 1, 1],
      [3, 5, 9],
      [12, 8, 21],
    ] as const) {
      const { random, floats, stale, memory, kernels } = stage();
      const draws = new Random(rows);
      const targets = Array.from({ length: rows }, (_, row) => (row === 1 ? -1 : draws.integer(items)));
      const [hidden, table, bias, weights] = [
        random(rows * width),
        random(items * width),
        random(items),
        random(rows, 0, 2),
      ];
      const out = {
        losses: stale(rows),
        hidden: stale(hidden.length),
        table: floats(new Float32Array(table.length)),
        bias: floats(new Float32Array(items)),
      };
      kernels.crossEntropy(out, hidden, table, bias, memory.intsFrom(targets), { rows, width, items }, weights);
      const parts = { hidden: hidden.array, table: table.array, bias: bias.array };
      expectClose(out.losses.array, losses(parts, width, targets, weights.array), 3e-6);
      const loss = (change: Partial<Parts>): number =>
        sum(losses({ ...parts, ...change }, width, targets, weights.array));
      expectClose(
        out.hidden.array,
        numericGradient((p) => loss({ hidden: p }), hidden.array),
        5e-6,
      );
      expectClose(
        out.table.array,
        numericGradient((p) => loss({ table: p }), table.array),
        5e-6,
      );
      expectClose(
        out.bias.array,
        numericGradient((p) => loss({ bias: p }), bias.array),
        5e-6,
      );
    }
  });

  it("crosses blocks of rows, adds to the table's gradient, and does without what is not asked for", () => {
    const { random, stale, floats, memory, kernels } = stage();
    const [rows, width, items] = [blockRowsFor(11) + 37, 6, 11];
    const draws = new Random("targets");
    const targets = memory.intsFrom(Array.from({ length: rows }, () => draws.integer(items)));
    const [hidden, table] = [random(rows * width), random(items * width)];
    const shape = { rows, width, items };
    const out = { losses: stale(rows), hidden: stale(rows * width), table: floats(new Float32Array(items * width)) };
    kernels.crossEntropy(out, hidden, table, null, targets, shape);
    const parts = { hidden: hidden.array, table: table.array, bias: new Float32Array(items) };
    const ones = new Float32Array(rows).fill(1);
    expectClose(out.losses.array, losses(parts, width, [...targets.array], ones), 3e-6);
    const once = out.table.array.slice();
    kernels.crossEntropy({ losses: stale(rows), table: out.table }, hidden, table, null, targets, shape);
    expectClose(
      out.table.array,
      once.map((value) => 2 * value),
      1e-5,
    );
    const alone = stale(rows);
    kernels.crossEntropy({ losses: alone }, hidden, table, null, targets, shape);
    expectClose(alone.array, out.losses.array, 0);
    // One row is the softmax minus the target: its elements add up to nothing.
    const bias = floats(new Float32Array(items));
    kernels.crossEntropy({ losses: alone, bias }, hidden, table, null, targets, shape);
    expect(Math.abs(kernels.sum(bias))).toBeLessThan(1e-4);
  });

  it("survives logits far beyond e^88, and shows NaN", () => {
    const { floats, stale, memory, kernels } = stage();
    const out = stale(3);
    const hidden = floats([1000, -1000, Number.NaN]);
    kernels.crossEntropy({ losses: out }, hidden, floats([1, -1]), null, memory.intsFrom([0, 0, 1]), {
      rows: 3,
      width: 1,
      items: 2,
    });
    expect([...out.array]).toEqual([0, 2000, Number.NaN]);
    kernels.crossEntropy({ losses: stale(0) }, stale(0), floats([1]), null, memory.ints(0), {
      rows: 0,
      width: 1,
      items: 1,
    });
  });

  it("refuses targets and shapes that do not fit", () => {
    const { stale, memory, kernels } = stage();
    const call = (hidden: Floats, target: number) => () =>
      kernels.crossEntropy({ losses: stale(1) }, hidden, stale(6), null, memory.intsFrom([target]), {
        rows: 1,
        width: 2,
        items: 3,
      });
    expect(call(stale(2), 3)).toThrow("crossEntropy: every target must be in [0, 3) or -1, got 3 at 0.");
    expect(call(stale(2), -2)).toThrow("every target");
    expect(call(stale(1), 0)).toThrow("crossEntropy: hidden (rows, width) must hold 2 elements, got 1.");
  });
});

sameBitsOnAnyThreads("crossEntropy", ({ kernels, memory, random, floats }) => {
  const [rows, width, items] = [700, 24, 333];
  const targets = memory.intsFrom(Int32Array.from({ length: rows }, (_, row) => (row * 7) % items));
  const all = floats(new Float32Array(rows + rows * width + items * width));
  const out = {
    losses: all.part(0, rows),
    hidden: all.part(rows, rows * width),
    table: all.part(rows + rows * width, items * width),
  };
  kernels.crossEntropy(out, random(rows * width), random(items * width), null, targets, { rows, width, items });
  return all.array;
});

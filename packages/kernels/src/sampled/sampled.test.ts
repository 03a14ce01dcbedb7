import { expect, it } from "vitest";
import { Random } from "@sequitur/core";
import { eachEngine, expectClose, numericGradient, sameBitsOnAnyThreads, type Stage } from "../each-engine.js";
import { type SampledItems, type SampledLoss } from "./sampled.js";

interface Parts {
  readonly hidden: ArrayLike<number>;
  readonly table: ArrayLike<number>;
  readonly bias: ArrayLike<number>;
}

/** The sum of all losses from their formulas. */
function total(parts: Parts, width: number, items: SampledItems, loss: SampledLoss): number {
  const { rows, positives, negatives, count, shared } = items;
  const s = (x: number): number => 1 / (1 + Math.exp(-x));
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const positive = positives.array[row];
    if (positive < 0) continue;
    const score = (item: number): number => {
      let value = parts.bias[item];
      for (let j = 0; j < width; j++) value += parts.hidden[row * width + j] * parts.table[item * width + j];
      return loss.kind === "softmax" && loss.logQ ? value - loss.logQ.array[item] : value;
    };
    const others = Array.from({ length: count }, (_, j) => negatives.array[shared ? j : row * count + j])
      .filter((item) => item >= 0 && (loss.keepHits === true || item !== positive))
      .map(score);
    const wanted = score(positive);
    let value = 0;
    if (loss.kind === "softmax") {
      value = -Math.log(Math.exp(wanted) / [wanted, ...others].reduce((all, other) => all + Math.exp(other), 0));
    } else if (loss.kind === "bpr") {
      for (const other of others) value -= Math.log(s(wanted - other)) / others.length;
    } else {
      value = -(loss.beta ?? 1) * Math.log(s(wanted));
      for (const other of others) value -= Math.log(1 - s(other));
    }
    sum += value * (loss.weights ? loss.weights.array[row] : 1);
  }
  return sum;
}

function itemsOf({ memory }: Stage, rows: number, count: number, shared: boolean, limit: number): SampledItems {
  const draws = new Random(`${rows}/${count}`);
  const drawn = (length: number): Int32Array =>
    Int32Array.from({ length }, (_, at) => (at % 6 === 4 ? -1 : draws.integer(limit)));
  return {
    rows,
    count,
    shared,
    positives: memory.intsFrom(drawn(rows)),
    negatives: memory.intsFrom(drawn(shared ? count : rows * count)),
  };
}

const WIDTH = 6;
const LIMIT = 8;

eachEngine("sampled losses", (stage) => {
  const losses = (): readonly SampledLoss[] => [
    { kind: "softmax" },
    { kind: "softmax", logQ: stage().random(LIMIT, -3, 0), keepHits: true },
    { kind: "bpr", weights: stage().random(40, 0, 2) },
    { kind: "bce" },
    { kind: "bce", beta: 0.3, weights: stage().random(40, 0, 2) },
  ];

  for (const shared of [false, true]) {
    it(`values and gradients agree with the formulas, ${shared ? "shared" : "own"} negatives`, () => {
      for (const [rows, count] of [
        [1, 1],
        [3, 0],
        [6, 5],
        [13, 12],
      ] as const) {
        for (const loss of losses()) {
          const { random, floats, stale, kernels } = stage();
          const items = itemsOf(stage(), rows, count, shared, LIMIT);
          const [hidden, table, bias] = [random(rows * WIDTH), random(LIMIT * WIDTH), random(LIMIT)];
          const parts = { hidden: hidden.array, table: table.array, bias: bias.array };
          const [scores, lost] = [stale(rows * (count + 1)), stale(rows)];
          kernels.sampledScores(scores, hidden, table, bias, items, WIDTH);
          kernels.sampledLoss({ losses: lost, slopes: scores }, scores, items, loss);
          expectClose([kernels.sum(lost)], [total(parts, WIDTH, items, loss)], 1e-5);
          const out = {
            hidden: stale(hidden.length),
            table: floats(new Float32Array(table.length)),
            bias: floats(new Float32Array(LIMIT)),
          };
          kernels.sampledGradient(out, scores, hidden, table, items, WIDTH);
          const by = (change: Partial<Parts>): number => total({ ...parts, ...change }, WIDTH, items, loss);
          expectClose(
            out.hidden.array,
            numericGradient((p) => by({ hidden: p }), hidden.array),
            2e-5,
          );
          expectClose(
            out.table.array,
            numericGradient((p) => by({ table: p }), table.array),
            2e-5,
          );
          expectClose(
            out.bias.array,
            numericGradient((p) => by({ bias: p }), bias.array),
            2e-5,
          );
        }
      }
    });
  }

  it("stays finite for scores far out, and keeps precision for tiny losses", () => {
    const { floats, stale, memory, kernels } = stage();
    const items = {
      rows: 2,
      count: 1,
      shared: false,
      positives: memory.intsFrom([0, 0]),
      negatives: memory.intsFrom([1, 1]),
    };
    const scores = floats([500, -500, -500, 500]);
    for (const kind of ["softmax", "bpr", "bce"] as const) {
      const [lost, slopes] = [stale(2), stale(4)];
      kernels.sampledLoss({ losses: lost, slopes }, scores, items, { kind });
      expect(slopes.array.every(Number.isFinite)).toBe(true);
      expectClose(lost.array, [0, 1000], 1e-6);
    }
    const lost = stale(2);
    kernels.sampledLoss({ losses: lost, slopes: stale(4) }, floats([6, -6, 6, -6]), items, { kind: "bpr" });
    expect(Math.abs(lost.array[0] / Math.log1p(Math.exp(-12)) - 1)).toBeLessThan(1e-5);
  });

  it("crosses many chunks, and only computes what is asked for", () => {
    const [rows, count, width] = [333, 40, 20];
    const { random, stale, floats, kernels } = stage();
    const [hidden, table] = [random(rows * width), random(50 * width)];
    const items = itemsOf(stage(), rows, count, true, 50);
    const scores = stale(rows * (count + 1));
    kernels.sampledScores(scores, hidden, table, null, items, width);
    const at = (row: number, item: number): number => {
      let sum = 0;
      for (let j = 0; j < width; j++) sum += hidden.array[row * width + j] * table.array[item * width + j];
      return item < 0 ? Number.NEGATIVE_INFINITY : sum;
    };
    const want = Array.from({ length: rows }, (_, row) =>
      [items.positives.array[row], ...items.negatives.array].map((item) => at(row, item)),
    ).flat();
    expectClose(scores.array, want, 2e-6);
    kernels.sampledLoss({ losses: stale(rows), slopes: scores }, scores, items, { kind: "softmax" });
    const [all, alone] = [floats(new Float32Array(table.length)), floats(new Float32Array(table.length))];
    kernels.sampledGradient(
      { table: all, hidden: stale(rows * width), bias: stale(50) },
      scores,
      hidden,
      table,
      items,
      width,
    );
    kernels.sampledGradient({ table: alone }, scores, hidden, table, items, width);
    expectClose(alone.array, all.array, 0);
    kernels.sampledGradient({}, scores, hidden, table, items, width);
  });

  it("refuses items, losses and shapes that do not fit", () => {
    const { stale, memory, kernels } = stage();
    const items = {
      rows: 1,
      count: 2,
      shared: true,
      positives: memory.intsFrom([0]),
      negatives: memory.intsFrom([1, 3]),
    };
    expect(() => kernels.sampledScores(stale(3), stale(2), stale(6), null, items, 2)).toThrow(
      "sampledScores: every item must be in [0, 3) or -1, got 3 at 1.",
    );
    expect(() => kernels.sampledScores(stale(2), stale(2), stale(8), null, items, 2)).toThrow(
      "scores (rows, 1 + count)",
    );
    const out = { losses: stale(1), slopes: stale(3) };
    expect(() => kernels.sampledLoss(out, stale(3), items, { kind: "hinge" as "bpr" })).toThrow(
      "must be one of softmax",
    );
    expect(() => kernels.sampledLoss(out, stale(3), items, { kind: "bce", beta: -1 })).toThrow("beta must be");
  });
});

for (const shared of [false, true]) {
  sameBitsOnAnyThreads(`${shared ? "shared" : "own"} negatives`, (stage) => {
    const [rows, count, width] = [300, 30, 40];
    const items = itemsOf(stage, rows, count, shared, 60);
    const { random, floats, stale, kernels } = stage;
    const [hidden, table, scores] = [random(rows * width), random(60 * width), stale(rows * (count + 1))];
    const all = floats(new Float32Array(rows * width + 60 * width + 60));
    kernels.sampledScores(scores, hidden, table, null, items, width);
    kernels.sampledLoss({ losses: stale(rows), slopes: scores }, scores, items, { kind: "bce" });
    const out = {
      hidden: all.part(0, rows * width),
      table: all.part(rows * width, 60 * width),
      bias: all.part(rows * width + 60 * width, 60),
    };
    kernels.sampledGradient(out, scores, hidden, table, items, width);
    return all.array;
  });
}

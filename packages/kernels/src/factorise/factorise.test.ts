import { Random } from "@sequitur/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eachEngine, expectClose } from "../each-engine.js";
import { startEngine, type Engine } from "../engine.js";
import { type Memory } from "../memory.js";
import {
  FACTORISE_CHUNK,
  FACTORISE_OBJECTIVES,
  factoriseStatsLength,
  factoriseWindows,
  type Factors,
  type FactoriseOptions,
  type FactoriseTotals,
  type PositiveRows,
} from "./factorise.js";
import { positiveFilterLength } from "./positive-filter.js";

const OPTIONS: FactoriseOptions = {
  objective: "bpr",
  samples: 3000,
  negatives: 3,
  candidates: 1,
  seed: 17,
  learningRate: 0.05,
  userDecay: 0.01,
  itemDecay: 0.02,
  biasDecay: 0.03,
};

/** Rows of users who like items of their own residue class. */
function positiveRows(engine: Engine, users: number, items: number, classes: number, density: number): PositiveRows {
  const random = new Random("rows");
  const pairs: number[] = [];
  const offsets = [0];
  const sorted: number[] = [];
  for (let user = 0; user < users; user++) {
    for (let item = 0; item < items; item++) {
      if (item % classes !== user % classes || random.uniform() > density) continue;
      pairs.push(user, item);
      sorted.push(item);
    }
    offsets.push(sorted.length);
  }
  const { memory, kernels } = engine;
  const rows = {
    users,
    items,
    count: sorted.length,
    pairs: memory.intsFrom(pairs),
    offsets: memory.intsFrom(offsets),
    sortedItems: memory.intsFrom(sorted),
    filter: memory.words(positiveFilterLength(sorted.length)),
  };
  kernels.positiveFilter(rows.filter, rows.offsets, rows.sortedItems, users);
  return rows;
}

function factorsOf(memory: Memory, users: number, items: number, width: number, bias = true, low = -0.3): Factors {
  const random = new Random("factors");
  const draw = (length: number) =>
    memory.floatsFrom(Float32Array.from({ length }, () => low + (0.3 - low) * random.uniform()));
  const vectors = { width, users: draw(users * width), items: draw(items * width) };
  return bias ? { ...vectors, bias: draw(items), userBias: draw(users) } : vectors;
}

function flipsOf(memory: Memory, users: number, items: number): NonNullable<FactoriseOptions["flips"]> {
  return { factors: factorsOf(memory, users, items, 4, false), learningRate: 0.04, decay: 0.01, bias: -1 };
}

function run(engine: Engine, factors: Factors, rows: PositiveRows, options: FactoriseOptions): FactoriseTotals {
  const stats = engine.memory.floats(factoriseStatsLength(options.samples));
  const totals = engine.kernels.factorise(stats, factors, rows, options);
  engine.memory.release(stats);
  return totals;
}

describe("factorise: the twins", () => {
  let engines: Engine[];
  beforeAll(() => {
    engines = [startEngine({ provider: "wasm", threads: 1 }), startEngine({ provider: "reference" })];
  });
  afterAll(async () => {
    for (const engine of engines) await engine.close();
  });

  for (const objective of FACTORISE_OBJECTIVES) {
    for (const extras of ["plain", "alias, logits and candidates"]) {
      it(`agree on ${objective}, ${extras}`, () => {
        const [compiled, plain] = engines.map((engine) => {
          const { memory } = engine;
          const rows = positiveRows(engine, 13, 21, 3, 0.8);
          const factors = factorsOf(memory, 13, 21, 12, extras !== "plain");
          const options = {
            ...OPTIONS,
            objective,
            samples: 400,
            ...(objective.startsWith("nbpo") && { flips: flipsOf(memory, 13, 21) }),
            ...(extras !== "plain" && {
              candidates: 3,
              alias: {
                keep: memory.floatsFrom(Array.from({ length: 21 }, (_, i) => (i + 1) / 21)),
                other: memory.intsFrom(Array.from({ length: 21 }, (_, i) => (i * 5) % 21)),
              },
              logits: memory.floatsFrom(Array.from({ length: 21 }, (_, i) => -i / 40)),
            }),
          };
          const totals = run(engine, factors, rows, options);
          return { totals, factors, flips: options.flips?.factors };
        });
        expectClose(compiled.factors.users.array, plain.factors.users.array, 2e-4);
        expectClose(compiled.factors.items.array, plain.factors.items.array, 2e-4);
        for (const name of ["bias", "userBias"] as const) {
          const block = compiled.factors[name];
          if (block) expectClose(block.array, plain.factors[name]!.array, 2e-4);
        }
        if (compiled.flips) expectClose(compiled.flips.items.array, plain.flips!.items.array, 2e-4);
        expect(compiled.totals.updates).toBe(plain.totals.updates);
        expect(compiled.totals.skipped).toBe(plain.totals.skipped);
        expect(compiled.totals.ordered).toBe(plain.totals.ordered);
        expect(compiled.totals.gammaPositive).toBeCloseTo(plain.totals.gammaPositive, 1);
        expect(compiled.totals.gammaUnvoted).toBeCloseTo(plain.totals.gammaUnvoted, 1);
        expect(compiled.totals.updates).toBeGreaterThan(0);
      });
    }
  }

  it("agree over several windows of rows, all of which are drawn from", () => {
    const samples = 3 * FACTORISE_CHUNK;
    const [compiled, plain] = engines.map((engine) => {
      const rows = positiveRows(engine, 600, 250, 1, 0.7);
      expect(factoriseWindows(rows.count)).toBe(3);
      const factors = factorsOf(engine.memory, 600, 250, 4);
      const before = factors.users.array.slice();
      const totals = run(engine, factors, rows, {
        ...OPTIONS,
        samples,
        learningRate: 0.001,
        userDecay: 0,
        itemDecay: 0,
      });
      const moved = [...factors.users.array.keys()].filter((at) => before[at] !== factors.users.array[at]);
      return { factors, totals, moved: new Set(moved.map((at) => Math.floor(at / 4))) };
    });
    expect(compiled.totals).toEqual(plain.totals);
    expectClose(compiled.factors.users.array, plain.factors.users.array, 2e-5);
    expect(compiled.moved.size).toBe(600);
    expect(plain.moved).toEqual(compiled.moved);
  });

  it("repeat bit by bit on one thread, and draw otherwise with another seed", () => {
    const [compiled] = engines;
    const once = (seed: number): Float32Array => {
      const rows = positiveRows(compiled, 40, 30, 3, 0.7);
      const factors = factorsOf(compiled.memory, 40, 30, 8);
      run(compiled, factors, rows, { ...OPTIONS, samples: 20_000, seed });
      return factors.users.array.slice();
    };
    expect(once(5)).toEqual(once(5));
    expect(once(5)).not.toEqual(once(6));
  });
});

eachEngine("factorise", (stage) => {
  for (const objective of FACTORISE_OBJECTIVES) {
    it(`${objective} learns planted classes`, () => {
      const { engine, memory } = stage();
      const rows = positiveRows(engine, 60, 48, 3, 0.8);
      const factors = factorsOf(memory, 60, 48, 8, true);
      // The surrogate's own gradient vanishes where sigmoids saturate, and its step is a quarter of the others'.
      const learningRate = objective === "nbpo-surrogate" ? 0.4 : 0.1;
      const flips = objective.startsWith("nbpo") ? { flips: { ...flipsOf(memory, 60, 48), bias: -6 } } : {};
      for (let epoch = 0; epoch < 30; epoch++) {
        run(engine, factors, rows, {
          ...OPTIONS,
          ...flips,
          objective,
          learningRate,
          samples: 2000,
          seed: epoch,
          userDecay: 0.1,
          itemDecay: 0.1,
        });
      }
      expect(areaUnderCurve(factors, rows, 3)).toBeGreaterThan(0.97);
    });
  }

  it("never takes an item of the user for a negative, and skips a user who has everything", () => {
    const { engine, memory } = stage();
    const full = positiveRows(engine, 2, 6, 1, 1);
    const before = factorsOf(memory, 2, 6, 4);
    const untouched = before.users.array.slice();
    const totals = run(engine, before, full, OPTIONS);
    expect(totals).toMatchObject({ updates: 0, skipped: OPTIONS.samples });
    expect(before.users.array).toEqual(untouched);

    const allButOne = positiveRows(engine, 4, 8, 1, 1);
    const rows = dropPair(engine, allButOne, 0, 5);
    const factors = factorsOf(memory, 4, 8, 4, false);
    const items = factors.items.array.slice();
    run(engine, factors, rows, { ...OPTIONS, samples: 64, userDecay: 0, itemDecay: 0, learningRate: 0.2 });
    // Only item 5 is ever a negative, and only user 0 can be asked: every change of the others comes from a gain.
    const changed = [...items.keys()].filter((at) => items[at] !== factors.items.array[at]);
    expect(new Set(changed.map((at) => Math.floor(at / 4))).has(5)).toBe(true);
    expect(factors.users.array.slice(4)).toEqual(factorsOf(memory, 4, 8, 4, false).users.array.slice(4));
  });

  it("starts no flips under a strongly negative flip bias: nbpo equals bpo", () => {
    const { engine, memory } = stage();
    if (engine.threads > 1) return;
    const rows = positiveRows(engine, 13, 21, 3, 0.8);
    const [a, b] = [factorsOf(memory, 13, 21, 8), factorsOf(memory, 13, 21, 8)];
    run(engine, a, rows, { ...OPTIONS, objective: "bpo", samples: 200 });
    const flips = { ...flipsOf(memory, 13, 21), learningRate: 0, bias: -30 };
    run(engine, b, rows, { ...OPTIONS, objective: "nbpo", samples: 200, flips });
    expectClose(b.users.array, a.users.array, 1e-5);
  });

  it("moves a user's bias in point-wise objectives, and never where it cancels", () => {
    const { engine, memory } = stage();
    for (const objective of FACTORISE_OBJECTIVES) {
      const rows = positiveRows(engine, 13, 21, 3, 0.8);
      const factors = factorsOf(memory, 13, 21, 8);
      const before = factors.userBias!.array.slice();
      run(engine, factors, rows, { ...OPTIONS, objective, samples: 200 });
      const moved = factors.userBias!.array.some((value, user) => value !== before[user]);
      expect(moved).toBe(objective !== "bpr" && objective !== "warp");
    }
  });

  it("does nothing without samples or rows", () => {
    const { engine, memory } = stage();
    const rows = positiveRows(engine, 3, 3, 1, 1);
    const factors = factorsOf(memory, 3, 3, 4);
    expect(run(engine, factors, rows, { ...OPTIONS, samples: 0 }).updates).toBe(0);
  });

  it("checks shapes and indices", () => {
    const { engine, memory } = stage();
    const rows = positiveRows(engine, 6, 6, 2, 1);
    const factors = factorsOf(memory, 6, 6, 4);
    expect(() => run(engine, { ...factors, width: 6 }, rows, OPTIONS)).toThrow("width must be a multiple of 4");
    expect(() => run(engine, { ...factors, users: memory.floats(8) }, rows, OPTIONS)).toThrow("user factors");
    expect(() => run(engine, { ...factors, userBias: memory.floats(5) }, rows, OPTIONS)).toThrow("userBias (users)");
    expect(() => run(engine, factors, { ...rows, items: 3 }, OPTIONS)).toThrow(/must be in \[0, 3\)/);
    expect(() => run(engine, factors, rows, { ...OPTIONS, negatives: 0 })).toThrow("at least 1");
    expect(() => engine.kernels.positiveFilter(memory.words(3), rows.offsets, rows.sortedItems, 6)).toThrow(
      "positiveFilter: filter",
    );
    const unsorted = { ...rows, offsets: memory.intsFrom([0, 2, 1, 4, 6, 8, 9]) };
    expect(() => run(engine, factors, unsorted, OPTIONS)).toThrow("must ascend from 0");
  });
});

function dropPair(engine: Engine, rows: PositiveRows, user: number, item: number): PositiveRows {
  const { memory, kernels } = engine;
  const kept = Array.from({ length: rows.count }, (_, row) => [
    rows.pairs.array[2 * row],
    rows.pairs.array[2 * row + 1],
  ]).filter(([u, i]) => u !== user || i !== item);
  const offsets = Array.from({ length: rows.users + 1 }, (_, u) => kept.filter((pair) => pair[0] < u).length);
  const smaller = {
    ...rows,
    count: kept.length,
    pairs: memory.intsFrom(kept.flat()),
    offsets: memory.intsFrom(offsets),
    sortedItems: memory.intsFrom(kept.map((pair) => pair[1])),
    filter: memory.words(positiveFilterLength(kept.length)),
  };
  kernels.positiveFilter(smaller.filter, smaller.offsets, smaller.sortedItems, smaller.users);
  return smaller;
}

/** Share of (own class, other class) item pairs in the right order, over all users. */
function areaUnderCurve(factors: Factors, rows: PositiveRows, classes: number): number {
  const score = (user: number, item: number): number => {
    let sum = factors.bias?.array[item] ?? 0;
    for (let k = 0; k < factors.width; k++) {
      sum += factors.users.array[user * factors.width + k] * factors.items.array[item * factors.width + k];
    }
    return sum;
  };
  let right = 0;
  let all = 0;
  for (let user = 0; user < rows.users; user++) {
    for (let i = user % classes; i < rows.items; i += classes) {
      for (let j = 0; j < rows.items; j++) {
        if (j % classes === user % classes) continue;
        all++;
        if (score(user, i) > score(user, j)) right++;
      }
    }
  }
  return right / all;
}

eachEngine("alsRows", (stage) => {
  const width = 8;
  const setUp = (weight: number) => {
    const { memory, kernels, random } = stage();
    const [x, y] = [random(5 * width), random(7 * width)];
    const gram = memory.floats(width * width);
    kernels.matmul(gram, y, y, { m: width, n: width, k: 7, transposeA: true });
    const offsets = memory.intsFrom([0, 3, 3, 4, 6, 11]);
    const columns = memory.intsFrom([0, 2, 6, 1, 3, 5, 0, 1, 2, 3, 4]);
    const shape = { rows: 5, columns: 7, width, steps: 40, weight, decay: 0.5 };
    return { x, y, gram, offsets, columns, shape };
  };

  /** Gauss-Jordan on the normal equations, in float64. */
  function solve(matrix: number[][], right: number[]): number[] {
    const rows = matrix.map((row, i) => [...row, right[i]]);
    for (let i = 0; i < rows.length; i++) {
      const pivot = rows.reduce(
        (best, _, r) => (r >= i && Math.abs(rows[r][i]) > Math.abs(rows[best][i]) ? r : best),
        i,
      );
      [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
      for (let r = 0; r < rows.length; r++) {
        if (r === i) continue;
        const factor = rows[r][i] / rows[i][i];
        for (let c = i; c <= rows.length; c++) rows[r][c] -= factor * rows[i][c];
      }
    }
    return rows.map((row, i) => row[rows.length] / row[i]);
  }

  for (const weighting of ["one weight", "no weight", "a weight each"]) {
    it(`reaches the solution of the normal equations: ${weighting}`, () => {
      const { kernels, memory } = stage();
      const { x, y, gram, offsets, columns, shape } = setUp(weighting === "no weight" ? 0 : 2);
      const extra =
        weighting === "a weight each" ? memory.floatsFrom([1, 2, 0.5, 3, 0, 1, 2, 4, 1, 0.25, 5]) : undefined;
      kernels.alsRows(x, y, gram, offsets, columns, extra, shape);
      for (let row = 0; row < 5; row++) {
        const entries = [...columns.array.slice(offsets.array[row], offsets.array[row + 1]).entries()];
        const weight = (at: number): number => (extra ? extra.array[offsets.array[row] + at] : shape.weight);
        const vector = (item: number): number[] => Array.from(y.array.subarray(item * width, (item + 1) * width));
        const all = Array.from({ length: 7 }, (_, item) => vector(item));
        const matrix = Array.from({ length: width }, (_, i) =>
          Array.from({ length: width }, (_, j) => {
            let sum = i === j ? shape.decay : 0;
            for (const v of all) sum += v[i] * v[j];
            for (const [at, item] of entries) sum += weight(at) * vector(item)[i] * vector(item)[j];
            return sum;
          }),
        );
        const right = Array.from({ length: width }, (_, i) =>
          entries.reduce((sum, [at, item]) => sum + (1 + weight(at)) * vector(item)[i], 0),
        );
        expectClose(x.array.slice(row * width, (row + 1) * width), solve(matrix, right), 2e-4);
      }
    });
  }

  it("checks shapes and indices", () => {
    const { kernels, memory } = stage();
    const { x, y, gram, offsets, columns, shape } = setUp(1);
    const call = (changes: object): (() => void) => {
      return () => kernels.alsRows(x, y, gram, offsets, columns, undefined, { ...shape, ...changes });
    };
    expect(call({ width: 10 })).toThrow("width");
    expect(call({ rows: 9 })).toThrow("alsRows: x");
    expect(call({ columns: 3 })).toThrow("must be in [0, 3)");
    expect(() => kernels.alsRows(x, y, gram, offsets, columns, memory.floats(2), shape)).toThrow("alsRows: extra");
  });
});

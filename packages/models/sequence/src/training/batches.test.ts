import { idTable, interactionsFrom, NONE, Random, type Interactions } from "@sequitur/core";
import { describe, expect, it } from "vitest";
import { batchCount, epochBatches, type BatchOptions, type SequenceBatch } from "./batches.js";
import { windowsOf } from "./windows.js";

/** Users with so many interactions each; every item occurs once, in order. */
function histories(...lengths: number[]): Interactions {
  const size = lengths.reduce((sum, length) => sum + length, 0);
  const users = Int32Array.from(lengths.flatMap((length, user) => Array<number>(length).fill(user)));
  const names = Array.from({ length: size }, (_, at) => `i${at}`);
  const catalog = { users: idTable(lengths.map((_, user) => `u${user}`)), items: idTable(names), itemColumns: {} };
  const order = Array.from({ length: size }, (_, at) => at);
  return interactionsFrom(catalog, { users, items: Int32Array.from(order), times: Float64Array.from(order) });
}

const options: BatchOptions = { maxLength: 10, batchSize: 40, itemDropout: 0, randomWindows: true };
const lengths = [1, 2, 5, 11, 12, 27, 64, 3, 3, 0, 10];

describe("windowsOf", () => {
  it("cuts long histories from their end on", () => {
    expect(windowsOf(histories(3, 1, 0, 12), 5)).toEqual([
      { start: 0, length: 2 },
      { start: 10, length: 5 },
      { start: 5, length: 5 },
      { start: 4, length: 1 },
    ]);
  });
});

describe("epochBatches", () => {
  const train = histories(...lengths);
  const pairsOf = (batches: readonly SequenceBatch[]): [number, number][] =>
    batches.flatMap(({ inputs, targets }) =>
      Array.from(inputs, (item, at): [number, number] => [item, targets[at]!]).filter(([, target]) => target !== NONE),
    );

  it.each([true, false])(
    "meets every pair of neighbours exactly once an epoch (random windows: %s)",
    (randomWindows) => {
      const wanted = Array.from({ length: train.size - 1 }, (_, at) => [at, at + 1]).filter(
        ([from, to]) => train.users[from!] === train.users[to!],
      );
      for (let epoch = 0; epoch < 20; epoch++) {
        const pairs = pairsOf([...epochBatches(train, { ...options, randomWindows }, new Random(epoch))]);
        expect(pairs.sort(([a], [b]) => a - b)).toEqual(wanted);
      }
    },
  );

  it("keeps to the size of a batch, wastes little, and pads at the end only", () => {
    const many = histories(...Array.from({ length: 300 }, (_, user) => 2 + ((user * 7) % 30)));
    let [positions, real] = [0, 0];
    for (const { size, length, inputs, targets } of epochBatches(many, options, new Random(1))) {
      expect(size * length).toBeLessThanOrEqual(options.batchSize);
      expect(inputs).toHaveLength(size * length);
      for (let row = 0; row < size; row++) {
        const items = Array.from(inputs.subarray(row * length, (row + 1) * length));
        const padded = items.indexOf(NONE);
        expect(items.slice(padded === -1 ? length : padded).every((item) => item === NONE)).toBe(true);
      }
      positions += targets.length;
      real += targets.filter((target) => target !== NONE).length;
    }
    expect(real / positions).toBeGreaterThan(0.97);
  });

  it("gives the same batches for the same random numbers, others for others", () => {
    const epoch = (seed: number): SequenceBatch[] => [...epochBatches(train, options, new Random(seed))];
    expect(epoch(1)).toEqual(epoch(1));
    expect(epoch(1)).not.toEqual(epoch(2));
    expect(batchCount(train, { ...options, randomWindows: false })).toBe(
      [...epochBatches(train, { ...options, randomWindows: false }, new Random(1))].length,
    );
  });

  it("hides about the asked share of the inputs, and no target", () => {
    const hidden = [...epochBatches(histories(2000), { ...options, itemDropout: 0.3 }, new Random(1))];
    const shown = hidden.flatMap(({ inputs }) => Array.from(inputs)).filter((item) => item !== NONE).length;
    expect(shown / 1999).toBeGreaterThan(0.65);
    expect(shown / 1999).toBeLessThan(0.75);
    expect(pairsOf(hidden)).toHaveLength(1999);
  });
});

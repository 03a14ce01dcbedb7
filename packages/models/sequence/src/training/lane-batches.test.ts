import { idTable, interactionsFrom, NONE, Random, type Interactions } from "@sequitur/core";
import { describe, expect, it } from "vitest";
import type { BatchOptions, SequenceBatch } from "./batches.js";
import { lanePlan } from "./lane-batches.js";

/** Users with so many interactions each; every item occurs once, in order. */
function histories(...lengths: number[]): Interactions {
  const size = lengths.reduce((sum, length) => sum + length, 0);
  const names = Array.from({ length: size }, (_, at) => `i${at}`);
  const order = Array.from({ length: size }, (_, at) => at);
  return interactionsFrom(
    { users: idTable(lengths.map((_, user) => `u${user}`)), items: idTable(names), itemColumns: {} },
    {
      users: Int32Array.from(lengths.flatMap((length, user) => Array<number>(length).fill(user))),
      items: Int32Array.from(order),
      times: Float64Array.from(order),
    },
  );
}

const options: BatchOptions = { maxLength: 4, batchSize: 12, itemDropout: 0, randomWindows: true };
const lengths = [1, 2, 5, 11, 0, 12, 27, 64, 3, 3, 10];
const train = histories(...lengths);

const row = ({ length, inputs, targets }: SequenceBatch, at: number): [number, number][] =>
  Array.from({ length }, (_, i): [number, number] => [inputs[at * length + i]!, targets[at * length + i]!]).filter(
    ([, target]) => target !== NONE,
  );

describe("lanePlan", () => {
  it.each([1, 3, 5])(
    "with %d steps a batch meets every pair once, and a lane's rows go on from each other",
    (steps) => {
      const plan = lanePlan(train, options, steps);
      const pairs: number[] = [];
      const last = new Map<number, number>();
      for (const batch of plan.epoch(new Random(steps))) {
        const { size, lanes } = batch;
        expect(size).toBeLessThanOrEqual(12 / steps);
        expect(new Set(lanes!.index).size).toBe(size);
        lanes!.index.forEach((lane, at) => {
          const read = row(batch, at);
          const [first] = read[0]!;
          expect(lanes!.fresh[at] === 1 ? [...train.userOffsets] : [last.get(lane)]).toContain(first);
          for (const [from, to] of read) expect(to).toBe(from + 1);
          last.set(lane, read.at(-1)![1]);
          pairs.push(...read.map(([from]) => from));
        });
      }
      const wanted = Array.from(train.users.keys()).filter((at) => train.users[at] === train.users[at + 1]);
      expect(pairs.sort((a, b) => a - b)).toEqual(wanted);
    },
  );

  it("deals the histories anew each epoch, repeats itself for the same random numbers, and knows its size", () => {
    const plan = lanePlan(train, options, 3);
    const epoch = (seed: number): SequenceBatch[] => [...plan.epoch(new Random(seed))];
    expect(epoch(1)).toEqual(epoch(1));
    expect(epoch(1)).not.toEqual(epoch(2));
    expect(Math.abs(plan.count - epoch(1).length)).toBeLessThan(10);
    expect(lanePlan(histories(1, 0, 1), options, 3).count).toBe(0);
  });
});

import { Random } from "@sequitur/core";
import { startEngine } from "@sequitur/kernels";
import { afterAll, describe, expect, it } from "vitest";
import { slateGruConfig } from "./config.js";
import { latentWorld } from "./latent-world.fixture.js";
import { lossGradient, type Phase } from "./train-step.js";
import { startTrainee } from "./trainee.js";
import { batchReader, windowsOf } from "./windows.js";

const engine = startEngine({ threads: 1, provider: "reference" });
afterAll(() => engine.close());

const { log } = latentWorld({ users: 7, items: 12, groups: 3, steps: 6, length: 4, oracleShare: 0.5 }, 3);

describe.each<[Phase, "slate" | "all-item", "l2" | "dot"]>([
  ["linear", "slate", "l2"],
  ["linear", "all-item", "dot"],
  ["gru", "slate", "l2"],
  ["gru", "slate", "dot"],
])("the gradient of the %s phase, %s likelihood, %s score", (phase, likelihood, score) => {
  it("equals finite differences of the loss in every parameter", () => {
    const config = slateGruConfig.parse({ likelihood, score, width: 3, temperature: 0.5, candidates: 3 });
    const trainee = startTrainee(log.catalog, config, 4, engine, new Random(1));
    // Away from the start, where the item means of a group lie close together; not so far that a group's scale, whose
    // inverse cube is in the gradient, comes near 0.
    const jiggle = new Random(2);
    for (const { values } of [trainee.items, trainee.others]) {
      for (let at = 0; at < values.length; at++) values.array[at]! += 0.1 * jiggle.normal();
    }
    const windows = windowsOf(log, 4);
    const reader = batchReader(log, windows, config);
    const batch = reader.read(Int32Array.from(windows.starts.keys()), 0, 9, new Random(3));
    const context = { phase, windows: windows.starts.length, expectedTouches: reader.expectedTouches, key: 5 };
    engine.memory.withScratch((scratch) => {
      const out = {
        items: scratch.floats(batch.items.length * 2 * config.width),
        others: scratch.floats(trainee.others.values.length),
      };
      const spare = { items: scratch.floats(out.items.length), others: scratch.floats(out.others.length) };
      const loss = () => engine.memory.withScratch((inner) => lossGradient(spare, trainee, batch, context, inner));
      lossGradient(out, trainee, batch, context, scratch);
      const slopeAt = (values: Float32Array, at: number): number => {
        const before = values[at]!;
        const step = 2e-3;
        values[at] = before + step;
        const above = loss();
        values[at] = before - step;
        const below = loss();
        values[at] = before;
        return (above - below) / (2 * step);
      };
      const gaps: [string, number, number][] = [];
      const compare = (name: string, given: number, measured: number) => {
        if (Math.abs(given - measured) > 0.01 + 0.02 * Math.abs(measured)) gaps.push([name, given, measured]);
      };
      const width = 2 * config.width;
      for (const [place, item] of batch.items.entries()) {
        if (phase === "gru") break; // items are frozen
        for (let j = 0; j < width; j++) {
          // The amortised first state reads the means of clicked items without a gradient.
          if (j < config.width && batch.clicks.includes(place)) continue;
          compare(
            `item ${item} ${j}`,
            out.items.array[place * width + j]!,
            slopeAt(trainee.items.values.array, item * width + j),
          );
        }
      }
      const { size, ...slots } = trainee.globals;
      for (const [name, slot] of Object.entries(slots)) {
        const isLearned = out.others.array.subarray(slot.from, slot.from + slot.size).some((g) => g !== 0);
        if (!isLearned) continue;
        for (let at = slot.from; at < slot.from + slot.size; at++) {
          compare(`${name} mean ${at}`, out.others.array[at]!, slopeAt(trainee.others.values.array, at));
          if (slot.prior !== undefined) {
            compare(`${name} rho ${at}`, out.others.array[size + at]!, slopeAt(trainee.others.values.array, size + at));
          }
        }
      }
      expect(gaps).toEqual([]);
    });
    trainee.release();
  });
});

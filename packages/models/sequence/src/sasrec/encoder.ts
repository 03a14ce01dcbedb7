import type { Floats } from "@sequitur/kernels";
import type { Weights } from "@sequitur/nn";
import type { Encoder, RunningState } from "../serving/encoder.js";
import { BlockPass, type Blocks, type Rows } from "./block-pass.js";
import type { CausalConfig } from "./config.js";

/**
 * The forward pass of the network as kernel calls. Only the last position is asked for, so in the last block the others
 * give their keys and values and nothing else.
 */
export function sasrecEncoder(weights: Weights, config: CausalConfig): Encoder {
  const { width, layers } = config;
  const blocks = blocksOf(config);
  return {
    width,
    encode(out, items, count, length, intervals) {
      weights.engine.memory.withScratch((scratch) => {
        const pass = new BlockPass(weights, blocks, scratch);
        const every: Rows = { count, length, from: 0 };
        let x = pass.embed(items, every, intervals); // (count, length, D)
        for (let layer = 0; layer < layers; layer++) {
          const isLast = layer === layers - 1;
          const asked: Rows = isLast ? { count, length: 1, from: length - 1 } : every;
          const h = pass.norm(`encoder.${layer}.attentionNorm`, x);
          const [k, v] = [pass.project(layer, "key", h, every), pass.project(layer, "value", h, every)];
          const q = pass.project(layer, "query", isLast ? pass.last(h, every) : h, asked);
          x = pass.finish(layer, isLast ? pass.last(x, every) : x, [q, k, v], asked);
        }
        pass.norm("encoder.norm", x, out); // (count, D)
      });
    },
    start: () => runningState(weights, config),
  };
}

/** Keeps the keys and values of every block, so that an item costs one row of each. */
function runningState(weights: Weights, config: CausalConfig): RunningState {
  const { width, layers, maxLength } = config;
  const { memory } = weights.engine;
  const blocks = blocksOf(config);
  const caches = Array.from({ length: layers }, (): [Floats, Floats] => [
    memory.floats(maxLength * width),
    memory.floats(maxLength * width),
  ]);
  const out = memory.floats(width);
  let position = 0;
  return {
    step(item, interval) {
      memory.withScratch((scratch) => {
        const pass = new BlockPass(weights, blocks, scratch);
        const one: Rows = { count: 1, length: 1, from: position };
        const [items, intervals] = [scratch.ints(1), scratch.ints(1)];
        items.array[0] = item;
        intervals.array[0] = interval;
        let x = pass.embed(items, one, intervals); // (1, D)
        caches.forEach(([keys, values], layer) => {
          const h = pass.norm(`encoder.${layer}.attentionNorm`, x);
          keys.array.set(pass.project(layer, "key", h, one).array, position * width);
          values.array.set(pass.project(layer, "value", h, one).array, position * width);
          x = pass.finish(layer, x, [pass.project(layer, "query", h, one), keys, values], one);
        });
        pass.norm("encoder.norm", x, out);
      });
      position += 1;
      return out;
    },
    release() {
      for (const block of [...caches.flat(), out]) memory.release(block);
    },
  };
}

function blocksOf({ width, heads, hidden, activation, positions }: CausalConfig): Blocks {
  const tables = { scope: "encoder", table: "items.table", places: "positions.table" };
  return { ...tables, width, heads, hidden, activation, rotary: positions === "rotary", causal: true };
}

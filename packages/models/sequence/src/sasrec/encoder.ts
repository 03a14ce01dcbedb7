import type { Encoder, RunningState } from "../serving/encoder.js";
import type { Weights } from "../serving/weights.js";
import { BlockPass, type Rows } from "./block-pass.js";
import type { SasrecConfig } from "./config.js";

/**
 * The forward pass of the network as kernel calls. Only the last position is asked for, so in the last block the others
 * give their keys and values and nothing else.
 */
export function sasrecEncoder(weights: Weights, config: SasrecConfig): Encoder {
  const { width, layers } = config;
  return {
    width,
    encode(out, items, count, length) {
      weights.engine.memory.withScratch((scratch) => {
        const pass = new BlockPass(weights, config, scratch);
        const every: Rows = { count, length, from: 0 };
        let x = pass.embed(items, every); // (count, length, D)
        for (let layer = 0; layer < layers; layer++) {
          const all = pass.project(layer, x, every);
          if (layer < layers - 1) x = pass.finish(layer, x, all, all, every);
          else {
            const last: Rows = { count, length: 1, from: length - 1 };
            x = pass.finish(layer, pass.last(x, every), pass.last(all, every), all, last);
          }
        }
        pass.norm("encoder.norm", x, out); // (count, D)
      });
    },
    start: () => runningState(weights, config),
  };
}

/** Keeps what every block projected, so that an item costs one row of each. */
function runningState(weights: Weights, config: SasrecConfig): RunningState {
  const { width, layers, maxLength } = config;
  const { memory } = weights.engine;
  const row = 3 * width;
  const caches = Array.from({ length: layers }, () => memory.floats(maxLength * row));
  const out = memory.floats(width);
  let position = 0;
  return {
    step(item) {
      memory.withScratch((scratch) => {
        const pass = new BlockPass(weights, config, scratch);
        const one: Rows = { count: 1, length: 1, from: position };
        const items = scratch.ints(1);
        items.array[0] = item;
        let x = pass.embed(items, one); // (1, D)
        caches.forEach((cache, layer) => {
          const own = pass.project(layer, x, one);
          cache.array.set(own.array, position * row);
          x = pass.finish(layer, x, own, cache, one);
        });
        pass.norm("encoder.norm", x, out);
      });
      position += 1;
      return out;
    },
    release() {
      for (const block of [...caches, out]) memory.release(block);
    },
  };
}

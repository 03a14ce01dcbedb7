import type { Floats, Ints } from "@sequitur/kernels";
import type { Weights } from "@sequitur/nn";
import type { Encoder, RunningState } from "../serving/encoder.js";
import type { Gru4recConfig } from "./config.js";

type Make = (length: number) => Floats;

/** The forward pass of the network as kernel calls; its running state is the state of each GRU. */
export function gru4recEncoder(weights: Weights, { width, layers, hidden }: Gru4recConfig): Encoder {
  const { memory, kernels } = weights.engine;

  /** Reads `length` more items of each history; the last states (count, H) of layer i come to states[i]. */
  function advance(make: Make, items: Ints, count: number, length: number, states: readonly Floats[], fresh: boolean) {
    let x = make(count * length * width);
    kernels.gather(x, weights.get("items.table"), items, width);
    states.forEach((state, layer) => {
      const name = `gru.${layer}`;
      const [out, inner] = [make(count * length * hidden), make(count * length * hidden)];
      const maps = {
        input: weights.get(`${name}.input`),
        hidden: weights.get(`${name}.recurrent`),
        inputBias: weights.get(`${name}.inputBias`),
        hiddenBias: weights.get(`${name}.recurrentBias`),
      };
      const shape = { batch: count, length, inputs: layer === 0 ? width : hidden, width: hidden };
      kernels.gru(out, { gates: make(3 * count * length * hidden), inner }, x, maps, fresh ? null : state, shape);
      for (let row = 0; row < count; row++) {
        const at = ((row + 1) * length - 1) * hidden;
        state.array.set(out.array.subarray(at, at + hidden), row * hidden);
      }
      x = out;
    });
  }

  function project(out: Floats, state: Floats, rows: number): void {
    const shape = { rows, inputs: hidden, outputs: width };
    kernels.linear(out, state, weights.get("project.weight"), weights.get("project.bias"), shape);
  }

  return {
    width,
    encode(out, items, count, length) {
      memory.withScratch((scratch) => {
        const make: Make = (size) => scratch.floats(size);
        const states = Array.from({ length: layers }, () => make(count * hidden));
        advance(make, items, count, length, states, true);
        project(out, states.at(-1)!, count);
      });
    },
    start(): RunningState {
      const states = Array.from({ length: layers }, () => memory.floats(hidden));
      const out = memory.floats(width);
      let fresh = true;
      return {
        step(item) {
          memory.withScratch((scratch) => {
            const one = scratch.ints(1);
            one.array[0] = item;
            advance((size) => scratch.floats(size), one, 1, 1, states, fresh);
            project(out, states.at(-1)!, 1);
          });
          fresh = false;
          return out;
        },
        release: () => [...states, out].forEach((block) => memory.release(block)),
      };
    },
  };
}

import { type GruKernels, type GruShape } from "./gru.js";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Plain GRU in float64, step by step. */
export function referenceGru(): GruKernels {
  return { gru: forward, gruGradient: backward };
}

const forward: GruKernels["gru"] = (out, saved, x, weights, start, shape) => {
  const { batch, length, inputs, width, mask } = shape;
  for (let at = 0; at < batch * length; at++) {
    const before = stateBefore(out.array, start?.array, at, shape);
    const input = affine(
      x.array.subarray(at * inputs, (at + 1) * inputs),
      weights.input.array,
      weights.inputBias.array,
    );
    const state = affine(before, weights.hidden.array, weights.hiddenBias.array);
    const skip = mask ? mask.array[at] === 0 : false;
    for (let j = 0; j < width; j++) {
      const reset = sigmoid(input[j] + state[j]);
      const update = sigmoid(input[width + j] + state[width + j]);
      const inner = state[2 * width + j];
      const fresh = Math.tanh(input[2 * width + j] + reset * inner);
      saved.gates.array[at * 3 * width + j] = reset;
      saved.gates.array[at * 3 * width + width + j] = update;
      saved.gates.array[at * 3 * width + 2 * width + j] = fresh;
      saved.inner.array[at * width + j] = inner;
      out.array[at * width + j] = skip ? before[j] : (1 - update) * fresh + update * before[j];
    }
  }
};

const backward: GruKernels["gruGradient"] = (out, gradient, hidden, saved, x, weights, start, shape) => {
  const { batch, length, inputs, width, mask } = shape;
  const wide = 3 * width;
  if (out.accumulate !== true) {
    for (const block of [out.input, out.hidden, out.inputBias, out.hiddenBias]) block.array.fill(0);
  }
  for (let row = 0; row < batch; row++) {
    let running = new Float64Array(width);
    for (let step = length - 1; step >= 0; step--) {
      const at = row * length + step;
      const before = stateBefore(hidden.array, start?.array, at, shape);
      const inputSlopes = new Float64Array(wide);
      const stateSlopes = new Float64Array(wide);
      const slope = running.map((value, j) => value + gradient.array[at * width + j]);
      if (mask && mask.array[at] === 0) {
        running = slope;
      } else {
        const gates = saved.gates.array.subarray(at * wide, (at + 1) * wide);
        running = slope.map((value, j) => value * gates[width + j]);
        for (let j = 0; j < width; j++) {
          const [reset, update, fresh] = [gates[j], gates[width + j], gates[2 * width + j]];
          const ofFresh = slope[j] * (1 - update) * (1 - fresh * fresh);
          const ofReset = ofFresh * saved.inner.array[at * width + j] * reset * (1 - reset);
          const ofUpdate = slope[j] * (before[j] - fresh) * update * (1 - update);
          inputSlopes[j] = ofReset;
          inputSlopes[width + j] = ofUpdate;
          inputSlopes[2 * width + j] = ofFresh;
          stateSlopes[j] = ofReset;
          stateSlopes[width + j] = ofUpdate;
          stateSlopes[2 * width + j] = ofFresh * reset;
        }
        addBack(running, stateSlopes, weights.hidden.array);
      }
      const values = x.array.subarray(at * inputs, (at + 1) * inputs);
      addOuter(out.input.array, values, inputSlopes);
      addOuter(out.hidden.array, before, stateSlopes);
      for (let j = 0; j < wide; j++) {
        out.inputBias.array[j] += inputSlopes[j];
        out.hiddenBias.array[j] += stateSlopes[j];
      }
      if (!out.x) continue;
      const slopes = new Float64Array(inputs);
      addBack(slopes, inputSlopes, weights.input.array);
      out.x.array.set(slopes, at * inputs);
    }
    out.start?.array.set(running, row * width);
  }
};

function stateBefore(
  hidden: Float32Array,
  start: Float32Array | undefined,
  at: number,
  { length, width }: GruShape,
): Float32Array {
  if (at % length > 0) return hidden.subarray((at - 1) * width, at * width);
  const row = at / length;
  return start?.subarray(row * width, (row + 1) * width) ?? new Float32Array(width);
}

/** values W + bias. */
function affine(values: Float32Array, weights: Float32Array, bias: Float32Array): Float64Array {
  return Float64Array.from(bias, (start, j) => {
    let sum = start;
    for (let i = 0; i < values.length; i++) sum += values[i] * weights[i * bias.length + j];
    return sum;
  });
}

/** out += slopes W'. */
function addBack(out: Float64Array, slopes: Float64Array, weights: Float32Array): void {
  for (let i = 0; i < out.length; i++) {
    for (let j = 0; j < slopes.length; j++) out[i] += slopes[j] * weights[i * slopes.length + j];
  }
}

/** out += values' slopes. */
function addOuter(out: Float32Array, values: Float32Array, slopes: Float64Array): void {
  for (let i = 0; i < values.length; i++) {
    for (let j = 0; j < slopes.length; j++) out[i * slopes.length + j] += values[i] * slopes[j];
  }
}

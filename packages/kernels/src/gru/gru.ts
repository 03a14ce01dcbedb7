import { type Bytes, type Floats } from "../block.js";
import { needs, needsIfGiven, needsSizes } from "../checks.js";

/** Sizes and options of a GRU. */
export interface GruShape {
  readonly batch: number;
  readonly length: number;
  readonly inputs: number;
  readonly width: number;
  /** (batch, length), 0 where a step is padding: the state passes it unchanged. */
  readonly mask?: Bytes | null;
}

/** The parameters, or their gradients; the gates stand in the order reset, update, new. */
export interface GruWeights {
  /** (inputs, 3 * width). */
  readonly input: Floats;
  /** (width, 3 * width). */
  readonly hidden: Floats;
  /** (3 * width), added to the products with the inputs. */
  readonly inputBias: Floats;
  /** (3 * width), added to the products with the state. */
  readonly hiddenBias: Floats;
}

/** What the forward pass leaves for the backward pass. */
export interface GruSaved {
  /** (batch, length, 3 * width): the gates. */
  readonly gates: Floats;
  /** (batch, length, width): the state's share in the new gate. */
  readonly inner: Floats;
}

/** Where the gradients of a GRU go. */
export interface GruGradients extends GruWeights {
  /** (batch, length, inputs), replaced; may be left out. */
  readonly x?: Floats | null;
  /** (batch, width), replaced: the gradient of the starts. */
  readonly start?: Floats | null;
  /** Adds to the gradients of the parameters instead of replacing them. */
  readonly accumulate?: boolean;
}

/** A gated recurrent unit (Cho et al. 2014; the reset gate acts after the product, as in cuDNN) over whole sequences. */
export interface GruKernels {
  /**
   * out (batch, length, width) = the state after each step: r = s(x Wr + br + h Ur + cr), z likewise,
   * n = tanh(x Wn + bn + r (h Un + cn)), h' = (1 - z) n + z h. x (batch, length, inputs); `start` (batch, width) or null
   * for zeros.
   */
  readonly gru: (
    out: Floats,
    saved: GruSaved,
    x: Floats,
    weights: GruWeights,
    start: Floats | null,
    shape: GruShape,
  ) => void;
  /** The gradients of `gru`, given that of `hidden`, its output (batch, length, width). */
  readonly gruGradient: (
    out: GruGradients,
    gradient: Floats,
    hidden: Floats,
    saved: GruSaved,
    x: Floats,
    weights: GruWeights,
    start: Floats | null,
    shape: GruShape,
  ) => void;
}

/** The kernels with their shapes checked first. */
export function checkedGru(body: GruKernels): GruKernels {
  return {
    gru: (out, saved, x, weights, start, shape) => {
      needsSizes("gru", { batch: shape.batch, length: shape.length, inputs: shape.inputs, width: shape.width });
      needs(out, shape.batch * shape.length * shape.width, "gru: out (batch, length, width)");
      checkBlocks(saved, x, start, shape);
      checkWeights(weights, shape);
      body.gru(out, saved, x, weights, start, shape);
    },
    gruGradient: (out, gradient, hidden, saved, x, weights, start, shape) => {
      const { batch, length, inputs, width } = shape;
      needsSizes("gruGradient", { batch, length, inputs, width });
      needs(gradient, batch * length * width, "gruGradient: gradient (batch, length, width)");
      needs(hidden, batch * length * width, "gruGradient: hidden (batch, length, width)");
      needsIfGiven(out.x, batch * length * inputs, "gruGradient: out.x (batch, length, inputs)");
      needsIfGiven(out.start, batch * width, "gruGradient: out.start (batch, width)");
      checkBlocks(saved, x, start, shape);
      checkWeights(weights, shape);
      checkWeights(out, shape);
      body.gruGradient(out, gradient, hidden, saved, x, weights, start, shape);
    },
  };
}

function checkBlocks(saved: GruSaved, x: Floats, start: Floats | null, shape: GruShape): void {
  const { batch, length, inputs, width, mask } = shape;
  needs(saved.gates, batch * length * width * 3, "gru: saved.gates (batch, length, 3 * width)");
  needs(saved.inner, batch * length * width, "gru: saved.inner (batch, length, width)");
  needs(x, batch * length * inputs, "gru: x (batch, length, inputs)");
  needsIfGiven(start, batch * width, "gru: start (batch, width)");
  needsIfGiven(mask, batch * length, "gru: mask (batch, length)");
}

function checkWeights({ input, hidden, inputBias, hiddenBias }: GruWeights, { inputs, width }: GruShape): void {
  needs(input, inputs * width * 3, "gru: weights.input (inputs, 3 * width)");
  needs(hidden, width * width * 3, "gru: weights.hidden (width, 3 * width)");
  needs(inputBias, width * 3, "gru: weights.inputBias (3 * width)");
  needs(hiddenBias, width * 3, "gru: weights.hiddenBias (3 * width)");
}

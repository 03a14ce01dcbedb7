import { NONE } from "@sequitur/core";
import type { Floats, Scratch } from "@sequitur/kernels";
import type { Weights } from "@sequitur/nn";
import { VISIT_FEATURES } from "../history/visit-features.js";
import type { PoiConfig } from "../network/config.js";
import type { Tokens } from "../network/encoded.js";

const SLOPE = 0.2;

/** What the forward pass needs to know beside the weights. */
export interface ForwardShape {
  readonly config: PoiConfig;
  readonly users: number;
  /** Width of a token. */
  readonly width: number;
}

/** The network of `network.ts` as kernel calls, without gradients, in blocks of one scratch. */
export class Forward {
  private readonly weights: Weights;
  private readonly shape: ForwardShape;
  private readonly scratch: Scratch;

  constructor(weights: Weights, shape: ForwardShape, scratch: Scratch) {
    this.weights = weights;
    this.shape = shape;
    this.scratch = scratch;
  }

  /** (B, D) the state after the last token of each sequence; all have the same length. */
  states(tokens: Tokens): Floats {
    const { config } = this.shape;
    const { size, length } = tokens;
    let x = this.tokens(tokens);
    for (let layer = 0; layer < config.layers; layer++) {
      const isLast = layer === config.layers - 1;
      x = this.block(`encoder.${layer}`, x, size, length, isLast);
    }
    return x;
  }

  /** (V) ln mass of visits, and (B) of choosing anew. */
  masses(features: Float32Array, states: Floats, size: number): { masses: Float32Array; anew: Float32Array } {
    const rows = features.length / VISIT_FEATURES;
    const block = this.scratch.floats(features.length);
    block.array.set(features);
    const hidden = this.linear("visits.mass.0", block, VISIT_FEATURES, this.shape.config.visitHidden, "relu");
    const masses = this.linear("visits.mass.1", hidden, this.shape.config.visitHidden, 1);
    const anew = this.linear("visits.anew", states, this.shape.width, 1);
    return { masses: masses.array.slice(0, rows), anew: anew.array.slice(0, size) };
  }

  /** (B) the predicted local time of day of the next check-in, in days; not clipped. */
  nextDayTimes(states: Floats): Float32Array {
    return this.linear("head.time", states, this.shape.width, 1).array.slice();
  }

  private tokens(tokens: Tokens): Floats {
    const { config, width, users } = this.shape;
    const rows = tokens.size * tokens.length;
    const { width: w, timeWidth: t } = config;
    const unknown = config.user ? users : 0;
    const userRows = tokens.users.map((user) => (config.user && user >= 0 && user < users ? user : unknown));
    const place = this.gather("places.vectors", tokens.places, w);
    const parts: [Floats, number][] = [
      [this.fuse("token.userPlace", [this.gather("token.users.table", userRows, w), place], [w, w], 2 * w), 2 * w],
      [this.timeCategory(tokens), 2 * t],
    ];
    if (config.season !== null) {
      const season = this.gather("seasons", tokens.periods, w);
      parts.push([this.fuse("token.seasonPlace", [season, place], [w, w], 2 * w), 2 * w]);
    }
    const x = this.scratch.floats(rows * width);
    const scale = Math.sqrt(width);
    const positions = sinusoids(tokens.length, width);
    for (let row = 0; row < rows; row++) {
      let at = row * width;
      for (const [part, size] of parts) {
        const values = part.array;
        for (let d = 0; d < size; d++) x.array[at++] = values[row * size + d]! * scale;
      }
      const position = (row % tokens.length) * width;
      for (let d = 0; d < width; d++) x.array[row * width + d]! += positions[position + d]!;
    }
    return x;
  }

  private timeCategory(tokens: Tokens): Floats {
    const { timeWidth: t, nextTime } = this.shape.config;
    const parts = [this.time2vec(tokens.dayTimes), this.gather("token.categories.table", tokens.categories, t)];
    if (nextTime === "given") {
      parts.push(this.time2vec(tokens.nextDayTimes), this.gather("token.weekHours.table", tokens.nextWeekHours, t));
    }
    return this.fuse(
      "token.timeCategory",
      parts,
      parts.map(() => t),
      2 * t,
    );
  }

  /** LeakyReLU(sum of x_i W_i + b). */
  private fuse(name: string, parts: readonly Floats[], sizes: readonly number[], outputs: number): Floats {
    let sum: Floats | undefined;
    parts.forEach((part, at) => {
      const mapped = this.linear(`${name}.${at}`, part, sizes[at]!, outputs);
      if (sum === undefined) sum = mapped;
      else this.weights.engine.kernels.add(sum, sum, mapped);
    });
    const values = sum!.array;
    for (let at = 0; at < values.length; at++) if (values[at]! < 0) values[at]! *= SLOPE;
    return sum!;
  }

  private time2vec(times: Float32Array): Floats {
    const { timeWidth: t } = this.shape.config;
    const [frequency, phase] = [
      this.weights.get("token.time.frequency").array,
      this.weights.get("token.time.phase").array,
    ];
    const out = this.scratch.floats(times.length * t);
    for (let row = 0; row < times.length; row++) {
      for (let d = 0; d < t; d++) {
        const angle = times[row]! * frequency[d]! + phase[d]!;
        out.array[row * t + d] = d === 0 ? angle : Math.sin(angle);
      }
    }
    return out;
  }

  /** One post-norm block; the last one answers for the last position of each sequence only. */
  private block(name: string, x: Floats, size: number, length: number, lastOnly: boolean): Floats {
    const { width, config } = this.shape;
    const { kernels } = this.weights.engine;
    const queries = lastOnly ? 1 : length;
    const asked = lastOnly ? this.last(x, size, length, width) : x;
    const map = (which: string, rows: Floats): Floats => this.linear(`${name}.attention.${which}`, rows, width, width);
    const [q, k, v] = [map("query", asked), map("key", x), map("value", x)];
    const mixed = this.scratch.floats(asked.length);
    const stats = this.scratch.floats(size * config.heads * queries);
    const sizes = { batch: size, heads: config.heads, width: width / config.heads, keys: length, queries };
    kernels.attention(mixed, q, k, v, stats, { ...sizes, causal: true });
    const middle = map("out", mixed);
    kernels.add(middle, asked, middle);
    const h = this.norm(`${name}.attentionNorm`, middle);
    const wide = this.linear(`${name}.widen`, h, width, config.hidden, "relu");
    const out = this.linear(`${name}.narrow`, wide, config.hidden, width);
    kernels.add(out, h, out);
    return this.norm(`${name}.feedNorm`, out);
  }

  private norm(name: string, x: Floats): Floats {
    const { width } = this.shape;
    const rows = x.length / width;
    const out = this.scratch.floats(x.length);
    const [gain, bias] = [this.weights.get(`${name}.gain`), this.weights.get(`${name}.bias`)];
    this.weights.engine.kernels.layerNorm(out, x, gain, bias, this.scratch.floats(2 * rows), { rows, width });
    return out;
  }

  private last(x: Floats, size: number, length: number, width: number): Floats {
    const out = this.scratch.floats(size * width);
    for (let row = 0; row < size; row++) {
      const at = ((row + 1) * length - 1) * width;
      out.array.set(x.array.subarray(at, at + width), row * width);
    }
    return out;
  }

  private gather(name: string, rows: Int32Array, width: number): Floats {
    const table = this.weights.get(name).array;
    const out = this.scratch.floats(rows.length * width);
    rows.forEach((row, at) => {
      if (row === NONE) out.array.fill(0, at * width, (at + 1) * width);
      else out.array.set(table.subarray(row * width, (row + 1) * width), at * width);
    });
    return out;
  }

  private linear(
    name: string,
    x: Floats,
    inputs: number,
    outputs: number,
    activation: "none" | "relu" = "none",
  ): Floats {
    const out = this.scratch.floats((x.length / inputs) * outputs);
    const bias = this.weights.find(`${name}.bias`) ?? null;
    const shape = { rows: x.length / inputs, inputs, outputs, activation };
    this.weights.engine.kernels.linear(out, x, this.weights.get(`${name}.weight`), bias, shape);
    return out;
  }
}

/** Positions of the transformer (Vaswani et al. 2017), (length, width). */
function sinusoids(length: number, width: number): Float32Array {
  const table = new Float32Array(length * width);
  for (let p = 0; p < length; p++) {
    for (let d = 0; d < width; d++) {
      const angle = p / 10_000 ** ((d - (d % 2)) / width);
      table[p * width + d] = d % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return table;
}

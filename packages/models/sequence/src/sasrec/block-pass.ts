import type { Floats, Ints, Scratch } from "@sequitur/kernels";
import { rotaryTurns, type Weights } from "@sequitur/nn";
import type { SasrecConfig } from "./config.js";

/** How rows lie in sequences: `count` sequences of `length` rows, standing at positions from, from + 1, ... */
export interface Rows {
  readonly count: number;
  readonly length: number;
  readonly from: number;
}

/** Pre-norm transformer blocks in the scope `scope` of some weights, and the table of the vectors that they read. */
export interface Blocks {
  readonly scope: string;
  readonly table: string;
  /** The table of learned positions, if the weights have one of this name. */
  readonly places: string;
  readonly width: number;
  readonly heads: number;
  readonly hidden: number;
  readonly activation: SasrecConfig["activation"];
  readonly rotary: boolean;
  readonly causal: boolean;
}

/** The parts of the network as kernel calls that write into blocks of one scratch. Rows are D wide. */
export class BlockPass {
  private readonly weights: Weights;
  private readonly blocks: Blocks;
  private readonly scratch: Scratch;

  constructor(weights: Weights, blocks: Blocks, scratch: Scratch) {
    this.weights = weights;
    this.blocks = blocks;
    this.scratch = scratch;
  }

  /**
   * (count, length, D) scaled vectors of the items, and of their intervals where the weights have some, plus their
   * positions where these are learned.
   */
  embed(items: Ints, { length, from }: Rows, intervals?: Ints): Floats {
    const { width, table, places: placeTable } = this.blocks;
    const { kernels } = this.weights.engine;
    const x = this.scratch.floats(items.length * width);
    kernels.gather(x, this.weights.get(table), items, width);
    const since = this.weights.find("intervals.table");
    if (since !== undefined && intervals !== undefined) {
      const gaps = this.scratch.floats(x.length);
      kernels.gather(gaps, since, intervals, width);
      kernels.add(x, x, gaps);
    }
    kernels.scale(x, x, Math.sqrt(width));
    const places = this.weights.find(placeTable)?.part(from * width, length * width);
    if (places === undefined) return x;
    for (let at = 0; at < x.length; at += places.length) {
      const sequence = x.part(at, places.length);
      kernels.add(sequence, sequence, places);
    }
    return x;
  }

  /** The queries, keys or values of a block for rows that went through its first norm. */
  project(layer: number, map: "query" | "key" | "value", rows: Floats, lie: Rows): Floats {
    const { scope, width, rotary } = this.blocks;
    const out = this.linear(`${scope}.${layer}.attention.${map}`, rows, width, width);
    if (rotary && map !== "value") this.rotate(out, lie);
    return out;
  }

  private rotate(rows: Floats, { count, length, from }: Rows): void {
    const { heads } = this.blocks;
    const width = this.blocks.width / heads;
    const room = 2 ** Math.ceil(Math.log2(from + length));
    const turns = this.weights.derived(`turns ${width} ${room}`, () => rotaryTurns(room, width));
    const shape = { rows: count * length, length, heads, width };
    this.weights.engine.kernels.rotate(rows, rows, turns.part(from * width, length * width), shape);
  }

  /**
   * The rest of a block for rows x (count, length, D): attention, then the feed-forward part, each with its residual. The
   * keys and values are those of the whole sequences up to these rows.
   */
  finish(layer: number, x: Floats, [q, k, v]: readonly [Floats, Floats, Floats], lie: Rows): Floats {
    const { scope, width, heads, hidden, activation, causal } = this.blocks;
    const { kernels } = this.weights.engine;
    const { count, length, from } = lie;
    const name = `${scope}.${layer}`;
    const mixed = this.scratch.floats(x.length);
    const stats = this.scratch.floats(count * heads * length);
    const sizes = { batch: count, heads, width: width / heads, keys: from + length, queries: length };
    kernels.attention(mixed, q, k, v, stats, { ...sizes, causal });
    const middle = this.linear(`${name}.attention.out`, mixed, width, width);
    kernels.add(middle, x, middle);
    const wide = this.linear(`${name}.widen`, this.norm(`${name}.feedNorm`, middle), width, hidden, activation);
    const out = this.linear(`${name}.narrow`, wide, hidden, width);
    kernels.add(out, middle, out);
    return out;
  }

  /** Rows normalised, into `out` or a block of their own. */
  norm(name: string, x: Floats, out: Floats = this.scratch.floats(x.length)): Floats {
    const { width } = this.blocks;
    const rows = x.length / width;
    const [gain, bias] = [this.weights.get(`${name}.gain`), this.weights.get(`${name}.bias`)];
    this.weights.engine.kernels.layerNorm(out, x, gain, bias, this.scratch.floats(2 * rows), { rows, width });
    return out;
  }

  /** The last row of each sequence: (count, length, D) -> (count, D). */
  last(x: Floats, { count, length }: Rows): Floats {
    const { width } = this.blocks;
    const out = this.scratch.floats(count * width);
    for (let row = 0; row < count; row++) {
      const at = ((row + 1) * length - 1) * width;
      out.array.set(x.array.subarray(at, at + width), row * width);
    }
    return out;
  }

  private linear(
    name: string,
    x: Floats,
    inputs: number,
    outputs: number,
    activation: Blocks["activation"] | "none" = "none",
  ): Floats {
    const shape = { rows: x.length / inputs, inputs, outputs, activation };
    const out = this.scratch.floats(shape.rows * outputs);
    const [weight, bias] = [this.weights.get(`${name}.weight`), this.weights.get(`${name}.bias`)];
    this.weights.engine.kernels.linear(out, x, weight, bias, shape);
    return out;
  }
}

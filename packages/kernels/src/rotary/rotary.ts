import { PlatformError } from "@sequitur/core";
import { type Floats } from "../block.js";
import { needs, needsSizes } from "../checks.js";

/** How rows lie for a rotation. */
export interface RotaryShape {
  readonly rows: number;
  /** Rows of a sequence: row r stands at place r % length. */
  readonly length: number;
  /** Heads side by side in each row. */
  readonly heads: number;
  /** Width of one head, even. */
  readonly width: number;
  /** How many heads, from the first, are turned; the rest stay as they are. Default: all. */
  readonly turned?: number;
  /** Turn by the angles' negatives, which is the gradient too. Default false. */
  readonly back?: boolean;
}

/** Rotary positions (RoFormer, Su et al. 2021, eq. 34; pairs by halves). */
export interface RotaryKernels {
  /**
   * out (rows, heads * width): each pair (a, b) = (x[i], x[i + width / 2]) of each head becomes (a cos - b sin,
   * b cos + a sin). `turns` (length, width) holds the cosines of a place's pairs, then their sines. `out` may be `x`.
   */
  readonly rotate: (out: Floats, x: Floats, turns: Floats, shape: RotaryShape) => void;
}

/** The kernels with their shapes checked first. */
export function checkedRotary(body: RotaryKernels): RotaryKernels {
  return {
    rotate: (out, x, turns, shape) => {
      const { rows, length, heads, width, turned = heads } = shape;
      needsSizes("rotate", { rows, length, heads, width, turned });
      if (width % 2 !== 0) throw new PlatformError("bad-config", `rotate: width must be even, got ${width}.`);
      if (turned > heads) {
        throw new PlatformError("bad-config", `rotate: turned must be at most the ${heads} heads, got ${turned}.`);
      }
      needs(out, rows * heads * width, "rotate: out (rows, heads * width)");
      needs(x, rows * heads * width, "rotate: x (rows, heads * width)");
      needs(turns, Math.min(rows, length) * width, "rotate: turns (length, width)");
      if (rows > 0 && length === 0) throw new PlatformError("bad-config", "rotate: length must be positive, got 0.");
      body.rotate(out, x, turns, shape);
    },
  };
}

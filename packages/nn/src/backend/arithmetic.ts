import { type tf } from "../tensors.js";
import { type SequiturBackend } from "./sequitur-backend.js";
import { product, sameShape, type Body } from "./stock-body.js";

type Arithmetic = "add" | "subtract" | "multiply" | "divide";

const PLAIN: Readonly<Record<Arithmetic, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
};

/** Below this many elements a kernel call per repetition costs more than it saves. */
const LEAST_RUN = 64;

/**
 * Two tensors of one shape; or b repeats along leading axes of a, as positions over a batch do; or b is one number per
 * row of a. The CPU kernel computes every index of such a broadcast by division.
 */
export function arithmetic(name: Arithmetic): Body {
  return (backend, { a, b }, _attributes, fallback) => {
    if (a.dtype !== "float32" || b.dtype !== "float32") return fallback();
    if (sameShape(a.shape, b.shape)) {
      const { info, block } = backend.outputInfo(a.shape);
      backend.kernels[name](block, backend.floats(a), backend.floats(b));
      return info;
    }
    const size = product(b.shape);
    if (size === 0 || b.shape.length > a.shape.length) return fallback();
    if (name === "multiply" && size === 1) {
      const { info, block } = backend.outputInfo(a.shape);
      backend.kernels.scale(block, backend.floats(a), backend.floats(b).array[0]);
      return info;
    }
    if (isSuffix(b.shape, a.shape)) return repeated(backend, name, a, b, size);
    if (isColumn(b.shape, a.shape)) return perRow(backend, name, a, b);
    return fallback();
  };
}

function repeated(
  backend: SequiturBackend,
  name: Arithmetic,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  size: number,
): tf.TensorInfo {
  const { info, block } = backend.outputInfo(a.shape);
  const [from, by] = [backend.floats(a), backend.floats(b)];
  if (size >= LEAST_RUN) {
    for (let at = 0; at < from.length; at += size) {
      backend.kernels[name](block.part(at, size), from.part(at, size), by);
    }
    return info;
  }
  const [out, left, right, combine] = [block.array, from.array, by.array, PLAIN[name]];
  for (let at = 0; at < out.length; at += size) {
    for (let i = 0; i < size; i++) out[at + i] = combine(left[at + i], right[i]);
  }
  return info;
}

function perRow(backend: SequiturBackend, name: Arithmetic, a: tf.TensorInfo, b: tf.TensorInfo): tf.TensorInfo {
  const { info, block } = backend.outputInfo(a.shape);
  const [out, left, right, combine] = [block.array, backend.floats(a).array, backend.floats(b).array, PLAIN[name]];
  const width = a.shape.at(-1)!;
  for (let row = 0; row < right.length; row++) {
    for (let i = row * width; i < (row + 1) * width; i++) out[i] = combine(left[i], right[row]);
  }
  return info;
}

/** Leading axes of size 1 repeat like missing ones. */
function isSuffix(part: readonly number[], whole: readonly number[]): boolean {
  const first = part.findIndex((size) => size !== 1);
  const own = first < 0 ? [] : part.slice(first);
  return sameShape(own, whole.slice(whole.length - own.length));
}

function isColumn(part: readonly number[], whole: readonly number[]): boolean {
  return part.length === whole.length && part.at(-1) === 1 && sameShape(part.slice(0, -1), whole.slice(0, -1));
}

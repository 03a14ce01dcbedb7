import { tf } from "../tensors.js";
import { type SequiturBackend } from "./sequitur-backend.js";

type Inputs = Record<string, tf.TensorInfo>;
type Attributes = Record<string, unknown>;
/** A stock kernel on our backend; `fallback` is the CPU one, for cases that ours leaves alone. */
type Body = (
  backend: SequiturBackend,
  inputs: Inputs,
  attributes: Attributes,
  fallback: () => tf.TensorInfo,
) => tf.TensorInfo;

let registered = false;

/** Gives the backend every CPU kernel, and in place of hot, wrong or unusable ones our own. */
export function registerStockKernels(): void {
  if (registered) return;
  registered = true;
  for (const config of tf.getKernelsForBackend("cpu")) {
    const body = OWN[config.kernelName];
    tf.registerKernel({
      kernelName: config.kernelName,
      backendName: "sequitur",
      kernelFunc: body === undefined ? config.kernelFunc : ownKernel(body, config.kernelFunc),
    });
  }
}

function ownKernel(body: Body, cpu: tf.KernelFunc): tf.KernelFunc {
  return (call) =>
    body(call.backend as SequiturBackend, call.inputs as Inputs, call.attrs ?? {}, () => cpu(call) as tf.TensorInfo);
}

const OWN: Readonly<Record<string, Body>> = {
  Cast: cast,
  Add: pairwise("add"),
  Sub: pairwise("subtract"),
  Multiply: pairwise("multiply"),
  RealDiv: pairwise("divide"),
  BatchMatMul: matMul,
  UnsortedSegmentSum: segmentSum,
};

/** The CPU kernel re-labels the data of an int tensor as float, which reads its bits as other numbers here. */
function cast(
  backend: SequiturBackend,
  { x }: Inputs,
  { dtype }: Attributes,
  fallback: () => tf.TensorInfo,
): tf.TensorInfo {
  if (x.dtype === dtype || x.dtype === "complex64" || x.dtype === "string" || dtype !== "float32") return fallback();
  const { info, block } = backend.outputInfo(x.shape);
  block.array.set(backend.data.get(x.dataId).values as unknown as Int32Array);
  return info;
}

function pairwise(name: "add" | "subtract" | "multiply" | "divide"): Body {
  return (backend, { a, b }, _attributes, fallback) => {
    if (a.dtype !== "float32" || b.dtype !== "float32") return fallback();
    if (!sameShape(a.shape, b.shape)) return fallback();
    const { info, block } = backend.outputInfo(a.shape);
    backend.kernels[name](block, backend.floats(a), backend.floats(b));
    return info;
  };
}

function matMul(
  backend: SequiturBackend,
  inputs: Inputs,
  attributes: Attributes,
  fallback: () => tf.TensorInfo,
): tf.TensorInfo {
  const { a, b } = inputs;
  if (a.dtype !== "float32" || b.dtype !== "float32") return fallback();
  const transposeA = attributes.transposeA === true;
  const transposeB = attributes.transposeB === true;
  const outer = a.shape.slice(0, -2);
  const batch = product(outer);
  // One side of a batch may be repeated; other broadcasts are rare.
  const batchB = product(b.shape.slice(0, -2));
  if (!sameShape(outer, b.shape.slice(0, -2)) && !(batchB === 1 && b.shape.length <= a.shape.length)) return fallback();
  const m = a.shape.at(transposeA ? -1 : -2)!;
  const k = a.shape.at(transposeA ? -2 : -1)!;
  const n = b.shape.at(transposeB ? -2 : -1)!;
  const { info, block } = backend.outputInfo([...outer, m, n]);
  const strideB = batchB === 1 ? 0 : k * n;
  const shape = { m, n, k, transposeA, transposeB, batch, strideA: m * k, strideB, strideOut: m * n };
  backend.kernels.matmul(block, backend.floats(a), backend.floats(b), shape);
  return info;
}

/** The CPU kernel loops over all segments: 8.9 s for 400 rows into 3,500 segments. */
function segmentSum(
  backend: SequiturBackend,
  inputs: Inputs,
  attributes: Attributes,
  fallback: () => tf.TensorInfo,
): tf.TensorInfo {
  const { x, segmentIds } = inputs;
  if (x.dtype !== "float32" || segmentIds.shape.length !== 1) return fallback();
  const segments = attributes.numSegments as number;
  const width = product(x.shape.slice(1));
  const { info, block } = backend.outputInfo([segments, ...x.shape.slice(1)]);
  const sums = block.array.fill(0);
  const values = backend.floats(x).array;
  const ids = backend.ints(segmentIds).array;
  for (let row = 0; row < ids.length; row++) {
    // Like the stock kernel, ids outside the segments are skipped.
    if (ids[row] < 0 || ids[row] >= segments) continue;
    const to = ids[row] * width;
    for (let d = 0; d < width; d++) sums[to + d] += values[row * width + d];
  }
  return info;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all * size, 1);
}

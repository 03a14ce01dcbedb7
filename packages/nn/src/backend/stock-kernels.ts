import { type Activation } from "@sequitur/kernels";
import { tf } from "../tensors.js";
import { arithmetic } from "./arithmetic.js";
import { type SequiturBackend } from "./sequitur-backend.js";
import { product, sameShape, type Attributes, type Body, type Inputs } from "./stock-body.js";

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
  Add: arithmetic("add"),
  Sub: arithmetic("subtract"),
  Multiply: arithmetic("multiply"),
  RealDiv: arithmetic("divide"),
  Relu: activation("relu"),
  Sigmoid: activation("sigmoid"),
  Tanh: activation("tanh"),
  Softmax: softmax,
  Sum: reduction(() => 1),
  Mean: reduction((count) => 1 / count),
  BatchMatMul: matMul,
  GatherV2: gather,
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

function activation(name: Activation): Body {
  return (backend, { x }, _attributes, fallback) => {
    if (x.dtype !== "float32") return fallback();
    const { info, block } = backend.outputInfo(x.shape);
    backend.kernels.activate(block, backend.floats(x), name);
    return info;
  };
}

function softmax(
  backend: SequiturBackend,
  { logits }: Inputs,
  { dim }: Attributes,
  fallback: () => tf.TensorInfo,
): tf.TensorInfo {
  const rank = logits.shape.length;
  if (logits.dtype !== "float32" || rank === 0 || (dim !== -1 && dim !== rank - 1)) return fallback();
  const { info, block } = backend.outputInfo(logits.shape);
  const width = logits.shape[rank - 1];
  backend.kernels.softmax(block, backend.floats(logits), product(logits.shape.slice(0, -1)), width);
  return info;
}

/** Sums over the last axes, the first axes or all of them, times a factor of how many numbers each adds up. */
function reduction(factor: (count: number) => number): Body {
  return (backend, { x }, { axis, keepDims }, fallback) => {
    const rank = x.shape.length;
    const axes = tf.util.parseAxisParam(axis as number | number[], x.shape).sort((p, q) => p - q);
    const isRun = axes.length > 0 && axes.every((at, i) => at === axes[0] + i);
    const size = product(x.shape);
    const [first, last] = [axes[0] === 0, axes.at(-1) === rank - 1];
    if (x.dtype !== "float32" || !isRun || size === 0 || !(first || last)) return fallback();
    const reduced = product(axes.map((at) => x.shape[at]));
    const left = x.shape.map((length, at) => (axes.includes(at) ? 1 : length));
    const { info, block } = backend.outputInfo(keepDims === true ? left : left.filter((_, at) => !axes.includes(at)));
    const { kernels } = backend;
    if (first && last) block.array[0] = kernels.sum(backend.floats(x));
    else if (first) kernels.columnSums(block, backend.floats(x), reduced, size / reduced);
    else kernels.rowSums(block, backend.floats(x), size / reduced, reduced);
    if (factor(reduced) !== 1) kernels.scale(block, block, factor(reduced));
    return info;
  };
}

function gather(
  backend: SequiturBackend,
  inputs: Inputs,
  attributes: Attributes,
  fallback: () => tf.TensorInfo,
): tf.TensorInfo {
  const { x, indices } = inputs;
  const isRows =
    x.dtype === "float32" && indices.dtype === "int32" && attributes.axis === 0 && attributes.batchDims === 0;
  const width = product(x.shape.slice(1));
  if (!isRows || width === 0) return fallback();
  const { info, block } = backend.outputInfo([...indices.shape, ...x.shape.slice(1)]);
  backend.kernels.gather(block, backend.floats(x), backend.ints(indices), width);
  return info;
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
  const segments = attributes.numSegments as number;
  const width = product(x.shape.slice(1));
  if (x.dtype !== "float32" || segmentIds.dtype !== "int32" || segmentIds.shape.length !== 1) return fallback();
  const { info, block } = backend.outputInfo([segments, ...x.shape.slice(1)]);
  backend.kernels.fill(block, 0);
  backend.kernels.scatterAdd(block, backend.floats(x), backend.ints(segmentIds), width);
  return info;
}

import {
  type Block,
  type BlockArray,
  type Bytes,
  type Engine,
  type Floats,
  type Ints,
  type Kernels,
} from "@sequitur/kernels";
import { MathBackendCPU } from "#tfjs";
import { tf } from "../tensors.js";

type Entry = MathBackendCPU["data"] extends { get(id: object): infer E } ? E : never;

/** A tensor's data: a block of the engine's memory, seen by the CPU kernels as a plain array. */
class BlockEntry {
  readonly dtype: tf.DataType;
  readonly block: Block<BlockArray>;
  refCount: number;

  constructor(block: Block<BlockArray>, dtype: tf.DataType, refCount: number) {
    this.block = block;
    this.dtype = dtype;
    this.refCount = refCount;
  }

  get values(): BlockArray {
    return this.block.array;
  }
}

/**
 * The tfjs backend over an engine's memory. It extends the plain CPU backend, whose kernels see each tensor as a typed
 * array over the shared memory, so that every stock operation works; hot ones are replaced by kernels of the engine.
 * Memory of a tensor is freed when the tensor is.
 */
export class SequiturBackend extends MathBackendCPU {
  readonly engine: Engine;
  readonly kernels: Kernels;

  constructor(engine: Engine) {
    super();
    this.engine = engine;
    this.kernels = engine.kernels;
  }

  // Values are copied: what comes in may be a view of another tensor, as the stock Slice returns.
  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const id = {};
    this.put(id, values, shape, dtype, 1);
    return id;
  }

  override move(id: tf.DataId, values: tf.BackendValues, shape: number[], dtype: tf.DataType, refCount: number): void {
    this.put(id, values, shape, dtype, refCount);
  }

  // A copy, since the memory behind a view is used again once the tensor is gone.
  override readSync(id: tf.DataId): tf.BackendValues {
    const entry: unknown = this.data.get(id);
    return entry instanceof BlockEntry ? (entry.block.array.slice() as tf.BackendValues) : super.readSync(id);
  }

  override disposeData(id: tf.DataId, force = false): boolean {
    const entry: unknown = this.data.has(id) ? this.data.get(id) : undefined;
    const freed = super.disposeData(id, force);
    if (freed && entry instanceof BlockEntry) this.engine.memory.release(entry.block);
    return freed;
  }

  override memory(): { unreliable: boolean; reasons: string[] } {
    return { unreliable: false, reasons: [] };
  }

  /** A float32 tensor whose values are not set yet, with the block to set them in. */
  output(shape: readonly number[]): { readonly tensor: tf.Tensor; readonly block: Floats } {
    const block = this.engine.memory.floats(sizeOf(shape));
    return { tensor: this.adopt(block, shape, "float32"), block };
  }

  /** The memory of a float32 tensor. */
  floats(tensor: tf.TensorInfo): Floats {
    return this.blockOf(tensor, "float32") as unknown as Floats;
  }

  /** The memory of an int32 tensor. */
  ints(tensor: tf.TensorInfo): Ints {
    return this.blockOf(tensor, "int32") as unknown as Ints;
  }

  /** The memory of a bool tensor, a byte each. */
  bytes(tensor: tf.TensorInfo): Bytes {
    return this.blockOf(tensor, "bool") as unknown as Bytes;
  }

  /** The memory of a variable that is about to change in place, its own: what others share with it is copied first. */
  ownFloats(variable: tf.Variable): Floats {
    const entry = this.data.get(variable.dataId);
    if (entry.refCount > 1) {
      const { tensor, block } = this.output(variable.shape);
      block.array.set(entry.values as unknown as Float32Array);
      variable.assign(tensor);
      tensor.dispose();
    }
    return this.floats(variable);
  }

  /** A tensor info for a stock kernel, its values not set yet. */
  outputInfo(shape: number[]): { readonly info: tf.TensorInfo; readonly block: Floats } {
    const block = this.engine.memory.floats(sizeOf(shape));
    const dataId = {};
    this.data.set(dataId, new BlockEntry(block, "float32", 1) as unknown as Entry);
    return { info: { dataId, shape, dtype: "float32" }, block };
  }

  private adopt(block: Block<BlockArray>, shape: readonly number[], dtype: tf.DataType): tf.Tensor {
    const dataId = {};
    this.data.set(dataId, new BlockEntry(block, dtype, 1) as unknown as Entry);
    return tf.engine().makeTensorFromTensorInfo({ dataId, shape: [...shape], dtype }, this);
  }

  private blockOf(tensor: tf.TensorInfo, dtype: tf.DataType): Block<BlockArray> {
    const entry: unknown = this.data.get(tensor.dataId);
    if (entry instanceof BlockEntry && entry.dtype === dtype) return entry.block;
    throw new TypeError(`expected a ${dtype} tensor of the sequitur backend, got ${tensor.dtype} [${tensor.shape}].`);
  }

  private put(id: tf.DataId, values: tf.BackendValues, shape: number[], dtype: tf.DataType, refCount: number): void {
    const block = this.blockFor(dtype, sizeOf(shape));
    if (block === undefined || values === undefined || values === null) {
      // Strings and complex numbers stay on the JavaScript heap.
      this.data.set(id, { values, dtype, refCount });
      return;
    }
    block.array.set(values as unknown as BlockArray);
    this.data.set(id, new BlockEntry(block, dtype, refCount) as unknown as Entry);
  }

  private blockFor(dtype: tf.DataType, length: number): Block<BlockArray> | undefined {
    const { memory } = this.engine;
    if (dtype === "float32") return memory.floats(length);
    if (dtype === "int32") return memory.ints(length);
    if (dtype === "bool") return memory.bytes(length);
    return undefined;
  }
}

function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** Our backend when it is the active one: then fused operations are one call of a kernel. */
export function activeSequitur(): SequiturBackend | undefined {
  const backend: unknown = tf.backend();
  return backend instanceof SequiturBackend ? backend : undefined;
}

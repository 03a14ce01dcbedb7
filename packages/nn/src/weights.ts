import { PlatformError, type Tensor } from "@sequitur/core";
import type { Engine, Floats } from "@sequitur/kernels";

/**
 * The tensors of a fitted model by name, for scoring with kernel calls: copied into the memory of an engine when first asked
 * for, and freed with their holder.
 */
export class Weights {
  /** The plain copies, which an artifact stores. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly engine: Engine;
  private readonly held: Held;

  constructor(engine: Engine, tensors: ReadonlyMap<string, Tensor>) {
    this.engine = engine;
    this.tensors = tensors;
    this.held = { engine, blocks: new Map(), isReleased: false };
    freed.register(this, this.held);
  }

  /** `not-found` for a name that these weights do not have, or no more. */
  get(name: string): Floats {
    const block = this.find(name);
    if (block === undefined) throw new PlatformError("not-found", `these weights hold no ${name}.`);
    return block;
  }

  /** Undefined for a name that these weights do not have. `not-found` once they are released. */
  find(name: string): Floats | undefined {
    const block = this.block(name);
    if (block !== undefined) return block;
    const tensor = this.tensors.get(name);
    return tensor && this.keep(name, tensor.data);
  }

  /** A block that serves beside the weights, made when first asked for and freed with them; no artifact stores it. */
  derived(name: string, make: () => Float32Array): Floats {
    return this.block(name) ?? this.keep(name, make());
  }

  /** Frees the memory; whoever scores with these weights fails from then on. */
  release(): void {
    this.held.isReleased = true;
    freeBlocks(this.held);
  }

  private block(name: string): Floats | undefined {
    if (this.held.isReleased) throw new PlatformError("not-found", `these weights hold no ${name} any more.`);
    return this.held.blocks.get(name);
  }

  private keep(name: string, data: Tensor["data"]): Floats {
    const block = this.engine.memory.floatsFrom(data);
    this.held.blocks.set(name, block);
    return block;
  }
}

interface Held {
  readonly engine: Engine;
  readonly blocks: Map<string, Floats>;
  isReleased: boolean;
}

function freeBlocks({ engine, blocks }: Held): void {
  for (const block of blocks.values()) engine.memory.release(block);
  blocks.clear();
}

/** The engine's memory outlives a model that nobody holds any more. */
const freed = new FinalizationRegistry<Held>(freeBlocks);

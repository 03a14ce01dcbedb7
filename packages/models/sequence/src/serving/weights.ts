import { PlatformError, type Tensor } from "@sequitur/core";
import type { Engine, Floats } from "@sequitur/kernels";

/** Weights by name in the memory of an engine, beside the plain copy that an artifact stores. */
export class Weights {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly engine: Engine;
  private readonly blocks: Map<string, Floats>;

  constructor(engine: Engine, tensors: ReadonlyMap<string, Tensor>) {
    this.engine = engine;
    this.tensors = tensors;
    this.blocks = new Map(
      [...tensors].map(([name, { data }]) => [name, engine.memory.floatsFrom(data as Float32Array)]),
    );
    freed.register(this, { engine, blocks: this.blocks });
  }

  get(name: string): Floats {
    const block = this.blocks.get(name);
    if (block === undefined) throw new PlatformError("not-found", `these weights hold no ${name} (any more).`);
    return block;
  }

  /** The table of a name with its rows and width, or undefined where there is none. */
  find(name: string): Floats | undefined {
    return this.blocks.get(name);
  }

  /** A block that serves beside the weights, made when first asked for and freed with them; no artifact stores it. */
  derived(name: string, make: () => Float32Array): Floats {
    const block = this.blocks.get(name) ?? this.engine.memory.floatsFrom(make());
    this.blocks.set(name, block);
    return block;
  }

  /** Frees the memory; whoever scores with these weights fails from then on. */
  release(): void {
    freeBlocks({ engine: this.engine, blocks: this.blocks });
  }
}

interface Held {
  readonly engine: Engine;
  readonly blocks: Map<string, Floats>;
}

function freeBlocks({ engine, blocks }: Held): void {
  for (const block of blocks.values()) engine.memory.release(block);
  blocks.clear();
}

/** The engine's memory outlives a model that nobody holds any more. */
const freed = new FinalizationRegistry<Held>(freeBlocks);

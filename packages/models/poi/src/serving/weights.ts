import { PlatformError, type Tensor } from "@sequitur/core";
import { startEngine, type Engine, type Floats } from "@sequitur/kernels";

const engines = new Map<number | undefined, Engine>();

/** The scoring engine of this process with so many threads, started when first asked for. */
export function engineFor(threads?: number): Engine {
  const known = engines.get(threads);
  if (known !== undefined) return known;
  const engine = startEngine(threads === undefined ? {} : { threads });
  engines.set(threads, engine);
  return engine;
}

/** Float tensors by name in the memory of an engine, put there when first asked for and freed with their holder. */
export class Weights {
  readonly engine: Engine;
  private readonly tensors: ReadonlyMap<string, Tensor>;
  private readonly blocks = new Map<string, Floats>();

  constructor(engine: Engine, tensors: ReadonlyMap<string, Tensor>) {
    this.engine = engine;
    this.tensors = tensors;
    freed.register(this, { engine, blocks: this.blocks });
  }

  get(name: string): Floats {
    let block = this.blocks.get(name);
    if (block === undefined) {
      const tensor = this.tensors.get(name);
      if (tensor === undefined) throw new PlatformError("not-found", `these weights hold no ${name}.`);
      block = this.engine.memory.floatsFrom(tensor.data);
      this.blocks.set(name, block);
    }
    return block;
  }

  has(name: string): boolean {
    return this.tensors.has(name);
  }

  /** Frees the engine's memory now; what is asked for again is put there again. */
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

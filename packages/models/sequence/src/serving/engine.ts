import { startEngine, type Engine } from "@sequitur/kernels";

const engines = new Map<number | undefined, Engine>();

/** The scoring engine of this process with so many threads, started when first asked for; absent: the engine's default. */
export function engineFor(threads?: number): Engine {
  const known = engines.get(threads);
  if (known !== undefined) return known;
  const engine = startEngine(threads === undefined ? {} : { threads });
  engines.set(threads, engine);
  return engine;
}

import { startEngine, type Engine } from "@sequitur/kernels";

const engines = new Map<number, Engine>();

/** The engine of this process with so many threads, started when first asked for. One whose helpers hang is replaced. */
export function engineFor(threads: number): Engine {
  const known = engines.get(threads);
  if (known?.usable === true) return known;
  const engine = startEngine({ threads });
  engines.set(threads, engine);
  return engine;
}

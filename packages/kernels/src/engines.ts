import { startEngine, type Engine } from "./engine.js";

const engines = new Map<number | undefined, Engine>();

/**
 * The engine of this process with so many threads, started when first asked for; absent: the engine's own default.
 * All models of a process share it, so that their weights live in one memory. One whose helpers hang is replaced.
 */
export function engineFor(threads?: number): Engine {
  const known = engines.get(threads);
  if (known?.usable === true) return known;
  const engine = startEngine(threads === undefined ? {} : { threads });
  engines.set(threads, engine);
  return engine;
}

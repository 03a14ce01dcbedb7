import { PlatformError, type Random } from "@sequitur/core";
import type { SearchRange, SearchSpace } from "@sequitur/recommender";
import { canonicalJson } from "@sequitur/workbench";

type Config = Readonly<Record<string, unknown>>;

/** Draws in vain after which a space counts as used up. */
const MAX_REPEATS = 100;

/**
 * The configs to try: the given one first, then random draws of the keys that the space names and the user did not fix.
 * All differ once `resolve` filled their defaults; fewer than `count` come back when the space holds no more. Draw i
 * does not depend on `count`.
 */
export function drawConfigs(
  given: Config,
  space: SearchSpace,
  count: number,
  random: Random,
  resolve: (config: Config) => Config = (config) => config,
): Config[] {
  const free = Object.entries(space).filter(([key]) => !Object.hasOwn(given, key));
  const configs: Config[] = [given];
  const known = new Set([canonicalJson(resolve(given))]);
  const draws = random.fork("draws");
  for (let repeats = 0; configs.length < count && repeats < MAX_REPEATS && free.length > 0;) {
    const config = { ...given, ...Object.fromEntries(free.map(([key, range]) => [key, draw(range, draws)])) };
    const text = canonicalJson(resolve(config));
    repeats = known.has(text) ? repeats + 1 : 0;
    if (!known.has(text)) configs.push(config);
    known.add(text);
  }
  return configs;
}

function draw(range: SearchRange, random: Random): string | number | boolean {
  if (range.kind === "choice") {
    if (range.values.length === 0) throw new PlatformError("bad-config", "a search range of choices needs a value.");
    return range.values[random.integer(range.values.length)]!;
  }
  const { min, max, log = false } = range;
  const u = random.uniform();
  if (range.kind === "number") return log ? min * (max / min) ** u : min + (max - min) * u;
  if (!log) return min + Math.floor(u * (max - min + 1));
  // Each integer owns the log interval from itself to the next one, so that both ends can be drawn.
  return Math.min(max, Math.floor(min * ((max + 1) / min) ** u));
}

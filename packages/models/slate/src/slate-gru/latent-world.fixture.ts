import { idTable, NONE, Random, slateLogFrom, type SlateLog } from "@sequitur/core";

/** The world of the note: linear users among grouped items, and a log half of oracle-ranked, half of random slates. */
export interface LatentWorld {
  readonly log: SlateLog;
  /** (N) group of each item. */
  readonly groups: Int32Array;
  /** (N, 2) true item vectors. */
  readonly vectors: Float64Array;
  /** log P of each logged choice under the truth. */
  readonly truth: Float64Array;
}

export interface LatentWorldOptions {
  readonly users: number;
  readonly items: number;
  readonly groups: number;
  /** Slates a user. */
  readonly steps: number;
  /** Items a slate. */
  readonly length: number;
  /** Share of slates ranked by the truth; the rest is random. */
  readonly oracleShare: number;
  /** Random slates promote some items: they are drawn by weights exp(promotion * N(0, 1)) that no user knows of. */
  readonly promotion?: number;
  /** Whether clicks follow the truth, or nothing. */
  readonly noise?: boolean;
}

const KEEP = 0.9;
const MULTIPLIER = 5;
const NO_CLICK = -2;
const WIDTH = 2;

export function latentWorld(options: LatentWorldOptions, seed: number): LatentWorld {
  const random = new Random(seed);
  const { users, items, groups: count, steps, length } = options;
  const groups = Int32Array.from({ length: items }, (_, item) => item % count);
  const means = Float64Array.from({ length: count * WIDTH }, () => random.normal());
  const vectors = Float64Array.from({ length: items * WIDTH }, (_, at) => {
    const group = groups[Math.floor(at / WIDTH)]!;
    return means[group * WIDTH + (at % WIDTH)]! + 0.2 * random.normal();
  });
  const promoted = Float64Array.from({ length: items }, () => (options.promotion ?? 0) * random.normal());
  const columns = { users: [] as number[], times: [] as number[], items: [] as number[], clicks: [] as number[] };
  const truth: number[] = [];
  for (let user = 0; user < users; user++) {
    const z = Float64Array.from({ length: WIDTH }, () => random.normal());
    for (let step = 0; step < steps; step++) {
      const scores = Float64Array.from({ length: items }, (_, item) =>
        scoreOf(z, vectors, item, options.noise === true),
      );
      const slate = slateFor(random.uniform() < options.oracleShare ? scores : raced(promoted, random), length, random);
      const click = choose([NO_CLICK, ...slate.map((item) => scores[item]!)], random);
      columns.users.push(user);
      columns.times.push(step);
      columns.items.push(...slate);
      columns.clicks.push(click.place - 1);
      truth.push(click.logProbability);
      if (click.place > 0) {
        const item = slate[click.place - 1]!;
        for (let j = 0; j < WIDTH; j++) z[j] = KEEP * z[j]! + (1 - KEEP) * vectors[item * WIDTH + j]!;
      }
    }
  }
  const ids = (prefix: string, n: number) => idTable(Array.from({ length: n }, (_, i) => `${prefix}${i}`));
  const itemColumns = { categories: Array.from(groups, (group) => [`g${group}`]) };
  const catalog = { items: ids("i", items), users: ids("u", users), itemColumns };
  const log = slateLogFrom(catalog, {
    users: Int32Array.from(columns.users),
    times: Float64Array.from(columns.times),
    offsets: Int32Array.from({ length: truth.length + 1 }, (_, row) => row * length),
    items: Int32Array.from(columns.items),
    clicks: Int32Array.from(columns.clicks, (click) => (click < 0 ? NONE : click)),
  });
  return { log, groups, vectors, truth: Float64Array.from(truth) };
}

function scoreOf(z: Float64Array, vectors: Float64Array, item: number, isNoise: boolean): number {
  if (isNoise) return NO_CLICK;
  return -MULTIPLIER * Math.hypot(...Array.from(z, (value, j) => value - vectors[item * WIDTH + j]!)) + 2;
}

/** Log-weights with Gumbel noise: ranked, a Plackett-Luce draw; without weights, uniform. */
function raced(logWeights: Float64Array, random: Random): Float64Array {
  return logWeights.map((logWeight) => logWeight - Math.log(-Math.log1p(-random.uniform())));
}

/** The best of the scores, in random order: position must not matter. */
function slateFor(scores: Float64Array, length: number, random: Random): number[] {
  const ranked = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]!);
  return random.shuffle(ranked.slice(0, length));
}

function choose(scores: readonly number[], random: Random): { place: number; logProbability: number } {
  const weights = scores.map((score) => Math.exp(score));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let left = random.uniform() * total;
  let place = 0;
  while (place < weights.length - 1 && left >= weights[place]!) left -= weights[place++]!;
  return { place, logProbability: Math.log(weights[place]! / total) };
}

// What NBPO is for: positives whose label was lost. Pairs of a generated city are hidden at a known rate; the rest
// trains BPR, BPO and NBPO, each tuned on validation at each rate with the same budget; a fixed tenth tests them.
import { interactionsFrom, parseConfig, queryBatch, Random, raggedFrom, type Interactions } from "@sequitur/core";
import { cityConfigSchema, generateCity } from "@sequitur/data";
import { recommend, type SearchSpace } from "@sequitur/recommender";
import { bpo, bpr, flipRate, nbpo, type FactorModel, type FactorRecommender } from "../src/index.js";

export interface NoisePoint {
  readonly model: string;
  readonly rate: number;
  /** Test NDCG@10, mean over users, one a seed. */
  readonly ndcg: readonly number[];
  /** Config fields that the search chose. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Mean learned flip rates of the last seed, for NBPO. */
  readonly gamma?: { readonly hidden: number; readonly positives: number; readonly negatives: number };
}

type Pair = readonly [user: number, item: number];

interface World {
  readonly all: Interactions;
  /** May be hidden. */
  readonly open: readonly Pair[];
  readonly validation: readonly (readonly number[])[];
  readonly test: readonly (readonly number[])[];
}

export const RATES = [0, 0.2, 0.4, 0.6];
export const SEEDS = [1, 2, 3, 4, 5];
const TRIALS = 32;
const MODELS: readonly FactorRecommender[] = [bpr, bpo, nbpo];

/** Every model at every rate; `tell` hears of each. */
export async function hiddenPositives(tell: (line: string) => void): Promise<NoisePoint[]> {
  const world = await cityWorld();
  const points: NoisePoint[] = [];
  for (const rate of RATES) {
    for (const recommender of MODELS) {
      const config = await tuned(recommender, world, rate);
      const ndcg: number[] = [];
      let gamma: NoisePoint["gamma"];
      for (const seed of SEEDS) {
        const { train, hidden } = hide(world, rate, seed);
        const model = await fit(recommender, train, config, seed);
        ndcg.push(ndcgAt10(model, train, hidden, world.test, world.validation));
        if (recommender.name === "nbpo") gamma = gammas(model, world, train, hidden);
        model.release();
      }
      points.push({ model: recommender.name, rate, ndcg, config, ...(gamma && { gamma }) });
      const mean = ndcg.reduce((sum, value) => sum + value, 0) / ndcg.length;
      tell(`${recommender.name.padEnd(5)} hidden ${rate}: NDCG@10 ${mean.toFixed(4)} ${JSON.stringify(gamma ?? "")}`);
    }
  }
  return points;
}

/** Distinct (resident, place) pairs; a tenth each for validation and test, at random. */
async function cityWorld(): Promise<World> {
  const { interactions: all } = await generateCity(cityConfigSchema.parse({ size: "small", seed: 1 }));
  const random = new Random("hidden positives");
  const open: Pair[] = [];
  const users = all.catalog.users.size;
  const validation: number[][] = Array.from({ length: users }, () => []);
  const test: number[][] = Array.from({ length: users }, () => []);
  for (let user = 0; user < users; user++) {
    const own = new Set(all.items.subarray(all.userOffsets[user], all.userOffsets[user + 1]));
    for (const item of [...own].sort((a, b) => a - b)) {
      const draw = random.uniform();
      if (draw < 0.1) test[user]!.push(item);
      else if (draw < 0.2) validation[user]!.push(item);
      else open.push([user, item]);
    }
  }
  return { all, open, validation, test };
}

interface Hidden {
  readonly train: Interactions;
  /** Of each user. */
  readonly hidden: readonly (readonly number[])[];
}

function hide(world: World, rate: number, seed: number): Hidden {
  const random = new Random(`hide ${seed}`);
  const hidden: number[][] = world.test.map(() => []);
  const kept = world.open.filter(([user, item]) => {
    const shown = random.uniform() >= rate;
    if (!shown) hidden[user]!.push(item);
    return shown;
  });
  const columns = {
    users: Int32Array.from(kept, ([user]) => user),
    items: Int32Array.from(kept, ([, item]) => item),
    times: new Float64Array(kept.length),
  };
  return { train: interactionsFrom(world.all.catalog, columns), hidden };
}

/**
 * Random search on validation, on the data of a seed that the test does not use. Trial t has the same draws of the
 * fields that models share, so that a difference is the objective's.
 */
async function tuned(recommender: FactorRecommender, world: World, rate: number): Promise<Record<string, unknown>> {
  const { train, hidden } = hide(world, rate, 0);
  let best: Record<string, unknown> = {};
  let most = -1;
  for (let trial = 0; trial < TRIALS; trial++) {
    const config = trial === 0 ? {} : drawn(recommender.search ?? {}, new Random(`trial ${trial}`));
    const model = await fit(recommender, train, config, 0);
    const value = ndcgAt10(model, train, hidden, world.validation, world.test);
    model.release();
    if (value > most) [most, best] = [value, config];
  }
  return best;
}

function drawn(space: SearchSpace, random: Random): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const [key, range] of Object.entries(space)) {
    const own = random.fork(key);
    if (range.kind === "choice") config[key] = range.values[own.integer(range.values.length)];
    else config[key] = Math.exp(Math.log(range.min) + own.uniform() * Math.log(range.max / range.min));
  }
  return config;
}

async function fit(
  recommender: FactorRecommender,
  train: Interactions,
  config: Record<string, unknown>,
  seed: number,
): Promise<FactorModel> {
  const parsed = parseConfig(recommender.config, { epochs: 40, factors: 32, ...config }, recommender.name);
  return recommender.fit(train, parsed, { random: new Random(seed) });
}

/** Over all places but those known: trained on, hidden (they are neither right nor wrong) and of the other set. */
function ndcgAt10(
  model: FactorModel,
  train: Interactions,
  hidden: Hidden["hidden"],
  wanted: readonly (readonly number[])[],
  others: readonly (readonly number[])[],
): number {
  const asked = Array.from(wanted.keys()).filter(
    (user) => wanted[user]!.length > 0 && train.userOffsets[user]! < train.userOffsets[user + 1]!,
  );
  const batch = queryBatch(asked.map((user) => ({ user, items: [] })));
  const exclude = raggedFrom(
    asked.map((user) => [
      ...train.items.subarray(train.userOffsets[user], train.userOffsets[user + 1]),
      ...hidden[user]!,
      ...others[user]!,
    ]),
  );
  const ranking = recommend(model, batch, { k: 10, exclude });
  let sum = 0;
  for (const [at, user] of asked.entries()) {
    const list = ranking.items.subarray(ranking.offsets[at], ranking.offsets[at + 1]);
    const right = new Set(wanted[user]);
    let gain = 0;
    let ideal = 0;
    for (let place = 0; place < 10; place++) {
      if (place < list.length && right.has(list[place]!)) gain += 1 / Math.log2(place + 2);
      if (place < right.size) ideal += 1 / Math.log2(place + 2);
    }
    sum += gain / ideal;
  }
  return sum / asked.length;
}

function gammas(
  model: FactorModel,
  world: World,
  train: Interactions,
  hidden: Hidden["hidden"],
): NonNullable<NoisePoint["gamma"]> {
  const random = new Random("negatives");
  const mean = (pairs: readonly Pair[]): number =>
    pairs.length === 0 ? Number.NaN : pairs.reduce((sum, pair) => sum + flipRate(model, ...pair), 0) / pairs.length;
  const size = world.all.catalog.items.size;
  const visited = world.open
    .map(([user, item]) => `${user} ${item}`)
    .concat(
      world.test.flatMap((items, user) => items.map((item) => `${user} ${item}`)),
      world.validation.flatMap((items, user) => items.map((item) => `${user} ${item}`)),
    );
  const known = new Set(visited);
  const negatives = Array.from({ length: 20_000 }, (): Pair => [
    random.integer(world.test.length),
    random.integer(size),
  ]).filter(([user, item]) => !known.has(`${user} ${item}`));
  return {
    hidden: mean(hidden.flatMap((items, user) => items.map((item): Pair => [user, item]))),
    positives: mean(Array.from(train.users, (user, row): Pair => [user, train.items[row]!])),
    negatives: mean(negatives),
  };
}

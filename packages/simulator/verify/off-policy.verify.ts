import { NONE, Random } from "@sequitur/core";
import {
  cascadeDoublyRobust,
  clippedIps,
  directMethod,
  doublyRobust,
  ips,
  itemPositionIps,
  moreRobustDoublyRobust,
  naiveMean,
  naiveSlateMean,
  probabilitiesOf,
  pseudoInverse,
  pseudoInverseVector,
  rewardInteractionIps,
  rewardPredictions,
  slateIps,
  slateMarginals,
  snips,
  switchDr,
  type LoggedSlates,
  type OffPolicyEstimate,
} from "@sequitur/metrics";
import { expect, test } from "vitest";
import {
  behaviourSchema,
  clickModelOf,
  latentWorld,
  latentWorldSchema,
  simulation,
  type Behaviour,
  type SlateServer,
  type World,
} from "../src/index.js";

const print = (text: string): boolean => process.stdout.write(`${text}\n`);
const SIZES = [100, 1_000, 10_000];
const LOGS = 60;
const DAYS = 30;

/** Plackett-Luce over fixed weights: its slates and their probabilities can be listed. */
interface Fixed {
  readonly weights: readonly number[];
  readonly slates: readonly (readonly number[])[];
  readonly joint: (slate: readonly number[]) => number;
  readonly conditional: (slate: readonly number[], k: number) => number;
  readonly marginal: (item: number, k: number) => number;
}

function fixedPolicy(weights: readonly number[], k: number): Fixed {
  const conditional = (slate: readonly number[], at: number): number => {
    const above = new Set(slate.slice(0, at));
    const left = weights.reduce((sum, weight, item) => (above.has(item) ? sum : sum + weight), 0);
    return weights[slate[at]!]! / left;
  };
  const joint = (slate: readonly number[]): number =>
    slate.reduce((product, _, at) => product * conditional(slate, at), 1);
  const slates = ordered(weights.length, k);
  const table = Array.from({ length: k }, (_, at) =>
    weights.map((_, item) => slates.reduce((sum, slate) => (slate[at] === item ? sum + joint(slate) : sum), 0)),
  );
  return { weights, slates, joint, conditional, marginal: (item, at) => table[at]![item]! };
}

function ordered(items: number, k: number): number[][] {
  if (k === 0) return [[]];
  return ordered(items, k - 1).flatMap((slate) =>
    Array.from({ length: items }, (_, item) => item).flatMap((item) =>
      slate.includes(item) ? [] : [[...slate, item]],
    ),
  );
}

function serverOf(policy: Fixed): SlateServer {
  const joint = policy.slates.map(policy.joint);
  return {
    name: "fixed",
    ask: ({ batch, random }) =>
      Array.from(batch.users, (_, b) => {
        let rest = random.fork(b).uniform();
        const drawn = joint.findIndex((p) => (rest -= p) < 0);
        const slate = policy.slates[drawn === -1 ? joint.length - 1 : drawn]!;
        return {
          items: Int32Array.from(slate),
          kind: "exact" as const,
          propensities: Float64Array.from(slate, (item, k) => policy.marginal(item, k)),
          conditionals: Float64Array.from(slate, (_, k) => policy.conditional(slate, k)),
        };
      }),
  };
}

/** People whom slates leave as they are, so that a policy has one value in a world. */
const calm = (clicks: string): Behaviour => behaviourSchema.parse({ clicks, fatigue: 0 });
const config = (items: number) =>
  latentWorldSchema.parse({
    kind: "latent",
    items,
    groups: 5,
    gamma: 1,
    driftDays: null,
    lateItems: 0,
    lateUsers: 0,
    visitSpread: 0,
  });

const worldOf = (items: number, rows: number, seed: number): World =>
  latentWorld(config(items), { users: Math.ceil(rows / (DAYS * 0.5)) + 20, days: DAYS }, new Random(`ope ${seed}`));

interface Row {
  readonly user: number;
  readonly slate: readonly number[];
  readonly clicked: readonly number[];
}

async function logOf(
  world: World,
  policy: Fixed,
  clicks: string,
  k: number,
  rows: number,
  seed: number,
): Promise<Row[]> {
  const log: Row[] = [];
  const course = simulation(world, { behaviour: calm(clicks), k, random: new Random(`ope run ${seed}`) });
  await course.run(serverOf(policy), DAYS, ({ user, slate, clicked }) => {
    log.push({ user, slate: [...slate.items], clicked: [...clicked] });
  });
  return log.slice(0, rows);
}

/** The exact value of a policy for the people of the log: closed-form expected clicks of all its slates. */
function valueOf(
  world: World,
  rows: readonly Row[],
  policyOf: (user: number) => Fixed,
  clicks: string,
  k: number,
): number {
  const people = world.populate();
  const model = clickModelOf(calm(clicks).clicks);
  const byUser = new Map<number, number>();
  const out = new Float64Array(k);
  const utilities = new Float64Array(world.catalog.items.size);
  const valueFor = (user: number): number => {
    people.utilities(utilities, { user, now: world.start });
    const policy = policyOf(user);
    return policy.slates.reduce((sum, slate) => {
      const own = Float64Array.from(slate, (item) => utilities[item]!);
      model.probabilities(out, {
        size: k,
        utilities: own,
        satisfactions: Float64Array.from(slate, (item) => world.satisfactions[item]!),
      });
      return sum + policy.joint(slate) * out.reduce((total, p) => total + p, 0);
    }, 0);
  };
  let total = 0;
  for (const { user } of rows) {
    if (!byUser.has(user)) byUser.set(user, valueFor(user));
    total += byUser.get(user)!;
  }
  return total / rows.length;
}

async function errorTable(
  title: string,
  draw: (rows: number, seed: number) => Promise<{ truth: number; estimates: readonly OffPolicyEstimate[] }>,
): Promise<Map<string, number>> {
  const cells = new Map<string, string[]>();
  const last = new Map<string, number>();
  for (const rows of SIZES) {
    const squares = new Map<string, number>();
    for (let seed = 0; seed < LOGS; seed++) {
      const { truth, estimates } = await draw(rows, seed);
      for (const { estimator, value } of estimates) {
        squares.set(estimator, (squares.get(estimator) ?? 0) + (value - truth) ** 2 / LOGS);
      }
    }
    for (const [name, square] of squares) {
      cells.set(name, [...(cells.get(name) ?? []), Math.sqrt(square).toFixed(4)]);
      last.set(name, Math.sqrt(square));
    }
  }
  const lines = [...cells].map(([name, own]) => `| ${name} | ${own.join(" | ")} |`);
  print([`\n${title}`, `| estimator | ${SIZES.join(" | ")} |`, "| --- | --- | --- | --- |", ...lines].join("\n"));
  return last;
}

test("single choices: root mean squared error by log size", { timeout: 600_000 }, async () => {
  const [items, groups] = [10, 5];
  const logging = fixedPolicy([8, 5, 3, 2, 2, 1, 1, 1, 1, 1], 1);
  // The policy to be evaluated likes the items of the user's own segment; item i is of group i % 5.
  const wanted = Array.from({ length: groups }, (_, segment) =>
    fixedPolicy(
      Array.from({ length: items }, (_item, item) => (item % groups === segment ? 8 : 1)),
      1,
    ),
  );
  const errors = await errorTable("single choices, latent world", async (size, seed) => {
    const world = worldOf(items, size, seed);
    const rows = await logOf(world, logging, "multinomial", 1, size, seed);
    const policyOf = (user: number): Fixed => wanted[world.segments[user]!]!;
    const actions = Int32Array.from(rows, ({ slate }) => slate[0]!);
    const policy = {
      actions: items,
      probabilities: (row: number, out: Float64Array) =>
        out.set(logging.weights.map((_weight, item) => policyOf(rows[row]!.user).marginal(item, 0))),
    };
    const log = {
      actions,
      propensities: Float64Array.from(actions, (item) => logging.marginal(item, 0)),
      rewards: Float64Array.from(rows, ({ clicked }) => clicked[0]!),
      evaluation: probabilitiesOf(actions, policy),
    };
    // The model knows the item and the segment of the user, which says something of the click and not all.
    const features = {
      width: items + world.segmentNames.length,
      write: (row: number, action: number, out: Float64Array) => {
        out[action] = 1;
        out[items + world.segments[rows[row]!.user]!] = 1;
      },
    };
    const plan = { policy, features, random: new Random(`folds ${seed}`) };
    const modelled = { ...log, predictions: rewardPredictions(log, plan) };
    const estimates = [
      naiveMean(log),
      ips(log),
      clippedIps(log, { maxWeight: 5 }),
      snips(log),
      directMethod(modelled),
      doublyRobust(modelled),
      switchDr(modelled, { threshold: 5 }),
      moreRobustDoublyRobust(log, plan),
    ];
    return { truth: valueOf(world, rows, policyOf, "multinomial", 1), estimates };
  });
  const naive = errors.get("naive")!;
  // The additive model cannot know who likes what: what leans on it keeps its bias, and still beats the naive mean.
  for (const [name, error] of errors) expect(name === "naive" || error < naive).toBe(true);
  for (const name of ["ips", "snips", "doubly-robust", "mrdr"]) expect(errors.get(name)!).toBeLessThan(0.3 * naive);
});

test.each(["position-based", "cascade"])(
  "slates of three, %s clicks: root mean squared error by log size",
  { timeout: 600_000 },
  async (clicks) => {
    const [items, k] = [5, 3];
    const logging = fixedPolicy([5, 3, 2, 1, 1], k);
    const wanted = fixedPolicy([1, 1, 1, 3, 5], k);
    const marginals = (policy: Fixed) =>
      slateMarginals(policy.slates, policy.slates.map(policy.joint), { length: k, items });
    const vector = pseudoInverseVector(marginals(logging), marginals(wanted));
    const columns =
      (of: (policy: Fixed) => (slate: readonly number[], at: number) => number) => (rows: readonly Row[]) => {
        const column = (policy: Fixed): Float64Array =>
          Float64Array.from(rows.flatMap(({ slate }) => slate.map((_, at) => of(policy)(slate, at))));
        return { logging: column(logging), evaluation: column(wanted) };
      };
    const conditionals = columns((policy) => policy.conditional);
    const positions = columns((policy) => (slate, at) => policy.marginal(slate[at]!, at));
    const errors = await errorTable(`slates of three, ${clicks} clicks, latent world`, async (size, seed) => {
      const world = worldOf(items, size, seed);
      const rows = await logOf(world, logging, clicks, k, size, seed);
      const log: LoggedSlates = {
        length: k,
        items: Int32Array.from(rows.flatMap(({ slate }) => slate)),
        rewards: Float64Array.from(rows.flatMap(({ clicked }) => clicked)),
      };
      expect(log.items.includes(NONE)).toBe(false);
      const estimates = [
        naiveSlateMean(log),
        slateIps(log, conditionals(rows)),
        itemPositionIps(log, positions(rows)),
        rewardInteractionIps(log, conditionals(rows)),
        cascadeDoublyRobust(log, conditionals(rows), ratesAsModel(log, rows, wanted, items)),
        pseudoInverse(log, [vector], new Int32Array(rows.length)),
      ];
      return { truth: valueOf(world, rows, () => wanted, clicks, k), estimates };
    });
    const naive = errors.get("naive")!;
    for (const [name, error] of errors) expect(name === "naive" || error < 0.8 * naive).toBe(true);
  },
);

/** Q_k from the log's own click rates by item and position: what comes below k is taken at the evaluation policy's mean. */
function ratesAsModel(log: LoggedSlates, rows: readonly Row[], wanted: Fixed, items: number) {
  const k = log.length;
  const rates = Array.from({ length: k * items }, () => [0, 0] as [number, number]);
  log.items.forEach((item, place) => {
    const cell = rates[(place % k) * items + item]!;
    cell[0] += log.rewards[place]!;
    cell[1]++;
  });
  const rate = (at: number, item: number): number =>
    rates[at * items + item]![0] / Math.max(1, rates[at * items + item]![1]);
  const below = Array.from({ length: k }, (_, at) => {
    let sum = 0;
    for (let later = at + 1; later < k; later++)
      for (let item = 0; item < items; item++) sum += wanted.marginal(item, later) * rate(later, item);
    return sum;
  });
  const meanAt = (slate: readonly number[], at: number): number => {
    let sum = 0;
    for (let item = 0; item < items; item++) {
      if (!slate.slice(0, at).includes(item))
        sum += wanted.conditional([...slate.slice(0, at), item], at) * rate(at, item);
    }
    return sum + below[at]!;
  };
  return {
    logged: Float64Array.from(rows.flatMap(({ slate }) => slate.map((item, at) => rate(at, item) + below[at]!))),
    expected: Float64Array.from(rows.flatMap(({ slate }) => slate.map((_, at) => meanAt(slate, at)))),
  };
}

import { DAY_MS, idTable, interactionsFrom, type Random } from "@sequitur/core";
import { z } from "zod";
import type { Population, Visits, World } from "../world.js";
import { logistic } from "../logistic.js";

const START = Date.UTC(2024, 0, 1);

/** Latent users and grouped items, after the simulation of Eide, Leslie & Frigessi 2022. */
export const latentWorldSchema = z.strictObject({
  kind: z.literal("latent"),
  items: z.int().min(2).max(2_000_000).default(50).describe("items in all, those that come later included"),
  groups: z
    .int()
    .min(1)
    .max(10_000)
    .default(10)
    .describe("groups of items; also segments of users, by the nearest group"),
  dimensions: z.int().min(1).max(64).default(2).describe("width d of item and user vectors"),
  score: z.enum(["l2", "dot"]).default("l2").describe("l2: minus the distance of user and item; dot: their product"),
  multiplier: z.number().positive().default(5).describe("utility of a unit of score"),
  noClickScore: z.number().default(-0.3).describe("score at which an item is as good as no click"),
  groupSpread: z.number().min(0).default(0.4).describe("standard deviation of the items about their group's mean"),
  gamma: z
    .number()
    .min(0)
    .max(1)
    .default(0.9)
    .describe("share of the user's state that a click leaves: h' = g h + (1 - g) v"),
  driftDays: z
    .number()
    .positive()
    .nullable()
    .default(120)
    .describe("days after which interests are forgotten to 1/e, towards new ones; null = they never drift"),
  visitsPerDay: z.number().positive().max(100).default(0.5).describe("mean visits of a user a day"),
  visitSpread: z.number().min(0).max(3).default(0.6).describe("sigma of the lognormal rates of users"),
  lateUsers: z.number().min(0).max(1).default(0.3).describe("share of users who join on a later day"),
  lateItems: z.number().min(0).max(0.9).default(0.2).describe("share of items that come on a later day"),
});
export type LatentWorldConfig = z.infer<typeof latentWorldSchema>;

interface Size {
  readonly users: number;
  readonly days: number;
}

/** A world of `users` latent users over `days`; user u is the same whatever the number of users. */
export function latentWorld(config: LatentWorldConfig, { users, days }: Size, random: Random): World {
  const drawn = drawItems(config, days, random.fork("items"));
  const starts = drawStarts(config, users, random);
  const catalog = {
    items: idTable(named("item", config.items)),
    users: idTable(named("user", users)),
    itemColumns: { categories: Array.from(drawn.groups, (group) => [`group ${group}`]) },
  };
  return {
    name: "latent",
    catalog,
    history: interactionsFrom(catalog, {
      users: new Int32Array(0),
      items: new Int32Array(0),
      times: new Float64Array(0),
    }),
    start: START,
    days,
    visits: drawVisits(config, users, days, random),
    openedAt: drawn.openedAt,
    satisfactions: drawn.satisfactions,
    groups: drawn.groups,
    groupNames: drawn.groupNames,
    segments: nearestGroups(starts, drawn.means, config),
    segmentNames: drawn.groupNames.map((name) => `near ${name}`),
    populate: () => population(config, drawn.vectors, drawn.openedAt, starts.slice(), users),
  };
}

function named(what: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${what}-${i}`);
}

function drawItems(config: LatentWorldConfig, days: number, random: Random) {
  const { items, groups: groupCount, dimensions, groupSpread, lateItems } = config;
  const means = Float64Array.from({ length: groupCount * dimensions }, () => random.normal());
  const vectors = new Float64Array(items * dimensions);
  const groups = new Int32Array(items);
  const openedAt = new Float64Array(items).fill(Number.NEGATIVE_INFINITY);
  const satisfactions = new Float64Array(items);
  for (let item = 0; item < items; item++) {
    groups[item] = item % groupCount;
    for (let d = 0; d < dimensions; d++) {
      vectors[item * dimensions + d] = means[groups[item]! * dimensions + d]! + groupSpread * random.normal();
    }
    satisfactions[item] = logistic(0.5 + random.normal());
    const late = random.uniform() < lateItems;
    const when = random.uniform();
    // The first item of each group is there from the start, so that there is always something to show.
    if (late && item >= groupCount) openedAt[item] = START + when * 0.9 * days * DAY_MS;
  }
  return { means, vectors, groups, groupNames: named("group", groupCount), openedAt, satisfactions };
}

/** (U, d) first interests, standard normal. */
function drawStarts({ dimensions }: LatentWorldConfig, users: number, random: Random): Float64Array {
  const starts = new Float64Array(users * dimensions);
  const roots = random.fork("interests");
  for (let user = 0; user < users; user++) {
    const own = roots.fork(user);
    for (let d = 0; d < dimensions; d++) starts[user * dimensions + d] = own.normal();
  }
  return starts;
}

/** Each user's visits: a Poisson process of their own rate from the day they join. */
function drawVisits(config: LatentWorldConfig, users: number, days: number, random: Random): Visits {
  const { visitsPerDay, visitSpread, lateUsers } = config;
  const roots = random.fork("visits");
  const found: { user: number; now: number }[] = [];
  for (let user = 0; user < users; user++) {
    const own = roots.fork(user);
    const rate = visitsPerDay * Math.exp(visitSpread * own.normal() - visitSpread ** 2 / 2);
    const late = own.uniform() < lateUsers;
    const joined = own.uniform() * 0.9 * days;
    for (let day = late ? joined : 0; ;) {
      day += -Math.log(1 - own.uniform()) / rate;
      if (day >= days) break;
      found.push({ user, now: START + Math.floor(day * 86_400) * 1_000 });
    }
  }
  found.sort((a, b) => a.now - b.now || a.user - b.user);
  return { users: Int32Array.from(found, ({ user }) => user), times: Float64Array.from(found, ({ now }) => now) };
}

function nearestGroups(
  starts: Float64Array,
  means: Float64Array,
  { dimensions, groups }: LatentWorldConfig,
): Int32Array {
  return Int32Array.from({ length: starts.length / dimensions }, (_, user) => {
    let nearest = 0;
    let least = Infinity;
    for (let group = 0; group < groups; group++) {
      const apart = squaredDistance(starts, user * dimensions, means, group * dimensions, dimensions);
      if (apart < least) [nearest, least] = [group, apart];
    }
    return nearest;
  });
}

function squaredDistance(a: Float64Array, at: number, b: Float64Array, bt: number, width: number): number {
  let sum = 0;
  for (let d = 0; d < width; d++) sum += (a[at + d]! - b[bt + d]!) ** 2;
  return sum;
}

function population(
  config: LatentWorldConfig,
  vectors: Float64Array,
  openedAt: Float64Array,
  states: Float64Array,
  users: number,
): Population {
  const { dimensions: width, score, multiplier, noClickScore, gamma, driftDays } = config;
  const seen = new Float64Array(users).fill(START);
  return {
    arrive({ user, now }, random) {
      if (driftDays === null) return;
      // A stationary walk: h' = r h + sqrt(1 - r^2) e, r = exp(-days since the last visit / driftDays).
      const kept = Math.exp(-(now - seen[user]!) / DAY_MS / driftDays);
      const fresh = Math.sqrt(1 - kept * kept);
      seen[user] = now;
      for (let at = user * width; at < (user + 1) * width; at++)
        states[at] = kept * states[at]! + fresh * random.normal();
    },
    utilities(out, { user, now }, items) {
      const count = items?.length ?? openedAt.length;
      for (let i = 0; i < count; i++) {
        const item = items ? items[i]! : i;
        if (now < openedAt[item]!) {
          out[i] = Number.NEGATIVE_INFINITY;
          continue;
        }
        let own = 0;
        if (score === "l2") own = -Math.sqrt(squaredDistance(states, user * width, vectors, item * width, width));
        else for (let d = 0; d < width; d++) own += states[user * width + d]! * vectors[item * width + d]!;
        out[i] = multiplier * (own - noClickScore);
      }
    },
    clicked({ user }, item) {
      for (let d = 0; d < width; d++) {
        const at = user * width + d;
        states[at] = gamma * states[at]! + (1 - gamma) * vectors[item * width + d]!;
      }
    },
  };
}

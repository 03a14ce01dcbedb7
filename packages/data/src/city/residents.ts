import { DAY_MS, type Random } from "@sequitur/core";
import { CATEGORIES, GROUPS } from "./categories.js";
import type { CitySettings } from "./city-config.js";
import { drawWeighted } from "./draws.js";
import type { Neighbourhoods } from "./neighbourhoods.js";
import { TRAITS } from "./place-texts.js";
import type { Period } from "./places.js";

/** Ways of life: how common, mean tastes by group and style trait, and whether there is a job to go to. */
const PERSONAS: readonly {
  readonly name: string;
  readonly share: number;
  readonly employed: boolean;
  readonly groups: Readonly<Record<string, number>>;
  readonly traits: Readonly<Record<string, number>>;
  /** Relative number of outings that start in the morning, at noon, after work, in the evening, at night. */
  readonly weekday: readonly number[];
  readonly weekend: readonly number[];
}[] = [
  {
    name: "office worker",
    share: 4,
    employed: true,
    groups: { "Work, Study & Travel": 0.5 },
    traits: {},
    weekday: [1.3, 1.2, 1.2, 0.7, 0.1],
    weekend: [0.7, 1, 1, 1, 0.3],
  },
  {
    name: "student",
    share: 2,
    employed: false,
    groups: { Nightlife: 0.6, "Quick Bite": 0.5, "Work, Study & Travel": 0.6 },
    traits: { upscale: -0.8, lively: 0.6, modern: 0.4 },
    weekday: [0.8, 1.2, 1, 1, 0.4],
    weekend: [0.3, 0.8, 1, 1.3, 0.9],
  },
  {
    name: "parent",
    share: 2,
    employed: true,
    groups: { Outdoors: 0.6, "Everyday Errands": 0.6, Nightlife: -1 },
    traits: { family: 1, lively: -0.3 },
    weekday: [1.2, 0.7, 1.4, 0.4, 0.02],
    weekend: [1.2, 1.2, 1, 0.4, 0.03],
  },
  {
    name: "pensioner",
    share: 1.5,
    employed: false,
    groups: { "Arts & Entertainment": 0.6, "Coffee & Bakery": 0.4, Nightlife: -1, "Sport & Wellness": -0.4 },
    traits: { modern: -0.8, lively: -0.6 },
    weekday: [1.4, 1.3, 0.8, 0.3, 0.01],
    weekend: [1.2, 1.3, 0.8, 0.3, 0.01],
  },
  {
    name: "night worker",
    share: 0.7,
    employed: true,
    groups: { Nightlife: 0.5, "Quick Bite": 0.4 },
    traits: { lively: 0.4 },
    weekday: [0.3, 0.8, 0.9, 1.2, 1],
    weekend: [0.2, 0.7, 0.9, 1.2, 1.3],
  },
];

/** Clock hours of the five parts of the day in which outings start: centre and width. */
export const DAY_PARTS: readonly (readonly [centre: number, width: number])[] = [
  [8.3, 1.1],
  [12.2, 0.9],
  [17.2, 1.1],
  [19.8, 1.2],
  [23.4, 1.3],
];

export const FACTORS = GROUPS.length + TRAITS.length;
export const KNOT_MS = 91 * DAY_MS;
const GROUP_TASTE = 0.8;
const TRAIT_TASTE = 0.9;
const LEAF_TASTE = 0.8;
const SHARE_JOINING_LATER = 0.3;
/** Expected share of the period that a resident is there: 1 - 0.3 x 0.45. */
const MEAN_PRESENCE = 0.865;
const RATE_SPREAD = 0.9;

/** The true residents, as columns; U residents, indices as in the catalogue. Positions are km from the centre. */
export interface Residents {
  readonly size: number;
  /** (U) index into `personaNames`. */
  readonly personas: Int32Array;
  readonly personaNames: readonly string[];
  readonly homeX: Float64Array;
  readonly homeY: Float64Array;
  /** (U) where the job is; the home when there is none. */
  readonly workX: Float64Array;
  readonly workY: Float64Array;
  /** (U) 1 when on weekdays from 9 to 17 the day is spent at work. */
  readonly employed: Uint8Array;
  /** (U) instant of joining; no check-in is earlier. */
  readonly joinedAt: Float64Array;
  /** (U) expected check-ins a day once joined; lognormal. */
  readonly checkinsPerDay: Float64Array;
  /** (U) weight of trying something new against the pull of known places, > 0. */
  readonly curiosity: Float64Array;
  /** Number of knots K; knot k lies 91 k days after the start, tastes are linear between knots. */
  readonly knots: number;
  readonly firstKnot: number;
  /** (U, K, groups + traits) row-major drifting tastes. */
  readonly tastes: Float32Array;
  /** (U, categories) row-major lasting liking of each category, beyond its group. */
  readonly leafTastes: Float32Array;
  /** (U, 2, 5) row-major outings by part of the day, weekday then weekend. */
  readonly dayParts: Float32Array;
  readonly ids: readonly string[];
}

/** Draws the residents; each has a stream of their own, so that resident u is the same in a larger city. */
export function drawResidents(settings: CitySettings, town: Neighbourhoods, period: Period, random: Random): Residents {
  const size = settings.users;
  const knots = Math.ceil((period.end - period.start) / KNOT_MS) + 1;
  const wide = (): Float64Array => new Float64Array(size);
  const residents: Residents = {
    size,
    personas: new Int32Array(size),
    personaNames: PERSONAS.map(({ name }) => name),
    homeX: wide(),
    homeY: wide(),
    workX: wide(),
    workY: wide(),
    employed: new Uint8Array(size),
    joinedAt: wide(),
    checkinsPerDay: wide(),
    curiosity: wide(),
    knots,
    firstKnot: period.start,
    tastes: new Float32Array(size * knots * FACTORS),
    leafTastes: new Float32Array(size * CATEGORIES.length),
    dayParts: new Float32Array(size * 10),
    ids: Array.from({ length: size }, (_, user) => `resident-${user}`),
  };
  for (let user = 0; user < size; user++) {
    const own = random.fork(user);
    drawLife(residents, user, settings, town, period, own);
    drawTastes(residents, user, settings.tasteMemory, own);
  }
  return residents;
}

const SHARES = PERSONAS.map(({ share }) => share);

function drawLife(
  residents: Residents,
  user: number,
  settings: CitySettings,
  town: Neighbourhoods,
  period: Period,
  random: Random,
): void {
  const kind = drawWeighted(SHARES, random);
  const persona = PERSONAS[kind]!;
  const home = drawWeighted(town.homeShare, random);
  const job = drawWeighted(town.jobShare, random);
  residents.personas[user] = kind;
  residents.employed[user] = persona.employed && persona.name !== "night worker" ? 1 : 0;
  residents.homeX[user] = town.x[home]! + town.spreadKm[home]! * random.normal();
  residents.homeY[user] = town.y[home]! + town.spreadKm[home]! * random.normal();
  const away = [town.x[job]! + 0.3 * random.normal(), town.y[job]! + 0.3 * random.normal()] as const;
  residents.workX[user] = persona.employed ? away[0] : residents.homeX[user];
  residents.workY[user] = persona.employed ? away[1] : residents.homeY[user];
  const days = (period.end - period.start) / DAY_MS;
  const later = random.uniform() < SHARE_JOINING_LATER;
  const when = random.uniform();
  residents.joinedAt[user] = period.start + (later ? when * 0.9 * days * DAY_MS : 0);
  const rate = Math.exp(RATE_SPREAD * random.normal() - RATE_SPREAD ** 2 / 2);
  residents.checkinsPerDay[user] = (rate * settings.checkinsPerUser) / (MEAN_PRESENCE * days);
  residents.curiosity[user] = 0.9 * Math.exp(0.6 * random.normal());
  for (let part = 0; part < 5; part++) {
    residents.dayParts[user * 10 + part] = persona.weekday[part]! * Math.exp(0.6 * random.normal());
    residents.dayParts[user * 10 + 5 + part] = persona.weekend[part]! * Math.exp(0.6 * random.normal());
  }
}

/** A stationary first-order walk about the persona's mean: x' = m + c (x - m) + sqrt(1 - c^2) s e. */
function drawTastes(residents: Residents, user: number, memory: number, random: Random): void {
  const persona = PERSONAS[residents.personas[user]!]!;
  const { knots, tastes, leafTastes } = residents;
  const fresh = Math.sqrt(1 - memory * memory);
  for (let factor = 0; factor < FACTORS; factor++) {
    const group = GROUPS[factor];
    const mean =
      group === undefined ? (persona.traits[TRAITS[factor - GROUPS.length]!.name] ?? 0) : (persona.groups[group] ?? 0);
    const spread = group === undefined ? TRAIT_TASTE : GROUP_TASTE;
    let deviation = random.normal();
    for (let knot = 0; knot < knots; knot++) {
      tastes[(user * knots + knot) * FACTORS + factor] = mean + spread * deviation;
      deviation = memory * deviation + fresh * random.normal();
    }
  }
  for (let category = 0; category < CATEGORIES.length; category++) {
    leafTastes[user * CATEGORIES.length + category] = LEAF_TASTE * random.normal();
  }
}

/** The tastes of a resident at an instant, (groups + traits); before the first and after the last knot they stand. */
export function tastesAt(out: Float64Array, residents: Residents, user: number, instant: number): void {
  const { knots, firstKnot, tastes } = residents;
  const position = Math.min(Math.max((instant - firstKnot) / KNOT_MS, 0), knots - 1);
  const knot = Math.min(Math.floor(position), Math.max(knots - 2, 0));
  const share = position - knot;
  const at = (user * knots + knot) * FACTORS;
  for (let factor = 0; factor < FACTORS; factor++) {
    const before = tastes[at + factor]!;
    const after = knots > 1 ? tastes[at + FACTORS + factor]! : before;
    out[factor] = before + share * (after - before);
  }
}

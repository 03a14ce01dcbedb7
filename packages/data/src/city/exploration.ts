import { CATEGORIES, GROUPS, groupIndices } from "./categories.js";
import type { ChoiceTables } from "./choice-tables.js";
import type { ChoiceWeights } from "./city-config.js";
import { JUST_THERE } from "./habits.js";
import { novelty, type Moment } from "./moment.js";
import { OUTDOOR_TRAIT, TRAITS } from "./place-texts.js";
import { COMPANIONS, type Places } from "./places.js";
import type { Residents } from "./residents.js";

const TRIP_KM2 = 0.8 ** 2;
const ANCHOR_KM2 = 2.5 ** 2;
const COMPANION_GAIN = 30;
const COMPANION_CATEGORY = 1.5;

/** How something new is found: a category first, then a place of it. */
export interface Exploration {
  /** (C) e to the utility of each category (V_c of the model); gives the sum. */
  categories(out: Float64Array, moment: Moment): number;
  /**
   * Pulls of the places of a category (w_j of the model) into out, at their positions in `members`; gives the sum.
   */
  places(out: Float64Array, category: number, moment: Moment): number;
}

/** The exploration of a city under the weights. */
export function exploration(
  places: Places,
  residents: Residents,
  tables: ChoiceTables,
  weights: ChoiceWeights,
): Exploration {
  const count = CATEGORIES.length;
  const follows = new Float64Array(count);
  const columns = memberColumns(places, tables.members);
  const positions = new Int32Array(places.size);
  tables.members.forEach((place, position) => (positions[place] = position));
  return {
    categories(out, moment) {
      const { user, previous, fresh } = moment;
      follows.fill(0);
      if (previous >= 0) {
        const step = places.categories[previous]! * count;
        for (let c = 0; c < count; c++) follows[c] = tables.transitions[step + c]!;
        for (let i = previous * COMPANIONS; i < (previous + 1) * COMPANIONS; i++) {
          const companion = places.companions[i]!;
          if (companion >= 0) follows[places.categories[companion]!]! += COMPANION_CATEGORY;
        }
      }
      let total = 0;
      for (let c = 0; c < count; c++) {
        const liking = moment.tastes[groupIndices[c]!]! + residents.leafTastes[user * count + c]!;
        out[c] = Math.exp(tables.appeal[moment.slotOfYear * count + c]! + weights.taste * liking + fresh * follows[c]!);
        total += out[c]!;
      }
      return total;
    },
    places(out, category, moment) {
      const from = tables.offsets[category]!;
      const to = tables.offsets[category + 1]!;
      pullMembers(out, from, to, moment, columns, residents, tables, weights);
      const { previous, fresh } = moment;
      if (previous >= 0) {
        const own = positions[previous]!;
        if (own >= from && own < to) out[own]! *= 1 - (1 - JUST_THERE) * Math.min(fresh, 1);
        for (let i = previous * COMPANIONS; i < (previous + 1) * COMPANIONS; i++) {
          const companion = places.companions[i]!;
          const at = companion < 0 ? -1 : positions[companion]!;
          if (at >= from && at < to) out[at]! *= 1 + COMPANION_GAIN * fresh;
        }
      }
      let sum = 0;
      for (let i = from; i < to; i++) sum += out[i]!;
      return sum;
    },
  };
}

/** The places' columns in the order of `members`: a category is one run of memory. */
interface MemberColumns {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly quality: Float64Array;
  readonly traits: Float64Array;
  readonly hours: Int32Array;
  readonly hoursTexts: number;
  readonly openedAt: Float64Array;
}

function memberColumns(places: Places, members: Int32Array): MemberColumns {
  const ordered = (column: Float64Array): Float64Array => Float64Array.from(members, (place) => column[place]!);
  const traits = new Float64Array(places.traits.length);
  members.forEach((place, position) => {
    for (let t = 0; t < TRAITS.length; t++) {
      traits[position * TRAITS.length + t] = places.traits[place * TRAITS.length + t]!;
    }
  });
  return {
    x: ordered(places.x),
    y: ordered(places.y),
    quality: ordered(places.quality),
    traits,
    hours: members.map((place) => places.hours[place]!),
    hoursTexts: places.hoursTexts.length,
    openedAt: ordered(places.openedAt),
  };
}

/** Everything of w_j but what came just before; the hot loop of the generator. */
function pullMembers(
  out: Float64Array,
  from: number,
  to: number,
  moment: Moment,
  columns: MemberColumns,
  residents: Residents,
  tables: ChoiceTables,
  weights: ChoiceWeights,
): void {
  const { x, y, quality, traits, hours, openedAt, hoursTexts } = columns;
  const { user, originX, originY, tastes, now, slotOfYear } = moment;
  const homeX = residents.homeX[user]!;
  const homeY = residents.homeY[user]!;
  const workX = residents.workX[user]!;
  const workY = residents.workY[user]!;
  const plain = weights.distance === 1;
  // Written out: 1.3 times as fast as a loop over the six traits. How open-air a place is joins its trait.
  const first = GROUPS.length;
  const t0 = weights.taste * tastes[first]!;
  const t1 = weights.taste * tastes[first + 1]!;
  const t2 = weights.taste * tastes[first + 2]!;
  const t3 = weights.taste * tastes[first + 3]!;
  const t4 = weights.taste * tastes[first + OUTDOOR_TRAIT]! + tables.outdoor[moment.month]!;
  const t5 = weights.taste * tastes[first + 5]!;
  const openRow = slotOfYear * hoursTexts;
  for (let i = from; i < to; i++) {
    const trip = squaredDistance(x[i]! - originX, y[i]! - originY);
    const home = squaredDistance(x[i]! - homeX, y[i]! - homeY);
    const work = squaredDistance(x[i]! - workX, y[i]! - workY);
    const farness = (1 + trip / TRIP_KM2) * (1 + (home < work ? home : work) / ANCHOR_KM2);
    const at = i * TRAITS.length;
    const liking =
      t0 * traits[at]! +
      t1 * traits[at + 1]! +
      t2 * traits[at + 2]! +
      t3 * traits[at + 3]! +
      t4 * traits[at + OUTDOOR_TRAIT]! +
      t5 * traits[at + 5]!;
    let pull = Math.exp(quality[i]! + liking) / (plain ? farness : farness ** weights.distance);
    pull *= tables.openFactor[openRow + hours[i]!]!;
    if (openedAt[i]! !== Number.NEGATIVE_INFINITY) pull *= novelty(now, openedAt[i]!);
    out[i] = pull;
  }
}

function squaredDistance(dx: number, dy: number): number {
  return dx * dx + dy * dy;
}

import { SLOTS_PER_DAY, SLOTS_PER_WEEK } from "../local-time/local-clock.js";

/** One rise of demand in a day: centre and width in hours, height on weekdays and on weekends. */
type Bump = readonly [centre: number, width: number, weekday: number, weekend: number];

/** When people want something, by name; the categories refer to these. */
export const RHYTHMS = {
  bakery: [
    [8, 1.3, 1.2, 0.8],
    [10, 1.5, 0.2, 1],
    [16.5, 1.2, 0.4, 0.3],
  ],
  coffee: [
    [8.5, 1.3, 1.3, 0.3],
    [10.5, 1.5, 0.4, 1],
    [15, 1.8, 0.6, 1],
  ],
  lunch: [
    [12.5, 0.9, 1.5, 0.8],
    [18.5, 1.2, 0.2, 0.3],
  ],
  dinner: [
    [12.7, 0.9, 0.3, 0.6],
    [19.7, 1.3, 1, 1.4],
  ],
  drinks: [
    [18.3, 1, 0.6, 0.4],
    [21.8, 1.8, 0.7, 1.4],
  ],
  night: [
    [24.8, 2, 0.15, 1.6],
    [22.5, 1.2, 0.2, 0.6],
  ],
  lateSnack: [
    [24.5, 1.5, 0.4, 1.3],
    [13, 1.2, 0.4, 0.3],
    [20, 1.5, 0.4, 0.4],
  ],
  sweet: [
    [15.5, 1.8, 0.8, 1.5],
    [20.8, 1.2, 0.6, 0.8],
  ],
  shopping: [
    [12.8, 1.2, 0.3, 0.5],
    [17.6, 1.4, 0.9, 0.4],
    [14.5, 2.2, 0.2, 1.5],
  ],
  errands: [
    [9.5, 1.3, 0.5, 0.8],
    [17.8, 1.4, 1.2, 0.5],
    [11, 1.5, 0.2, 0.8],
  ],
  marketMorning: [[9.3, 1.4, 0.3, 1.7]],
  training: [
    [7, 0.9, 1, 0.2],
    [18.5, 1.4, 1.2, 0.4],
    [10.5, 1.5, 0.2, 1],
  ],
  culture: [
    [11, 1.6, 0.3, 0.9],
    [15, 1.9, 0.4, 1.4],
  ],
  show: [[19.9, 1.1, 0.8, 1.4]],
  commute: [
    [7.8, 0.8, 1.6, 0.2],
    [17.7, 1.1, 1.5, 0.4],
    [12, 4, 0.2, 0.5],
  ],
  office: [
    [9, 0.8, 1.6, 0.05],
    [13.5, 1.2, 0.8, 0.05],
  ],
  campus: [
    [9.8, 1.2, 1.4, 0.1],
    [14, 1.8, 1, 0.2],
  ],
  outdoors: [
    [15.3, 2.6, 0.5, 1.6],
    [18.8, 1.4, 0.7, 0.6],
    [8, 1, 0.3, 0.2],
  ],
  bathing: [[14.5, 2.4, 0.7, 1.6]],
  worship: [
    [9.8, 1, 0.1, 1.6],
    [18, 1, 0.4, 0.4],
  ],
  anytime: [[14, 5, 1, 1]],
} as const satisfies Record<string, readonly Bump[]>;
export type RhythmName = keyof typeof RHYTHMS;

/** Log appeal over the year: amplitude, peak month (0 = mid January), and how narrow the peak is (1 = a cosine). */
export const SEASONS = {
  flat: [0, 0, 1],
  summer: [1, 6, 1],
  highSummer: [2.2, 6.3, 2],
  mildSummer: [0.5, 6, 1],
  spring: [0.9, 4, 1.5],
  autumn: [0.7, 9, 1.5],
  winter: [0.9, 0.3, 1],
  deepWinter: [2, 0.3, 2],
  advent: [2.4, 11, 6],
  newYear: [0.7, 0.2, 3],
} as const satisfies Record<string, readonly [amplitude: number, peakMonth: number, sharpness: number]>;
export type SeasonName = keyof typeof SEASONS;

const FLOOR = 0.02;

/** Whether a slot belongs to the weekend: from Friday 17:00 to Sunday 20:00. (336), 1 = weekend. */
export function weekendSlots(): Uint8Array {
  const weekend = new Uint8Array(SLOTS_PER_WEEK);
  weekend.fill(1, 4 * SLOTS_PER_DAY + 34, 6 * SLOTS_PER_DAY + 40);
  return weekend;
}

/** Log demand by slot of the week, (336): ln(0.02 + sum of bumps), bumps wrapping at midnight. */
export function hourProfile(name: RhythmName): Float64Array {
  const weekend = weekendSlots();
  const profile = new Float64Array(SLOTS_PER_WEEK);
  for (let slot = 0; slot < SLOTS_PER_WEEK; slot++) {
    const hour = (slot % SLOTS_PER_DAY) / 2 + 0.25;
    let demand = FLOOR;
    for (const [centre, width, weekday, free] of RHYTHMS[name]) {
      const apart = Math.abs(hour - (centre % 24));
      const distance = Math.min(apart, 24 - apart) / width;
      demand += (weekend[slot] === 1 ? free : weekday) * Math.exp((-distance * distance) / 2);
    }
    profile[slot] = Math.log(demand);
  }
  return profile;
}

/** Seasons of the calendar, the same on both hemispheres. */
const CALENDAR: readonly SeasonName[] = ["advent", "newYear"];

/** Log appeal by month, (12), in [-amplitude, amplitude]; in the south what the weather makes turns by six months. */
export function seasonProfile(name: SeasonName, southern: boolean): Float64Array {
  const [amplitude, peak, sharpness] = SEASONS[name];
  const turn = southern && !CALENDAR.includes(name) ? 6 : 0;
  return Float64Array.from({ length: 12 }, (_, month) => {
    const angle = (2 * Math.PI * (month + turn - peak)) / 12;
    return amplitude * (2 * ((1 + Math.cos(angle)) / 2) ** sharpness - 1);
  });
}

/** How much the month invites people outdoors, (12), from -1 in mid winter to 1 in mid summer. */
export function warmth(southern: boolean): Float64Array {
  return Float64Array.from({ length: 12 }, (_, month) =>
    Math.cos((2 * Math.PI * (month + (southern ? 6 : 0) - 6.3)) / 12),
  );
}

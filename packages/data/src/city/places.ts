import { PlatformError, type ItemColumns, type Random } from "@sequitur/core";
import { CATEGORIES, GROUPS, groupIndices } from "./categories.js";
import type { CitySettings } from "./city-config.js";
import { drawWeighted } from "./draws.js";
import type { LocalClock } from "../local-time/local-clock.js";
import type { Neighbourhoods } from "./neighbourhoods.js";
import { drawOpeningHours } from "./opening-hours.js";
import { OUTDOOR_TRAIT, placeDescription, placeTitle, TRAITS } from "./place-texts.js";

/** The true places, as columns; P places, indices as in the catalogue. */
export interface Places {
  readonly size: number;
  /** (P) index into CATEGORIES. */
  readonly categories: Int32Array;
  readonly neighbourhoods: Int32Array;
  /** (P) km east and north of the centre. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** (P) log quality, normal with standard deviation 1: popularity is heavy-tailed. */
  readonly quality: Float64Array;
  /** (P, traits) row-major, in [-1, 1]. */
  readonly traits: Float64Array;
  /** (P) instant of the opening, -Infinity for a place that was there before the period. */
  readonly openedAt: Float64Array;
  /** (P) index into `hoursTexts`. */
  readonly hours: Int32Array;
  readonly hoursTexts: readonly string[];
  /** (P, 3) row-major places that go well right after; NONE (-1) where there are fewer. */
  readonly companions: Int32Array;
  readonly ids: readonly string[];
  readonly columns: ItemColumns;
}

export const COMPANIONS = 3;
const SHARE_OPENING_LATER = 0.12;
const KM_PER_DEGREE = 111.195;

/** The period of a city: instants, UTC; `end` is not part of it. */
export interface Period {
  readonly start: number;
  readonly end: number;
}

/** Draws the places: each category has at least one from the start. */
export function drawPlaces(
  settings: CitySettings,
  town: Neighbourhoods,
  clock: LocalClock,
  period: Period,
  random: Random,
): Places {
  const size = settings.places;
  if (size < CATEGORIES.length) {
    throw new PlatformError("bad-config", `places must be at least ${CATEGORIES.length}, got ${size}.`);
  }
  const seat = drawSeats(size, town, random.fork("seats"));
  const quality = new Float64Array(size);
  const traits = new Float64Array(size * TRAITS.length);
  const openedAt = new Float64Array(size).fill(Number.NEGATIVE_INFINITY);
  const hours = new Int32Array(size);
  const known = new Map<string, number>();
  const draws = random.fork("attributes");
  for (let place = 0; place < size; place++) {
    quality[place] = draws.normal();
    drawTraits(traits, place, CATEGORIES[seat.categories[place]!]!.group, draws);
    const later = draws.uniform() < SHARE_OPENING_LATER;
    const when = draws.uniform();
    if (later && place >= CATEGORIES.length) openedAt[place] = period.start + when * 0.95 * (period.end - period.start);
    const text = drawOpeningHours(CATEGORIES[seat.categories[place]!]!.hours, draws, settings.latitude < 0);
    if (!known.has(text)) known.set(text, known.size);
    hours[place] = known.get(text)!;
  }
  const hoursTexts = [...known.keys()];
  const companions = drawCompanions(seat, random.fork("companions"));
  const drawn = { ...seat, quality, traits, openedAt, hours, hoursTexts, companions, size };
  return { ...drawn, ...describe(drawn, settings, town, clock, random.fork("texts")) };
}

type Seats = Pick<Places, "categories" | "neighbourhoods" | "x" | "y">;

/** Category, neighbourhood and position of each place; the first places are one of each category. */
function drawSeats(size: number, town: Neighbourhoods, random: Random): Seats {
  const shares = CATEGORIES.map(({ share }) => share);
  const pull = new Float64Array(town.size);
  const categories = new Int32Array(size);
  const neighbourhoods = new Int32Array(size);
  const x = new Float64Array(size);
  const y = new Float64Array(size);
  for (let place = 0; place < size; place++) {
    const category = place < CATEGORIES.length ? place : drawWeighted(shares, random);
    const group = groupIndices[category]!;
    for (let n = 0; n < town.size; n++) {
      pull[n] = town.placeShare[n]! * Math.exp(town.affinity[n * GROUPS.length + group]!);
    }
    const home = drawWeighted(pull, random);
    categories[place] = category;
    neighbourhoods[place] = home;
    x[place] = town.x[home]! + town.spreadKm[home]! * random.normal();
    y[place] = town.y[home]! + town.spreadKm[home]! * random.normal();
  }
  return { categories, neighbourhoods, x, y };
}

function drawTraits(traits: Float64Array, place: number, group: string, random: Random): void {
  for (let trait = 0; trait < TRAITS.length; trait++) {
    traits[place * TRAITS.length + trait] = Math.tanh(0.8 * random.normal());
  }
  if (group === "Outdoors") traits[place * TRAITS.length + OUTDOOR_TRAIT] = 1;
}

/** Three of the nearest of 24 random places of other categories: a stable "and then we go to". */
function drawCompanions({ categories, x, y }: Seats, random: Random): Int32Array {
  const size = categories.length;
  const companions = new Int32Array(size * COMPANIONS).fill(-1);
  for (let place = 0; place < size; place++) {
    const pool = new Set<number>();
    for (let i = 0; i < 24; i++) {
      const other = random.integer(size);
      if (categories[other] !== categories[place]) pool.add(other);
    }
    const apart = (other: number): number => (x[other]! - x[place]!) ** 2 + (y[other]! - y[place]!) ** 2;
    const nearest = [...pool].sort((a, b) => apart(a) - apart(b) || a - b);
    companions.set(nearest.slice(0, COMPANIONS), place * COMPANIONS);
  }
  return companions;
}

type Drawn = Omit<Places, "ids" | "columns">;

/** The catalogue's columns: what an outsider may know of the places. */
function describe(
  places: Drawn,
  settings: CitySettings,
  town: Neighbourhoods,
  clock: LocalClock,
  random: Random,
): Pick<Places, "ids" | "columns"> {
  const { size } = places;
  const width = String(size - 1).length;
  const kmPerDegreeEast = KM_PER_DEGREE * Math.cos((settings.latitude * Math.PI) / 180);
  const list = <T>(value: (place: number) => T): T[] => Array.from({ length: size }, (_, place) => value(place));
  const categoryOf = (place: number) => CATEGORIES[places.categories[place]!]!;
  const neighbourhood = list((place) => town.names[places.neighbourhoods[place]!]!);
  const openingHours = list((place) => places.hoursTexts[places.hours[place]!]!);
  const description = list((place) => {
    const facts = {
      category: categoryOf(place),
      neighbourhood: neighbourhood[place]!,
      character: town.characters[places.neighbourhoods[place]!]!,
      traits: places.traits.subarray(place * TRAITS.length, (place + 1) * TRAITS.length),
      openingHours: openingHours[place]!,
      opened: monthName(places.openedAt[place]!, clock),
    };
    return placeDescription(facts, random);
  });
  return {
    ids: list((place) => `place-${String(place).padStart(width, "0")}`),
    columns: {
      titles: list((place) => placeTitle(categoryOf(place), random)),
      categories: list((place) => [categoryOf(place).group, categoryOf(place).name]),
      texts: { description, neighbourhood },
      latitudes: Float64Array.from(places.y, (y) => settings.latitude + y / KM_PER_DEGREE),
      longitudes: Float64Array.from(places.x, (x) => settings.longitude + x / kmPerDegreeEast),
      openingHours,
      timeZones: list(() => settings.timeZone),
    },
  };
}

const MONTH_NAMES = "January February March April May June July August September October November December".split(" ");

function monthName(instant: number, clock: LocalClock): string | undefined {
  if (!Number.isFinite(instant)) return undefined;
  const wall = new Date(instant + clock.offsetMinutes(instant) * 60_000);
  return `${MONTH_NAMES[wall.getUTCMonth()]!} ${wall.getUTCFullYear()}`;
}

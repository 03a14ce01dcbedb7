import type { Random } from "@sequitur/core";
import { GROUPS } from "./categories.js";

/** Kinds of neighbourhood: shares of places, homes and jobs, and which groups gather there (log affinity). */
const CHARACTERS: Readonly<
  Record<string, { places: number; homes: number; jobs: number; affinity: Record<string, number> }>
> = {
  "old town": {
    places: 3,
    homes: 0.7,
    jobs: 1.5,
    affinity: { Restaurant: 0.6, "Arts & Entertainment": 1, Nightlife: 0.4 },
  },
  "business district": {
    places: 2,
    homes: 0.3,
    jobs: 4,
    affinity: { "Quick Bite": 0.9, "Work, Study & Travel": 1, Outdoors: -1 },
  },
  "nightlife quarter": {
    places: 2,
    homes: 0.7,
    jobs: 0.6,
    affinity: { Nightlife: 1.6, "Quick Bite": 0.5, "Everyday Errands": -0.5 },
  },
  campus: {
    places: 1.5,
    homes: 0.9,
    jobs: 1.5,
    affinity: { "Coffee & Bakery": 0.6, "Work, Study & Travel": 1, "Sport & Wellness": 0.4 },
  },
  "family suburb": {
    places: 1.2,
    homes: 2.5,
    jobs: 0.4,
    affinity: { "Everyday Errands": 0.8, Outdoors: 0.8, Nightlife: -1.2 },
  },
  waterfront: {
    places: 1.5,
    homes: 0.8,
    jobs: 0.6,
    affinity: { Outdoors: 1.3, Restaurant: 0.4, "Sport & Wellness": 0.4 },
  },
  "market quarter": {
    places: 2,
    homes: 1.2,
    jobs: 0.8,
    affinity: { Shopping: 1.2, "Coffee & Bakery": 0.4, "Everyday Errands": 0.4 },
  },
  "garden quarter": {
    places: 1,
    homes: 1.8,
    jobs: 0.4,
    affinity: { Outdoors: 1, "Sport & Wellness": 0.6, "Coffee & Bakery": 0.2 },
  },
};

const FIRST = [
  "Alder",
  "Saint Oda",
  "Lantern",
  "Copper",
  "Millrace",
  "North",
  "Linden",
  "Harbour",
  "Weaver",
  "Cedar",
  "Bell",
  "Quarry",
];
const SECOND = ["Row", "Hill", "Fields", "Gate", "Cross", "Bank", "Green", "Yard"];

/** The parts of town, as columns. Positions are km east (x) and north (y) of the centre. */
export interface Neighbourhoods {
  readonly size: number;
  readonly names: readonly string[];
  readonly characters: readonly string[];
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Standard deviation of addresses about the centre, km. */
  readonly spreadKm: Float64Array;
  readonly placeShare: Float64Array;
  readonly homeShare: Float64Array;
  readonly jobShare: Float64Array;
  /** (size, groups) row-major log affinity. */
  readonly affinity: Float64Array;
}

/** Distance from the centre at which the outermost neighbourhoods lie, km; a city grows with its places. */
export function cityRadiusKm(places: number): number {
  return 2.5 + 1.6 * Math.sqrt(places / 1_000);
}

/** Neighbourhoods around the centre, the first being the old town in the middle. */
export function drawNeighbourhoods(places: number, random: Random): Neighbourhoods {
  const size = Math.max(6, Math.min(48, Math.round(Math.sqrt(places) / 2.5)));
  const radius = cityRadiusKm(places);
  const kinds = Object.keys(CHARACTERS);
  const names = neighbourhoodNames(size, random.fork("names"));
  const characters = Array.from({ length: size }, (_, n) => kinds[n % kinds.length]!);
  const column = (): Float64Array => new Float64Array(size);
  const affinity = new Float64Array(size * GROUPS.length);
  const all = {
    x: column(),
    y: column(),
    spreadKm: column(),
    placeShare: column(),
    homeShare: column(),
    jobShare: column(),
  };
  const golden = Math.PI * (3 - Math.sqrt(5));
  for (let n = 0; n < size; n++) {
    const character = CHARACTERS[characters[n]!]!;
    const away = radius * Math.sqrt(n / size);
    all.x[n] = away * Math.cos(n * golden) + 0.25 * random.normal();
    all.y[n] = away * Math.sin(n * golden) + 0.25 * random.normal();
    all.spreadKm[n] = 0.35 + 0.35 * random.uniform();
    const fade = Math.exp(-away / radius);
    all.placeShare[n] = character.places * fade * Math.exp(0.3 * random.normal());
    all.homeShare[n] = character.homes * Math.exp(0.3 * random.normal());
    all.jobShare[n] = character.jobs * fade * Math.exp(0.3 * random.normal());
    GROUPS.forEach((group, g) => {
      affinity[n * GROUPS.length + g] = (character.affinity[group] ?? 0) + 0.3 * random.normal();
    });
  }
  return { size, names, characters, ...all, affinity };
}

function neighbourhoodNames(size: number, random: Random): string[] {
  const names = FIRST.flatMap((first) => SECOND.map((second) => `${first} ${second}`));
  return random.shuffle(names).slice(0, size);
}

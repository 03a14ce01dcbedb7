import { Random, type QueryBatch } from "@sequitur/core";
import {
  applyFilters,
  CLOSED,
  filterConfigSchema,
  generateCity,
  openDataset,
  cityConfigSchema,
  splitConfigSchema,
  splitInteractions,
  type EvaluationSet,
  type Split,
} from "@sequitur/data";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import {
  distancePrior,
  distanceLogRatio,
  catalogCoordinates,
  fitHours,
  hoursAgreement,
  hoursConfigSchema,
  timetableStates,
  unitVectors,
  type PlaceHours,
  type Visit,
} from "../src/index.js";

const root = resolve(import.meta.dirname, "../../../..");
const nyc = join(process.env["SEQUITUR_DATASETS"] ?? resolve(root, "../shared/datasets"), "foursquare-nyc");

/** learnedShare -> share of the training check-ins, of the validation answers and of all places that are closed then. */
const LEARNED = [
  [0.005, 0.0018, 0.0121, 0.0332],
  [0.01, 0.0046, 0.0175, 0.0544],
  [0.02, 0.0107, 0.0289, 0.0869],
  [0.05, 0.0323, 0.0719, 0.1635],
] as const;

function visitsOf({ now, utcOffsetMinutes }: QueryBatch): Visit[] {
  return Array.from(now, (instant, b) => ({ instant, utcOffsetMinutes: utcOffsetMinutes?.[b] ?? 0 }));
}

/** Share of the answers that are said to be closed when they are visited, and of all places then. */
function shares(hours: PlaceHours, { queries, targets }: EvaluationSet): { answers: number; places: number } {
  const visits = visitsOf(queries);
  const first = targets.offsets.subarray(0, queries.size).map((at) => targets.items[at]!);
  const sizes = new Int32Array(hours.zoneOf.length);
  for (const timetable of hours.timetables) if (timetable >= 0) sizes[timetable]! += 1;
  let closed = 0;
  for (const visit of visits) {
    timetableStates(hours, visit).forEach((state, timetable) => {
      if (state === CLOSED) closed += sizes[timetable]!;
    });
  }
  return {
    answers: hoursAgreement(hours, first, visits).closedShare,
    places: closed / (visits.length * hours.timetables.length),
  };
}

function trainShare(hours: PlaceHours, { train }: Split): number {
  const visits = Array.from(train.times, (instant, row) => ({
    instant,
    utcOffsetMinutes: train.context.utcOffsetMinutes?.[row] ?? 0,
  }));
  return hoursAgreement(hours, train.items, visits).closedShare;
}

test.skipIf(!existsSync(nyc))(
  "Foursquare NYC: learned hours forbid more of the answers than they may of training, and not many of the other places",
  async () => {
    const { interactions } = await openDataset({
      name: "foursquare-nyc",
      datasetsDir: join(root, "datasets"),
      from: nyc,
      cache: false,
      options: {},
    });
    const filters = [
      { kind: "deduplicate", by: "user-item-time" },
      { kind: "min-count", user: 10, item: 10 },
    ].map((filter) => filterConfigSchema.parse(filter));
    const config = { kind: "trajectory", sessionGapHours: 24, sessionGapFrom: "first", boundary: "trajectory" };
    const split = splitInteractions(applyFilters(interactions, filters), splitConfigSchema.parse(config));
    for (const [learnedShare, ...wanted] of LEARNED) {
      const hours = fitHours(split.train, hoursConfigSchema.parse({ learnedShare }));
      const { answers, places } = shares(hours, split.validation);
      [trainShare(hours, split), answers, places].forEach((share, i) => expect(share).toBeCloseTo(wanted[i]!, 3));
    }
    const vectors = unitVectors(catalogCoordinates(split.train.catalog)!);
    const prior = distancePrior(split.train, vectors, new Random(1));
    expect(distanceLogRatio(prior, 0.5, 1_800_000)).toBeGreaterThan(1);
    expect(distanceLogRatio(prior, 20, 1_800_000)).toBeLessThan(-1);
  },
);

test("the city: hours of the catalogue forbid what its residents hardly ever do", async () => {
  const city = await generateCity(cityConfigSchema.parse({ size: "tiny" }));
  const config = { kind: "temporal", validationFrom: 0.8, testFrom: 0.9, ask: "each", sessionGapHours: 24 };
  const split = splitInteractions(city.interactions, splitConfigSchema.parse(config));
  const hours = fitHours(split.train, hoursConfigSchema.parse({}));
  const { answers, places } = shares(hours, split.validation);
  const learned = fitHours(split.train, hoursConfigSchema.parse({ learnedShare: 0.02 }));
  expect(answers).toBeLessThan(0.05);
  expect(places).toBeGreaterThan(0.2);
  expect(shares(learned, split.validation)).toEqual({ answers, places }); // every place has hours of its own
});

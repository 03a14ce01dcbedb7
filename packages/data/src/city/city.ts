import {
  DAY_MS,
  idTable,
  interactionsFrom,
  Random,
  throwIfCancelled,
  type Interactions,
  type Report,
} from "@sequitur/core";
import { drawCheckinTimes } from "./activity.js";
import { choiceModel, type ChoiceModel, type ChoiceWorld } from "./choice-model.js";
import { resolveCityConfig, type ChoiceWeights, type CityConfig, type CitySettings } from "./city-config.js";
import { localClock } from "../local-time/local-clock.js";
import { drawNeighbourhoods, type Neighbourhoods } from "./neighbourhoods.js";
import { drawPlaces, type Period } from "./places.js";
import { drawResidents } from "./residents.js";

/** What the check-ins were drawn from; a simulator asks it about times and pasts that never happened. */
export interface CityTruth extends ChoiceWorld {
  readonly period: Period;
  readonly neighbourhoods: Neighbourhoods;
  /** The choice model that made the check-ins, or one with some strengths changed (0 = blind to that part). */
  choice(weights?: Partial<ChoiceWeights>): ChoiceModel;
}

/** A generated city: its log, as any data set, and the truth behind it. */
export interface City {
  readonly config: CitySettings;
  readonly interactions: Interactions;
  readonly truth: CityTruth;
}

/** What the generator gets from outside. */
export interface CityRun {
  /** Source of every draw; the stream named by the config's seed when absent. */
  readonly random?: Random;
  readonly report?: Report;
  readonly signal?: AbortSignal;
}

const YEAR_MS = 366 * DAY_MS;
const RESIDENTS_A_STEP = 64;

/**
 * A city and its check-ins, sorted by resident and time. The same config and seed give the same bits; a resident's
 * life, and so the check-ins, do not depend on how many others there are. Gives way to other work between batches of
 * residents, so that `signal` can stop it.
 */
export async function generateCity(config: CityConfig, run: CityRun = {}): Promise<City> {
  const settings = resolveCityConfig(config);
  const random = run.random ?? new Random(`city/${settings.seed}`);
  const truth = drawTruth(settings, random);
  const { residents, places, clock } = truth;
  const lives = random.fork("lives");
  const times = await drawTimes(truth, lives, run);
  const size = times.times.length;
  const users = new Int32Array(size);
  const items = new Int32Array(size);
  const choice = truth.choice();
  for (let user = 0; user < residents.size; user++) {
    if (user % RESIDENTS_A_STEP === 0) await pause(run, "choose places", times.offsets[user]!, size, "check-ins");
    const draws = lives.fork(user).fork("choices");
    const start = times.offsets[user]!;
    for (let row = start; row < times.offsets[user + 1]!; row++) {
      users[row] = user;
      items[row] = choice.draw({ user, now: times.times[row]!, items, times: times.times, start, end: row }, draws);
    }
  }
  await pause(run, "choose places", size, size, "check-ins");
  const catalog = { items: idTable(places.ids), users: idTable(residents.ids), itemColumns: places.columns };
  const context = {
    latitude: Float64Array.from(items, (item) => places.columns.latitudes![item]!),
    longitude: Float64Array.from(items, (item) => places.columns.longitudes![item]!),
    utcOffsetMinutes: Int16Array.from(times.times, (time) => clock.offsetMinutes(time)),
  };
  const interactions = interactionsFrom(catalog, { users, items, times: times.times, context });
  return { config: settings, interactions, truth };
}

function drawTruth(settings: CitySettings, random: Random): CityTruth {
  const startWall = Date.parse(`${settings.startDate}T00:00:00Z`);
  const first = new Date(startWall);
  const endWall = Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + settings.months, first.getUTCDate());
  const clock = localClock(settings.timeZone, startWall - YEAR_MS, endWall + 2 * YEAR_MS);
  const period = { start: clock.instantOf(startWall), end: clock.instantOf(endWall) };
  const neighbourhoods = drawNeighbourhoods(settings.places, random.fork("neighbourhoods"));
  const places = drawPlaces(settings, neighbourhoods, clock, period, random.fork("places"));
  const residents = drawResidents(settings, neighbourhoods, period, random.fork("residents"));
  const world = { places, residents, clock, southern: settings.latitude < 0 };
  const choice = (weights: Partial<ChoiceWeights> = {}): ChoiceModel =>
    choiceModel(world, { ...settings.weights, ...weights });
  return { ...world, period, neighbourhoods, choice };
}

/** The times of all check-ins, resident after resident; (U + 1) offsets. */
async function drawTimes(
  { residents, clock, period }: CityTruth,
  lives: Random,
  run: CityRun,
): Promise<{ times: Float64Array; offsets: Int32Array }> {
  const parts: Float64Array[] = [];
  const offsets = new Int32Array(residents.size + 1);
  for (let user = 0; user < residents.size; user++) {
    if (user % RESIDENTS_A_STEP === 0) await pause(run, "plan outings", user, residents.size, "residents");
    const own = drawCheckinTimes(residents, user, clock, period, lives.fork(user).fork("times"));
    parts.push(own);
    offsets[user + 1] = offsets[user]! + own.length;
  }
  await pause(run, "plan outings", residents.size, residents.size, "residents");
  const times = new Float64Array(offsets[residents.size]!);
  parts.forEach((part, user) => times.set(part, offsets[user]));
  return { times, offsets };
}

async function pause(run: CityRun, task: string, done: number, total: number, unit: string): Promise<void> {
  run.report?.({ task: `city: ${task}`, done, total, unit });
  if (run.signal === undefined) return;
  await new Promise<void>((resolve) => void setImmediate(resolve));
  throwIfCancelled(run.signal);
}

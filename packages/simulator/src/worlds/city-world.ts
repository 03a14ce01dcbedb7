import { DAY_MS, selectRows, type Interactions } from "@sequitur/core";
import { cityConfigSchema, generateCity, type City } from "@sequitur/data";
import { z } from "zod";
import { logistic } from "../logistic.js";
import type { Population, Visits, World, WorldRun } from "../world.js";
import { visitLog } from "./visit-log.js";

/** Visits that the choice model remembers. */
const MEMORY = 128;

/** The generated city with its residents opening an app at the times of their check-ins. */
export const cityWorldSchema = z.strictObject({
  kind: z.literal("city"),
  historyDays: z
    .int()
    .min(0)
    .max(1_000)
    .default(60)
    .describe("days of check-ins that the platform knows before the first slate"),
  visitsPerDay: z
    .number()
    .positive()
    .max(20)
    .default(0.5)
    .describe("mean visits of a resident a day; lognormal over residents"),
  noClickMass: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.1)
    .describe("true choice probability of an item at which, alone in a slate, it is clicked half the time"),
  city: cityConfigSchema
    .omit({ users: true, months: true, checkinsPerUser: true, seed: true })
    .prefault({ size: "small" })
    .describe("the generator's other fields, such as size, places, tasteMemory and weights"),
});
export type CityWorldConfig = z.infer<typeof cityWorldSchema>;

/**
 * The city as a world. A resident at an instant clicks by the city's own choice model: utility of place j =
 * ln P(j | resident, instant, past) - ln noClickMass, its past being the check-ins before the first day and the clicks
 * since. Places open and tastes drift as in the city. The times of visits are those of the city's check-ins, which do
 * not depend on choices.
 */
export async function cityWorld(config: CityWorldConfig, run: WorldRun): Promise<World> {
  const months = Math.ceil((config.historyDays + run.days + 1) / 28);
  const { report, signal } = run;
  const settings = {
    ...config.city,
    users: run.users,
    months,
    checkinsPerUser: Math.max(1, config.visitsPerDay * months * 30.4),
    seed: run.seed,
  };
  const city = await generateCity(settings, { ...(report && { report }), ...(signal && { signal }) });
  return worldOf(city, config, run.days);
}

function worldOf(city: City, config: CityWorldConfig, days: number): World {
  const { interactions, truth } = city;
  const { places, residents, period } = truth;
  const start = period.start + config.historyDays * DAY_MS;
  const groups = groupsOf(interactions);
  const history = rowsWhere(interactions, (time) => time < start);
  return {
    name: "city",
    catalog: interactions.catalog,
    history,
    start,
    days,
    visits: visitsOf(interactions, start, start + days * DAY_MS),
    openedAt: places.openedAt.map((opened) => (opened <= start ? Number.NEGATIVE_INFINITY : opened)),
    satisfactions: Float64Array.from(places.quality, (quality) => logistic(0.5 + quality)),
    groups: groups.indices,
    groupNames: groups.names,
    segments: residents.personas,
    segmentNames: residents.personaNames,
    populate: () => population(city, history, config),
  };
}

/** The broad category of each place. */
function groupsOf({ catalog }: Interactions): { indices: Int32Array; names: string[] } {
  const broad = catalog.itemColumns.categories!.map(([group]) => group!);
  const names = [...new Set(broad)].toSorted();
  return { indices: Int32Array.from(broad, (name) => names.indexOf(name)), names };
}

function rowsWhere(interactions: Interactions, keep: (time: number) => boolean): Interactions {
  const rows = Int32Array.from(interactions.times.keys()).filter((row) => keep(interactions.times[row]!));
  return selectRows(interactions, rows);
}

function visitsOf({ users, times }: Interactions, from: number, to: number): Visits {
  const rows = Int32Array.from(times.keys()).filter((row) => times[row]! >= from && times[row]! < to);
  rows.sort((a, b) => times[a]! - times[b]! || users[a]! - users[b]!);
  return { users: rows.map((row) => users[row]!), times: Float64Array.from(rows, (row) => times[row]!) };
}

function population({ truth }: City, history: Interactions, { noClickMass }: CityWorldConfig): Population {
  const choice = truth.choice();
  const past = visitLog(truth.residents.size, MEMORY);
  for (let row = 0; row < history.size; row++) past.add(history.users[row]!, history.items[row]!, history.times[row]!);
  const zero = Math.log(noClickMass);
  return {
    // Tastes drift with the clock alone.
    arrive() {},
    utilities(out, { user, now }, items) {
      choice.logProbabilities(out, { user, now, ...past.rows(user) }, items);
      const count = items?.length ?? truth.places.size;
      for (let i = 0; i < count; i++) out[i]! -= zero;
    },
    clicked: ({ user, now }, item) => past.add(user, item, now),
  };
}

import { PlatformError } from "@sequitur/core";
import { z } from "zod";
import { localClock } from "../local-time/local-clock.js";

/** What a size name stands for; every number can be overridden on its own. */
export const CITY_SIZES = {
  tiny: { users: 60, places: 120, checkinsPerUser: 40 },
  small: { users: 1_000, places: 1_500, checkinsPerUser: 80 },
  medium: { users: 10_000, places: 6_000, checkinsPerUser: 100 },
  large: { users: 50_000, places: 15_000, checkinsPerUser: 100 },
} as const;

const strength = (what: string): z.ZodDefault<z.ZodNumber> =>
  z.number().min(0).max(3).default(1).describe(`strength of ${what}; 0 switches it off, 1 is the documented model`);

/** Strength of each part of the choice model; the same object makes an oracle that is blind to a part. */
export const choiceWeightsSchema = z.strictObject({
  taste: strength("personal taste for groups, categories and styles"),
  distance: strength("distance from the origin, home and work"),
  hour: strength("the hour of the week"),
  season: strength("the month, by category and for outdoor places"),
  openingHours: strength("opening hours"),
  sequence: strength("what came just before"),
  habit: strength("the pull of places visited before"),
});
export type ChoiceWeights = z.infer<typeof choiceWeightsSchema>;

/** Every choice that `generateCity` takes; a size gives the counts that are not set. */
export const cityConfigSchema = z.strictObject({
  size: z.enum(["tiny", "small", "medium", "large"]).default("small").describe("preset of the three counts below"),
  users: z.int().min(1).max(5_000_000).optional().describe("number of residents; by size when absent"),
  places: z.int().min(100).max(1_000_000).optional().describe("number of places; by size when absent"),
  checkinsPerUser: z
    .number()
    .min(1)
    .max(5_000)
    .optional()
    .describe("expected check-ins a resident; by size when absent"),
  months: z.int().min(1).max(120).default(18).describe("length of the period in calendar months"),
  seed: z.int().min(0).default(1).describe("seed of every draw"),
  startDate: z.iso.date().default("2023-01-01").describe("first local day of the period, YYYY-MM-DD"),
  latitude: z.number().min(-70).max(70).default(44).describe("WGS84 degrees of the centre; seasons turn in the south"),
  longitude: z.number().min(-175).max(175).default(9).describe("WGS84 degrees of the centre"),
  timeZone: z.string().default("Europe/Rome").describe("IANA time zone of the city's clocks"),
  tasteMemory: z
    .number()
    .min(0)
    .max(1)
    .default(0.8)
    .describe("correlation of a resident's tastes with those 91 days before; 1 means that interests never drift"),
  weights: choiceWeightsSchema.prefault({}).describe("strengths of the parts of the choice model"),
});
export type CityConfig = z.infer<typeof cityConfigSchema>;

/** A config with the counts of its size filled in. */
export type CitySettings = Omit<CityConfig, "users" | "places" | "checkinsPerUser"> & {
  readonly users: number;
  readonly places: number;
  readonly checkinsPerUser: number;
};

/** Fills the counts from the size and checks the time zone. */
export function resolveCityConfig(config: CityConfig): CitySettings {
  try {
    localClock(config.timeZone, 0, 0);
  } catch (cause) {
    const message = `timeZone must be an IANA name such as Europe/Rome, got "${config.timeZone}".`;
    throw new PlatformError("bad-config", message, { cause });
  }
  const size = CITY_SIZES[config.size];
  return {
    ...config,
    users: config.users ?? size.users,
    places: config.places ?? size.places,
    checkinsPerUser: config.checkinsPerUser ?? size.checkinsPerUser,
  };
}

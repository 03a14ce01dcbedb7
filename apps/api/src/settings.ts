import { z } from "zod";

/** What of the API may be set; the defaults suit one process beside its database. */
export const apiSettingsSchema = z.strictObject({
  artifactsDir: z
    .string()
    .min(1)
    .default(".sequitur/models")
    .describe("folder of the fitted models; `serve` names the one below its --dir"),
  readyWithoutModel: z
    .boolean()
    .default(true)
    .describe("whether /readyz says ready while no slot has a model that can be loaded"),
  maxBodyBytes: z.int().min(1_024).max(100_000_000).default(4_000_000).describe("bytes; longer bodies get 413"),
  requestTimeoutMs: z.int().min(100).default(10_000).describe("ms until the whole request must have arrived"),
  answerTimeoutMs: z.int().min(100).default(15_000).describe("ms until an unfinished answer becomes 503"),
  drainMs: z.int().min(0).default(10_000).describe("ms that running requests get when the server stops"),
  requestsPerSecondPerKey: z.int().min(1).default(20_000).describe("requests a second of one key; more get 429"),
  requestsPerSecondPerAddress: z
    .int()
    .min(1)
    .default(50)
    .describe("requests a second of one address without a good key"),
  mostSecondsAhead: z
    .number()
    .min(0)
    .default(86_400)
    .describe("seconds that an event or feedback may lie ahead of the server's clock; later ones are rejected"),
  unknownItems: z
    .enum(["recommend", "keep", "refuse"])
    .default("keep")
    .describe(
      "events with an item that nobody described: recommend it, keep the event and never recommend the item, or refuse the event",
    ),
  unknownUsers: z
    .enum(["keep", "refuse"])
    .default("keep")
    .describe("events with a user who is not there: make the user, or refuse the event"),
  keepErasedOut: z
    .boolean()
    .default(true)
    .describe("whether events and imports that name an erased user later are refused; PUT of the user lets them back"),
  itemTimeToLiveHours: z
    .number()
    .positive()
    .optional()
    .describe("hours after its last change that an item is recommended; absent: for ever"),
  historyLength: z
    .int()
    .min(1)
    .max(10_000)
    .default(200)
    .describe("newest interactions of a user that a model is given"),
  seenLength: z
    .int()
    .min(1)
    .max(100_000)
    .default(5_000)
    .describe("newest interactions whose items count as seen with excludeSeen"),
  sessionGapHours: z
    .number()
    .positive()
    .optional()
    .describe("hours; a longer gap starts a new session; absent: the whole history is one, as in the splits"),
  syncSeconds: z
    .number()
    .min(0.05)
    .default(5)
    .describe("seconds between looks for new versions and items, besides what the database announces"),
  experimentHoldout: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe("share of the users who take part in no experiment, always the same ones"),
  corsOrigins: z.array(z.url()).default([]).describe("web origins that may call the API; none by default"),
  slateSeed: z.string().default("slates").describe("seed of the policies' draws; each request forks it by its id"),
});
export type ApiSettings = z.output<typeof apiSettingsSchema>;

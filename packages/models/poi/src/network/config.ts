import { z } from "zod";
import { seasonConfigSchema } from "../season/season-config.js";
import { geographyConfigSchema } from "../geography/geography-config.js";
import { hoursConfigSchema } from "../hours/hours-config.js";

/** Config keys of both models, with the defaults of SEAGET. */
export const poiFields = {
  nextTime: z
    .enum(["given", "predicted"])
    .default("given")
    .describe("instant of the next check-in. given: the query's now; predicted: not known when asking, as published"),
  season: seasonConfigSchema
    .nullable()
    .prefault({})
    .describe("a vector for the period of the year, fused with the place; null: none"),
  hours: hoursConfigSchema.prefault({}).describe("opening hours: what closed places lose when scored"),
  popularity: z
    .enum(["recent", "counts"])
    .default("recent")
    .describe("weights of places and edges. recent: users and check-ins, recent and past; counts: check-ins (GETNext)"),
  alpha: z.number().min(0).max(1).default(0.67).describe("popularity: share of distinct users against check-ins"),
  beta: z.number().min(0).max(1).default(0.67).describe("popularity: share of the recent part against the past"),
  recentFraction: z
    .number()
    .gt(0)
    .max(1)
    .default(0.25)
    .describe("popularity: the end of the training time span that is recent"),
  graph: z
    .boolean()
    .default(true)
    .describe("the trajectory flow map: place vectors over its edges, and transition attention"),
  placeIds: z.boolean().default(true).describe("a free vector for each visited place beside what the graph gives"),
  user: z.boolean().default(true).describe("a vector for each user"),
  userDropout: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.1)
    .describe("share of training sequences whose user is hidden, which teaches the vector of the unknown user"),
  visits: z
    .int()
    .min(0)
    .max(2000)
    .default(200)
    .describe("newest visits of the user's past, beyond the trajectory, that it may go back to; 0: none"),
  visitHidden: z.int().min(4).max(256).default(32).describe("hidden numbers of the map from a visit to its mass"),
  geography: geographyConfigSchema
    .nullable()
    .prefault({})
    .describe("where a place is, added to its vector: cells and Fourier features of the coordinates; null: none"),
  distance: z.boolean().default(true).describe("scores by distance from the last place"),
  width: z.int().min(4).max(1024).default(32).describe("numbers of a user's, a place's and a season's vector"),
  timeWidth: z.int().min(2).max(256).default(16).describe("numbers of a time's and a category's vector"),
  layers: z.int().min(1).max(12).default(1).describe("transformer blocks"),
  heads: z.int().min(1).max(16).default(2).describe("attention heads; divides the token width"),
  hidden: z.int().min(4).max(8192).default(128).describe("width of a block's feed-forward part"),
  dropout: z.number().min(0).max(0.9).default(0.3).describe("share of numbers dropped in training"),
  maxLength: z.int().min(1).max(500).default(32).describe("check-ins of a trajectory that are read, the newest"),
  sessionGapHours: z
    .number()
    .positive()
    .default(24)
    .describe("hours; a longer gap starts a new trajectory where the data name none, and links no two visits")
    .meta({ formerly: ["cutHours"] }),
  askFirst: z
    .boolean()
    .default(true)
    .describe("learn also from the first check-in of a trajectory, asked before it begins"),
  timeLoss: z.number().min(0).max(1000).default(10).describe("weight of the squared error of the next time, in days"),
  categoryLoss: z.number().min(0).max(1000).default(1).describe("weight of the cross-entropy of the next category"),
  sampledPlaces: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(512)
    .describe("places that a step scores beside its answers, drawn at random and weighted; 0: all"),
  epochs: z.int().min(1).max(1000).default(3).describe("passes over the training data at most"),
  batchSize: z
    .int()
    .min(8)
    .max(100_000)
    .default(1024)
    .describe("check-ins of one step, about")
    .meta({ formerly: ["batchTargets"] }),
  learningRate: z
    .number()
    .min(1e-6)
    .max(1)
    .default(2e-3)
    .describe("learning rate of Adam at its peak")
    .meta({ formerly: ["rate"] }),
  weightDecay: z.number().min(0).max(10).default(0.05).describe("of AdamW, on matrices and tables"),
  clipNorm: z.number().positive().max(1e6).default(5).describe("longest gradient; longer ones are scaled down"),
  patience: z.int().min(1).max(1000).default(3).describe("epochs without a better validation before the fit stops"),
};

const fields = z.strictObject(poiFields);
export type PoiConfig = z.infer<typeof fields>;

/** The schema of a model: these keys, with its own defaults where they differ. */
export function poiSchema(defaults: Partial<PoiConfig>): z.ZodType<PoiConfig> {
  const own = Object.entries(defaults).map(([key, value]) => {
    const field = poiFields[key as keyof PoiConfig];
    const changed = (field.unwrap() as z.ZodType).default(value).meta({ ...field.meta() });
    return [key, changed];
  });
  const schema = z.strictObject({ ...poiFields, ...Object.fromEntries(own) } as typeof poiFields);
  return schema.superRefine((config, context) => {
    const width = tokenWidth(config);
    if (width % config.heads === 0) return;
    const message = `expected heads to divide the token width ${width}, got ${config.heads}.`;
    context.addIssue({ code: "custom", path: ["heads"], message });
  });
}

/** Width of a token: [user, place], [time, category] and, with seasons, [season, place]. */
export function tokenWidth({ width, timeWidth, season }: Pick<PoiConfig, "width" | "timeWidth" | "season">): number {
  return 2 * width + 2 * timeWidth + (season === null ? 0 : 2 * width);
}

/** Search ranges of the keys that matter most. */
export const poiSearch = {
  width: { kind: "choice", values: [32, 64, 128] },
  dropout: { kind: "number", min: 0, max: 0.6 },
  learningRate: { kind: "number", min: 5e-4, max: 1e-2, log: true },
  weightDecay: { kind: "number", min: 1e-4, max: 1, log: true },
  batchSize: { kind: "choice", values: [512, 1024, 2048] },
} as const;

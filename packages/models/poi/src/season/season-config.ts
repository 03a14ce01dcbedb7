import { z } from "zod";

export const seasonConfigSchema = z.strictObject({
  periods: z
    .union([z.literal(12), z.literal(4)])
    .default(12)
    .describe("periods of the year: 12 months, or 4 seasons (December to February is the first)"),
  widthMonths: z
    .number()
    .positive()
    .max(12)
    .default(1)
    .describe("months; standard deviation of the circular kernel that ties a period to its neighbours"),
  evidence: z
    .number()
    .min(0)
    .default(100)
    .describe("training check-ins at which a period counts half of what a well-known one does in its neighbours' mix"),
});
export type SeasonConfig = z.infer<typeof seasonConfigSchema>;

import { z } from "zod";

export const geographyConfigSchema = z.strictObject({
  resolutions: z
    .array(z.int().min(0).max(15))
    .max(4)
    .default([5, 7, 9])
    .describe("H3 resolutions of the cell tokens; 5, 7 and 9 are cells of about 250, 5 and 0.1 square km; empty: none"),
  frequencies: z
    .int()
    .min(0)
    .max(256)
    .default(16)
    .describe("Fourier frequencies of the coordinates, each a cosine and a sine; 0: none"),
  shortestKm: z.number().positive().default(0.5).describe("km; shortest wavelength of the Fourier features"),
  longestKm: z.number().positive().default(500).describe("km; longest wavelength of the Fourier features"),
  priorWeight: z
    .number()
    .min(0)
    .max(2)
    .default(0)
    .describe("factor of the distance prior that is added to the scores at inference; 0: none"),
});
export type GeographyConfig = z.infer<typeof geographyConfigSchema>;

import { fingerprint, generateCity, openDataset, type CityConfig } from "@sequitur/data";
import type { OpenData } from "./prepare-data.js";

/** Generates the city, or reads a data set: its prepared file, the local copy, or a download. */
export const openData: OpenData = async ({ name, from, datasetsDir, city }, run) => {
  if (city === undefined) {
    const dataset = await openDataset({ name, datasetsDir, ...(from !== undefined && { from }), ...run });
    return dataset;
  }
  const { interactions } = await generateCity(city satisfies CityConfig, run);
  const notes = ["Generated data: the true choice probabilities are known, see the city's documentation."];
  return { interactions, fingerprint: fingerprint(interactions), notes, revisits: true };
};

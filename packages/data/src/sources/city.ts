import { parseConfig } from "@sequitur/core";
import { cityConfigSchema } from "../city/city-config.js";
import { generateCity } from "../city/city.js";
import type { Importer } from "./importer.js";

/** The generated city as a data set; its options are the city's config. The truth behind it comes from `generateCity`. */
export const importCity: Importer = async ({ options }, { report, signal }) => {
  const config = parseConfig(cityConfigSchema, options, "options of importer city");
  const { interactions } = await generateCity(config, { ...(report && { report }), ...(signal && { signal }) });
  return { interactions, notes: [`Generated: size ${config.size}, seed ${config.seed}; nobody was there.`] };
};

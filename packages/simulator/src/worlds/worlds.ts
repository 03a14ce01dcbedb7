import { Random } from "@sequitur/core";
import { z } from "zod";
import type { World, WorldRun } from "../world.js";
import { cityWorld, cityWorldSchema } from "./city-world.js";
import { latentWorld, latentWorldSchema } from "./latent-world.js";

/** Which world, with its numbers. */
export const worldSchema = z.discriminatedUnion("kind", [cityWorldSchema, latentWorldSchema]);
export type WorldConfig = z.infer<typeof worldSchema>;

/** The world of a config: the same seed gives the same bits. */
export async function openWorld(config: WorldConfig, run: WorldRun): Promise<World> {
  if (config.kind === "city") return cityWorld(config, run);
  return latentWorld(config, run, new Random(`latent/${run.seed}`));
}

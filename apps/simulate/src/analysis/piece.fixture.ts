import { certainSlate, Random } from "@sequitur/core";
import { behaviourSchema, latentWorld, latentWorldSchema, simulation, type SlateServer } from "@sequitur/simulator";
import { armRecorder } from "../arm-recorder.js";
import type { Piece } from "../piece.js";
import { parseSettings, type Settings } from "../settings.js";

/** Settings of a small latent world; `fields` go on top. */
export function smallSettings(fields: object = {}): Settings {
  return parseSettings(
    {
      world: { kind: "latent", items: 30 },
      users: 500,
      days: 20,
      slate: 6,
      seeds: 1,
      warmup: { days: 4 },
      arms: ["random"],
      regret: false,
      ...fields,
    },
    "test",
  );
}

/** Slates of the same few items for everybody, from `first` on: a policy without surprises. */
export function fixedServer(first: number): SlateServer {
  return {
    name: `from ${first}`,
    ask: ({ batch, k }) =>
      Array.from({ length: batch.size }, () => certainSlate(Int32Array.from({ length: k }, (_, i) => first + i))),
  };
}

/** What a server does in one simulated world. */
export async function simulatedPiece(who: SlateServer | "oracle", settings: Settings, seed: number): Promise<Piece> {
  const { users, warmup, days, slate, behaviour, regret } = settings;
  const config = latentWorldSchema.parse({ ...settings.world, lateItems: 0 });
  const world = latentWorld(config, { users, days: warmup.days + days }, new Random(`aa ${seed}`));
  const recorder = armRecorder(world, settings);
  const plan = { behaviour: behaviourSchema.parse(behaviour), k: slate, regret, random: new Random(`aa run ${seed}`) };
  const course = simulation(world, plan);
  const server = who === "oracle" ? course.oracle : who;
  await course.run(server, world.days, recorder.record);
  return recorder.piece(seed, server.name);
}

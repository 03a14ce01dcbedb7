import { Random } from "@sequitur/core";
import { conforms, hitRate, noise, plantedSequences } from "@sequitur/recommender/conforms";
import { describe, expect, it } from "vitest";
import { fitted, SMALL } from "../fitted.fixture.js";
import { gru4rec } from "./gru4rec.js";

conforms(gru4rec, {
  config: { ...SMALL["gru4rec"]!.config, epochs: 2, dropout: 0.2, layers: 2 },
  learning: SMALL["gru4rec"]!.config,
});

describe("gru4rec", () => {
  const planted = plantedSequences(new Random("gru4rec"));

  it.each([
    ["its defaults", {}],
    ["two layers and two tables", { layers: 2, tied: false, epochs: 12 }],
    ["sessions in lanes and BPR-max", { batches: "lanes", laneSteps: 4, loss: "bpr-max", negatives: 12, epochs: 24 }],
  ])("learns a planted pattern with %s", async (_, extra) => {
    expect(hitRate(await fitted("gru4rec", planted.train, extra), planted, 1)).toBeGreaterThan(0.8);
  });

  it("learns nothing from noise", async () => {
    const chance = noise(new Random("gru4rec"));
    expect(hitRate(await fitted("gru4rec", chance.train), chance, 1)).toBeLessThan(0.1);
  });
});

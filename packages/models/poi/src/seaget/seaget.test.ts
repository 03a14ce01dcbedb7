import { conforms, hitRate, noise, plantedSequences } from "@sequitur/recommender/conforms";
import { Random } from "@sequitur/core";
import { describe, expect, it } from "vitest";
import { getnext } from "../getnext/getnext.js";
import { fitted, SMALL } from "../fitted.fixture.js";
import { seaget } from "./seaget.js";

conforms(seaget, { config: { ...SMALL, epochs: 2, dropout: 0.2, userDropout: 0.1 }, learning: SMALL });
conforms(getnext, { config: { ...SMALL, visits: 0, epochs: 2, dropout: 0.2 }, learning: { ...SMALL, visits: 0 } });

describe.each(["seaget", "getnext"] as const)("%s", (name) => {
  const planted = plantedSequences(new Random("poi"));

  // 0.905 is what the best possible model expects: the successor, or by chance.
  it("learns a planted pattern", async () => {
    expect(hitRate(await fitted(name, planted.train, { epochs: 8 }), planted, 1)).toBeGreaterThan(0.8);
  });

  it("learns nothing from noise", async () => {
    const chance = noise(new Random("poi"));
    expect(hitRate(await fitted(name, chance.train), chance, 1)).toBeLessThan(0.1);
  });
});

it("learns a planted pattern from sampled places", async () => {
  const planted = plantedSequences(new Random("sampled"), { users: 200, items: 100, length: 12 });
  const model = await fitted("seaget", planted.train, { epochs: 6, sampledPlaces: 20, batchSize: 40, visits: 0 });
  expect(hitRate(model, planted, 1)).toBeGreaterThan(0.7);
});

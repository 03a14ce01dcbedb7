import { listOf, Random, sliceQueries } from "@sequitur/core";
import { openDataset, splitInteractions } from "@sequitur/data";
import { recommend } from "@sequitur/recommender";
import { importInteractions } from "@sequitur/store";
import { eachStore } from "@sequitur/store/testing";
import { beforeAll, expect, it } from "vitest";
import { fitted, testApi, type TestApi } from "./api.fixture.js";

const K = 10;

eachStore((engine) => {
  let api: TestApi;
  beforeAll(async () => {
    api = await testApi(await engine.open(), { historyLength: 10_000 });
    return () => api.serving.stop();
  });

  it.each(["session-knn", "markov", "item-knn", "ease", "personal"])(
    "the API gives %s the question that the evaluation asks, and its scores",
    { timeout: 60_000 },
    async (name) => {
      const { interactions } = await openDataset({ name: "city", datasetsDir: "../../datasets", options: CITY });
      await importInteractions(api.store, interactions, { source: "city" });
      const split = splitInteractions(interactions, { kind: "leave-one-out", minInteractions: 3, history: "all" });
      const model = await fitted(name, split.train);
      await api.serve(model);
      const { queries } = split.test;
      const { ids } = interactions.catalog.users;
      const random = new Random("queries");
      for (let n = 0; n < 25; n++) {
        const b = random.integer(queries.size);
        const offline = recommend(model, sliceQueries(queries, b, b + 1), { k: K });
        // The held-out interaction is in the store: a ms before it, nobody knows it yet.
        const now = queries.now[b]! - 1;
        const utcOffsetMinutes = queries.utcOffsetMinutes?.[b];
        const ask = { userId: ids[queries.users[b]!]!, now, k: K, record: false, utcOffsetMinutes };
        const { body } = await api.call("POST", "/v1/recommendations", ask);
        expect(body.servedBy).toBe("model");
        const items = Array.from(listOf(offline, 0), (item) => model.catalog.items.ids[item]!);
        expect(body.items.map((item: { itemId: string }) => item.itemId)).toEqual(items);
        body.items.forEach((item: { score: number }, at: number) => {
          const expected = offline.scores[at]!;
          expect(Math.abs(item.score - expected)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(expected)));
        });
      }
    },
  );
});

const CITY = { size: "tiny", users: 40, months: 3 };

import { parseConfig, Random } from "@sequitur/core";
import type { Model, Recommender } from "@sequitur/recommender";
import { describe, expect, it } from "vitest";
import { ease } from "../src/ease.js";
import { itemKnn } from "../src/item-knn.js";
import { popularity } from "../src/popularity.js";
import {
  datasetFile,
  evaluateMasked,
  leaveOneOut,
  readMovieLens100k,
  readSequences,
  type LeaveOneOut,
} from "./leave-one-out.js";

interface Target {
  readonly name: string;
  readonly fit: (data: LeaveOneOut) => Promise<Model>;
  readonly ndcg: number;
  readonly recall: number;
}

function target<Config>(
  recommender: Recommender<Config>,
  config: Record<string, unknown>,
  figures: Pick<Target, "ndcg" | "recall">,
): Target {
  const parsed = parseConfig(recommender.config, config, recommender.name);
  const fit: Target["fit"] = async ({ train }) => recommender.fit(train, parsed, { random: new Random(1) });
  return { name: recommender.name, fit, ...figures };
}

const suites = [
  {
    name: "MovieLens-100K",
    path: datasetFile("ml-100k/u.data"),
    read: readMovieLens100k,
    targets: [
      target(popularity, {}, { ndcg: 0.045, recall: 0.0859 }),
      target(itemKnn, { neighbours: 100, shrink: 0 }, { ndcg: 0.0619, recall: 0.1124 }),
      target(ease, { lambda: 250 }, { ndcg: 0.0698, recall: 0.1347 }),
    ],
  },
  {
    name: "MovieLens-1M",
    path: datasetFile("ml-1m/ml-1m.sequences.txt.gz"),
    read: readSequences,
    targets: [
      target(popularity, {}, { ndcg: 0.0194, recall: 0.0394 }),
      target(itemKnn, { neighbours: 100, shrink: 0 }, { ndcg: 0.0366, recall: 0.0727 }),
      target(ease, { lambda: 250 }, { ndcg: 0.0472, recall: 0.0969 }),
    ],
  },
];

for (const { name, path, read, targets } of suites) {
  describe.skipIf(path === undefined)(`${name}, leave-one-out, masked${path === undefined ? " (no data)" : ""}`, () => {
    it.each(targets)("$name: NDCG@10 $ndcg, Recall@10 $recall", async (target) => {
      const data = leaveOneOut(read(path!));
      const startMs = performance.now();
      const model = await target.fit(data);
      const fitMs = performance.now() - startMs;
      const { ndcg, recall } = evaluateMasked(model, data);
      const rankMs = performance.now() - startMs - fitMs;
      process.stdout.write(
        `${name} ${target.name}: NDCG@10 ${ndcg.toFixed(4)}, Recall@10 ${recall.toFixed(4)}, ` +
          `fit ${(fitMs / 1000).toFixed(2)} s, rank ${(rankMs / 1000).toFixed(2)} s\n`,
      );
      expect(Math.abs(ndcg - target.ndcg)).toBeLessThan(0.0005);
      expect(Math.abs(recall - target.recall)).toBeLessThan(0.0005);
    });
  });
}

// A model of my own, compared with built-in ones: "what was chosen last, anybody chose next".
import { evaluate, readTable, type Model, type Recommender } from "sequitur";
import { z } from "zod";

const recency: Recommender<{ halfLifeDays: number }> = {
  name: "recency",
  config: z.strictObject({ halfLifeDays: z.number().positive().default(7) }),
  async fit({ catalog, items, times }, { halfLifeDays }) {
    const scores = new Float32Array(catalog.items.size);
    const newest = times.reduce((latest, time) => Math.max(latest, time), -Infinity);
    items.forEach((item, row) => (scores[item]! += 0.5 ** ((newest - times[row]!) / 86_400_000 / halfLifeDays)));
    return this.load({
      model: "recency",
      config: { halfLifeDays },
      catalog,
      tensors: new Map([["scores", { shape: [scores.length], data: scores }]]),
    });
  },
  load(artifact): Model {
    const { catalog, tensors } = artifact;
    const scores = tensors.get("scores")!.data as Float32Array;
    const score: Model["score"] = ({ size }, candidates = Int32Array.from(scores.keys())) =>
      Float32Array.from({ length: size * candidates.length }, (_, at) => scores[candidates[at % candidates.length]!]!);
    return { name: "recency", catalog, score, save: () => artifact };
  },
};

const clicks = await readTable("clicks.csv", {}, { name: "clicks" });
console.log((await evaluate(clicks, { models: ["popularity", recency, "item-knn"] })).text());

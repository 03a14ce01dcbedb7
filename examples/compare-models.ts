// Which of five models is best on my data, and by more than chance?
import { evaluate, readTable } from "sequitur";

const clicks = await readTable("clicks.csv", { user: "user", item: "item", time: "time" }, { name: "clicks" });
const report = await evaluate(clicks, {
  models: ["popularity", "item-knn", "session-knn", "markov", { name: "bpr", config: { epochs: 5 } }],
  split: "leave-one-out",
  metrics: ["ndcg", "recall"],
  k: [5, 10],
});
console.log(report.text());

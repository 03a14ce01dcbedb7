// What should user-01 see next? From a CSV file to a saved model in ten lines.
import { fit, load, readTable, recommend, save } from "sequitur";

const clicks = await readTable("clicks.csv", { user: "user", item: "item", time: "time", title: "title" });
const model = await fit("item-knn", clicks);

for (const { title, score } of recommend(model, { user: "user-01", history: clicks }, { k: 3, excludeSeen: true })) {
  console.log(`${title} (${score.toFixed(2)})`);
}

await save(model, "item-knn.safetensors");
const again = await load("item-knn.safetensors");
console.log("after a kettle:", recommend(again, { history: ["kettle"] }, { k: 1 })[0]?.item);

// A metric of my own: how often the answer is among the first three, and how much of the shop is ever shown.
import { fit, readTable, recommend, split } from "sequitur";

const clicks = await readTable("clicks.csv");
const { train, test } = split(clicks, "leave-one-out");
const { users, items } = clicks.interactions.catalog;

for (const name of ["popularity", "item-knn", "session-knn"]) {
  const model = await fit(name, train);
  const shown = new Set<string>();
  let hits = 0;
  test.queries.users.forEach((user, query) => {
    const answer = items.ids[test.targets.items[test.targets.offsets[query]!]!];
    const list = recommend(model, { user: users.ids[user]!, history: train }, { k: 3 });
    list.forEach(({ item }) => shown.add(item));
    if (list.some(({ item }) => item === answer)) hits += 1;
  });
  const [hitRate, coverage] = [hits / test.queries.size, shown.size / items.size];
  console.log(`${name}: hit@3 ${hitRate.toFixed(2)}, coverage ${coverage.toFixed(2)}`);
}

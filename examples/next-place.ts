// Where does a resident of a generated city go next, from here, at this hour?
import { fit, openTable, recommend } from "sequitur";

const city = await openTable("city", { options: { size: "tiny" } });
const model = await fit("seaget", city, { config: { epochs: 1, width: 16 } });
const { catalog, times } = city.interactions;
const here = { latitude: catalog.itemColumns.latitudes![0]!, longitude: catalog.itemColumns.longitudes![0]! };
const now = times.reduce((latest, time) => Math.max(latest, time), 0);

const user = catalog.users.ids[0]!;
for (const { item, title, score } of recommend(model, { user, history: city, now, ...here }, { k: 5 })) {
  console.log(item, title ?? "", score.toFixed(2));
}

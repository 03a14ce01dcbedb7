// Serve a model over HTTP, and call it with the typed client (which also runs in a browser).
import { readTable, serve } from "sequitur";
import { apiClient } from "sequitur/client";

const clicks = await readTable("clicks.csv", { title: "title" }, { name: "clicks" });
const api = await serve(clicks, { model: "session-knn" });
const client = apiClient(api.url, api.key);

const answer = await client.v1.recommendations.$post({ json: { userId: "user-01", k: 3, explain: true } });
if (answer.ok) for (const { itemId, reason } of (await answer.json()).items) console.log(itemId, "-", reason);

await client.v1.events.$post({ json: { events: [{ eventId: "e1", userId: "new-user", itemId: "kettle" }] } });
const next = await client.v1.recommendations.$post({ json: { userId: "new-user", k: 1 } });
if (next.ok) console.log("after a kettle:", (await next.json()).items[0]?.itemId);
await api.close();

import type { Store } from "@sequitur/store";

/** What to paste next, for a user and an item that are there; `export KEY=...` stands before it. */
export async function curlLines(store: Store, url: string): Promise<string[]> {
  const user = await store.db.selectFrom("users").select("user_id").orderBy("user_key").limit(1).executeTakeFirst();
  const place = await store.db
    .selectFrom("items")
    .select(["item_id", "latitude", "longitude"])
    .where("deleted_at", "is", null)
    .orderBy("item_key")
    .limit(1)
    .executeTakeFirst();
  const userId = user?.user_id ?? "ada";
  const itemId = place?.item_id ?? "cafe-7";
  const lines = [
    curl(url, "/v1/recommendations", { userId, k: 5, explain: true }),
    curl(url, "/v1/slates", { userId, k: 5, policy: { kind: "softmax", temperature: 1 } }),
    curl(url, "/v1/events", { events: [{ eventId: "e1", userId, itemId }] }),
  ];
  if (place !== undefined && place.latitude !== null && place.longitude !== null) {
    const { latitude, longitude } = place;
    lines.push(curl(url, "/v1/next-poi", { userId, k: 5, latitude, longitude, radiusKm: 2 }));
  }
  return lines;
}

function curl(url: string, path: string, body: unknown): string {
  const json = JSON.stringify(body).replaceAll("'", String.raw`'\''`);
  return `curl -s ${url}${path} -H "authorization: Bearer $KEY" -H 'content-type: application/json' -d '${json}'`;
}

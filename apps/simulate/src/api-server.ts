import { NONE, PlatformError, PROPENSITY_KINDS, type Interactions, type Slate } from "@sequitur/core";
import type { Outcomes, SlateRequest, SlateServer, World } from "@sequitur/simulator";
import { runPool } from "@sequitur/workbench";
import { z } from "zod";

/** A running API and how to ask it. */
export interface ApiPlan {
  readonly url: string;
  /** A key with the scopes serve, ingest and catalog. */
  readonly key: string;
  /** Policy of each request; the API's own when absent. */
  readonly policy?: Readonly<Record<string, unknown>> | undefined;
  readonly concurrency: number;
  readonly world: World;
  readonly fetch: typeof fetch;
}

type Post = (route: string, body: object) => Promise<unknown>;

/** A number that may be unknown. */
const known = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

const slateSchema = z.object({
  requestId: z.string(),
  propensityKind: z.enum(PROPENSITY_KINDS),
  items: z.array(z.object({ itemId: z.string(), propensity: known, conditional: known, standardError: known })),
});

/** Rows of one POST. */
const MOST_ROWS = 500;

/**
 * A running API as the server of an arm, over the routes that real traffic takes. At first it is told of the world's items
 * (POST /v1/items, with the time from which each is there) and of what is `known` of its users (POST /v1/events). Then
 * every visit is a POST /v1/slates, and every click, once it is known, a row of /v1/feedback and one of /v1/events. What
 * is sent twice changes nothing.
 */
export async function apiServer(plan: ApiPlan, known: Interactions): Promise<SlateServer> {
  const post = poster(plan);
  await introduce(post, plan.world, known);
  const requestIds = new WeakMap<Slate, string>();
  return {
    name: "api",
    ask: (request) => askAll(post, plan, request, requestIds),
    learn: (outcomes) => tellClicks(post, plan.world, outcomes, requestIds),
  };
}

async function introduce(post: Post, { catalog, openedAt }: World, known: Interactions): Promise<void> {
  const { titles, categories, texts, latitudes, longitudes, openingHours, timeZones } = catalog.itemColumns;
  const items = catalog.items.ids.map((itemId, item) => ({
    itemId,
    ...(titles && { title: titles[item] }),
    ...(categories && { categories: categories[item] }),
    ...(texts && { texts: Object.fromEntries(Object.entries(texts).map(([name, column]) => [name, column[item]])) }),
    ...(latitudes && longitudes && { latitude: latitudes[item], longitude: longitudes[item] }),
    ...(openingHours && { openingHours: openingHours[item] }),
    ...(timeZones && { timeZone: timeZones[item] }),
    ...(openedAt[item]! > Number.NEGATIVE_INFINITY && { availableFrom: Math.round(openedAt[item]!) }),
  }));
  await inChunks(items, (chunk) => post("/v1/items", { items: chunk }));
  const events = Array.from(known.items, (item, row) => ({
    eventId: `known-${known.users[row]}-${known.times[row]}-${item}`,
    userId: catalog.users.ids[known.users[row]!],
    itemId: catalog.items.ids[item],
    time: known.times[row],
  }));
  await inChunks(events, async (chunk) => accept(await post("/v1/events", { events: chunk })));
}

async function askAll(
  post: Post,
  { world, concurrency, policy }: ApiPlan,
  { batch, k }: SlateRequest,
  requestIds: WeakMap<Slate, string>,
): Promise<Slate[]> {
  const { users, items } = world.catalog;
  const jobs = Array.from(batch.users, (user, b) => async () => {
    const asked = { userId: users.ids[user], k, now: batch.now[b], ...(policy && { policy }) };
    const { requestId, propensityKind: kind, items: shown } = slateSchema.parse(await post("/v1/slates", asked));
    const slate: Slate = {
      items: Int32Array.from(shown, ({ itemId }) => knownItem(items.indexOf(itemId), itemId)),
      kind,
      propensities: Float64Array.from(shown, ({ propensity }) => propensity),
      conditionals: Float64Array.from(shown, ({ conditional }) => conditional),
      ...(kind === "estimated" && {
        standardErrors: Float64Array.from(shown, ({ standardError }) => standardError),
      }),
    };
    requestIds.set(slate, requestId);
    return slate;
  });
  return runPool(concurrency, jobs);
}

async function tellClicks(
  post: Post,
  { catalog }: World,
  { batch, slates, clicks }: Outcomes,
  requestIds: WeakMap<Slate, string>,
): Promise<void> {
  const rows = slates.flatMap((slate, b) => {
    const requestId = requestIds.get(slate);
    // Slates of the warm-up were shown by somebody else: the API cannot know them.
    if (requestId === undefined) return [];
    const itemId = clicks[b] === NONE ? undefined : catalog.items.ids[slate.items[clicks[b]!]!]!;
    return [{ requestId, userId: catalog.users.ids[batch.users[b]!]!, itemId, time: batch.now[b]! }];
  });
  await inChunks(rows, async (chunk) => {
    const feedback = chunk.map(({ requestId, itemId, time }) => {
      const outcome = itemId === undefined ? { kind: "none" } : { itemId, kind: "click" };
      return { feedbackId: `outcome-${requestId}`, requestId, time, ...outcome };
    });
    accept(await post("/v1/feedback", { feedback }));
    const events = chunk
      .filter(({ itemId }) => itemId !== undefined)
      .map(({ requestId, ...rest }) => ({ eventId: `click-${requestId}`, kind: "click", ...rest }));
    if (events.length > 0) accept(await post("/v1/events", { events }));
  });
}

async function inChunks<T>(rows: readonly T[], send: (chunk: readonly T[]) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < rows.length; at += MOST_ROWS) await send(rows.slice(at, at + MOST_ROWS));
}

function knownItem(item: number, itemId: string): number {
  if (item !== NONE) return item;
  throw new PlatformError("bad-data", `the API must show items of the world alone, got "${itemId}".`);
}

const acceptedSchema = z.object({ rejected: z.int(), errors: z.array(z.object({ message: z.string() })) });

/** Nothing that people did may get lost on the way. */
function accept(answer: unknown): void {
  const { rejected, errors } = acceptedSchema.parse(answer);
  if (rejected > 0) throw new PlatformError("bad-data", `the API rejected ${rejected} rows: ${errors[0]?.message}`);
}

/** Posts JSON and gives the JSON answer; `unavailable` with route, status and the API's own words otherwise. */
function poster({ url, key, fetch: send }: ApiPlan): Post {
  const base = url.replace(/\/+$/, "");
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  return async (route, body) => {
    let response: Response;
    try {
      response = await send(base + route, { method: "POST", headers, body: JSON.stringify(body) });
    } catch (cause) {
      throw new PlatformError("unavailable", `no API answers at ${base}${route}.`, { cause });
    }
    const text = await response.text();
    if (!response.ok) {
      throw new PlatformError("unavailable", `${base}${route} answered ${response.status}: ${text.slice(0, 300)}`);
    }
    return JSON.parse(text) as unknown;
  };
}

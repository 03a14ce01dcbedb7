import { NONE, PlatformError, type Slate } from "@sequitur/core";
import type { Outcomes, SlateRequest, SlateServer, World } from "@sequitur/simulator";
import { runPool } from "@sequitur/workbench";
import { z } from "zod";

/** A running API and how to ask it. */
export interface ApiPlan {
  readonly url: string;
  /** A key with the scopes serve and ingest. */
  readonly key: string;
  /** Policy of each request; the API's own when absent. */
  readonly policy?: Readonly<Record<string, unknown>> | undefined;
  readonly concurrency: number;
  readonly world: World;
  readonly fetch: typeof fetch;
}

const slateSchema = z.object({
  requestId: z.string(),
  items: z.array(z.object({ itemId: z.string(), propensity: z.number() })),
});

/** Rows of one POST to /v1/feedback or /v1/events. */
const MOST_ROWS = 500;

/**
 * A running API as the server of an arm, over the routes that real traffic takes: POST /v1/slates for every visit, POST
 * /v1/feedback and /v1/events for every click once it is known. The API must know the world's items by their ids.
 */
export function apiServer(plan: ApiPlan): SlateServer {
  const { world, concurrency } = plan;
  const requestIds = new WeakMap<Slate, string>();
  const post = poster(plan);
  const ask = async ({ batch, k, candidates }: SlateRequest): Promise<Slate[]> => {
    const { users, items } = world.catalog;
    const closed = candidates && closedItems(world, candidates);
    const jobs = Array.from(batch.users, (user, b) => async () => {
      const answer = await post("/v1/slates", {
        userId: users.ids[user],
        k,
        now: new Date(batch.now[b]!).toISOString(),
        ...(plan.policy && { policy: plan.policy }),
        ...(closed && closed.length > 0 && { filter: { deny: closed } }),
      });
      const { requestId, items: shown } = slateSchema.parse(answer);
      const slate = {
        items: Int32Array.from(shown, ({ itemId }) => knownItem(items.indexOf(itemId), itemId)),
        propensities: Float64Array.from(shown, ({ propensity }) => propensity),
      };
      requestIds.set(slate, requestId);
      return slate;
    });
    return runPool(concurrency, jobs);
  };
  const learn = async ({ batch, slates, clicks }: Outcomes): Promise<void> => {
    const { users, items } = world.catalog;
    const rows = slates.flatMap((slate, b) => {
      const requestId = requestIds.get(slate);
      if (clicks[b] === NONE || requestId === undefined) return [];
      const [userId, itemId] = [users.ids[batch.users[b]!]!, items.ids[slate.items[clicks[b]!]!]!];
      return [{ requestId, userId, itemId, time: new Date(batch.now[b]!).toISOString() }];
    });
    for (let at = 0; at < rows.length; at += MOST_ROWS) {
      const chunk = rows.slice(at, at + MOST_ROWS);
      const feedback = chunk.map(({ requestId, itemId, time }) => ({
        feedbackId: `click-${requestId}`,
        requestId,
        itemId,
        kind: "click",
        time,
      }));
      accept(await post("/v1/feedback", { feedback }));
      const events = chunk.map(({ requestId, ...rest }) => ({ eventId: `click-${requestId}`, kind: "click", ...rest }));
      accept(await post("/v1/events", { events }));
    }
  };
  return { name: "api", ask, learn };
}

function closedItems({ catalog }: World, open: Int32Array): string[] {
  const isOpen = new Uint8Array(catalog.items.size);
  for (const item of open) isOpen[item] = 1;
  return catalog.items.ids.filter((_, item) => isOpen[item] === 0);
}

function knownItem(item: number, itemId: string): number {
  if (item !== NONE) return item;
  throw new PlatformError("bad-data", `the API must show items of the world, got "${itemId}": import the world first.`);
}

const acceptedSchema = z.object({ rejected: z.int(), errors: z.array(z.object({ message: z.string() })) });

/** Nothing that people did may get lost on the way. */
function accept(answer: unknown): void {
  const { rejected, errors } = acceptedSchema.parse(answer);
  if (rejected > 0) throw new PlatformError("bad-data", `the API rejected ${rejected} clicks: ${errors[0]?.message}`);
}

/** Posts JSON and gives the JSON answer; `unavailable` with route, status and the API's own words otherwise. */
function poster({ url, key, fetch: send }: ApiPlan): (route: string, body: object) => Promise<unknown> {
  const base = url.replace(/\/+$/, "");
  return async (route, body) => {
    let response: Response;
    try {
      const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
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

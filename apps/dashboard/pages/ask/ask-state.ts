import type { InferRequestType, InferResponseType } from "hono/client";
import type { api } from "../client/client.js";

export type PreviewRequest = InferRequestType<typeof api.v1.previews.$post>["json"];
export type Preview = InferResponseType<typeof api.v1.previews.$post, 200>;
export type ShownItem = Preview["slate"]["items"][number];
export type PastItem = Preview["history"][number];
type Policy = NonNullable<PreviewRequest["ask"]["policy"]>;

/** Policies that a person can choose, with what they do. */
export const POLICIES: readonly (readonly [kind: string, text: string])[] = [
  ["greedy", "greedy: the best items"],
  ["softmax", "softmax: draws by score"],
  ["epsilon-greedy", "epsilon-greedy: now and then any item"],
  ["ucb", "ucb: lifts what is uncertain"],
  ["random", "random: any item"],
  ["linucb", "linucb: needs a slate model"],
  ["thompson", "thompson: needs a slate model"],
  ["in-slate-thompson", "in-slate-thompson: needs a slate model"],
];

/** Who is asked for: the three ways of the form. */
export type Who = "user" | "session" | "place";

export function whoOf(params: URLSearchParams): Who {
  const who = params.get("who");
  return who === "session" || who === "place" ? who : "user";
}

/** Whether the address says enough to ask. */
export function isAskable(params: URLSearchParams): boolean {
  const who = whoOf(params);
  if (who === "user") return params.has("user");
  return who === "session" ? idsIn(params.get("items")).length > 0 : params.has("lat") && params.has("lon");
}

export function idsIn(text: string | null): string[] {
  return (text ?? "")
    .split(/[\n,]/)
    .map((id) => id.trim())
    .filter((id) => id !== "");
}

/** A past event in the address. */
export function eventKey({ itemId, time }: PastItem): string {
  return `${Date.parse(time)}@${itemId}`;
}

/** Whether the address asks for a second answer beside the first. */
export function isCompared(params: URLSearchParams): boolean {
  return ["version2", "policy2", "compare"].some((name) => params.has(name)) || isEdited(params);
}

export function isEdited(params: URLSearchParams): boolean {
  return params.has("without") || params.has("plus");
}

/** What the API is asked for the first answer (1) or the second (2). */
export function previewOf(params: URLSearchParams, side: 1 | 2): PreviewRequest {
  const version = params.get(side === 2 ? "version2" : "version") ?? params.get("version");
  const policy = (side === 2 ? params.get("policy2") : null) ?? params.get("policy");
  return {
    ask: {
      ...askerOf(params),
      k: numberIn(params, "k") ?? 10,
      explain: true,
      ...(policy !== null && { policy: { kind: policy } as Policy }),
      ...(params.has("unseen") && { excludeSeen: true }),
      ...(params.has("where") && { filter: { where: params.get("where")! } }),
    },
    ...(version !== null && { versionId: Number(version) }),
    ...(side === 2 && isEdited(params) && { change: changeOf(params) }),
  };
}

function askerOf(params: URLSearchParams): PreviewRequest["ask"] {
  const who = whoOf(params);
  const time = numberIn(params, "time");
  const lat = numberIn(params, "lat");
  const lon = numberIn(params, "lon");
  return {
    ...(params.has("user") && who !== "session" && { userId: params.get("user")! }),
    ...(who === "session" && { history: idsIn(params.get("items")).map((itemId) => ({ itemId })) }),
    ...(who === "place" && lat !== undefined && lon !== undefined && { latitude: lat, longitude: lon }),
    ...(time !== undefined && { now: time }),
  };
}

function changeOf(params: URLSearchParams): PreviewRequest["change"] {
  const without = params.getAll("without").map((key) => {
    const at = key.indexOf("@");
    return { time: Number(key.slice(0, at)), itemId: key.slice(at + 1) };
  });
  return { without, add: params.getAll("plus") };
}

export function numberIn(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name);
  const value = Number(text);
  return text === null || text === "" || !Number.isFinite(value) ? undefined : value;
}

import { DAY_MS, MINUTE_MS, NONE } from "@sequitur/core";
import { ratioEstimate } from "@sequitur/metrics";
import {
  askerCounts,
  getModelVersion,
  listModelSlots,
  newestEventTime,
  recentUsers,
  requestsOverTime,
  shownItems,
  type AskerCounts,
  type Store,
} from "@sequitur/store";
import { SLOTS } from "../schemas/admin-schemas.js";
import type { Overview } from "../schemas/overview-schemas.js";
import { isoOf } from "../schemas/values.js";
import { adviceFor } from "./advice.js";
import { POSITIVE_FEEDBACK } from "./positive-feedback.js";
import type { Serving } from "./serving.js";

const BUCKET_MS = 30 * MINUTE_MS;
/** Standard errors to either side of a 95 % interval. */
const Z95 = 1.959964;
const SOME = 5;

/** How serving goes: what answers, what came of it in the last day, and what to do next. */
export async function overviewOf(serving: Serving): Promise<Overview> {
  const { store } = serving;
  const now = store.now();
  const day = { from: now - DAY_MS, before: now, positive: POSITIVE_FEEDBACK };
  const before = { ...day, from: now - 2 * DAY_MS, before: now - DAY_MS };
  const shown = await shownItems(store, day);
  const newest = await newestEventTime(store);
  const known = {
    now: isoOf(now),
    startedAt: isoOf(serving.startedAt),
    ...(await slotsOf(serving)),
    day: periodOf(await askerCounts(store, day)),
    dayBefore: periodOf(await askerCounts(store, before)),
    hours: (await requestsOverTime(store, day, BUCKET_MS)).map(({ at, ...counts }) => ({ at: isoOf(at), ...counts })),
    catalogue: { items: serving.items.directory.liveCount, shown: shown.size, newShare: newShareOf(serving, shown) },
    process: await processOf(serving),
    newestEvent: newest === undefined ? null : isoOf(newest),
    someUsers: await recentUsers(store, SOME),
    someItems: serving.items.directory
      .newest()
      .slice(0, SOME)
      .map((index) => serving.items.directory.record(index).itemId),
  };
  return { ...known, advice: adviceFor({ ...known, ...(await activeVersion(store, known.slots)) }) };
}

async function slotsOf({ store, models }: Serving): Promise<Pick<Overview, "slots" | "broken">> {
  const states = await listModelSlots(store);
  const { slots, broken } = models.state;
  return {
    slots: SLOTS.map((slot) => ({
      slot,
      active: states.find((one) => one.slot === slot)?.active?.versionId ?? null,
      serving: slots[slot] ?? null,
    })),
    broken: [...broken],
  };
}

async function activeVersion(
  store: Store,
  slots: Overview["slots"],
): Promise<{ trainedAt: number | undefined; worseThan: string[] }> {
  const active = slots.find(({ slot }) => slot === "default")?.active;
  const version = active == null ? undefined : await getModelVersion(store, active);
  const worseThan = version?.validation?.["worseThan"];
  return { trainedAt: version?.createdAt, worseThan: Array.isArray(worseThan) ? worseThan.map(String) : [] };
}

/** The counts of askers as a rate with its interval. */
export function periodOf(counts: readonly AskerCounts[]): Overview["day"] {
  const numerators = Float64Array.from(counts, ({ responded }) => responded);
  const denominators = Float64Array.from(counts, ({ requests }) => requests);
  const requests = denominators.reduce((sum, value) => sum + value, 0);
  if (requests === 0) return { requests: 0, askers: 0, responded: null };
  const share = numerators.reduce((sum, value) => sum + value, 0) / requests;
  if (counts.length < 2) return { requests, askers: counts.length, responded: { share, low: null, high: null } };
  const half = Z95 * Math.sqrt(ratioEstimate({ numerators, denominators }).variance);
  const interval = { low: Math.max(0, share - half), high: Math.min(1, share + half) };
  return { requests, askers: counts.length, responded: { share, ...interval } };
}

function newShareOf({ models }: Serving, shown: ReadonlyMap<string, number>): number | null {
  const link = models.chain.find(({ name }) => name === "model")?.link;
  if (link === undefined || shown.size === 0) return null;
  let all = 0;
  let unknown = 0;
  for (const [itemId, times] of shown) {
    all += times;
    if (link.itemIndex(itemId) === NONE) unknown += times;
  }
  return unknown / all;
}

async function processOf({ metrics }: Serving): Promise<Overview["process"]> {
  const answersBy = await metrics.answersByStage();
  const answers = Object.values(answersBy).reduce((sum, value) => sum + value, 0);
  const { answering, errorShare } = await metrics.requestSummary();
  const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return {
    answers,
    answersBy,
    fallbackShare: answers === 0 ? null : 1 - (answersBy["model"] ?? 0) / answers,
    p50Seconds: finite(answering.quantile(0.5)),
    p99Seconds: finite(answering.quantile(0.99)),
    errorShare: finite(errorShare),
  };
}

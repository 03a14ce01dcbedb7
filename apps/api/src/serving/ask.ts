import { NEGATIVE, PlatformError, type SignalReader } from "@sequitur/core";
import { DEFAULT_KIND, type HistoryEntry } from "@sequitur/store";
import type { RecommendationRequest } from "../schemas/recommendation-schemas.js";
import { mayReadAsker, type AskerFields } from "./asker-fields.js";
import type { ItemExpression } from "./item-fields.js";
import type { ItemFilter } from "./item-filter.js";
import { unwantedIds, type PastItem, type Question } from "./question.js";
import { NO_RULES, type Rules } from "./rules.js";
import type { Serving } from "./serving.js";

/** What a request asks, whichever endpoint it came to. */
export type Ask = Omit<RecommendationRequest, "record">;

/** What is known of an asker. */
interface Past {
  /** The newest, and all that is not wanted. */
  readonly history: readonly PastItem[];
  /** Ids of everything met, repeats allowed. */
  readonly seen: readonly string[];
  /** Whether the store has the user's history, so that models may recognise them. */
  readonly known: boolean;
}

/** Turns requests into questions, reading the histories of known users together. */
export async function questionsOf(serving: Serving, asks: readonly Ask[]): Promise<Question[]> {
  const arrived = serving.store.now();
  const nows = asks.map((ask) => ask.now ?? arrived);
  const askers = await askersOf(serving, asks);
  const { historyLength } = serving.settings;
  const pasts = new Map<number, Past>();
  const read = async (excludeSeen: boolean): Promise<void> => {
    const places = [...asks.keys()].filter((at) => isStored(asks[at]!) && asks[at]!.excludeSeen === excludeSeen);
    if (places.length === 0) return;
    const history = excludeSeen ? serving.longHistory : serving.history;
    // An event of this very ms happened before the question that follows it.
    const entries = await history(places.map((at) => ({ userId: asks[at]!.userId!, before: nows[at]! + 1 })));
    entries.forEach((entry, n) => pasts.set(places[n]!, storedPast(entry, historyLength, serving.readSignal)));
  };
  await Promise.all([read(false), read(true)]);
  return asks.map((ask, place) => {
    const now = nows[place]!;
    const question = questionOf(ask, now, pasts.get(place) ?? givenPast(ask, now, serving.readSignal), askers[place]);
    checkExpressions(serving, question);
    return question;
  });
}

/** What the expressions of each request may read of its asker; undefined where they read nothing of them. */
async function askersOf({ askers }: Serving, asks: readonly Ask[]): Promise<(AskerFields | undefined)[]> {
  const reading = asks.map((ask) => expressionsOf(ask).filter(mayReadAsker));
  const places = [...asks.keys()].filter((at) => reading[at]!.length > 0);
  if (places.length === 0) return [];
  const found = await askers.of(
    places.map((at) => asks[at]!.userId),
    reading.flat(),
  );
  return asks.map((_, at) => found[places.indexOf(at)]);
}

function expressionsOf({ filter, rules }: Ask): string[] {
  const boosts = rules?.boosts.flatMap(({ where, factor }) => [where, factor]) ?? [];
  return [filter?.where, ...boosts].filter((part) => typeof part === "string");
}

/** Refuses an expression that cannot be read; the stages behind would only pass the question on. */
function checkExpressions({ items: { directory } }: Serving, { filter, rules }: Question): void {
  if (filter.where !== undefined) directory.fields.mask(filter.where);
  for (const { where, factor } of rules.boosts) {
    if (where !== undefined) directory.fields.mask(where);
    if (typeof factor === "object") directory.fields.values(factor);
  }
}

function isStored(ask: Ask): boolean {
  return ask.userId !== undefined && ask.history === undefined;
}

function storedPast(entries: readonly HistoryEntry[], historyLength: number, read: SignalReader): Past {
  const newest = entries[Math.max(0, entries.length - historyLength)]?.time ?? 0;
  const heard = entries.flatMap((entry) => heardOf(entry, entry.time, read));
  return {
    history: heard.filter(({ time, role }) => time >= newest || role === NEGATIVE),
    seen: entries.map(({ itemId }) => itemId),
    known: entries.length > 0,
  };
}

/** What one event says, as a list of it or of nothing where it is ignored. */
function heardOf(
  { itemId, kind, weight }: { readonly itemId: string; readonly kind: string; readonly weight?: number | undefined },
  time: number,
  read: SignalReader,
): PastItem[] {
  const signal = read(kind, weight);
  return signal === undefined ? [] : [{ itemId, time, ...signal }];
}

function givenPast({ history = [] }: Ask, now: number, read: SignalReader): Past {
  const given = history.map(({ itemId, time = now, kind = DEFAULT_KIND, weight }) => ({ itemId, time, kind, weight }));
  let before = -Infinity;
  for (const [place, { time }] of given.entries()) {
    if (time < before || time > now) {
      throw new PlatformError("bad-data", `history.${place}: expected times oldest first and not after now.`);
    }
    before = time;
  }
  const heard = given.flatMap((entry) => heardOf(entry, entry.time, read));
  return { history: heard, seen: given.map(({ itemId }) => itemId), known: false };
}

function questionOf(ask: Ask, now: number, { history, seen, known }: Past, asker: AskerFields | undefined): Question {
  const { userId, k, utcOffsetMinutes, latitude, longitude, excludeSeen, allowNegatives, explain } = ask;
  const unwanted = allowNegatives ? [] : unwantedIds(history);
  return {
    ...(known && { userId }),
    history,
    now,
    utcOffsetMinutes,
    latitude,
    longitude,
    k,
    filter: filterOf(ask, now, asker),
    exclude: [...unwanted, ...(excludeSeen ? seen : [])],
    rules: rulesOf(ask, asker),
    explain,
  };
}

function filterOf(
  { filter = { unknownHours: "drop" }, latitude, longitude, utcOffsetMinutes }: Ask,
  now: number,
  asker: AskerFields | undefined,
): ItemFilter {
  const near = latitude === undefined || longitude === undefined ? undefined : { latitude, longitude };
  const { where, ...others } = filter;
  const openAt = others.openAt === "now" ? now : others.openAt;
  return { ...others, where: bound(where, asker), openAt, near, utcOffsetMinutes };
}

function rulesOf({ rules }: Ask, asker: AskerFields | undefined): Rules {
  if (rules === undefined) return NO_RULES;
  const boosts = rules.boosts.map(({ where, factor, ...boost }) => ({
    ...boost,
    where: bound(where, asker),
    factor: typeof factor === "number" ? factor : bound(factor, asker),
  }));
  return { ...rules, boosts };
}

/** An expression with what it may read of the asker; those that read nothing of them are the same for all. */
function bound(text: string, asker: AskerFields | undefined): ItemExpression;
function bound(text: string | undefined, asker: AskerFields | undefined): ItemExpression | undefined;
function bound(text: string | undefined, asker: AskerFields | undefined): ItemExpression | undefined {
  if (text === undefined) return undefined;
  return mayReadAsker(text) ? { text, asker } : { text };
}

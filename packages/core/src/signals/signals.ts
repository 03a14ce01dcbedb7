import { z } from "zod";
import { COMPARISON } from "./comparison.js";

/**
 * What an event says about liking. positive: wanted; negative: not wanted; exposure: seen, which says nothing either way;
 * ignored: left out everywhere.
 */
export const SIGNAL_ROLES = ["positive", "negative", "exposure", "ignored"] as const;
export type SignalRole = (typeof SIGNAL_ROLES)[number];

const caseSchema = z.strictObject({
  when: z
    .string()
    .regex(COMPARISON, 'must compare the weight with a number, such as ">= 4" or "> 30 s"')
    .optional()
    .describe('weights that this case is for, such as ">= 4" or "> 30 s" (weights count seconds then); absent: all'),
  role: z.enum(SIGNAL_ROLES).default("positive").describe("what such an event says"),
  value: z
    .union([z.number().positive().max(1e9), z.enum(["weight", "damped", "log1p"])])
    .default(1)
    .describe(
      "how much it says: a number, or from the event's weight w (1 when missing; w < 0 turns positive to negative, 0 " +
        "says nothing): weight = |w|, log1p = ln(1 + |w|), damped = log2(1 + |w|)",
    ),
  times: z.number().positive().max(1e9).default(1).describe("factor on the value"),
});

/** One case of a kind of event: for which weights it holds, the role and the value. */
export type SignalCase = z.output<typeof caseSchema>;

const kindSchema = z.preprocess(
  casesOf,
  z.array(caseSchema).min(1).max(20).describe("the first case that holds counts; an event without one is ignored"),
);

/** Kind of event -> what it says. Kinds that are not listed keep their default, then `other`. */
export const signalsSchema = z.strictObject({
  kinds: z.record(z.string().min(1), kindSchema).default({}).describe("by kind of event"),
  other: kindSchema.prefault("damped").describe("kinds without a rule, and events without a kind"),
});
export type Signals = z.output<typeof signalsSchema>;
export type SignalsInput = z.input<typeof signalsSchema>;

function casesOf(given: unknown): unknown[] {
  const cases: unknown[] = Array.isArray(given) ? given : [given];
  return cases.map((one) => (typeof one === "string" || typeof one === "number" ? caseOf(one) : one));
}

/** Short forms written out: 5 = positive of value 5, -2 = negative of value 2, a role, or a rule for the value. */
export function caseOf(given: string | number): Record<string, unknown> {
  if (typeof given === "number") return given < 0 ? { role: "negative", value: -given } : { value: given };
  return (SIGNAL_ROLES as readonly string[]).includes(given) ? { role: given } : { value: given };
}

const same = <T>(kinds: readonly string[], rule: T): Record<string, T> =>
  Object.fromEntries(kinds.map((kind) => [kind, rule]));
const positive = (times: number) => ({ value: "damped" as const, times });
const negative = (times: number) => ({ role: "negative" as const, value: "damped" as const, times });

/** What a shop expects; a table of one's own is laid over it, kind by kind. */
export const DEFAULT_SIGNALS: Signals = signalsSchema.parse({
  kinds: {
    ...same(["purchase", "order", "buy", "book"], positive(8)),
    ...same(["cart", "add-to-cart", "add_to_cart", "addtocart", "basket"], positive(4)),
    ...same(["like", "favourite", "favorite", "bookmark", "wishlist", "save", "share", "follow"], positive(4)),
    ...same(["click"], positive(2)),
    ...same(["view", "visit", "play", "listen", "read", "watch"], positive(1)),
    ...same(
      ["rating", "rate", "review", "stars"],
      [
        { when: ">= 4", value: 4 },
        { when: "<= 2", role: "negative", value: 4 },
      ],
    ),
    ...same(["dwell"], [{ when: "> 30 s", value: 2 }, { role: "exposure" }]),
    ...same(["dislike", "hide", "block", "report", "return", "refund"], negative(4)),
    ...same(["skip"], negative(1)),
    ...same(["impression", "exposure", "shown"], "exposure"),
  },
});

/** The rules of one kind: the table's own, else the default's, else the table's `other`. */
export function casesOfKind(signals: Signals, kind: string): readonly SignalCase[] {
  if (Object.hasOwn(signals.kinds, kind)) return signals.kinds[kind]!;
  return Object.hasOwn(DEFAULT_SIGNALS.kinds, kind) ? DEFAULT_SIGNALS.kinds[kind]! : signals.other;
}

/** The kinds that some case gives this role, of the table and of the default where it is not replaced. */
export function kindsOfRole(signals: Signals, role: SignalRole): string[] {
  const kinds = new Set([...Object.keys(DEFAULT_SIGNALS.kinds), ...Object.keys(signals.kinds)]);
  return [...kinds].filter((kind) => casesOfKind(signals, kind).some((given) => given.role === role)).sort();
}

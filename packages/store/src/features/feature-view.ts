import { DAY_MS, parseConfig } from "@sequitur/core";
import { z } from "zod";

const kinds = z.array(z.string().min(1).max(64)).min(1);

const aggregationSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("count").describe("how many interactions") }),
  z.strictObject({ kind: z.literal("per-day").describe("interactions a day of the window") }),
  z.strictObject({ kind: z.literal("distinct").describe("how many users of an item, or items of a user") }),
  z.strictObject({ kind: z.literal("share").describe("part of the entity's interactions that fall in the part") }),
  z.strictObject({
    kind: z
      .literal("ratio")
      .describe("(n + priorWeight * priorMean) / (d + priorWeight), n the numerator's share of d"),
    numerator: kinds.describe("kinds that count as success; all kinds of the view are tries"),
    priorMean: z.number().min(0).max(1).default(0).describe("what to believe without data"),
    priorWeight: z.number().min(0).default(0).describe("how many tries that belief is worth"),
  }),
  z.strictObject({
    kind: z.literal("popularity").describe("recency- and user-aware popularity of SEAGET, section 1"),
    recentDays: z.number().positive().default(90).describe("interactions younger than this are recent, days"),
    alpha: z.number().min(0).max(1).default(0.67).describe("weight of distinct users against interactions"),
    beta: z.number().min(0).max(1).default(0.67).describe("weight of the recent against the past"),
  }),
  z.strictObject({
    kind: z.literal("last").describe("the last interactions, oldest first"),
    n: z.int().min(1).max(1_000).describe("how many"),
  }),
]);

export const featureViewSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,62}$/)
      .describe("lower case, digits and dashes"),
    entity: z
      .enum(["user", "item", "user-category", "item-hour", "item-month"])
      .describe("whose value it is; hour and month on the user's clock where the interaction has one, else UTC"),
    aggregation: aggregationSchema,
    windowDays: z
      .number()
      .positive()
      .max(36_500)
      .optional()
      .describe("only interactions younger than this; all if absent"),
    kinds: kinds.optional().describe("only these kinds of interactions; all if absent"),
    ttlMs: z.int().positive().default(DAY_MS).describe("a value refreshed longer ago than this is stale, ms"),
  })
  .superRefine(({ entity, aggregation: { kind }, windowDays }, context) => {
    const fail = (message: string): void => context.addIssue({ code: "custom", message });
    if (kind === "last" && entity !== "user") fail(`last is of a user, got entity ${entity}`);
    if (kind === "per-day" && windowDays === undefined) fail("per-day needs windowDays");
    if (kind === "share" && !entity.includes("-")) fail(`share needs an entity with parts, got ${entity}`);
    if (kind === "popularity" && !entity.startsWith("item")) fail(`popularity is of items, got entity ${entity}`);
  });

export type FeatureViewInput = z.input<typeof featureViewSchema>;
/** What a feature means: whose value, made how, of which interactions, and for how long it is good. */
export type FeatureView = z.output<typeof featureViewSchema>;
export type Aggregation = FeatureView["aggregation"];
export type FeatureEntity = FeatureView["entity"];

/** One of the last interactions of a user. */
export const lastEntrySchema = z.object({ itemId: z.string(), time: z.number(), kind: z.string() });
export type LastEntry = z.output<typeof lastEntrySchema>;

/** What of a view decides the type of its value. */
interface ValueShape {
  readonly entity: FeatureEntity;
  readonly aggregation: { readonly kind: Aggregation["kind"] };
}

/** What a view's value is: a list for "last", part -> number for entities with parts, else a number. */
export type FeatureValueOf<View extends ValueShape> = View["aggregation"]["kind"] extends "last"
  ? readonly LastEntry[]
  : View["entity"] extends `${string}-${string}`
    ? Readonly<Record<string, number>>
    : number | null;

/** A view whose name, entity and kind are known to the compiler. */
export type Declared<View extends FeatureViewInput> = FeatureView & {
  readonly name: View["name"];
  readonly entity: View["entity"];
  readonly aggregation: { readonly kind: View["aggregation"]["kind"] };
};

/** Declares a feature: fills in defaults, keeps the literal types. `bad-config` for what cannot be computed. */
export function featureView<const View extends FeatureViewInput>(view: View): Declared<View> {
  return parseConfig(featureViewSchema, view, `feature ${view.name}`);
}

/** The schema of a view's value, for documents and checks. */
export function featureValueSchema(view: FeatureView): z.ZodType {
  if (view.aggregation.kind === "last") return z.array(lastEntrySchema).max(view.aggregation.n);
  return view.entity.includes("-") ? z.record(z.string(), z.number()) : z.number().nullable();
}

/** What stands for "no interactions": 0 where that is what was counted, else nothing. */
export function defaultValue({ aggregation }: FeatureView): number | null {
  if (aggregation.kind === "ratio") return aggregation.priorWeight > 0 ? aggregation.priorMean : null;
  return aggregation.kind === "share" ? null : 0;
}

/** Whether its values are refreshed and kept; the others are read from the log itself. */
export function isKept(view: FeatureView): boolean {
  return view.aggregation.kind !== "last";
}

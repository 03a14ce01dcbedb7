import { certainSlate, PlatformError, unknownSlate, type Random, type Slate } from "@sequitur/core";
import type { SlatePolicy } from "@sequitur/recommender";
import type { ChainAnswer, ChainItem } from "./chain.js";
import type { ItemDirectory } from "./item-directory.js";
import type { Question } from "./question.js";
import { itemNames, slateRulesOf } from "./slate-rules.js";
import type { Asked, Stage } from "./stage.js";

export interface SlateDraw {
  readonly directory: ItemDirectory;
  /** The stage whose model the policy ranks by; absent where no model knows the asker. */
  readonly stage: Stage | undefined;
  readonly policy: (stage: Stage) => Promise<SlatePolicy>;
  readonly question: Question;
  /** How many of the model's best items the policy chooses from; all that may be shown when absent. */
  readonly pool?: number | undefined;
  readonly random: Random;
  /** What the whole chain shows for a question: it fills up a short slate. */
  readonly rank: (question: Question) => ChainAnswer;
  /** Called when a policy throws; what the chain shows takes its place. */
  readonly failed: (stage: Stage, error: unknown) => void;
}

export interface DrawnSlate {
  readonly found: ChainAnswer;
  /** The same items with their probabilities; `items` are indices of the directory. */
  readonly slate: Slate;
  /** What the policy was asked; absent where none was. */
  readonly asked?: Asked;
}

/**
 * A slate of the policy over what the stage's model may show. Filters, pins, boosts and caps are the policy's inputs, so
 * that the probabilities are those of the slate that is shown.
 */
export async function drawSlate(draw: SlateDraw): Promise<DrawnSlate> {
  const { stage, question, rank, failed } = draw;
  if (stage === undefined) {
    const found = rank(question);
    return { found, slate: certainSlate(indicesOf(found.items)) };
  }
  const policy = await draw.policy(stage);
  try {
    return slateBy(policy, stage, draw);
  } catch (error) {
    if (error instanceof PlatformError && error.code === "bad-config") throw error;
    failed(stage, error);
    const found = rank(question);
    return { found, slate: unknownSlate(indicesOf(found.items)) };
  }
}

function slateBy(policy: SlatePolicy, stage: Stage, draw: SlateDraw): DrawnSlate {
  const { directory, question, pool, random, rank } = draw;
  const names = itemNames(stage.link!, directory);
  const asked = stage.ask!(question, pool);
  const filled = new Map<number, ChainItem>();
  const rules = slateRulesOf(directory, names, question, () => {
    // Deep enough to have k items left when all that the slate shows is among them; caps are the policy's to apply.
    const { items } = rank({ ...question, k: 2 * question.k, rules: { ...question.rules, pins: [], caps: [] } });
    for (const item of items) filled.set(item.index, item);
    return filled.keys();
  });
  const { batch, candidates } = asked;
  const slate = policy.slates(batch, question.k, { candidates, random, rules })[0]!;
  const pinned = new Set(rules.pins!.map(({ item }) => item));
  const items = Array.from(slate.items, (item): ChainItem => {
    const index = names.toDirectory(item);
    if (pinned.has(item)) return { index, score: Number.NaN, servedBy: "pinned" };
    return filled.get(index) ?? { index, score: Number.NaN, servedBy: stage.name, stage };
  });
  const first = items.find((item) => item.stage !== undefined);
  const servedBy = first?.servedBy ?? (items.length > 0 ? "pinned" : "nobody");
  return {
    found: { items: scored(items, asked, stage), servedBy, versionId: first?.stage?.versionId },
    slate: { ...slate, items: indicesOf(items) },
    asked,
  };
}

/** The items with what the model says of those that it knows. */
function scored(items: readonly ChainItem[], { batch }: Asked, stage: Stage): readonly ChainItem[] {
  const { model } = stage.link!;
  const own = items.filter((item) => item.stage === stage);
  const known = own.map(({ index }) => stage.link!.itemOf(index));
  const scores = model.score(batch, Int32Array.from(known));
  const scoreOf = new Map(own.map(({ index }, at) => [index, scores[at]!]));
  return items.map((item) => ({ ...item, score: scoreOf.get(item.index) ?? item.score }));
}

function indicesOf(items: readonly ChainItem[]): Int32Array {
  return Int32Array.from(items, ({ index }) => index);
}

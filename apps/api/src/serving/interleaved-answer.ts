import { PlatformError, type Random } from "@sequitur/core";
import { teamDraft } from "@sequitur/metrics";
import type { ChainAnswer } from "./chain.js";
import type { Question } from "./question.js";

/** Two lists as one, and which of them gave each item. */
export interface InterleavedAnswer {
  readonly found: ChainAnswer;
  /** (K) 0 for the first list, 1 for the second. */
  readonly teams: readonly number[];
}

/**
 * The answers of two arms to their questions as one list, by team draft. `bad-data` for pins and caps, which hold for a list, not for a
 * mixture of two.
 */
export function interleaved(
  questions: readonly [Question, Question],
  lists: readonly [ChainAnswer, ChainAnswer],
  random: Random,
): InterleavedAnswer {
  if (questions.some(({ rules: { pins, caps } }) => pins.length > 0 || caps.length > 0)) {
    throw new PlatformError("bad-data", "an experiment that mixes lists answers without pins and caps, got some.");
  }
  const [first, second] = lists;
  const indices = lists.map(({ items }) => Int32Array.from(items, ({ index }) => index));
  const { items, teams } = teamDraft(indices[0]!, indices[1]!, questions[0].k, random);
  const placed = Array.from(items, (index, at) => {
    const { items: own } = lists[teams[at]!]!;
    return own.find((item) => item.index === index)!;
  });
  const lead = teams[0] === 1 ? second : first;
  return { found: { ...lead, items: placed }, teams: [...teams] };
}

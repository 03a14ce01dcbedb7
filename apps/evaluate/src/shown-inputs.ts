import { NONE, type Interactions, type QueryBatch } from "@sequitur/core";
import { MODEL_INPUTS, type ModelInput } from "@sequitur/recommender";

/** What the protocol shows beyond the training interactions. */
export interface ProtocolInputs {
  /** Whether a question's history holds what the training does not, such as the validation item. */
  readonly laterHistory: boolean;
  /** Whether the final fit also learned from the validation interactions. */
  readonly refit: boolean;
}

/**
 * What a contender is shown under the protocol, in the order of `MODEL_INPUTS`; null where that is unknown. Without a later
 * history nobody reads the validation item; after a refit everybody does who learns of the asker.
 */
export function shownInputs(
  reads: readonly ModelInput[] | null,
  { laterHistory, refit }: ProtocolInputs,
): ModelInput[] | null {
  if (reads === null) return null;
  const readsValidation =
    (refit && reads.includes("own-history")) || (laterHistory && reads.includes("validation-item"));
  return MODEL_INPUTS.filter((input) => (input === "validation-item" ? readsValidation : reads.includes(input)));
}

/**
 * Inputs that the protocol shows one of two contenders and not the other, so that a difference between them is not one of
 * models: the answer's time, and the validation item where both read the asker's history. Texts, places and times lie in the
 * data for everybody; to read them is the model's own merit. Empty where either is unknown.
 */
export function unequalInputs(one: readonly ModelInput[] | null, other: readonly ModelInput[] | null): ModelInput[] {
  if (one === null || other === null) return [];
  const differs = (input: ModelInput): boolean => one.includes(input) !== other.includes(input);
  const bothPersonal = one.includes("own-history") && other.includes("own-history");
  return [
    ...(bothPersonal && differs("validation-item") ? (["validation-item"] as const) : []),
    ...(differs("answer-time") ? (["answer-time"] as const) : []),
  ];
}

/** Whether a question's history holds more than its user has in the training. */
export function hasLaterHistory({ users: trained, catalog }: Interactions, queries: QueryBatch): boolean {
  const rows = new Int32Array(catalog.users.size);
  for (const user of trained) rows[user]!++;
  return queries.users.some((user, b) => {
    const known = user === NONE ? 0 : (rows[user] ?? 0);
    return queries.offsets[b + 1]! - queries.offsets[b]! > known;
  });
}

const WORDS: Readonly<Record<ModelInput, string>> = {
  "own-history": "own history",
  "validation-item": "validation item",
  "answer-time": "answer's time",
  times: "times",
  texts: "texts",
  places: "places",
};

/** As tables write it; "unknown" for null and "nothing" where it reads nothing of these. */
export function inputWords(inputs: readonly ModelInput[] | null): string {
  if (inputs === null) return "unknown";
  return inputs.length === 0 ? "nothing" : inputs.map((input) => WORDS[input]).join(", ");
}

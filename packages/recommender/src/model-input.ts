/**
 * What a model may read beside which users met which items:
 * - answer-time: the instant of the question, which is that of its answer where the data are replayed;
 * - own-history: the asker's own past, learned in the fit or read from the question;
 * - validation-item: what the question's history holds that the fit had not, such as the item kept for validation;
 * - texts: words of items; times: when past interactions happened, beyond their order; places: where items lie.
 */
export const MODEL_INPUTS = ["own-history", "validation-item", "answer-time", "times", "texts", "places"] as const;
export type ModelInput = (typeof MODEL_INPUTS)[number];

/** The inputs whose condition holds, in the order of `MODEL_INPUTS`. */
export function inputsWhere(conditions: Readonly<Partial<Record<ModelInput, boolean>>>): readonly ModelInput[] {
  return MODEL_INPUTS.filter((input) => conditions[input] === true);
}

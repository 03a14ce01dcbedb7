import { listOf, PlatformError, raggedFrom } from "@sequitur/core";
import type { EvaluationSet, Split } from "@sequitur/data";
import type { Experiment } from "./experiment.js";
import { answerColumns, selectQuestions } from "./question-file.js";

/**
 * The split with those answers alone that an event of one of the kinds made; questions without one are not asked, in
 * validation as in the test. Training and histories stay as they are. `bad-config` for a kind that the data does not
 * have, `bad-data` where no question is left.
 */
export function withWantedAnswers(split: Split, { targets }: Pick<Experiment, "targets">): Split {
  if (targets === undefined) return split;
  const known = split.train.catalog.kinds ?? [];
  const wanted = targets.kinds.map((kind) => {
    const at = known.indexOf(kind);
    if (at >= 0) return at;
    const kinds = known.length === 0 ? "the data has no kinds" : `the data has ${known.join(", ")}`;
    throw new PlatformError("bad-config", `targets.kinds: no event is of kind "${kind}" (${kinds}).`);
  });
  const only = (set: EvaluationSet, part: string): EvaluationSet => {
    if (set.queries.size === 0) return set;
    const found = answersOf(set, new Set(wanted));
    if (found.queries.size > 0) return found;
    throw new PlatformError(
      "bad-data",
      `targets.kinds: no ${part} question has an answer of kind ${targets.kinds.join(" or ")} that counts as a positive.`,
    );
  };
  return { ...split, validation: only(split.validation, "validation"), test: only(split.test, "test") };
}

function answersOf(set: EvaluationSet, wanted: ReadonlySet<number>): EvaluationSet {
  const { targets, targetKinds, answeredFrom } = set;
  const isWanted = (at: number): boolean => wanted.has(targetKinds?.[at] ?? -1);
  const placesOf = (row: number): number[] =>
    Array.from(listOf(targets, row), (_, i) => targets.offsets[row]! + i).filter(isWanted);
  const rows = Int32Array.from(set.queries.users.keys()).filter((row) => placesOf(row).length > 0);
  const places = Array.from(rows, placesOf);
  return {
    ...selectQuestions(set, rows),
    targets: raggedFrom(places.map((own) => own.map((at) => targets.items[at]!))),
    ...answerColumns(set, places.flat()),
    ...(answeredFrom && { answeredFrom: Float64Array.from(rows, (row) => answeredFrom[row]!) }),
  };
}

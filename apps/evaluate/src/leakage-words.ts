import type { Leakage } from "@sequitur/data";

/** What stands in the sentence of the protocol: whether training holds events that are later than the questions. */
export function leakageSummary({ questions, withLaterTraining, laterShare }: Leakage): string {
  if (Number.isNaN(withLaterTraining)) return "ORDER ONLY: whether training is later than a question is unknown";
  if (withLaterTraining === 0) return "no training later than a question";
  return (
    `TRAINED ON LATER EVENTS: ${count(withLaterTraining)} of ${count(questions)} questions are older than some of ` +
    `training, on average than ${percent(laterShare)} of it`
  );
}

/** What it means and how to avoid it; none where there is nothing to say. */
export function leakageNotes({ questions, withLaterTraining, withOwnLaterTraining }: Leakage): string[] {
  const notes: string[] = [];
  if (withOwnLaterTraining > 0) {
    notes.push(
      `${count(withOwnLaterTraining)} of ${count(questions)} questions are older than training events of their own user: ` +
        "models of the order of events see the user's future. Such numbers are for comparison with published ones only.",
    );
  } else if (withLaterTraining > 0) {
    notes.push(
      "Training holds events of other users that are later than the questions, so trends and co-occurrences of the future " +
        "are known; no user's own future is. A cut in time (--split temporal) has none of it.",
    );
  }
  return notes;
}

/** Says that events stand in the log more than once, and what can be done. */
export function repeatedRowsNotes(rows: number, all: number): string[] {
  if (rows === 0) return [];
  return [
    `DUPLICATES: ${count(rows)} of ${count(all)} rows repeat the user, item and instant of another. Such an event is asked for ` +
      "once and no copy of an answer is in a history or in training; training counts the copies of its own events. To drop " +
      "them: --filter deduplicate.",
  ];
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

function percent(share: number): string {
  return share > 0 && share < 0.001 ? "less than 0.1%" : `${(100 * share).toFixed(share < 0.1 ? 1 : 0)}%`;
}

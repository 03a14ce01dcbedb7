import type { Arm } from "@sequitur/store";
import { answer, chainRun, shadow, type Under } from "./answer.js";
import { askChain, type ChainAnswer } from "./chain.js";
import type { Assignment } from "./experiment-arm.js";
import { interleaved } from "./interleaved-answer.js";
import type { Question } from "./question.js";
import type { Serving } from "./serving.js";
import type { Stage } from "./stage.js";

/** One request under an experiment or none. */
export interface AskedUnder {
  readonly assignment: Assignment | undefined;
  readonly requestId: string;
  /** As the arm asks it, and as its rival does. */
  readonly questions: readonly [Question, Question];
  /** The stages of an arm's chain; those of its model version when absent. */
  readonly stagesOf?: (arm: Arm | undefined) => readonly Stage[];
}

/** The ranked list of the arm, or the mixed lists of two. */
export function answerUnder(
  serving: Serving,
  asked: AskedUnder,
): { readonly found: ChainAnswer; readonly under: Under | undefined } {
  const { assignment, requestId, questions } = asked;
  const stages = asked.stagesOf ?? ((arm: Arm | undefined) => stagesOf(serving, arm));
  if (assignment?.rival === undefined) {
    const found = answer(serving, questions[0], { stages: stages(assignment?.arm) });
    return { found, under: assignment && { assignment } };
  }
  const { arm, rival } = assignment;
  const stop = serving.metrics.ranking.startTimer();
  const lists = [arm, rival].map((own, at) => askChain(chainRun(serving, stages(own)), questions[at]!));
  const random = serving.random.fork(`interleave ${requestId}`);
  const { found, teams } = interleaved(questions, [lists[0]!, lists[1]!], random);
  stop();
  shadow(serving, questions[0], found);
  return { found, under: { assignment, teams } };
}

/** The chain of an arm: the active one, with the arm's model version in front where it has one. */
export function stagesOf({ models }: Serving, arm: Arm | undefined): readonly Stage[] {
  return arm?.modelVersion === undefined ? models.chain : models.chainWith(arm.modelVersion);
}

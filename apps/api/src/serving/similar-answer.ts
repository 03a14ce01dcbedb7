import { PlatformError } from "@sequitur/core";
import type { Arm } from "@sequitur/store";
import { randomUUID } from "node:crypto";
import type { Recommendation } from "../schemas/recommendation-schemas.js";
import { recommendationOf, recordOf, underOut } from "./answer.js";
import { answerUnder, stagesOf } from "./answer-under.js";
import { rankingAssignmentFor, requestOf, type Asker } from "./experiment-arm.js";
import type { Serving } from "./serving.js";
import { similarQuestion, similarStages } from "./similar-items.js";

/** Items like one, by the arm of whoever asks under an experiment; kept only then. */
export async function similarAnswer(
  serving: Serving,
  { itemId, k, ...asker }: Asker & { readonly itemId: string; readonly k: number },
): Promise<Recommendation> {
  const requestId = randomUUID();
  const assignment = await rankingAssignmentFor(serving, asker, requestId);
  const questionFor = (arm: Arm | undefined) => similarQuestion(serving, itemId, sizeOf(arm) ?? k);
  const question = questionFor(assignment?.arm);
  const { found, under } = answerUnder(serving, {
    assignment,
    requestId,
    questions: [question, questionFor(assignment?.rival)],
    stagesOf: (arm) => similarStages(serving, stagesOf(serving, arm), itemId),
  });
  serving.metrics.answers.inc({ route: "similar", served_by: found.servedBy });
  if (under !== undefined) {
    const { userId } = asker;
    const kept = { requestId, userId, kind: "similar", question, items: found.items, policy: "greedy", under };
    await serving.record([recordOf(serving, kept)]);
  }
  return { ...recommendationOf(serving, question, found, requestId), ...underOut(under) };
}

/** The k that an arm sets. `bad-data` for what a question for items like one does not have. */
function sizeOf(arm: Arm | undefined): number | undefined {
  if (arm === undefined) return undefined;
  const { k, ...others } = requestOf(arm);
  const names = Object.keys(others);
  if (names.length === 0) return k;
  throw new PlatformError(
    "bad-data",
    `arm ${arm.arm} sets ${names.join(", ")}, which items like one are not asked with.`,
  );
}

import { DAY_MS } from "@sequitur/core";
import type { Advice, Overview } from "../schemas/overview-schemas.js";

/** Past this age a model has missed what happened since. */
const OLD_DAYS = 7;
/** Past these shares something is wrong. */
const MANY_FALLBACKS = 0.2;
const MANY_ERRORS = 0.01;
/** Below this many answers a share says little. */
const FEW = 50;

/** What is known when advice is given. */
export type Known = Omit<Overview, "advice"> & {
  /** When the active version of the default slot was made; undefined where none is active. */
  readonly trainedAt: number | undefined;
  /** What that version is worse than on held-out questions. */
  readonly worseThan: readonly string[];
};

/** What to do next, the most urgent first; never empty. */
export function adviceFor(known: Known): Advice[] {
  const found = RULES.flatMap((rule) => rule(known) ?? []);
  if (found.length > 0) return found;
  return [
    {
      mood: "good",
      title: "All is well.",
      text: "The model serves, feedback arrives, and nothing is old. Compare it with another one on real users.",
      page: "models",
    },
  ];
}

type Rule = (known: Known) => Advice | undefined;

const RULES: readonly Rule[] = [
  ({ broken }) =>
    broken.length === 0
      ? undefined
      : {
          mood: "bad",
          title: "A version that should answer cannot be loaded.",
          text: `${broken.join("; ")}. Register its artifact again or activate another version.`,
          page: "models",
        },
  ({ process }) =>
    process.errorShare === null || process.answers < FEW || process.errorShare < MANY_ERRORS
      ? undefined
      : {
          mood: "bad",
          title: `${percent(process.errorShare)} of the requests fail.`,
          text: "The log of the server says why: start it with --log-level info.",
        },
  ({ catalogue, newestEvent }) =>
    newestEvent !== null || catalogue.items > 0
      ? undefined
      : {
          mood: "warn",
          title: "There are no events yet.",
          text: "Import a data set, or send events to POST /v1/events.",
          command: "sequitur import --data NAME",
        },
  ({ slots }) =>
    slots.some(({ slot, serving }) => slot === "default" && serving !== null)
      ? undefined
      : {
          mood: "warn",
          title: "No model serves.",
          text: "Answers come from the newest or the most popular items. Train a model on what the store has.",
          command: "sequitur train --from-store --model ease",
        },
  fallbacks,
  ({ trainedAt, newestEvent, now }) => {
    if (trainedAt === undefined || newestEvent === null || Date.parse(newestEvent) < trainedAt) return undefined;
    const days = (Date.parse(now) - trainedAt) / DAY_MS;
    if (days < OLD_DAYS) return undefined;
    return {
      mood: "warn",
      title: `Nothing was trained for ${Math.floor(days)} days.`,
      text: "Events came in since then, and the model knows none of them beyond each user's history.",
      command: "sequitur train --from-store --model NAME",
    };
  },
  ({ worseThan }) =>
    worseThan.length === 0
      ? undefined
      : {
          mood: "warn",
          title: `The serving version is worse than ${worseThan.join(" and ")} on held-out questions.`,
          text: "It was activated all the same. Look at its table, and roll back if you did not mean to.",
          page: "models",
        },
  ({ day }) =>
    day.requests === 0
      ? {
          mood: "info",
          title: "Nobody asked in the last 24 hours.",
          text: "Ask for somebody yourself, or send a first request.",
          page: "ask",
        }
      : undefined,
  ({ day }) =>
    day.requests >= FEW && day.responded?.share === 0
      ? {
          mood: "warn",
          title: "No feedback arrives.",
          text: "Send clicks to POST /v1/feedback with the requestId of the answer: without them nothing can be judged.",
        }
      : undefined,
];

function fallbacks({ process }: Known): Advice | undefined {
  const { fallbackShare, answersBy, answers } = process;
  if (fallbackShare === null || answers < FEW || fallbackShare < MANY_FALLBACKS) return undefined;
  const others = Object.entries(answersBy).filter(([name]) => name !== "model");
  const [most] = others.sort(([, a], [, b]) => b - a);
  return {
    mood: "warn",
    title: `${percent(fallbackShare)} of the answers come from a fallback, most from "${most?.[0] ?? ""}".`,
    text: "The model does not know these askers: they are new, come without a history, or chose items that it never met. Train on newer events, or send the session's history along.",
    page: "ask",
  };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

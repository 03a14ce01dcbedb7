import { PlatformError } from "./errors.js";

/**
 * How the probabilities of a slate are known. "exact": those that are given follow from the policy alone. "estimated":
 * the propensities were sampled, and the inverse of each is an unbiased estimate of 1 / P. "unknown": none is given.
 */
export type PropensityKind = "exact" | "estimated" | "unknown";

/** Every kind; a slate log stores the place of a kind in this list. */
export const PROPENSITY_KINDS: readonly PropensityKind[] = ["unknown", "exact", "estimated"];

/** What is shown for one request, and how likely the policy was to show it. Unknown numbers are NaN, never 1. */
export interface Slate {
  /** (K) item index, first position first. */
  readonly items: Int32Array;
  readonly kind: PropensityKind;
  /** (K) P(the policy shows this item at this position | query), over all that may stand above; in (0, 1] or NaN. */
  readonly propensities: Float64Array;
  /** (K) P(this item here | query, the items above it); in (0, 1] or NaN. Their product is P(the slate | query). */
  readonly conditionals: Float64Array;
  /** (K) standard errors of the propensities, 0 where one is certain; absent unless they are estimated. */
  readonly standardErrors?: Float64Array;
}

/** A slate that the policy could not but show: every probability is 1, and exact. */
export function certainSlate(items: Int32Array): Slate {
  const ones = new Float64Array(items.length).fill(1);
  return { items, kind: "exact", propensities: ones, conditionals: ones };
}

/** A slate of which nobody can say how likely it was. */
export function unknownSlate(items: Int32Array): Slate {
  const unknown = new Float64Array(items.length).fill(Number.NaN);
  return { items, kind: "unknown", propensities: unknown, conditionals: unknown };
}

/** The kind that the numbers of a slate amount to: whether any is known, and whether any has an error. */
export function propensityKind(slate: Omit<Slate, "kind" | "items">): PropensityKind {
  const isKnown = (value: number): boolean => !Number.isNaN(value);
  if (slate.standardErrors?.some((error) => error > 0)) return "estimated";
  return slate.propensities.some(isKnown) || slate.conditionals.some(isKnown) ? "exact" : "unknown";
}

/** What is wrong with the probabilities of a slate, as the end of a sentence; undefined when nothing is. */
export function propensityProblem(slate: Slate): string | undefined {
  const { items, kind, propensities, conditionals, standardErrors } = slate;
  for (const [name, column] of [
    ["propensities", propensities],
    ["conditionals", conditionals],
  ] as const) {
    // A policy of one's own may be plain JavaScript.
    const length = (column as Float64Array | undefined)?.length;
    if (length !== items.length) return `expected ${items.length} ${name}, got ${length ?? "none"}`;
    const place = column.findIndex((p) => !(Number.isNaN(p) || (p > 0 && p <= 1)));
    if (place >= 0) return `${name} must be in (0, 1] or NaN, got ${column[place]} at position ${place}`;
  }
  if (!PROPENSITY_KINDS.includes(kind)) return `kind must be one of ${PROPENSITY_KINDS.join(", ")}, got ${kind}`;
  if (kind === "unknown" && propensityKind(slate) !== "unknown") return `kind is unknown, but probabilities are given`;
  if ((kind === "estimated") !== (standardErrors !== undefined)) {
    return `standard errors must be given where the kind is estimated, and only there; it is ${kind}`;
  }
  return standardErrors === undefined ? undefined : errorProblem(items.length, standardErrors);
}

function errorProblem(length: number, errors: Float64Array): string | undefined {
  if (errors.length !== length) return `expected ${length} standard errors, got ${errors.length}`;
  const place = errors.findIndex((error) => error < 0);
  return place < 0 ? undefined : `standard errors must be at least 0 or NaN, got ${errors[place]} at position ${place}`;
}

/** Throws `bad-data`, with where it is, unless the probabilities of a slate are what `Slate` says. */
export function checkPropensities(slate: Slate, where: string): void {
  const problem = propensityProblem(slate);
  if (problem !== undefined) throw new PlatformError("bad-data", `${problem} in ${where}.`);
}

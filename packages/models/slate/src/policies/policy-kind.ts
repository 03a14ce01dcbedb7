import { PlatformError, type Catalog } from "@sequitur/core";
import type { Artifact, Model, SlatePolicy } from "@sequitur/recommender";
import { z } from "zod";

/** What a policy is made of. */
export interface PolicyParts {
  /** As written in an experiment, such as "greedy:sasrec". */
  readonly name: string;
  /** What may be shown. */
  readonly catalog: Catalog;
  /** What the policy ranks by. */
  readonly model?: Model | undefined;
  /** What `save` gave before a restart. */
  readonly state?: Artifact | undefined;
}

/** A way to choose slates; bound to its parts it is a `SlatePolicy`. */
export interface PolicyKind<Config = unknown> {
  readonly name: string;
  /** Whether it ranks by a model; "posterior": by one that can be drawn from. */
  readonly needs: "nothing" | "model" | "posterior";
  readonly config: z.ZodType<Config>;
  make(parts: PolicyParts, config: Config): SlatePolicy;
}

/** The schema of a policy without settings. */
export const noSettings = z.strictObject({});

/** The model of the parts; `bad-config` when there is none. */
export function requireModel({ name, model }: PolicyParts): Model {
  if (model !== undefined) return model;
  throw new PlatformError("bad-config", `policy ${name} ranks by a model, got none.`);
}

/** `bad-config` for a rule that a policy cannot follow: posterior draws rank items without giving scores. */
export function refuseBoost(name: string, boost: unknown): void {
  if (boost === undefined) return;
  throw new PlatformError("bad-config", `policy ${name} takes no boosts: it ranks by draws, which have no scores.`);
}

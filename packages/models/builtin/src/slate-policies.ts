import { nearestName, parseConfig, PlatformError, type Catalog } from "@sequitur/core";
import type { Artifact, Model, SlatePolicy } from "@sequitur/recommender";
import type { PolicyKind } from "@sequitur/slate";

// Imported when one of them is first asked for, not before.
const KINDS: Readonly<Record<string, () => Promise<PolicyKind>>> = {
  random: async () => (await import("@sequitur/slate")).randomPolicy,
  greedy: async () => (await import("@sequitur/slate")).greedy,
  "epsilon-greedy": async () => (await import("@sequitur/slate")).epsilonGreedy,
  softmax: async () => (await import("@sequitur/slate")).softmax,
  thompson: async () => (await import("@sequitur/slate")).thompson,
  "in-slate-thompson": async () => (await import("@sequitur/slate")).inSlateThompson,
  ucb: async () => (await import("@sequitur/slate")).ucb,
  linucb: async () => (await import("@sequitur/slate")).linUcb,
};

/** Every policy that `loadSlatePolicy` makes; "popularity" is short for "greedy:popularity". */
export const slatePolicyNames: readonly string[] = ["popularity", ...Object.keys(KINDS)];

/** An arm as written, "greedy:sasrec", in its parts. */
export interface SlatePolicyName {
  readonly policy: string;
  /** Name of the recommender that it ranks by, which the caller fits; absent when it needs none. */
  readonly model?: string;
}

/** Splits "policy:model"; `not-found` names an unknown policy, `bad-config` a model missing or in excess. */
export async function parseSlatePolicy(name: string): Promise<SlatePolicyName> {
  if (name === "popularity") return { policy: "greedy", model: "popularity" };
  const [policy = "", model] = name.split(/:(.*)/, 2);
  const { needs } = await kindOf(policy);
  if (needs === "nothing" && model === undefined) return { policy };
  if (needs !== "nothing" && model !== undefined && model !== "") return { policy, model };
  const expected = needs === "nothing" ? `"${policy}"` : `"${policy}:MODEL"`;
  throw new PlatformError("bad-config", `expected ${expected} as the name of a policy, got ${JSON.stringify(name)}.`);
}

/** What a policy ranks by, "posterior" being a model that can be drawn from; `not-found` for an unknown policy. */
export async function slatePolicyNeeds(policy: string): Promise<PolicyKind["needs"]> {
  return (await kindOf(policy)).needs;
}

export interface SlatePolicyRequest {
  /** "POLICY" or "POLICY:MODEL", such as "random" or "in-slate-thompson:slate-gru". */
  readonly name: string;
  readonly catalog: Catalog;
  /** The fitted model, where the policy ranks by one; it stays as it is, also when the policy learns. */
  readonly model?: Model | undefined;
  /** Settings of the policy, such as { epsilon: 0.05 }; its defaults when absent. */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /** What the policy's `save` gave before a restart. */
  readonly state?: Artifact | undefined;
}

/** The policy of a name, bound to the model it ranks by. */
export async function loadSlatePolicy({ config, ...parts }: SlatePolicyRequest): Promise<SlatePolicy> {
  const { policy } = await parseSlatePolicy(parts.name);
  const kind = await kindOf(policy);
  return kind.make(parts, parseConfig(kind.config, config ?? {}, `policy ${parts.name}`));
}

async function kindOf(policy: string): Promise<PolicyKind> {
  const load = Object.hasOwn(KINDS, policy) ? KINDS[policy] : undefined;
  if (load !== undefined) return load();
  const near = nearestName(policy, slatePolicyNames);
  const known = `The policies are ${slatePolicyNames.join(", ")}.`;
  const hint = near === undefined ? "." : `; did you mean ${near}?`;
  throw new PlatformError("not-found", `no slate policy is called ${JSON.stringify(policy)}${hint} ${known}`);
}

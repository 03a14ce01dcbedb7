import type { QueryBatch, Random, Slate } from "@sequitur/core";
import type { SlatePolicy } from "@sequitur/recommender";

/** What the simulated users ask. */
export interface SlateRequest {
  readonly batch: QueryBatch;
  readonly k: number;
  /** Items that were there at the start of the day, what a server is told each morning; absent = all. */
  readonly candidates?: Int32Array;
  /** Of this batch alone. */
  readonly random: Random;
}

/** What became known: clicks (B) is the clicked position of each slate, or NONE. */
export interface Outcomes {
  readonly batch: QueryBatch;
  readonly slates: readonly Slate[];
  readonly clicks: Int32Array;
}

/** Whoever answers the simulated users: a policy in this process, or a running API. */
export interface SlateServer {
  readonly name: string;
  ask(request: SlateRequest): readonly Slate[] | Promise<readonly Slate[]>;
  /** Outcomes in the order in which they became known; absent: it never learns. */
  learn?(outcomes: Outcomes): void | Promise<void>;
}

/** A policy in this process; of every `propensityEvery` batches the first asks for propensities, the others need none. */
export function policyServer(policy: SlatePolicy, { propensityEvery = 1 } = {}): SlateServer {
  let asked = 0;
  return {
    name: policy.name,
    ask: ({ batch, k, candidates, random }) => {
      const propensities = asked++ % propensityEvery === 0;
      return policy.slates(batch, k, { random, propensities, ...(candidates && { candidates }) });
    },
    ...(policy.observe && {
      learn: ({ batch, slates, clicks }: Outcomes) => policy.observe!(batch, slates, clicks),
    }),
  };
}

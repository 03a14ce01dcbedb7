/**
 * The slate policies that answer, and how they learn. What came of slates lies in the store as one numbered list; every
 * process reads it in that order and lets each of its policies observe each outcome once, so that replicas that have
 * read equally far are equal to the bit. A policy begins at its saved state, else at what its version was trained on.
 */
import { loadSlatePolicy, slatePolicyNeeds } from "@sequitur/builtin";
import { NONE, PlatformError, queryBatch, unknownSlate, type Catalog } from "@sequitur/core";
import { decodeArtifact, encodeArtifact, type SlatePolicy } from "@sequitur/recommender";
import {
  getModelVersion,
  readOutcomes,
  readPolicyState,
  savePolicyState,
  type SlateOutcome,
  type Store,
} from "@sequitur/store";
import type { PolicyChoice } from "../schemas/recommendation-schemas.js";
import type { Question } from "./question.js";
import type { Stage } from "./stage.js";

/** Outcomes read at once. */
const PAGE = 500;
/** Outcomes after which a state is saved. */
const SAVE_EVERY = 1_000;

/**
 * The stage whose model a policy ranks by: the first one that has something to go by for this question. A policy that
 * draws from a posterior takes that of the first stage, which knows what to think of strangers.
 */
export async function stageFor(
  { kind }: PolicyChoice,
  stages: readonly Stage[],
  question: Question,
): Promise<Stage | undefined> {
  if ((await slatePolicyNeeds(kind)) === "posterior") return stages[0];
  return stages.find((stage) => stage.ask !== undefined && stage.canServe(question));
}

/** A policy over one model version. */
interface Served {
  readonly policy: SlatePolicy;
  readonly catalog: Catalog;
  readonly versionId: number;
  /** The policy and its settings, as its state is kept under. */
  readonly key: string;
  learnedTo: number;
  savedTo: number;
}

export class ServedPolicies {
  private readonly store: Store;
  private readonly made = new Map<string, Promise<Served>>();
  private following: Promise<void> = Promise.resolve();

  constructor(store: Store) {
    this.store = store;
  }

  /** The policy of a choice over a stage's model, with all that it has learned. */
  async of(stage: Stage, choice: PolicyChoice): Promise<SlatePolicy> {
    const key = JSON.stringify(choice);
    const name = `${stage.versionId} ${key}`;
    let served = this.made.get(name);
    if (served === undefined) {
      served = this.begin(stage, choice, key);
      this.made.set(name, served);
      // What failed once is tried again.
      served.catch(() => this.made.delete(name));
    }
    return (await served).policy;
  }

  /** Lets every policy learn what has come since; one after another, so that each outcome counts once. */
  follow(): Promise<void> {
    const next = this.following.then(async () => {
      for (const served of await this.all()) await this.catchUp(served);
    });
    this.following = next.catch(() => undefined);
    return next;
  }

  /** Forgets policies of versions that no longer serve, once their states are saved. */
  async keep(isWanted: (versionId: number) => boolean): Promise<void> {
    for (const [name, promise] of this.made) {
      const served = await promise.catch(() => undefined);
      if (served === undefined || isWanted(served.versionId)) continue;
      this.made.delete(name);
      await this.save(served);
    }
  }

  /** Saves what was learned since the last time. */
  async saveAll(): Promise<void> {
    await this.following;
    for (const served of await this.all()) await this.save(served);
  }

  private async all(): Promise<Served[]> {
    const found = await Promise.allSettled(this.made.values());
    return found.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  }

  private async begin(stage: Stage, choice: PolicyChoice, key: string): Promise<Served> {
    const { kind, ...config } = choice;
    const model = stage.link?.model;
    if (model === undefined || stage.versionId === undefined) {
      throw new PlatformError("bad-config", `policy ${kind} draws from a model of slates, and none is active.`);
    }
    const { catalog } = model;
    const { versionId } = stage;
    const name = (await slatePolicyNeeds(kind)) === "nothing" ? kind : `${kind}:${model.name}`;
    const parts = { name, catalog, model, config };
    const fresh = await loadSlatePolicy(parts);
    if (fresh.observe === undefined) return { policy: fresh, catalog, versionId, key, learnedTo: 0, savedTo: 0 };
    const saved = await readPolicyState(this.store, versionId, key);
    const state = saved && decodeArtifact(saved.state, `the state of policy ${name}`);
    const policy = state === undefined ? fresh : await loadSlatePolicy({ ...parts, state });
    const learnedTo = saved?.learnedTo ?? (await getModelVersion(this.store, versionId))?.learnedTo ?? 0;
    const served = { policy, catalog, versionId, key, learnedTo, savedTo: learnedTo };
    await this.catchUp(served);
    return served;
  }

  private async catchUp(served: Served): Promise<void> {
    if (served.policy.observe === undefined) return;
    for (;;) {
      const outcomes = await readOutcomes(this.store, served.learnedTo, PAGE);
      for (const outcome of outcomes) {
        observe(served, outcome);
        served.learnedTo = outcome.seq;
      }
      if (served.learnedTo - served.savedTo >= SAVE_EVERY) await this.save(served);
      if (outcomes.length < PAGE) return;
    }
  }

  private async save(served: Served): Promise<void> {
    const { policy, versionId, key, learnedTo } = served;
    const artifact = learnedTo > served.savedTo ? policy.save?.() : undefined;
    if (artifact === undefined) return;
    await savePolicyState(this.store, versionId, key, { learnedTo, state: encodeArtifact(artifact) });
    served.savedTo = learnedTo;
  }
}

/** What a request records of its question, so that a policy can learn from it later. */
export function askedContext({ userId, history, now }: Question): AskedContext {
  return { history: history.map(({ itemId }) => itemId), now, recognised: userId !== undefined };
}

interface AskedContext {
  readonly history: readonly string[];
  readonly now: number;
  /** Whether the policy was asked for the user, not for a history alone. */
  readonly recognised: boolean;
}

/** Learns one outcome, as far as the policy's catalogue knows it; not where the click is on an item that it does not. */
function observe({ policy, catalog }: Served, { userId, context, itemIds, chosen }: SlateOutcome): void {
  const asked = (context as { asked?: Partial<AskedContext> } | undefined)?.asked;
  if (asked?.history === undefined) return;
  const { items, users } = catalog;
  const shown = Int32Array.from(itemIds, (id) => items.indexOf(id)).filter((item) => item !== NONE);
  const click = chosen === undefined ? NONE : shown.indexOf(items.indexOf(chosen));
  if (shown.length === 0 || (chosen !== undefined && click < 0)) return;
  const history = asked.history.map((id) => items.indexOf(id)).filter((item) => item !== NONE);
  const user = userId === undefined || asked.recognised !== true ? NONE : users.indexOf(userId);
  const batch = queryBatch([{ user, items: history, ...(asked.now !== undefined && { now: asked.now }) }]);
  policy.observe!(batch, [unknownSlate(shown)], Int32Array.of(click));
}

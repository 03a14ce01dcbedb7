import { MINUTE_MS } from "@sequitur/core";
import type { ArmTotals } from "@sequitur/metrics";
import { armRewards, listExperiments, stopExperiment, type Experiment, type Store } from "@sequitur/store";
import { planOf } from "../schemas/experiment-schemas.js";
import { readExperiment } from "./experiment-results.js";

/** How often what came of running experiments is read: bandits learn from it, and guardrails are looked at. */
const LEARN_MS = MINUTE_MS / 2;
const GUARD_MS = 5 * MINUTE_MS;

const NOTHING: ArmTotals = { count: 0, sum: 0 };

/** The running experiments, as last read from the store. */
export class LiveExperiments {
  private readonly store: Store;
  private running: ReadonlyMap<string, Experiment> = new Map();
  /** Experiment -> context -> rewards by arm. */
  private learned = new Map<string, ReadonlyMap<string, readonly ArmTotals[]>>();
  private learnedAt = new Map<string, number>();
  private guardedAt = new Map<string, number>();

  constructor(store: Store) {
    this.store = store;
  }

  /** Reads which experiments run, teaches bandits, and stops what harms a guardrail. */
  async sync(): Promise<void> {
    await this.read();
    for (const experiment of this.running.values()) {
      await this.learn(experiment);
      await this.guard(experiment);
    }
  }

  /** The experiment, when it runs. */
  get(experimentId: string): Experiment | undefined {
    return this.running.get(experimentId);
  }

  /** Model versions that arms answer with. */
  armVersions(): readonly number[] {
    return [...this.running.values()].flatMap(({ arms }) => arms.flatMap(({ modelVersion }) => modelVersion ?? []));
  }

  /** What a bandit has learned of its arms in one context. */
  totals(experimentId: string, context: string): readonly ArmTotals[] {
    const arms = this.running.get(experimentId)?.arms ?? [];
    return this.learned.get(experimentId)?.get(context) ?? arms.map(() => NOTHING);
  }

  private async read(): Promise<void> {
    const all = await listExperiments(this.store);
    this.running = new Map(
      all.filter(({ status }) => status === "running").map((experiment) => [experiment.experimentId, experiment]),
    );
    for (const kept of [this.learned, this.learnedAt, this.guardedAt]) {
      for (const id of kept.keys()) if (!this.running.has(id)) kept.delete(id);
    }
  }

  private async learn({ experimentId, arms, ...experiment }: Experiment): Promise<void> {
    const { design, metric } = planOf(experiment);
    if (design.kind !== "bandit" || !this.isDue(this.learnedAt, experimentId, LEARN_MS)) return;
    const until = this.store.now() - design.attributionMinutes * MINUTE_MS;
    const rewards = await armRewards(this.store, experimentId, { kind: metric, until });
    const contexts = new Map<string, ArmTotals[]>();
    for (const { context, arm, count, sum } of rewards) {
      const totals = contexts.get(context) ?? arms.map(() => NOTHING);
      contexts.set(context, totals);
      const at = arms.findIndex((own) => own.arm === arm);
      if (at >= 0) totals[at] = { count, sum };
    }
    this.learned.set(experimentId, contexts);
  }

  private async guard(experiment: Experiment): Promise<void> {
    const { guardrails, stopOnGuardrail } = planOf(experiment);
    const { experimentId } = experiment;
    if (!stopOnGuardrail || guardrails.length === 0 || !this.isDue(this.guardedAt, experimentId, GUARD_MS)) return;
    const { verdicts } = await readExperiment(this.store, experiment);
    const harm = verdicts.find(({ decision }) => decision === "guardrail");
    if (harm === undefined) return;
    await stopExperiment(this.store, experimentId, harm.sentence);
    await this.read();
  }

  private isDue(times: Map<string, number>, experimentId: string, every: number): boolean {
    const now = this.store.now();
    if (now - (times.get(experimentId) ?? -Infinity) < every) return false;
    times.set(experimentId, now);
    return true;
  }
}

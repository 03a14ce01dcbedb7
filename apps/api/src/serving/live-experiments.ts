import { listExperiments, type Experiment, type Store } from "@sequitur/store";

/** The running experiments, as last read from the store. */
export class LiveExperiments {
  private readonly store: Store;
  private running: ReadonlyMap<string, Experiment> = new Map();

  constructor(store: Store) {
    this.store = store;
  }

  async sync(): Promise<void> {
    const all = await listExperiments(this.store);
    this.running = new Map(
      all.filter(({ status }) => status === "running").map((experiment) => [experiment.experimentId, experiment]),
    );
  }

  /** The experiment, when it runs. */
  get(experimentId: string): Experiment | undefined {
    return this.running.get(experimentId);
  }

  /** Model versions that arms answer with. */
  armVersions(): readonly number[] {
    return [...this.running.values()].flatMap(({ arms }) => arms.flatMap(({ modelVersion }) => modelVersion ?? []));
  }
}

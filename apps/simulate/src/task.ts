import type { ArmChoice, Settings } from "./settings.js";

/** What every process of an experiment knows. */
interface Common {
  readonly settings: Settings;
  readonly seed: number;
}

/** Fits one model on the warm-up log of one world. */
export interface FitTask extends Common {
  readonly kind: "fit";
  readonly model: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly artifactFile: string;
}

/** One arm in one world, from the warm-up to the last day. */
export interface ArmTask extends Common {
  readonly kind: "arm";
  readonly arm: ArmChoice;
  /** The fitted model; absent when the policy needs none. */
  readonly artifactFile?: string;
  /** For an arm named api. */
  readonly apiKey?: string;
  readonly pieceFile: string;
}

export type Task = FitTask | ArmTask;

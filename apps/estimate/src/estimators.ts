import {
  cascadeDoublyRobustParts,
  clippedIpsParts,
  directMethodParts,
  doublyRobustParts,
  ipsParts,
  itemPositionIpsParts,
  naiveParts,
  pseudoInverseFactoredParts,
  rewardInteractionIpsParts,
  slateIpsParts,
  snipsParts,
  switchDrParts,
  type CascadePredictions,
  type EstimateParts,
  type LoggedBandit,
  type LoggedSlates,
  type SlatePropensities,
} from "@sequitur/metrics";

/** Every estimator by its name on the command line. */
export const ESTIMATORS = [
  "naive",
  "ips",
  "clipped-ips",
  "snips",
  "dm",
  "dr",
  "switch-dr",
  "mrdr",
  "iips",
  "pi",
  "slate-ips",
  "rips",
  "cascade-dr",
] as const;
export type EstimatorName = (typeof ESTIMATORS)[number];

/** What an estimator works on: shown positions one by one, or slates with one of the two probabilities. */
export type EstimatorInput =
  | { readonly of: "places"; readonly make: (log: LoggedBandit, options: PlaceOptions) => EstimateParts }
  | { readonly of: "slates"; readonly make: (log: LoggedSlates, marginal: SlatePropensities) => EstimateParts }
  | {
      readonly of: "prefixes";
      readonly make: (
        log: LoggedSlates,
        conditional: SlatePropensities,
        model: CascadePredictions | undefined,
      ) => EstimateParts;
    };

export interface PlaceOptions {
  readonly maxWeight: number;
  readonly threshold: number;
}

export interface Estimator {
  readonly name: EstimatorName;
  /** The reward model that it needs. */
  readonly model?: "plain" | "mrdr";
  readonly input: EstimatorInput;
  /** What to know when reading it. */
  readonly note: string;
}

const NOTES: Readonly<Record<EstimatorName, string>> = {
  naive: "mean logged reward: the value of the logging policy, no estimate of another one",
  ips: "inverse propensities, position by position",
  "clipped-ips": "weights cut: less variance, biased towards 0",
  snips: "self-normalised: bounded by the rewards, small bias",
  dm: "the reward model alone; its interval shows none of its bias",
  dr: "model, corrected by weights",
  "switch-dr": "model alone where weights are large",
  mrdr: "dr with a model fitted for small variance",
  iips: "the same as ips, summed by slate: a reward depends on its item and position",
  pi: "pseudo-inverse for positions filled independently; biased where a slate has no repeats and few candidates",
  "slate-ips": "weights of whole slates: no assumption, much variance",
  rips: "a reward depends on the items above",
  "cascade-dr": "rips, corrected by a model",
};

/** The estimator of a name. */
export function estimatorOf(name: EstimatorName): Estimator {
  const made = { name, note: NOTES[name] };
  const places = (make: (log: LoggedBandit, options: PlaceOptions) => EstimateParts): EstimatorInput => ({
    of: "places",
    make,
  });
  switch (name) {
    case "naive":
      return { ...made, input: places(naiveParts) };
    case "ips":
      return { ...made, input: places(ipsParts) };
    case "clipped-ips":
      return { ...made, input: places(clippedIpsParts) };
    case "snips":
      return { ...made, input: places(snipsParts) };
    case "dm":
      return { ...made, model: "plain", input: places(directMethodParts) };
    case "dr":
      return { ...made, model: "plain", input: places(doublyRobustParts) };
    case "switch-dr":
      return { ...made, model: "plain", input: places(switchDrParts) };
    case "mrdr":
      return { ...made, model: "mrdr", input: places(doublyRobustParts) };
    case "iips":
      return { ...made, input: { of: "slates", make: itemPositionIpsParts } };
    case "pi":
      return { ...made, input: { of: "slates", make: pseudoInverseFactoredParts } };
    case "slate-ips":
      return { ...made, input: { of: "prefixes", make: slateIpsParts } };
    case "rips":
      return { ...made, input: { of: "prefixes", make: rewardInteractionIpsParts } };
    case "cascade-dr":
      return {
        ...made,
        model: "plain",
        input: { of: "prefixes", make: (log, p, model) => cascadeDoublyRobustParts(log, p, model!) },
      };
  }
}

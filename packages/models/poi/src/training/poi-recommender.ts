import type { Interactions } from "@sequitur/core";
import {
  artifactConfig,
  withSignals,
  type Artifact,
  type FitRun,
  type Recommender,
  inputsWhere,
} from "@sequitur/recommender";
import type { z } from "zod";
import { poiSearch, type PoiConfig } from "../network/config.js";
import { loadPoiModel } from "../serving/load-model.js";
import type { PoiModel } from "../serving/poi-model.js";
import { fitPoi } from "./fit.js";

/** A Recommender whose models answer for next places. */
export interface PoiRecommender extends Recommender<PoiConfig> {
  fit(train: Interactions, config: PoiConfig, run: FitRun): Promise<PoiModel>;
  load(artifact: Artifact): PoiModel;
}

/** The recommender of a name; all that tells them apart is in the defaults of their configs. */
export function poiRecommender(name: string, config: z.ZodType<PoiConfig>): PoiRecommender {
  return withSignals<PoiConfig, PoiModel>(
    { positive: "counts", negative: "ignores" },
    {
      name,
      config,
      search: poiSearch,
      reads: ({ nextTime }) =>
        inputsWhere({
          "own-history": true,
          "validation-item": true,
          "answer-time": nextTime === "given",
          times: true,
          places: true,
        }),
      fit: async (train, settings, run) => fitPoi(train, { name, config: settings }, run),
      load: (artifact) => loadPoiModel(artifact, name, artifactConfig(artifact, name, config)),
    },
  );
}

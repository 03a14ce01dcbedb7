import type { Catalog } from "@sequitur/core";
import { catalogOf } from "../policies/world.fixture.js";
import { slateGruConfig, type SlateGruConfig } from "./config.js";
import { globalsOf } from "./globals.js";
import type { Posterior } from "./posterior.js";

/** A posterior with the linear state whose items lie at given places of the line, all of them sure. */
export function posteriorAt(
  means: readonly number[],
  scales: readonly number[] = means.map(() => 0),
  settings: Partial<SlateGruConfig> = {},
  catalog: Catalog = catalogOf(means.length),
): Posterior {
  const config = slateGruConfig.parse({ width: 1, state: "linear", ...settings });
  const globals = globalsOf(config, 1, 5);
  const otherMeans = new Float32Array(globals.size);
  otherMeans[globals.keep.from] = 0.5;
  return {
    config,
    catalog,
    globals,
    itemMeans: Float32Array.from(means),
    itemScales: Float32Array.from(scales),
    otherMeans,
    otherScales: new Float32Array(globals.size),
    offsets: new Map(),
  };
}

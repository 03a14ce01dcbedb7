import {
  applyFilters,
  filterConfigSchema,
  openDataset,
  splitConfigSchema,
  splitInteractions,
  type Split,
} from "@sequitur/data";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../../../../", import.meta.url));

/** The trajectory protocol on Foursquare NYC, as in apps/evaluate/experiments; undefined where there are no data. */
export async function nycSplit(): Promise<Split | undefined> {
  const from = `${process.env["SEQUITUR_DATASETS"] ?? `${repository}../shared/datasets`}/foursquare-nyc`;
  if (!existsSync(from)) return undefined;
  const { interactions } = await openDataset({
    name: "foursquare-nyc",
    datasetsDir: `${repository}datasets`,
    from,
    cache: false,
  });
  const kept = applyFilters(interactions, [
    filterConfigSchema.parse({ kind: "deduplicate", by: "user-item-time" }),
    filterConfigSchema.parse({ kind: "min-count", user: 10, item: 10 }),
  ]);
  const protocol = { kind: "trajectory", sessionGapHours: 24, sessionGapFrom: "first", boundary: "trajectory" };
  return splitInteractions(kept, splitConfigSchema.parse(protocol));
}

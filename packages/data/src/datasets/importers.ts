import { importAmazon } from "../sources/amazon.js";
import { importCity } from "../sources/city.js";
import { importFinnSlates } from "../sources/finn-slates.js";
import { importFoursquare } from "../sources/foursquare.js";
import { importGetnext } from "../sources/getnext.js";
import { importGowalla } from "../sources/gowalla.js";
import type { Importer } from "../sources/importer.js";
import { importMapped } from "../sources/mapped.js";
import { importMovieLens } from "../sources/movielens.js";
import { importOpenBandit } from "../sources/open-bandit.js";

/** Every importer by the name that manifests call it; adding a source is adding a line. */
export const importers: ReadonlyMap<string, Importer> = new Map([
  ["amazon", importAmazon],
  ["city", importCity],
  ["finn-slates", importFinnSlates],
  ["foursquare", importFoursquare],
  ["getnext", importGetnext],
  ["gowalla", importGowalla],
  ["mapped", importMapped],
  ["movielens", importMovieLens],
  ["open-bandit", importOpenBandit],
]);

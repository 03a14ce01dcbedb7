export { bpr, bprConfig, type BprConfig } from "./bpr/bpr.js";
export { bpo, bpoConfig, type BpoConfig } from "./bpo/bpo.js";
export { nbpo, nbpoConfig, type NbpoConfig } from "./nbpo/nbpo.js";
export { flipRate } from "./nbpo/flip-rate.js";
export { warp, warpConfig, type WarpConfig } from "./warp/warp.js";
export { als, alsConfig, type AlsConfig } from "./als/als.js";
export {
  bpoObjective,
  nbpoObjective,
  nbpoOriginalObjective,
  nbpoSurrogateObjective,
  type Coefficients,
  type Objective,
} from "./objectives.js";
export type { FactorModel, NewItem, NewUser } from "./serving/factor-model.js";
export type { Folded } from "./folding/fold-in.js";
export type { FactorTables, FlipTables } from "./serving/factor-tables.js";
export type { ItemIndex } from "./serving/item-index.js";
export type { FactorRecommender } from "./serving/factor-recommender.js";
export {
  factorRetriever,
  type FactorRetriever,
  type FactorRetrieverOptions,
  type ItemFilter,
} from "./serving/retriever.js";
export { itemBitmap } from "./serving/item-bitmap.js";
export { explain, type Explanation } from "./serving/explain.js";
export { dotVectors, encodeVectors, vectorRows, type VectorRow } from "./serving/export-vectors.js";
export { aliasTable, type AliasTable } from "./sampling/alias-table.js";
export {
  inBatchSampler,
  popularitySampler,
  uniformSampler,
  type NegativeSampler,
} from "./sampling/negative-sampler.js";

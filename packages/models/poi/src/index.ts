export { activeHours } from "./hours/active-hours.js";
export {
  hoursAgreement,
  nextInstantAt,
  stateAt,
  suppressClosed,
  timetableStates,
  type HoursAgreement,
  type Visit,
} from "./hours/closed-places.js";
export { fitHours } from "./hours/fit-hours.js";
export { HARD_PENALTY, hoursConfigSchema, type HoursConfig } from "./hours/hours-config.js";
export { hoursFrom, hoursTensors } from "./hours/hours-tensors.js";
export { pairWeek, placeHours, type HoursSources, type PlaceHours } from "./hours/place-hours.js";
export { periodOf } from "./season/period.js";
export { seasonConfigSchema, type SeasonConfig } from "./season/season-config.js";
export { rowPeriods, seasonFactors, type SeasonFactors } from "./season/season-factors.js";
export { seasonLayer } from "./season/season-layer.js";
export { seasonMixture } from "./season/season-mixture.js";
export { cellTokens, cellVocabulary, type CellVocabulary } from "./geography/cells.js";
export { catalogCoordinates, type Coordinates } from "./geography/coordinates.js";
export { addDistancePrior, distanceLogRatio, distancePrior, type DistancePrior } from "./geography/distance-prior.js";
export { distancesKm, unitVectors } from "./geography/distance.js";
export { fourierFeatures } from "./geography/fourier.js";
export { geographyConfigSchema, type GeographyConfig } from "./geography/geography-config.js";
export { geographyLayer, type GeographyLayerOptions } from "./geography/geography-layer.js";
export { placeGeography, type PlaceGeography } from "./geography/place-geography.js";
export {
  explainPlace,
  type AskedMoment,
  type PlaceExplanation,
  type PlaceKnowledge,
  type PlaceReasons,
} from "./explain/explain-place.js";
export { explanationText } from "./explain/explanation-text.js";
export { getnext, type GetnextConfig } from "./getnext/getnext.js";
export { seaget, type SeagetConfig } from "./seaget/seaget.js";
export { type Reach } from "./serving/place-knowledge.js";
export { type PoiModel } from "./serving/poi-model.js";
export { type PoiRecommender } from "./training/poi-recommender.js";

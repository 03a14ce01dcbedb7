export { PlatformError, throwIfCancelled, type ErrorCode } from "./errors.js";
export { Random } from "./random.js";
export { NONE, IdTableBuilder, idTable, type IdTable } from "./id-table.js";
export {
  requireInstants,
  type AttributeColumns,
  type AttributeValue,
  type Catalog,
  type ItemColumns,
} from "./catalog.js";
export {
  appendRows,
  CONTEXT_NAMES,
  PARTS,
  interactionsFrom,
  itemCounts,
  selectRows,
  type ContextColumns,
  type ContextName,
  type InteractionColumns,
  type Interactions,
  type NumberColumn,
} from "./interactions.js";
export {
  clickedItem,
  clicksOf,
  kindOfSlate,
  selectSlates,
  slateLogFrom,
  type SlateColumns,
  type SlateLog,
} from "./slate-log.js";
export { listOf, raggedFrom, sliceRagged, type RaggedItems } from "./ragged.js";
export { queryBatch, sliceQueries, type Query, type QueryBatch } from "./query.js";
export type { Ranking } from "./ranking.js";
export {
  certainSlate,
  checkPropensities,
  PROPENSITY_KINDS,
  propensityKind,
  propensityProblem,
  unknownSlate,
  type PropensityKind,
  type Slate,
} from "./slate.js";
export {
  decodeTensorFile,
  encodeTensorFile,
  stringsOf,
  stringsTensor,
  type Tensor,
  type TensorData,
  type TensorFile,
} from "./tensor-file.js";
export type { Progress, Report } from "./progress.js";
export { parseConfig } from "./config.js";
export { DAY_MS, HOUR_MS, MINUTE_MS, WEEK_MS } from "./duration.js";
export { distanceKm, EARTH_RADIUS_KM, type Point } from "./distance.js";
export { nearestName } from "./nearest-name.js";
export { itemFields, itemTexts, type ItemField } from "./item-texts.js";
export { splitWords } from "./split-words.js";
export {
  DEFAULT_SIGNALS,
  kindsOfRole,
  SIGNAL_ROLES,
  signalsSchema,
  type SignalCase,
  type SignalRole,
  type Signals,
  type SignalsInput,
} from "./signals/signals.js";
export { parseSignals } from "./signals/parse-signals.js";
export { EXPOSURE, NEGATIVE, POSITIVE, signalReader, type Signal, type SignalReader } from "./signals/signal-reader.js";
export { applySignals, positiveRows, roleCounts, rowsOfRoles, type RoleCounts } from "./signals/apply-signals.js";
export { historyOfRoles, opinionHistory, positiveHistory, standingNegatives } from "./signals/heard-history.js";
export type { Expression, FieldTypes, ValueType } from "./expressions/expression.js";
export { parseExpression } from "./expressions/parse-expression.js";
export { numbersOf, rowsThatPass, type FieldColumns } from "./expressions/evaluate-expression.js";
export { fieldColumn, textColumn, textsColumn, type FieldColumn } from "./expressions/field-column.js";
export { maxOf, minOf } from "./extremes.js";

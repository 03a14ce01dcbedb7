export type { EvaluationSet, Split } from "./splits/split.js";
export { repeatedRows } from "./splits/copies.js";
export { answersInSight } from "./splits/answers-in-sight.js";
export { leakageOf, type Leakage } from "./splits/leakage.js";
export { splitConfigSchema, splitInteractions, type SplitConfig } from "./splits/split-interactions.js";
export { readLists, toTrec, type ListKeys, type WrittenLists } from "./lists/read-lists.js";
export { applyFilters, filterConfigSchema, type FilterConfig } from "./filters/filters.js";
export { compact } from "./filters/compact.js";
export { trajectoryNumbers } from "./splits/trajectory.js";
export {
  CITY_SIZES,
  choiceWeightsSchema,
  cityConfigSchema,
  resolveCityConfig,
  type ChoiceWeights,
  type CityConfig,
  type CitySettings,
} from "./city/city-config.js";
export { generateCity, type City, type CityRun, type CityTruth } from "./city/city.js";
export { cityOracle, type CityOracle, type CityOracleOptions } from "./city/city-oracle.js";
export type { ChoiceModel, ChoiceWorld } from "./city/choice-model.js";
export type { Situation } from "./city/moment.js";
export type { Neighbourhoods } from "./city/neighbourhoods.js";
export type { Period, Places } from "./city/places.js";
export { tastesAt, type Residents } from "./city/residents.js";
export { CLOSED, OPEN, openingTable, UNKNOWN } from "./local-time/opening-table.js";
export {
  localClock,
  slotOfWeek,
  slotOfYear,
  SLOTS_PER_DAY,
  SLOTS_PER_WEEK,
  SLOTS_PER_YEAR,
  type LocalClock,
} from "./local-time/local-clock.js";
export { isTimeZone, zoneOffsetMinutes } from "./local-time/time-zone.js";
export { datasetFrom, type Dataset, type DatasetAbout } from "./datasets/dataset.js";
export {
  datasetManifest,
  datasetNames,
  readManifest,
  type DatasetManifest,
  type ManifestFile,
} from "./datasets/manifest.js";
export {
  importDataset,
  listDatasets,
  openDataset,
  type ImportDatasetRequest,
  type ImportOptions,
  type ListedDataset,
  type OpenRequest,
} from "./datasets/open-dataset.js";
export { getDataset, type GetRequest, type GotDataset, type GotFile } from "./datasets/get-dataset.js";
export type { DownloadRun, Fetch } from "./datasets/download.js";
export { importers } from "./datasets/importers.js";
export { fingerprint } from "./prepared/fingerprint.js";
export { datasetStats, type DatasetStats, type Spread } from "./prepared/stats.js";
export { loadPrepared, savePrepared } from "./prepared/prepared-file.js";
export type { Imported, Importer, ImportRequest } from "./sources/importer.js";
export { profileFile, type ColumnProfile, type FileProfile } from "./profile/profile-file.js";
export { importFlags, quoted } from "./profile/import-flags.js";
export { partFiles, type PartFiles } from "./sources/part-files.js";
export { writeSqlTable } from "./sources/sql-table.js";
export { splitZipPath } from "./sources/zip-path.js";
export { openSourceFolder, type ImportRun, type SourceFolder } from "./sources/source-folder.js";
export { readFinnSlates, type FinnSlates } from "./sources/finn-slates.js";
export { readBanditLog, type BanditLog } from "./sources/open-bandit.js";
export {
  columnMapping,
  signalsField,
  itemMapping,
  mappedOptions,
  tableFormat,
  type ColumnMapping,
  type ItemMapping,
  type MappedOptions,
  type TableFormat,
} from "./sources/mapping.js";
export { readRows } from "./sources/read-rows.js";
export type { RowConsumer } from "./sources/table-wish.js";
export type { Row } from "./sources/row.js";
